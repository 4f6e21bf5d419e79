"""Find what limits a question, such as a day, a year or a level, and tell how a text relates to it.

A text has a constraint ("Mon–Fri" has Wednesday), contradicts it by another value of the same kind ("Mon–Fri" and
Saturday, "level 5" and level 7), or says nothing about it. Only English questions are understood.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from retrieval.text.month_days import MonthDays, has_exception, month_days_in
from retrieval.text.numbered import VERSION, Number, numbered_in
from retrieval.text.numerals import has_numeral
from retrieval.text.periods import DAY_STEMS, FULL_NAMES, MONTH_STEMS, Years, asked_periods, named_in, years_in
from retrieval.text.terms import split_terms

YES_NO = re.compile(
    r"(?:(?:hi|hello|hey|so|and|but|ok)[ ,]+)*"
    r"(?:am|is|are|was|were|do|does|did|can|could|may|might|must|should|will|would|has|have)(?:n['’]t)?\b",
    re.IGNORECASE,
)
OF_WHAT = re.compile(r"\b(?:version|release|v)\s*[\d.]+ of (?:the )?(\w+)", re.IGNORECASE)
CALENDAR_TERMS = frozenset(term for name in FULL_NAMES for term in split_terms(name, "en")).union(
    DAY_STEMS, MONTH_STEMS
)
# Whether something is open on a day is not told by another date, but by other days of the week.
STATE = re.compile(r"\b(?:open|opened|close|closed|shut|available|there)\b", re.IGNORECASE)


class Relation(IntEnum):
    """How a text relates to a constraint."""

    CONTRADICTS = -1
    SILENT = 0
    HAS = 1


@dataclass(frozen=True, slots=True)
class Constraint:
    """A limit in a question: days of the week or months as a mask, dates, years, or a number.

    A number is one of the nouns that it numbers or counts. `weekly` days are those of every week, about which a date
    says nothing.
    """

    kind: Literal["days", "months", "dates", "years", "number"]
    mask: int = 0
    dates: tuple[MonthDays, ...] = ()
    years: tuple[Years, ...] = ()
    number: Number = ()
    nouns: tuple[str, ...] = ()
    counts: bool = False
    weekly: bool = False

    def relation(self, text: str) -> Relation:
        """Tell how a text relates to this constraint."""
        if self.kind == "years":
            return self._relation_of_years(text)
        if self.kind == "dates":
            return self._relation_of_dates(text)
        if self.kind == "number":
            return self._relation_of_number(text)
        if self.kind == "months" and any(self.mask & days.months for days in month_days_in(text)):
            return Relation.HAS
        named = named_in(text)[self.kind == "months"]
        if self.mask & (named.included | named.excluded):
            return Relation.HAS
        if named.included or named.excluded:
            return Relation.SILENT if named.excluded else Relation.CONTRADICTS
        return Relation.CONTRADICTS if self.weekly and has_exception(text) else Relation.SILENT

    def _relation_of_years(self, text: str) -> Relation:
        years = years_in(text)
        if any(first <= end and start <= last for first, last in years for start, end in self.years):
            return Relation.HAS
        return Relation.CONTRADICTS if years else Relation.SILENT

    def _relation_of_dates(self, text: str) -> Relation:
        found = month_days_in(text)
        if any(days.contains(asked.first) or asked.contains(days.first) for days in found for asked in self.dates):
            return Relation.HAS
        if not found:
            return Relation.SILENT
        spanned = MonthDays(found[0].first, found[-1].last)  # "Start: 1 April; End: 14 April"
        return Relation.SILENT if any(spanned.contains(asked.first) for asked in self.dates) else Relation.CONTRADICTS

    def _relation_of_number(self, text: str) -> Relation:
        same = [numbered for numbered in numbered_in(text) if numbered.counts == self.counts]
        own = [numbered for numbered in same if numbered.noun in self.nouns]
        if any(numbered.contains(self.number) for numbered in own):
            return Relation.HAS
        return Relation.CONTRADICTS if own else Relation.SILENT


def find_constraints(question: str) -> tuple[Constraint, ...]:
    """Find the constraints of an English question."""
    days, months, years = asked_periods(question)
    dates = month_days_in(question)
    is_weekly = not dates and STATE.search(question) is not None
    found = [Constraint("days", mask=days, weekly=is_weekly)] if days else []
    found += [Constraint("months", mask=months)] if months else []
    found += [Constraint("dates", dates=dates)] if dates else []
    found += [Constraint("years", years=years)] if years else []
    return (*found, *_numbers(question)) if has_numeral(question) else tuple(found)


def is_yes_no(question: str) -> bool:
    """Tell whether a question is answered by yes or no: "open Mon–Fri" answers whether it is open on Saturday."""
    return YES_NO.match(question) is not None


def asks_for_state_on_day(question: str, constraints: Iterable[Constraint]) -> bool:
    """Tell whether a question with constraints asks whether, or when, something is open on a day of a month."""
    return STATE.search(question) is not None and any(constraint.kind == "dates" for constraint in constraints)


def is_answered_no(question: str, constraint: Constraint, text: str) -> bool:
    """Tell whether a text that contradicts a constraint can answer a question, by "no".

    "Closed on 6 April" does not say whether it is open on 4 May.
    """
    is_state = constraint.kind in ("days", "dates") and STATE.search(question) is not None
    return is_yes_no(question) and not (is_state and has_exception(text))


def _numbers(question: str) -> Iterator[Constraint]:
    """Yield a constraint for each number: of the noun before it, or else of the one behind it."""
    entries = (entry for entry in numbered_in(question) if entry.noun not in CALENDAR_TERMS)
    numbered = [entry for entry in entries if not entry.is_range]
    years = {(year,) for span in years_in(question) for year in span}
    for number in dict.fromkeys(entry.first for entry in numbered):
        own = [entry for entry in numbered if entry.first == number]
        numbering = [entry.noun for entry in own if not entry.counts]
        if number in years:
            continue
        if VERSION in numbering:
            numbering += [term for word in OF_WHAT.findall(question) for term in split_terms(word, "en")]
        elif numbering and len(number) > 1:
            numbering.append(VERSION)
        yield Constraint("number", number=number, nouns=tuple(numbering or [own[0].noun]), counts=not numbering)
