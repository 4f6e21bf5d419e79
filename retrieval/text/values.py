"""Extract the dates and numbers that a sentence gives, and tell whether two sentences give different ones.

The rules look at the form of English words and of dates such as 2024-05-16; in other languages they see little but
digits.
"""

import re
from collections.abc import Iterator

from retrieval.text.answer_types import DATE, DAYS, DIGITS, MONTHS, NUMBER, NUMBER_WORDS
from retrieval.text.terms import split_terms

SHORT_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
SHORT_DAYS = "Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun"
MONTH_STEMS = tuple(month[:3].lower() for month in MONTHS.split("|"))
# Abbreviations are also words ("Sun", "Mar"): beside a month is its day, behind a day of the week the date goes on.
DATES = re.compile(
    r"\b(?P<iso_year>\d{4})-(?P<iso_month>0[1-9]|1[0-2])-(?P<iso_day>[0-3]\d)\b"
    rf"|\b(?P<before>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{MONTHS}|{SHORT_MONTHS})\b"
    rf"|\b(?:(?P<name>{MONTHS}|{DAYS})|(?P<short_month>{SHORT_MONTHS})(?=\.? \d{{1,2}}(?!\d|[:.]\d))"
    rf"|(?P<short_day>{SHORT_DAYS})(?=\.?\s*(?:[-–—/,;:&+)\d|]|$|(?:to|and|or|until|{MONTHS}|{SHORT_MONTHS})\b)))\b"
    r"(?:\.? (?P<after>\d{1,2})(?:st|nd|rd|th)?\b(?![:.]\d))?"
    r"|\b(?P<year>1\d{3}|20\d{2})(?![\d,.]\d)"
)
BEFORE_YEAR = re.compile(r"\b(?:in|since|until|by|of|from|to|after|before|during|and|year|early|late) $", re.IGNORECASE)
MAX_WORD_BEFORE = 12  # characters
NUMBERS = re.compile(rf"\d+(?:[,\u00a0\u202f]\d{{3}})*(?:\.\d+)?|\b(?:{NUMBER_WORDS})\b", re.IGNORECASE)
CLOCK = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d\d)(?!\d)(?::\d\d)?(?:\s?(?P<half>[ap])\.?m\b)?", re.IGNORECASE
)
NOON = 12  # hours
# What a number is counted by: "two a day", "40 per person", "four for the whole term", "5 €/night".
COUNTED_BY = re.compile(
    rf"\bper ([a-z]+)|(?:(?<!\d)\d++|\b(?:{NUMBER_WORDS})\b)"
    r"(?: (?!(?:for|of|in|on|at|to|with|from|by|as|is|are|has|have)\b)[a-z]++){0,3} (?:an?|each|every) ([a-z]+)"
    r"|\b(?:the|an?|one) (?:whole|entire|full) ([a-z]+)|\d ?[€$£]? ?/ ?([a-z]{3,})",
    re.IGNORECASE,
)


def values_in(text: str, answer_type: int) -> frozenset[str]:
    """Extract the parts of the dates (DATE) or the numbers outside of dates (NUMBER) in a sentence.

    The names of days and months are the same in full and abbreviated.
    """
    if answer_type == DATE:
        return frozenset(part for match in DATES.finditer(text) for part in _parts(match))
    numbers = (re.sub(r"[,\u00a0\u202f]", "", match[0].lower()) for match in NUMBERS.finditer(without_dates(text)))
    return frozenset(DIGITS.get(number, number) for number in numbers)


def without_dates(text: str) -> str:
    """Replace the dates of a sentence by spaces; a number like a year stays where no word makes it one."""
    return DATES.sub(
        lambda match: (
            match[0]
            if match["year"] and not BEFORE_YEAR.search(text, max(match.start() - MAX_WORD_BEFORE, 0), match.start())
            else " "
        ),
        text,
    )


def values_differ(first: str, second: str, answer_type: int) -> bool:
    """Tell whether two sentences that answer the same give different dates (DATE) or numbers (NUMBER).

    One that is merely less exact does not differ, and neither does a number that is counted by something else: "four a
    term" and "two a day" can both be so. On the same date, the times of day are compared, and without dates the
    numbers.
    """
    values, others = values_in(first, answer_type), values_in(second, answer_type)
    if answer_type == DATE and values == others:
        if not values:
            return values_differ(first, second, NUMBER)
        values, others = _times_in(first), _times_in(second)
    if answer_type == NUMBER:
        counted, counted_other = _counted_by(first), _counted_by(second)
        if counted and counted_other and counted.isdisjoint(counted_other):
            return False
    return not (values <= others or others <= values)


def time_of_day(match: re.Match[str]) -> str:
    """Format a match of CLOCK as "HH:MM" in 24 hours."""
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    hour = hour % NOON + NOON * (half == "p") if half else hour
    return f"{hour:02}:{match['minute']}"


def _parts(match: re.Match[str]) -> Iterator[str]:
    """Yield the parts of a date: the first letters of names, and numbers without zeros before them."""
    if match["iso_month"]:
        yield MONTH_STEMS[int(match["iso_month"]) - 1]
    yield from (match[group][:3].lower() for group in ("month", "name", "short_month", "short_day") if match[group])
    numbers = (match[group] for group in ("iso_year", "iso_day", "before", "after", "year") if match[group])
    yield from (str(int(number)) for number in numbers)


def _times_in(text: str) -> frozenset[str]:
    """Extract the times of day with minutes."""
    return frozenset(map(time_of_day, CLOCK.finditer(text)))


def _counted_by(text: str) -> frozenset[str]:
    """Find the terms of what the numbers of a sentence are counted by."""
    return frozenset(
        term for match in COUNTED_BY.finditer(text) for term in split_terms(match[match.lastindex or 0], "en")
    )
