"""Find what limits a question, such as a day, a year or a level, and tell how a text relates to it.

A text has a constraint ("Mon–Fri" has Wednesday), contradicts it by another value of the same kind ("Mon–Fri" and
Saturday, "level 5" and level 7), or says nothing about it. Only English questions are understood.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from retrieval.text.numbered import VERSION, Number, Numbered, numbered_in
from retrieval.text.periods import FULL_NAMES, Years, asked_periods, named_in, years_in
from retrieval.text.terms import split_terms

YES_NO = re.compile(
    r"(?:(?:hi|hello|hey|so|and|but|ok)[ ,]+)*"
    r"(?:am|is|are|was|were|do|does|did|can|could|may|might|must|should|will|would|has|have)(?:n['’]t)?\b",
    re.IGNORECASE,
)
OF_WHAT = re.compile(r"\b(?:version|release|v)\s*[\d.]+ of (?:the )?(\w+)", re.IGNORECASE)
DIGIT = re.compile(r"\d")
CALENDAR_TERMS = frozenset(term for name in FULL_NAMES for term in split_terms(name, "en"))


class Relation(IntEnum):
    """How a text relates to a constraint."""

    CONTRADICTS = -1
    SILENT = 0
    HAS = 1


@dataclass(frozen=True, slots=True)
class Constraint:
    """A limit in a question: days or months as a mask, years, or a number of the nouns that it numbers or counts."""

    kind: Literal["days", "months", "years", "number"]
    mask: int = 0
    years: tuple[Years, ...] = ()
    number: Number = ()
    nouns: tuple[str, ...] = ()
    counts: bool = False

    def relation(self, text: str) -> Relation:
        """Tell how a text relates to this constraint."""
        if self.kind == "years":
            return self._relation_of_years(text)
        if self.kind == "number":
            return self._relation_of_number(text)
        named = named_in(text)[self.kind == "months"]
        if self.mask & (named.included | named.excluded):
            return Relation.HAS
        return Relation.CONTRADICTS if named.included and not named.excluded else Relation.SILENT

    def _relation_of_years(self, text: str) -> Relation:
        years = years_in(text)
        if any(first <= end and start <= last for first, last in years for start, end in self.years):
            return Relation.HAS
        return Relation.CONTRADICTS if years else Relation.SILENT

    def _relation_of_number(self, text: str) -> Relation:
        lowered = text.lower()
        if not any(noun[:4] in lowered for noun in self.nouns) and not (VERSION in self.nouns and DIGIT.search(text)):
            return Relation.SILENT
        same = [numbered for numbered in numbered_in(text) if numbered.counts == self.counts]
        own = [numbered for numbered in same if numbered.noun in self.nouns]
        if any(numbered.contains(self.number) for numbered in own):
            return Relation.HAS
        if CALENDAR_TERMS.intersection(self.nouns) and _spans_days(own, text):
            return Relation.SILENT
        return Relation.CONTRADICTS if own else Relation.SILENT


def find_constraints(question: str) -> tuple[Constraint, ...]:
    """Find the constraints of an English question."""
    days, months, years = asked_periods(question)
    found = [Constraint("days", mask=days)] if days else []
    found += [Constraint("months", mask=months)] if months else []
    found += [Constraint("years", years=years)] if years else []
    return (*found, *_numbers(question)) if DIGIT.search(question) else tuple(found)


def _spans_days(days: Sequence[Numbered], text: str) -> bool:
    """Tell whether a text with days of a month has several, between which others may lie: "from 1 to 14 April"."""
    months = named_in(text)[1]
    return len(days) > 1 or (months.included | months.excluded).bit_count() > 1


def is_yes_no(question: str) -> bool:
    """Tell whether a question is answered by yes or no: "open Mon–Fri" answers whether it is open on Saturday."""
    return YES_NO.match(question) is not None


def _numbers(question: str) -> Iterator[Constraint]:
    """Yield a constraint for each number in digits: of the noun before it, or else of the one behind it."""
    numbered = [entry for entry in numbered_in(question) if entry.first == entry.last and entry.noun]
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
