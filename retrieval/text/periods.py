"""Find the days of the week, the months and the years that an English text speaks of.

Days and months are bit masks, Monday and January first; years are intervals. "Mon–Fri", "May to September" and "since
2019" cover what lies between or behind their ends.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

DAY_STEMS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTH_STEMS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Abbreviations, and months that are also words, need something beside them that makes them a date: "Sun sets", "may".
BESIDE = r"(?=\.?\s*(?:[-–—/,;:&+?)\d|]|$|(?:to|and|or|through|until|till|open|closed)\b))"
NAMED = re.compile(
    r"\b(?:(?P<day>monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?\b"
    rf"|(?P<short_day>(?-i:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)){BESIDE}"
    r"|(?P<month>january|february|april|june|july|september|october|november|december)\b"
    r"|(?<=\bin )(?P<month_after>may|march|august)\b"
    r"|(?<=\bof )(?P<month_of>(?-i:May|March|August))\b"
    rf"|(?P<month_beside>(?-i:May|March|August|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)){BESIDE}"
    r"|(?P<weekdays>weekdays?|workdays?|(?:working|business) days?)\b|(?P<weekend>weekends?)\b"
    r"|(?P<every_day>daily|(?:every|each|any) day|(?:7|seven) days a week)\b"
    r"|(?P<all_year>all[- ]year|year[- ]round|(?:every|each|any) month)\b)",
    re.IGNORECASE,
)
RANGE = re.compile(r"\.?\s*(?:[-–—]|\b(?:to|through|thru|until|till|up to)\b)\s*(?:the end of\s+)?", re.IGNORECASE)
BETWEEN = re.compile(r"\bbetween $", re.IGNORECASE)
EXCEPT = re.compile(
    r"\b(?:except|excluding|apart from|other than|but not|not|closed|without|no \w+)\b[^.;]{0,12}$", re.IGNORECASE
)
# The words before a day, month or year that name a time before or after it.
RELATIVE = re.compile(r"\b(?:after|before|since|until|till|by|than|from|prior to|to)\s+(?:the\s+)?$", re.IGNORECASE)
YEAR = re.compile(
    r"\b(?P<bound>(?:since|after|from)\s+|(?:until|till|before|by)\s+)?(?P<first>1\d{3}|20\d\d)"
    r"(?:(?P<decade>['’]?s)\b|\b(?![,.]?\d)(?:\s*(?:[-–—]|\bto\b|\buntil\b|(?P<joint>\band\b))\s*(?P<last>1\d{3}|20\d\d|\d\d(?![\d.,:%]))\b)?)",
    re.IGNORECASE,
)
# What the line of a schedule has beside its days: "Fri 9–14", "Saturdays: closed", "Mon–Thu from 9 am to noon".
HOURS = re.compile(
    r"[\d\s.,:;|/&*–—-]+|\b(?:and|to|until|till|from|on|open|opens|closed|closes|noon|midnight|[ap]\.?m\b\.?|h|hrs?|hours?|o['’]clock)\b",
    re.IGNORECASE,
)
DIGIT, CLOSED = re.compile(r"\d"), re.compile(r"\bclosed\b", re.IGNORECASE)
ANY_DAY, ANY_MONTH = 0b1111111, 0b111111111111
CALENDAR_WORDS = (
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
    "september october november december weekday weekend"
)
FULL_NAMES = frozenset(CALENDAR_WORDS.split())
WORKING_DAYS, WEEKEND = 0b0011111, 0b1100000
MAX_YEAR = 9_999
HINTS = (*DAY_STEMS, *MONTH_STEMS, "day", "week", "dail")  # one of them is in every name
Years = tuple[int, int]  # first and last


@dataclass(frozen=True, slots=True)
class Named:
    """The days or the months that a text names, and those that it excludes or calls closed."""

    included: int = 0
    excluded: int = 0


def asked_periods(question: str) -> tuple[int, int, tuple[Years, ...]]:
    """Find the days, months and years that a question is limited to, not those that it counts from: "after 1990"."""
    lowered = question.lower()
    masks = {"day": 0, "month": 0}
    if any(stem in lowered for stem in HINTS):
        for kind, mask, start in _names(question):
            if not RELATIVE.search(question, max(start - 20, 0), start):
                masks[kind] |= mask
    years = tuple(
        (first, last)
        for first, last, start in _year_spans(question, bounded=False)
        if not RELATIVE.search(question, max(start - 20, 0), start)
    )
    return masks["day"], masks["month"], years


def is_calendar_word(word: str) -> bool:
    """Tell whether a word is the name of a day or a month, or several days."""
    return word.lower().removesuffix("s") in FULL_NAMES


@lru_cache(maxsize=1_024)
def named_in(text: str) -> tuple[Named, Named]:
    """Find the days and the months that a text speaks of."""
    included, excluded = {"day": 0, "month": 0}, {"day": 0, "month": 0}
    for kind, mask, start in _names(text):
        (excluded if EXCEPT.search(text, max(start - 40, 0), start) else included)[kind] |= mask
    return Named(included["day"], excluded["day"]), Named(included["month"], excluded["month"])


def is_schedule_line(text: str) -> bool:
    """Tell whether a text has nothing but days of the week and hours, as in "Fri 9–14"."""
    without_days, count = NAMED.subn(" ", text)
    return count > 0 and not HOURS.sub("", without_days) and (DIGIT.search(text) or CLOSED.search(text)) is not None


@lru_cache(maxsize=1_024)
def years_in(text: str) -> tuple[Years, ...]:
    """Find the years that a text speaks of; "since" and "until" leave an end open."""
    return tuple((first, last) for first, last, _ in _year_spans(text, bounded=True))


def _names(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the kind, "day" or "month", the mask and the offset of each name or range of names."""
    matches = list(NAMED.finditer(text))
    number = 0
    while number < len(matches):
        match = matches[number]
        kind, mask = _mask(match)
        if number + 1 < len(matches):
            after = matches[number + 1]
            joint = text[match.end() : after.start()]
            is_range = RANGE.fullmatch(joint) or (joint.strip() == "and" and BETWEEN.search(text, 0, match.start()))
            other_kind, other = _mask(after)
            if is_range and kind == other_kind:
                mask = _range(mask, other, 7 if kind == "day" else 12)
                number += 1
        yield kind, mask, match.start()
        number += 1


