"""Prefer the row of a table that a question names: by its first cell or another value, a number of a column, or a day.

"Support of plan P2" is the row that begins with "P2", "level 6" the one with "Level: 6th", and "on Thursday" the one
with "Day: Thu". The rows of a table resemble each other so much that neither words nor vectors tell them apart. Which
table answers is left to the ranking.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from retrieval.asking.neighbours import readable_text
from retrieval.index.index import Index
from retrieval.text.constraints import Constraint, Relation, find_constraints
from retrieval.text.table_rows import CONTEXT_SEPARATOR
from retrieval.text.terms import split_terms
from retrieval.types import Hit, Sentence

PART_END = re.compile(r"[()\[\],;/]")
WORD = re.compile(r"\w+")
RANGE = re.compile(r"(\d{1,9})(?:st|nd|rd|th)?\s?[-–]\s?(\d{1,9})(?:st|nd|rd|th)?")
COMPARED = re.compile(
    r"\b(?:over|under|above|below|before|after|until|than|least|most|exceeds?|beyond|past|up to)\s+(?:\w+\s+)?\d+",
    re.IGNORECASE,
)
Key = tuple[str, frozenset[str]]  # a number, and the terms of the words beside it
_Named = tuple[bool, int, int]  # whether a number or day names it, and terms of its first cell and of another value
NOT_NAMED: _Named = (False, 0, 0)


def prefer_named_rows(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Move the rows that the question names before the other hits of their tables.

    The hits of a table share its places, scores and probabilities; all other hits stay where they are.
    """
    ordered = list(hits)
    for names in _find_tables(index, hits, question):
        best_first = sorted(names, key=lambda place: names[place], reverse=True)
        for place, best in zip(names, best_first, strict=True):
            ordered[place] = replace(hits[best], score=hits[place].score, probability=hits[place].probability)
    return ordered


def find_unnamed_rows(index: Index, hits: Sequence[Hit], question: str) -> dict[int, int]:
    """Find the rows among hits that lack a number or day of the question, with the first of their table that has it.

    To a reader all rows of a table look alike: "Level: 17th; Rages: 6" like an answer to "how many rages at level 6".
    """
    unnamed: dict[int, int] = {}
    for names in _find_tables(index, hits, question):
        named = [place for place, (by_key, *_) in names.items() if by_key]
        unnamed |= {hits[place].row: hits[named[0]].row for place in names if named and place not in named}
    return unnamed


