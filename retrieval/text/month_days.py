"""Find the days of a month that an English text names: "4 May", "May 4th", "24 Dec – 2 Jan", "Christmas Eve".

A day is a pair of numbers, of the month and of the day in it. Years are left to `periods`, and so are days of the week.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from retrieval.text.named_days import NAMED_DAY, day_of
from retrieval.text.periods import MONTH_STEMS, RELATIVE

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\b"
)
DAY = r"(?<![\d:.,/])(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?\b(?![:.,]?\d|\s?(?:am|pm|a\.m|p\.m|%))"
JOINT = r"\s*(?:[-–—]|\b(?:to|until|till|through|thru)\b)\s*(?:the\s+)?"
AND = r"\s*(?:&|/|\band\b|\bor\b)\s*(?:the\s+)?"
DATE = re.compile(
    rf"(?:(?P<before>{DAY}(?:,\s*{DAY}){{0,5}}),?{AND})?(?P<first>{DAY})(?:{JOINT}(?P<last>{DAY}))?\s+(?:of\s+)?(?P<month>{MONTH})"
    rf"|\b(?P<month_before>{MONTH})\.?\s+(?:the\s+)?(?P<first_behind>{DAY})(?:{JOINT}(?P<last_behind>{DAY})(?!\s+{MONTH}))?",
    re.IGNORECASE,
)
BETWEEN = re.compile(
    rf"(?:,?\s*\d{{4}})?{JOINT}(?:\w+day,?\s+|(?:mon|tue|wed|thu|fri|sat|sun)\.?,?\s+)?", re.IGNORECASE
)
# In lower case these are verbs, "level 4 may" and "march 5 miles", unless the date ends there or has a year.
VERBS = ("may", "march", "mar")
DATE_END = re.compile(r"\s*(?:$|[,;:.!?)]|\d{4}\b)")
NAME_HINT = re.compile(r"(?:eve|day|en)\b", re.IGNORECASE)  # one of them ends every name
MAX_EXCEPTION = 21  # days of a holiday or the like
MonthDay = tuple[int, int]


@dataclass(frozen=True, slots=True)
class MonthDays:
    """Days from `first` to `last`, both included; the last one may be in the next year."""

    first: MonthDay
    last: MonthDay

    @property
    def is_single(self) -> bool:
        """Tell whether this is one day."""
        return self.first == self.last

    @property
    def is_season(self) -> bool:
        """Tell whether these are weeks, in which things are as usual: "1 May – 30 September", not "Dec 24 – Jan 2"."""
        (month, day), (last_month, last_day) = self.first, self.last
        return (31 * (last_month - month) + last_day - day) % (12 * 31) > MAX_EXCEPTION

    @property
    def months(self) -> int:
        """Return the months from the first day to the last as a bit mask, January first."""
        first, count = self.first[0] - 1, (self.last[0] - self.first[0]) % 12 + 1
        return sum(1 << (first + step) % 12 for step in range(count))

    def contains(self, day: MonthDay) -> bool:
        """Tell whether a day lies between the ends."""
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last


@lru_cache(maxsize=1_024)
def month_days_in(text: str) -> tuple[MonthDays, ...]:
    """Find the days, and ranges of days, in order; a single day that time is counted from or to is none."""
    found: list[tuple[MonthDays, int]] = []  # with the offset
    end = 0
    named = NAMED_DAY.finditer(text) if NAME_HINT.search(text) else ()
    for match in sorted([*DATE.finditer(text), *named], key=re.Match.start):
        if match.re is DATE and _is_verb(text, match):
            continue
        days, start = _days(match), match.start()
        before = _days_before(match)
        if not before and found and found[-1][0].is_single and BETWEEN.fullmatch(text, end, start):
            first, start = found.pop()
            days = MonthDays(first.first, days.last)
        found += [*((MonthDays(day, day), start) for day in before), (days, start)]
        end = match.end()
    return tuple(
        days for days, start in found if not (days.is_single and RELATIVE.search(text, max(start - 20, 0), start))
    )


def _is_verb(text: str, match: re.Match[str]) -> bool:
    """Tell whether what looks like a month behind or before a number is a verb."""
    return (match["month"] or match["month_before"]) in VERBS and not DATE_END.match(text, match.end())


def _days_before(match: re.Match[str]) -> list[MonthDay]:
    """Return the days listed before the one with the month: those of "24, 25 and 26 December" but the last."""
    if match.re is NAMED_DAY or not match["before"]:
        return []
    month = 1 + MONTH_STEMS.index(match["month"][:3].lower())
    return [(month, int(day)) for day in re.findall(r"\d+", match["before"])]


def _days(match: re.Match[str]) -> MonthDays:
    """Read a date with its month, or a named day: a day, or days from one to another."""
    if match.re is NAMED_DAY:
        return MonthDays(day_of(match), day_of(match))
    month = 1 + MONTH_STEMS.index((match["month"] or match["month_before"])[:3].lower())
    first = match["first"] or match["first_behind"]
    last = match["last"] or match["last_behind"] or first
    return MonthDays(*((month, int(day.lower().rstrip("stndrh"))) for day in (first, last)))


def has_exception(text: str) -> bool:
    """Tell whether a text names days of a month, and no season."""
    days = month_days_in(text)
    return bool(days) and not any(each.is_season for each in days)
