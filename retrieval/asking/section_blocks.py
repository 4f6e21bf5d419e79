"""The blocks of a section around a sentence, and small questions about them."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from retrieval.index.index import BLOCK_KINDS, BlockColumn, Column, Index
from retrieval.text.cautions import is_warning_label
from retrieval.text.sections import MAX_LEVEL, QUOTABLE
from retrieval.types import Block, Int64, Sentence

MAX_BLOCKS_AROUND = 300  # on each side, of a section that is longer, unless a list goes further up
CLOSING_MARKS = "\"'”’*_) "
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Section:
    """The blocks of a row's section, without the heading above them; the row's sentence is in blocks[at].

    The heading stands right above them, or further up where one inside its part of the document ended.

    `first` is the paragraph number of blocks[0], and `rows` are the rows of the document's sentences. Numbers of blocks
    count from blocks[0], so those above it are negative.
    """

    index: Index
    row: int
    sentence: Sentence
    heading: Block | None
    blocks: list[Block]
    at: int
    first: int
    rows: Int64

    @property
    def block(self) -> Block:
        """Return the block of the sentence."""
        return self.blocks[self.at]

    def block_at(self, number: int) -> Block:
        """Return the block with a number, also above the section."""
        return self.index.block(self.index.block_range(self.sentence.document)[0] + self.first - 1 + number)

    def blocks_below(self) -> Iterator[Block]:
        """Yield the blocks of the document behind the section, in order."""
        first, end = self.index.block_range(self.sentence.document)
        return map(self.index.block, range(first + self.first - 1 + len(self.blocks), end))

    def text(self, block: Block) -> str:
        """Return the text of a block."""
        return self.index.documents[self.sentence.document].text[block.start : block.end]

    def sentences(self, number: int) -> list[Sentence]:
        """Return the sentences of blocks[number]."""
        paragraphs = self.index.table[self.rows, Column.PARAGRAPH]
        paragraph = np.array([self.first + number, self.first + number + 1], paragraphs.dtype)
        start, end = np.searchsorted(paragraphs, paragraph)
        return [self.index.sentence(row) for row in self.rows[start:end].tolist()]


def section_of(index: Index, row: int) -> Section:
    """Find the section of a row's sentence."""
    sentence = index.sentence(row)
    first, end = index.block_range(sentence.document)
    at = first + sentence.paragraph - 1
    headings = np.flatnonzero(index.blocks[first:end, BlockColumn.KIND] == BLOCK_KINDS.index("heading")) + first
    before, after = headings[headings < at], headings[headings > at]
    heading = _open_heading(index, before)
    start = int(before[-1]) + 1 if len(before) else first
    outside = np.flatnonzero(index.blocks[start:at, BlockColumn.LEVEL] == 0)  # however long a list is, what is above it
    above_list = start + int(outside[-1]) if len(outside) else start
    start = max(start, min(above_list, at - MAX_BLOCKS_AROUND))
    stop = min(int(after[0]) if len(after) else end, at + MAX_BLOCKS_AROUND)
    blocks = [index.block(number) for number in range(start, stop)]
    rows = index.document_rows(sentence.document)
    return Section(index, row, sentence, heading, blocks, at - start, start - first + 1, rows)


def _open_heading(index: Index, headings: Int64) -> Block | None:
    """Return the innermost heading that applies below some, the numbers of their blocks; None if none does."""
    level = MAX_LEVEL
    for number in headings[::-1].tolist():
        heading = index.block(number)
        if heading.level < level and heading.end > heading.start:
            return heading
        level = min(level, heading.level)
    return None


def last_sentence(section: Section, number: int) -> Span:
    """Return the span of the last sentence of blocks[number]."""
    block, sentences = section.block_at(number), section.sentences(number)
    return (sentences[-1].start if sentences else block.start), block.end


def items_after(section: Section, starts: Container[int], end: int) -> int:
    """Count the items that follow in a list behind what is shown of it up to `end`.

    0 if fewer than two items of the list are shown: those have a start among `starts`.
    """
    last = next((number for number, block in enumerate(section.blocks) if block.end == end), None)
    if last is None or not section.blocks[last].level:
        return 0
    level, start = section.blocks[last].level, last
    while start and section.blocks[start - 1].level >= level:
        start -= 1
    items = [block for block in section.blocks[start : last + 1] if (block.kind, block.level) == ("item", level)]
    if sum(block.start in starts for block in items) < 2:
        return 0
    below = takewhile(lambda block: block.level >= level, section.blocks[last + 1 :])
    return sum((block.kind, block.level) == ("item", level) for block in below)


def ends_with(text: str, *marks: str) -> bool:
    """Tell whether a text ends with one of the marks, before closing quotes and brackets."""
    return text.rstrip(CLOSING_MARKS).endswith(marks)


def opens_next(text: str) -> bool:
    """Tell whether a block is nothing without the one below it: the label of a warning, or a line that ends in ":"."""
    return ends_with(text, ":") or is_warning_label(text)


def spans_of(blocks: Iterable[Block]) -> list[Span]:
    """Return the spans of the blocks that can be shown."""
    return [(block.start, block.end) for block in blocks if block.kind in (*QUOTABLE, "header")]


def length_of(blocks: Iterable[Block]) -> int:
    """Count the characters of the blocks that can be shown."""
    return sum(stop - start for start, stop in spans_of(blocks))
