"""The sections of a document by the places of their headings, and what is shown of their beginning."""

from collections.abc import Iterator, Sequence

import numpy as np

from retrieval.asking.section_blocks import Span
from retrieval.index.index import BLOCK_KINDS, BlockColumn, Column, Index
from retrieval.text.answer_types import NO_ANSWER, QUESTION
from retrieval.text.sections import QUOTABLE, open_places
from retrieval.types import Block, Document

MAX_BLOCKS = 300  # from one heading to another that are looked at
MAX_HEADINGS = 200  # above a section, or beside one, that are looked at


def heading_text(document: Document, place: int) -> str:
    """Return the text of a heading on one line."""
    heading = document.headings[place]
    return " ".join(document.text[heading.start : heading.end].split())


def places_above(document: Document, section: int) -> Iterator[int]:
    """Yield the places of the headings above a section, innermost first."""
    first = max(section - MAX_HEADINGS, 0)
    yield from (first + place for place in open_places(document.headings[first:section]))


def places_beside(document: Document, places: range, level: int) -> Iterator[int]:
    """Yield those of the first places whose headings have a level, up to one that is further out."""
    for place in places[:MAX_HEADINGS]:
        if document.headings[place].level < level:
            return
        if document.headings[place].level == level:
            yield place


def end_of_heading(document: Document, place: int) -> int:
    """Return the place of the first heading behind one that is not inside of it."""
    level, places = document.headings[place].level, range(place + 1, len(document.headings))
    return next((other for other in places if document.headings[other].level <= level), len(document.headings))


def first_row_below(index: Index, number: int, place: int) -> int | None:
    """Find the first row that can answer below a heading of a document, or inside of it; None without one."""
    rows = index.document_rows(number)
    sections = index.table[rows, Column.SECTION]
    bounds = np.array([place + 1, end_of_heading(index.documents[number], place) + 1], sections.dtype)
    start, end = np.searchsorted(sections, bounds)
    answering = np.flatnonzero(index.answer_types[rows[start:end]] & (QUESTION | NO_ANSWER) == 0)
    return int(rows[start + answering[0]]) if len(answering) else None


def blocks_between(index: Index, number: int, place: int, end: int) -> list[Block]:
    """Return the blocks of a document from a heading on, up to that of another place; at most MAX_BLOCKS."""
    first, last = index.block_range(number)
    kinds = index.blocks[first:last, BlockColumn.KIND]
    headings = [*(np.flatnonzero(kinds == BLOCK_KINDS.index("heading")) + first).tolist(), last]
    return [index.block(block) for block in range(headings[place], min(headings[end], headings[place] + MAX_BLOCKS))]


def beginning_of(blocks: Sequence[Block], max_length: int, *, at_least: int) -> list[Span]:
    """Return the spans of as many of the first blocks as fit, at least some, without headings at the end."""
    shown: list[Block] = []
    length = 0
    for block in blocks:
        if block.kind not in (*QUOTABLE, "header", "heading"):
            continue
        length += block.end - block.start
        if length > max_length and len(shown) >= at_least:
            break
        shown.append(block)
    while shown and shown[-1].kind == "heading":
        shown.pop()
    return [(block.start, block.end) for block in shown]
