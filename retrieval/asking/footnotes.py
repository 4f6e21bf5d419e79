"""Find the footnotes that belong to a passage, and the sentence that a footnote belongs to.

Only footnotes whose mark is in the text are found: web pages keep none.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from retrieval.index.index import BlockColumn, Column, Index
from retrieval.text.file_suffixes import is_markdown
from retrieval.text.note_marks import find_mark, find_note, mark_of_note, marks_in, note_end
from retrieval.types import Block

MAX_NOTE_LENGTH = 300  # characters
MAX_NOTES_LENGTH = 1_000  # of all footnotes of a passage
NOTE_KINDS = ("prose", "item", "aside")
Span = tuple[int, int]


def find_notes(
    index: Index, document: int, spans: Iterable[tuple[int, int]]
) -> Iterator[tuple[Block, tuple[int, int]]]:
    """Yield the block and the span of each footnote whose mark is in one of the spans or right behind it, in order."""
    text, found, length = index.documents[document].text, set(), 0
    for mark, offset in (place for span in spans for place in marks_in(text, *span)):
        note = _note(index, document, mark, offset)
        if note and note not in found and length + note[1][1] - note[1][0] <= MAX_NOTES_LENGTH:
            length += note[1][1] - note[1][0]
            found.add(note)
    yield from sorted(found, key=lambda note: note[1])


def row_with_mark(index: Index, row: int) -> int | None:
    """Find the row of the sentence whose mark refers to the footnote that a row's sentence is in, None if none does."""
    sentence = index.sentence(row)
    text = index.documents[sentence.document].text
    block = _block_at(index, sentence.document, sentence.start)
    mark = mark_of_note(text, text.rfind("\n", 0, block.start) + 1, sentence.start, block.end)
    end = find_mark(text, mark, block.start) if mark and block.kind in NOTE_KINDS else None
    if end is None or mark is None:
        return None
    rows = index.document_rows(sentence.document)
    before = int(np.searchsorted(index.table[rows, Column.START], np.int32(end - len(mark)))) - 1
    return int(rows[before]) if before >= 0 else None


def _note(index: Index, document: int, mark: str, offset: int) -> tuple[Block, Span] | None:
    """Find the short footnote of a mark that ends at an offset."""
    text = index.documents[document].text
    line = find_note(text, mark, offset)
    if line is None:
        return None
    block = _block_at(index, document, line[1])
    start = max(block.start, line[0])
    end = note_end(text, start, block.end)
    is_note = block.kind in NOTE_KINDS and line[1] < block.end and end - start <= MAX_NOTE_LENGTH
    return (block, (start, end)) if is_note and _may_be_note(index, document, block) else None


def _may_be_note(index: Index, document: int, block: Block) -> bool:
    """Tell whether a block is no item, or one that plain text has alone: a star in front of it made it an item."""
    if block.kind != "item":
        return True
    first, end = index.block_range(document)
    starts = index.blocks[first:end, BlockColumn.START]
    number = first + int(np.searchsorted(starts, np.int32(block.start), "right")) - 1
    around = [index.block(other) for other in (number - 1, number + 1) if first <= other < end]
    return not is_markdown(index.documents[document].id) and not any(other.kind == "item" for other in around)


def _block_at(index: Index, document: int, offset: int) -> Block:
    """Return the last block of a document that begins at an offset or before it, or its first one."""
    first, end = index.block_range(document)
    starts = index.blocks[first:end, BlockColumn.START]
    return index.block(first + max(int(np.searchsorted(starts, np.int32(offset), "right")) - 1, 0))
