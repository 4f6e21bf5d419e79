"""Answer what a short code or an abbreviation means with the entry that begins with exactly that.

The rule is narrow: the question asks for nothing but the meaning of one code, whatever else it names stands in the
section of the entry or above it, and no other entry fits as well.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from retrieval.asking.neighbours import readable_text
from retrieval.asking.section_blocks import section_of
from retrieval.asking.section_outline import first_row_below, heading_text, places_above
from retrieval.asking.table_keys import row_fields
from retrieval.index.equal_terms import rows_with_form
from retrieval.index.index import Column, Index
from retrieval.index.scope import Scope
from retrieval.text.short_codes import (
    CodeQuestion,
    begins_with_abbreviation,
    begins_with_code,
    may_define,
    parse_code_question,
)
from retrieval.text.terms import split_terms
from retrieval.types import Hit

MAX_ROWS = 2_000  # with the code that are looked at
ENTRY_PROBABILITY = 0.95  # at least, that the only entry of a code answers


def find_code_entry(index: Index, question: str, scope: Scope) -> int | None:
    """Find the row that says what a code of the question means; None if it asks for none, or there are several."""
    asked = parse_code_question(question) if index.language == "en" else None
    if asked is None:
        return None
    own = split_terms(asked.code, "en")
    rows = rows_with_form(index.lexical, own or sorted(asked.others)) if own or asked.others else None
    if rows is None:
        return None
    rows = rows if scope.rows is None else rows[scope.rows.contains(rows)]
    rows = rows[:MAX_ROWS]
    entries = {row for row in rows.tolist() if _is_entry(index, row, asked)}
    sections = np.unique(index.table[rows][:, [Column.DOCUMENT, Column.SECTION]], axis=0)
    found = (_entry_below(index, number, section, asked) for number, section in sections.tolist())
    below = {row for row in found if row is not None} - entries
    fitting = [entry for entry in sorted(entries | below) if _fits(index, entry, asked)]
    if len({index.text(entry) for entry in fitting}) != 1:
        return None
    text = index.text(fitting[0])
    is_unlike = fitting[0] in below and asked.may_be_abbreviation and not may_define(text, asked.code)
    return None if is_unlike else fitting[0]


def prefer_row(hits: Sequence[Hit], row: int | None, probability: float) -> list[Hit]:
    """Move the hit of a row to the front, with at least some probability."""
    found = [hit for hit in hits if hit.row == row]
    first = [replace(hit, score=hits[0].score, probability=max(hit.probability, probability)) for hit in found]
    return [*first, *(hit for hit in hits if hit.row != row)]


def _is_entry(index: Index, row: int, asked: CodeQuestion) -> bool:
    """Tell whether a row begins with a code and says something about it."""
    sentence = index.sentence(row)
    block = index.block(index.block_range(sentence.document)[0] + sentence.paragraph - 1)
    if block.kind == "row":
        name = row_fields(readable_text(index, row))[0][1].strip("`*")
        return name == asked.code or (asked.may_be_abbreviation and begins_with_abbreviation(name, asked.code))
    if sentence.start != block.start or not (block.kind == "item" or asked.may_be_abbreviation):
        return False
    text = index.text(row)
    return _defines(text, asked) and any(map(str.isalnum, text.casefold().partition(asked.code.casefold())[2]))


def _entry_below(index: Index, number: int, section: int, asked: CodeQuestion) -> int | None:
    """Find the first row below the heading right above a section of a document, if that heading begins with a code."""
    document = index.documents[number]
    place = next(places_above(document, section), None)
    if place is None or not _defines(heading_text(document, place), asked):
        return None
    return first_row_below(index, number, place)


def _defines(entry: str, asked: CodeQuestion) -> bool:
    """Tell whether an entry begins with what a question asks about, as an abbreviation if it may be one."""
    begins = begins_with_abbreviation if asked.may_be_abbreviation else begins_with_code
    return begins(entry, asked.code)


def _fits(index: Index, row: int, asked: CodeQuestion) -> bool:
    """Tell whether the section of an entry, its headings, or the document's names have all else of the question."""
    section = section_of(index, row)
    document = index.documents[section.sentence.document]
    above = (heading_text(document, place) for place in places_above(document, section.sentence.section))
    texts = [document.id, document.title, *above, *map(section.text, section.blocks)]
    return asked.others <= {term for text in texts for term in split_terms(text, "en")}
