"""Prefer the row of a table that a question names by a number: "level 6" is the row with "Level: 6th".

The rows of a table of numbers resemble each other so much that neither words nor vectors tell them apart. Which table
answers is left to the ranking, which of its rows only to a value that the question names with its column.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from retrieval.asking.neighbours import readable_text
from retrieval.index.index import Index
from retrieval.text.table_rows import CONTEXT_SEPARATOR
from retrieval.text.terms import split_terms
from retrieval.types import Hit

WORD = re.compile(r"\w+")
Key = tuple[str, frozenset[str]]  # a number, and the terms of the words beside it


def prefer_named_rows(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Move the rows that the question names before the other hits of their tables.

    The hits of a table share its places, scores and probabilities; all other hits stay where they are.
    """
    keys = _keys(question, index.language)
    tables: dict[tuple[int, int, str], list[int]] = {}
    fields: dict[int, list[tuple[str, str]]] = {}
    for place, hit in enumerate(hits if keys else ()):
        sentence = index.sentence(hit.row)
        first, _ = index.block_range(sentence.document)
        if index.block(first + sentence.paragraph - 1).kind == "row":
            fields[place] = _fields(readable_text(index, hit.row))
            tables.setdefault((sentence.document, sentence.section, fields[place][0][0]), []).append(place)
    ordered = list(hits)
    for places in tables.values():
        named = [place for place in places if _is_named(fields[place], keys, index.language)]
        if not named or len(named) == len(places):
            continue
        for place, best in zip(places, [*named, *(place for place in places if place not in named)], strict=True):
            ordered[place] = replace(hits[best], score=hits[place].score, probability=hits[place].probability)
    return ordered


def _keys(question: str, language: str) -> list[Key]:
    """Find the numbers of a question with the words right beside them; "the price at level 6" is no price of 6."""
    terms = [split_terms(word, language) for word in WORD.findall(question)]
    beside = zip([[], *terms], terms, [*terms[1:], []], strict=False)
    return [(own[0], frozenset((*before, *after))) for before, own, after in beside if own and own[0].isdecimal()]


def _fields(text: str) -> list[tuple[str, str]]:
    """Split a row that is written out into names and values, without its context; at least one field."""
    parts = text.rsplit(CONTEXT_SEPARATOR, 1)[-1].rstrip(".").split("; ")
    return [(name, value) for name, _, value in (part.rpartition(": ") for part in parts)]


def _is_named(fields: Sequence[tuple[str, str]], keys: Sequence[Key], language: str) -> bool:
    """Tell whether a row has a number of the question as the value of a column that the words beside it name.

    A number that is itself in the name of a column, such as the 3 of "3rd level slots", names no row.
    """
    named = {term for name, _ in fields for term in split_terms(name, language)}
    row_keys = [key for key in keys if key[0] not in named] or keys
    return any(
        [number] == split_terms(value, language) and not words.isdisjoint(split_terms(name, language))
        for name, value in fields
        for number, words in row_keys
    )
