"""Tell what kind of value a table cell holds, and what its form says: the evidence for which rows name columns."""

import itertools
import re

from retrieval.text.cleaning import one_line

MAX_NAME_LENGTH = 60  # characters of a column's name
MAX_ABBREVIATION_LENGTH = 8  # characters of a name that ends with a full stop, such as "No."
MIN_SENTENCE_WORDS = 4
MAX_YEAR_STEP = 10  # between the columns of a series of years
MIN_NUMBER_SERIES = 3  # of columns that count 1, 2, 3
NOTHING = frozenset(("", "-", "--", "–", "—", "n/a", "?", "...", "…", "."))
CALENDAR = (
    r"mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?"
    r"|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|januar|februar|märz|mai|juni|juli|oktober|dezember"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|janvier|février|mars|avril|juin|juillet|août|septembre"
    r"|octobre|novembre|décembre|lunes|martes|miércoles|jueves|viernes|sábado|domingo|enero|febrero|marzo|abril|mayo"
    r"|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|lunedì|martedì|mercoledì|giovedì|venerdì|sabato"
    r"|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre"
)
WEEKDAY = rf"(?:(?:{CALENDAR})\.?,?\s)?"
FULL_DATE = r"(?:\s\(\d{4}-\d\d-\d\d\))?"  # behind a date without its year
NUMBER = r"[-+−~≈<>≤≥]?\s?\d[\d.,'\u00a0\u202f ]*"
CURRENCY = r"(?:[$€£¥₹]|eur(?:os?)?|usd|gbp|chf|dollars?|pounds?|francs?|cents?|fr\.)"
CELL_TYPES = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("yes or no", r"yes|no|ja|nein|oui|non|s[ií]|true|false|on|off|[✓✔✗✘×x]"),
        ("year", r"(?:1[5-9]|20|21)\d\d(?:\s?[-–/]\s?\d{2,4})?"),
        ("ordinal", r"\d+(?:st|nd|rd|th|er|re|ème|e|º|ª|\.)"),
        ("time", r"\d{1,2}(?:[:.]\d\d)?\s?[ap]\.?m\.?(?:\s?[-–]\s?\d.*)?|\d{1,2}:\d\d(?::\d\d)?(?:\s?[-–]\s?\d.*)?"),
        ("date", r"\d{4}-\d\d?-\d\d?|\d{1,2}[./]\d{1,2}[./]\d{2,4}"),
        ("date", rf"{WEEKDAY}\d{{1,2}}(?:st|nd|rd|th|\.)?[\s-](?:{CALENDAR})\.?(?:[,\s-]\s?\d{{2,4}})?{FULL_DATE}"),
        ("date", rf"{WEEKDAY}(?:{CALENDAR})\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?{FULL_DATE}"),
        ("date", rf"(?:{CALENDAR})\.?[\s-]\d{{4}}|(?:{CALENDAR})\s\(\d{{4}}-\d\d-\d\d\)"),
        ("day or month", rf"(?:{CALENDAR})\.?s?(?:\s?[-–]\s?(?:{CALENDAR})\.?)?"),
        ("address", r"(?:https?://|www\.)\S+|[^\s@]+@[^\s@]+\.\w+"),
        ("money", rf"[-(]?{CURRENCY}\s?{NUMBER}\)?|\(?{NUMBER}\s?{CURRENCY}\)?"),
        ("share", rf"{NUMBER}\s?(?:%|percent|prozent)"),
        ("number", rf"{NUMBER}|\(\d[\d,]*\.\d\d?\)"),  # a loss in brackets
    )
)
MEASURE = re.compile(rf"({NUMBER})\s?([^\W\d_]{{1,12}}|[°'\"]\w?)\.?")
# What stands above a column, and is hardly ever the value of a fact.
COLUMN_WORDS = frozenset((
    "price", "prices", "cost", "costs", "fee", "fees", "amount", "value", "values", "meaning", "description",
    "definition", "explanation", "default", "details", "answer", "answers", "wert", "werte", "bedeutung",
    "beschreibung", "erklärung", "antwort", "valeur", "signification", "réponse", "valor", "descripción",
    "significado", "respuesta", "valore", "descrizione", "significato", "risposta",
))  # fmt: skip
# What the last word above one of several columns may be, but hardly ever that of a value below it.
COLUMN_NOUNS = COLUMN_WORDS | frozenset((
    "name", "names", "type", "kind", "id", "number", "no.", "date", "email", "e-mail", "phone", "address", "role",
    "title", "status", "notes", "comment", "unit", "units", "total", "preis", "datum", "nummer", "art", "telefon",
    "adresse", "nom", "prix", "nombre", "precio", "fecha", "nome", "prezzo", "data",
))  # fmt: skip
NAME_END = (".", "!")
SMALL_WORDS = frozenset(("of", "the", "and", "de", "la", "von", "van", "der", "di", "du", "des", "&"))


def is_nothing(cell: str) -> bool:
    """Tell whether a cell is empty or says that there is no value."""
    return one_line(cell).casefold() in NOTHING


def cell_type(cell: str) -> str:
    """Return the type of a value, such as "year" or "number"; a measure with its unit; "" for words."""
    value = one_line(cell)
    if is_nothing(value):
        return ""
    known = next((name for name, pattern in CELL_TYPES if pattern.fullmatch(value)), "")
    measure = None if known else MEASURE.fullmatch(value)
    return f"measure in {measure[2].casefold()}" if measure else known


def word_form(cell: str) -> str:
    """Return the form of a cell of words: "lower", "title" (one capitalised word), "name" (several) or "phrase"."""
    words = one_line(cell).split()
    if not words or words[0][:1].islower():
        return "lower"
    capitalised = [word for word in words if word not in SMALL_WORDS]
    if len(words) > 1 and len(capitalised) > 1 and all(word[:1].isupper() for word in capitalised):
        return "name"
    return "title" if len(words) == 1 else "phrase"


def may_be_name(cell: str, *, likely: bool = False) -> bool:
    """Tell whether a text is short and ends like the name of a column rather than like a sentence.

    With `likely`, a few words with a full stop are rather an abbreviation.
    """
    name = one_line(cell)
    words = name.count(" ") + 1
    is_abbreviation = words < MIN_SENTENCE_WORDS if likely else words == 1 and len(name) <= MAX_ABBREVIATION_LENGTH
    ends_like_sentence = name.endswith(NAME_END) and not name.endswith("..") and not is_abbreviation
    return len(name) <= MAX_NAME_LENGTH and not ends_like_sentence


def is_series(cells: list[str]) -> bool:
    """Tell whether cells count up or down like the names of columns: years in equal steps, or 1, 2, 3."""
    values = [one_line(cell)[:4] for cell in cells]
    if len(values) < 2 or not all(value.isdecimal() for value in values):
        return False
    steps = {int(after) - int(value) for value, after in itertools.pairwise(values)}
    if len(steps) != 1:
        return False
    (step,) = steps
    if {cell_type(cell) for cell in cells} == {"year"}:
        return 0 < abs(step) <= MAX_YEAR_STEP
    return abs(step) == 1 and len(values) >= MIN_NUMBER_SERIES and values == [one_line(cell) for cell in cells]