def kind_of(match: re.Match[str]) -> str:
    """Return what a name is one of: "day" or "month"."""
    return _mask(match)[0]


def _mask(match: re.Match[str]) -> tuple[str, int]:
    """Return the kind of a name, and its bit or bits."""
    group = match.lastgroup or ""
    fixed = {
        "weekdays": ("day", WORKING_DAYS), "weekend": ("day", WEEKEND), "every_day": ("day", ANY_DAY),
        "all_year": ("month", ANY_MONTH),
    }  # fmt: skip
    if group in fixed:
        return fixed[group]
    stem = match[group][:3].lower()
    if "day" in group:
        return "day", 1 << DAY_STEMS.index(stem)
    return "month", 1 << MONTH_STEMS.index(stem)


def _range(first: int, last: int, size: int) -> int:
    """Return the mask from the first bit of one mask to the last of another, going round at the end."""
    start, end = (first & -first).bit_length() - 1, last.bit_length() - 1
    return sum(1 << (start + step) % size for step in range((end - start) % size + 1))


def _year_spans(text: str, *, bounded: bool) -> Iterator[tuple[int, int, int]]:
    """Yield the first and last year and the offset of each year, range or decade."""
    for match in YEAR.finditer(text):
        first = int(match["first"])
        last = first + 9 if match["decade"] else first
        if match["last"] and (not match["joint"] or BETWEEN.search(text, 0, match.start("first"))):
            last = int(match["last"]) if len(match["last"]) == 4 else first // 100 * 100 + int(match["last"])
        elif match["last"] and len(match["last"]) == 4:
            yield int(match["last"]), int(match["last"]), match.start("last")
        bound = (match["bound"] or "").strip().lower() if bounded else ""
        if bound and last == first:
            first, last = (first, MAX_YEAR) if bound in ("since", "after", "from") else (0, last)
        yield first, max(first, last), match.start("first")