def find_equal_rows(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Find the hits, the first among them, that are rows of one table, each named by a question as much as the first.

    "Drop chance of wool" names no row where sheep and goats drop it. Each has as many words of the question as the
    first. Empty if the first is no such row.
    """
    names = next((names for names in _find_tables(index, hits, question) if 0 in names), {})
    named = names.get(0, NOT_NAMED)
    if named == NOT_NAMED:
        return []
    terms = frozenset(split_terms(question, index.language))
    equal = [hits[place] for place in names if names[place] == named]
    counts = [len(terms.intersection(split_terms(readable_text(index, hit.row), index.language))) for hit in equal]
    return [hit for hit, count in zip(equal, counts, strict=True) if count >= counts[0]]


def _find_tables(index: Index, hits: Sequence[Hit], question: str) -> list[dict[int, _Named]]:
    """Find the tables of which hits are rows; each has the places of its hits, in order, and how these are named."""
    keys, terms = _keys(question, index.language), split_terms(question, index.language)
    periods = _periods(question) if index.language == "en" else []
    tables: dict[tuple[int, int], dict[int, _Named]] = {}
    for place, hit in enumerate(hits if terms else ()):
        sentence = index.sentence(hit.row)
        is_message = index.documents[sentence.document].unit == "message"
        first, _ = index.block_range(sentence.document)
        if not is_message and index.block(first + sentence.paragraph - 1).kind == "row":
            text = readable_text(index, hit.row)
            fields = row_fields(text)
            by_key = _is_named(fields, keys, index.language) or _is_of_periods(text, periods)
            named = (by_key, *_count_named(fields, terms, index.language))
            tables.setdefault((sentence.document, _table_start(index, sentence)), {})[place] = named
    return list(tables.values())


def _table_start(index: Index, sentence: Sentence) -> int:
    """Return where the table of a row starts; rows that are in none, as in a file of records, are one by section."""
    tables = index.documents[sentence.document].tables
    place = bisect_right(tables, sentence.start, key=lambda table: table.start) - 1
    is_inside = place >= 0 and sentence.start < tables[place].end and tables[place].header_end > tables[place].start
    return tables[place].start if is_inside else -1 - sentence.section


def _keys(question: str, language: str) -> list[Key]:
    """Find the numbers of a question with the words right beside them; "the price at level 6" is no price of 6.

    A number that something is compared with, as in "more than 6", is no key.
    """
    terms = [split_terms(word, language) for word in WORD.findall(COMPARED.sub(" ", question))]
    beside = zip([[], *terms], terms, [*terms[1:], []], strict=False)
    return [(own[0], frozenset((*before, *after))) for before, own, after in beside if own and own[0].isdecimal()]


def _periods(question: str) -> list[Constraint]:
    """Find the days and months of a question."""
    return [constraint for constraint in find_constraints(question) if constraint.kind in ("days", "months")]


def _is_of_periods(text: str, periods: Sequence[Constraint]) -> bool:
    """Tell whether a row has the days and months of a question."""
    return bool(periods) and all(period.relation(text) == Relation.HAS for period in periods)


def row_fields(text: str) -> list[tuple[str, str]]:
    """Split a row that is written out into names and values, without its context; at least one field."""
    parts = text.rsplit(CONTEXT_SEPARATOR, 1)[-1].rstrip(".").split("; ")
    return [(name, value) for name, _, value in (part.rpartition(": ") for part in parts)]


def _is_named(fields: Sequence[tuple[str, str]], keys: Sequence[Key], language: str) -> bool:
    """Tell whether a row has a number of the question as the value of a column that the words beside it name.

    A number that is itself in the name of a column, such as the 3 of "3rd level slots", names no row, unless it is the
    only one; then no column with a number in its name does.
    """
    names = [split_terms(name, language) for name, _ in fields]
    named = {term for name in names for term in name}
    row_keys = [key for key in keys if key[0] not in named] or keys
    return any(
        _has_number(value, number, language) and not words.isdisjoint(name)
        for name, (_, value) in zip(names, fields, strict=True)
        for number, words in row_keys
        if number not in named or not any(map(str.isdecimal, name))
    )


def _has_number(value: str, number: str, language: str) -> bool:
    """Tell whether a value is a number, or a range that it is in."""
    found = RANGE.fullmatch(value.strip())
    if found is not None:
        return int(found[1]) <= int(number) <= int(found[2])
    return split_terms(value, language) == [number]


def _count_named(fields: Sequence[tuple[str, str]], terms: Sequence[str], language: str) -> tuple[int, int]:
    """Count the terms of the first cell if a question has them in a row, and those of the longest such other value.

    Of a value such as "No ferry (Midsummer Day)", a part names the row by two terms or more. A lone number names
    nothing: that takes the name of its column.
    """
    counts = [0] * len(fields)
    for place, (_, value) in enumerate(fields):
        own = _count_asked(split_terms(value, language), terms)
        parts = [split_terms(part, language) for part in PART_END.split(value)]
        counts[place] = max(own, *(_count_asked(part, terms) for part in parts if len(part) > 1), 0)
    return counts[0], max(counts[1:], default=0)


def _count_asked(own: Sequence[str], terms: Sequence[str]) -> int:
    """Count the terms of a text if a question has all of them in a row, and they are no lone number."""
    is_asked = any(terms[start : start + len(own)] == own for start in range(len(terms) - len(own) + 1))
    return len(own) if is_asked and not all(map(str.isdecimal, own)) else 0
