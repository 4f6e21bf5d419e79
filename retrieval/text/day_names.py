"""The names of days and months of English with their short forms: "Thursday" and "Thu", as in tables of times."""

SHORT_NAMES = {
    "monday": ("mon",), "tuesday": ("tue", "tues"), "wednesday": ("wed",), "thursday": ("thu", "thur", "thurs"),
    "friday": ("fri",), "saturday": ("sat",), "sunday": ("sun",), "january": ("jan",), "february": ("feb",),
    "march": ("mar",), "april": ("apr",), "june": ("jun",), "july": ("jul",), "august": ("aug",),
    "september": ("sep", "sept"), "october": ("oct",), "november": ("nov",), "december": ("dec",),
}  # fmt: skip
OTHER_NAMES = SHORT_NAMES | {short: (name,) for name, shorts in SHORT_NAMES.items() for short in shorts}


def other_names(word: str) -> tuple[str, ...]:
    """Return the other names of a day or month, also of several: "Thursdays"; none of another word."""
    folded = word.casefold()
    return OTHER_NAMES.get(folded) or OTHER_NAMES.get(folded.removesuffix("s"), ())
