"""Compose the passage that is shown for a sentence: the smallest part of its document that stands on its own.

An index, a row and the question come in, verified spans of one document go out. What governs the sentence always comes
along: its heading, the line that introduces its list, the items around it, the header of its table, a warning right
above it, an exception right after it, its footnotes. What completes it comes along if it is short enough: the steps or
the code that it introduces, its paragraph, its section.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.asking.footnotes import find_notes, row_with_mark
from retrieval.asking.neighbours import sentences_before
from retrieval.index.index import BLOCK_KINDS, BlockColumn, Column, Index
from retrieval.text.cautions import is_warning_label, warns
from retrieval.text.locations import table_context_at
from retrieval.text.question_forms import asks_for_all, asks_for_steps
from retrieval.text.sections import QUOTABLE
from retrieval.types import Block, Int64, PassagePart, Sentence

MAX_SECTION_LENGTH = 800  # characters of a section below a heading that is shown whole
MIN_PASSAGE_LENGTH = 400  # up to which a paragraph below a heading is shown with its neighbours
MAX_PASSAGE_LENGTH = 1_000  # of a list or code with what introduces it
MAX_WHOLE_LIST_LENGTH = 1_600  # of a list all of which is asked for
MAX_SHORT_LIST_LENGTH = 400  # of a list that is shown whole, whatever the question
MAX_PARAGRAPH_LENGTH = 600  # of a paragraph below a heading that is shown whole
MAX_PLAIN_PARAGRAPH_LENGTH = 320  # of one in a text without headings, where a sentence is the unit
MAX_SURROUNDINGS_LENGTH = 2_400  # of what is shown when more context is wanted
TERM_LEVEL = 7  # of headings that are terms, questions or summaries, which have no sections of their own
MAX_BLOCKS_AROUND = 300  # on each side, of a section that is longer
EXCEPTION = re.compile(
    r"[\s\"'“‘(*_]*(?:however|but|except|exceptions?|unless|only|note|nevertheless|instead|otherwise|warning|caution|important"
    r"|(?:this|that|it|these|those|they|the same)(?: \w+)? (?:does|do|is|are|has|have|can|will)(?:n[’']t| not))\b",
    re.IGNORECASE,
)
CLOSING_MARKS = "\"'”’*_) "
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Section:
    """The blocks of a row's section, without the heading above them; the row's sentence is in blocks[at].

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

    def text(self, block: Block) -> str:
        """Return the text of a block."""
        return self.index.documents[self.sentence.document].text[block.start : block.end]

    def sentences(self, number: int) -> list[Sentence]:
        """Return the sentences of blocks[number]."""
        paragraphs = self.index.table[self.rows, Column.PARAGRAPH]
        paragraph = np.array([self.first + number, self.first + number + 1], paragraphs.dtype)
        start, end = np.searchsorted(paragraphs, paragraph)
        return [self.index.sentence(row) for row in self.rows[start:end].tolist()]


def compose_passage(index: Index, row: int, question: str) -> tuple[PassagePart, ...]:
    """Compose the passage of a row, in the order of the document; that of a footnote shows what it belongs to.

    Raises DamagedIndexError if the row's sentence is not in its document.
    """
    index.text(row)  # verifies it
    with_mark = row_with_mark(index, row)
    if with_mark is not None:
        passage = _compose(_section(index, with_mark), question)
        if covers(passage, index.sentence(row)):
            return passage
    return _compose(_section(index, row), question)


def _compose(section: _Section, question: str) -> tuple[PassagePart, ...]:
    own = _short_section(section) or _own_spans(section, question)
    spans = [*_governing(section), *own]
    return _passage(section, [*_warnings(section, min(spans)[0]), *spans, *_exception(section, own)])


def compose_surroundings(index: Index, row: int) -> tuple[PassagePart, ...]:
    """Compose as much of the section around a row as MAX_SURROUNDINGS_LENGTH allows, nearest blocks first.

    Raises DamagedIndexError if the row's sentence is not in its document.
    """
    index.text(row)
    section = _section(index, row)
    start = end = section.at
    while start or end < len(section.blocks) - 1:
        wider = max(start - 1, 0), min(end + 1, len(section.blocks) - 1)
        if _length(section.blocks[wider[0] : wider[1] + 1]) > MAX_SURROUNDINGS_LENGTH:
            break
        start, end = wider
    return _passage(section, [*_governing(section), *_spans(section.blocks[start : end + 1])])


def covers(passage: Sequence[PassagePart], sentence: Sentence) -> bool:
    """Tell whether a passage of the sentence's document shows the sentence."""
    return any(part.start <= sentence.start and sentence.end <= part.end for part in passage)


def _passage(section: _Section, spans: Sequence[Span]) -> tuple[PassagePart, ...]:
    """Make a passage of the heading, of spans in the section's blocks, and of their footnotes."""
    document = section.sentence.document
    text, heading = section.index.documents[document].text, section.heading
    parts = []
    lead_in = _lead_in_of_terms(section)
    if lead_in is not None:
        parts.append(_part(text, section.block_at(lead_in), _last_sentence(section, lead_in), after_gap=False))
    if heading is not None:
        skipped = lead_in is not None and section.block_at(lead_in + 1) != heading
        parts.append(_part(text, heading, (heading.start, heading.end), after_gap=skipped))
    notes = [note for note in find_notes(section.index, document, spans) if not _is_inside(note[1], spans)]
    inside = [span for block, span in notes if block in section.blocks]
    outside = [_part(text, block, span, after_gap=True) for block, span in notes if block not in section.blocks]
    return (*parts, *_parts(text, section.blocks, [*spans, *inside]), *outside)


def _is_inside(span: Span, spans: Sequence[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)


def _lead_in_of_terms(section: _Section) -> int | None:
    """Find the number of the paragraph that introduces terms, the section's heading among them; None without one."""
    if section.heading is None or section.heading.level < TERM_LEVEL:
        return None
    below: Block | None = None
    for number in range(-1, -min(section.first - 1, MAX_BLOCKS_AROUND) - 1, -1):
        block = section.block_at(number)
        if block.kind == "heading" and block.level < TERM_LEVEL:
            return None
        is_above_term = below is not None and below.kind == "heading"
        if is_above_term and block.kind == "prose" and _ends_with(section.text(block), ":"):
            return number
        below = block
    return None


def _section(index: Index, row: int) -> _Section:
    sentence = index.sentence(row)
    first, end = index.block_range(sentence.document)
    at = first + sentence.paragraph - 1
    headings = np.flatnonzero(index.blocks[first:end, BlockColumn.KIND] == BLOCK_KINDS.index("heading")) + first
    before, after = headings[headings < at], headings[headings > at]
    heading = index.block(int(before[-1])) if len(before) else None
    start = max(int(before[-1]) + 1 if len(before) else first, at - MAX_BLOCKS_AROUND)
    stop = min(int(after[0]) if len(after) else end, at + MAX_BLOCKS_AROUND)
    blocks = [index.block(number) for number in range(start, stop)]
    rows = index.document_rows(sentence.document)
    return _Section(index, row, sentence, heading, blocks, at - start, start - first + 1, rows)


def _short_section(section: _Section) -> list[Span]:
    """Return the spans of the whole section if it is short and has a heading."""
    blocks = [block for block in section.blocks if block.kind in (*QUOTABLE, "header")]
    return _spans(blocks) if section.heading and _length(blocks) <= MAX_SECTION_LENGTH else []


def _own_spans(section: _Section, question: str) -> list[Span]:
    """Return the spans of the sentence and of what completes it."""
    block = section.block
    if block.kind == "row":
        return [(section.sentence.start, section.sentence.end)]
    if block.level:
        whole = _list_around(section)
        wants_steps = asks_for_steps(question) and any(item.number for item in whole)
        limit = MAX_PASSAGE_LENGTH if wants_steps else MAX_SHORT_LIST_LENGTH
        limit = MAX_WHOLE_LIST_LENGTH if asks_for_all(question) else limit
        return _spans(whole if _length(whole) <= limit else _item_around(section))
    if block.kind == "code":
        return [(block.start, block.end)]
    own = _paragraph(section)
    if own[1] != block.end:
        return [own]
    introduced = _introduced(section)
    if own[0] == block.start and section.heading:
        return _spans(_grown(section, 1 + len(introduced)))
    return [own, *_spans(introduced)]


def _grown(section: _Section, count: int) -> list[Block]:
    """Return the sentence's block and the `count` - 1 below it, with the blocks beside them as far as they fit.

    Those below come first, since they continue what is said; a list and code stay whole.
    """
    start, end = section.at, section.at + count
    while end < len(section.blocks) and _length(section.blocks[start : end + 1]) <= MIN_PASSAGE_LENGTH:
        end += 1
    while start and _length(section.blocks[start - 1 : end]) <= MIN_PASSAGE_LENGTH:
        start -= 1
    return section.blocks[start:end]


def _paragraph(section: _Section) -> Span:
    """Return the span of a short paragraph, else of the sentence with those that it refers to."""
    block = section.block
    if block.end - block.start <= (MAX_PARAGRAPH_LENGTH if section.heading else MAX_PLAIN_PARAGRAPH_LENGTH):
        return block.start, block.end
    before = section.index.sentence(section.row - sentences_before(section.index, section.row))
    return max(before.start, block.start), section.sentence.end


def _list_around(section: _Section) -> list[Block]:
    """Return the blocks of the outermost list around the sentence."""
    start, end = section.at, section.at + 1
    while start and section.blocks[start - 1].level:
        start -= 1
    while end < len(section.blocks) and section.blocks[end].level:
        end += 1
    return section.blocks[start:end]


def _item_around(section: _Section) -> list[Block]:
    """Return the blocks of the sentence's item, with the items inside it, as far as they fit."""
    level, start = section.block.level, section.at
    while start and section.blocks[start].kind != "item" and section.blocks[start - 1].level >= level:
        start -= 1
    blocks = [section.blocks[start]]
    for number in range(start + 1, len(section.blocks)):
        block = section.blocks[number]
        inside = block.level > level or (block.level == level and block.kind != "item")
        if not inside or (_length([*blocks, block]) > MAX_PASSAGE_LENGTH and number > section.at):
            break
        blocks.append(block)
    return blocks


def _introduced(section: _Section) -> list[Block]:
    """Return the list, code or table right below a paragraph that introduces it, as far as it fits."""
    announced = _ends_with(section.text(section.block), ":")
    length = section.block.end - section.block.start
    blocks: list[Block] = []
    for block in section.blocks[section.at + 1 :]:
        is_first_prose = announced and not blocks and block.kind == "prose"
        belongs = block.kind in ("item", "code") or block.level or (announced and block.kind in ("row", "header"))
        length += block.end - block.start
        if not (belongs or is_first_prose) or length > MAX_PASSAGE_LENGTH:
            break
        blocks.append(block)
    return blocks


def _governing(section: _Section) -> Iterator[Span]:
    """Yield the spans of what decides the meaning of the sentence: a header, a question, a lead-in, outer items."""
    number = section.at
    block = section.block
    if block.kind == "row":
        yield from table_context_at(section.index.documents[section.sentence.document], section.sentence.start)
        while number and section.blocks[number - 1].kind in ("row", "header", "aside"):
            number -= 1
    # A paragraph or code inside an item is governed by that item too.
    level = block.level + (block.level > 0 and block.kind != "item")
    for before in range(number - 1, -1, -1) if level else ():
        outer = section.blocks[before]
        if outer.kind == "item" and outer.level < level:
            yield outer.start, outer.end
            level = outer.level
        elif not outer.level and outer.kind in QUOTABLE:
            number = before + 1
            break
    if number and (section.blocks[number - 1].level < max(level, 1)):
        lead = section.blocks[number - 1]
        needs_lead = block.kind == "code" or level or _ends_with(section.text(lead), ":", "?")
        if lead.kind in ("prose", "item") and needs_lead:
            yield _last_sentence(section, number - 1)


def _warnings(section: _Section, start: int) -> Iterator[Span]:
    """Yield the spans of warnings right above what is shown from an offset on: each whole, or its first sentence."""
    number = next(number for number, block in enumerate(section.blocks) if start < block.end)
    while number:
        below_label = number > 1 and is_warning_label(section.text(section.blocks[number - 2]))
        block, label = section.blocks[number - 1], section.blocks[number - 2 if below_label else number - 1]
        if label.kind != "prose" or not (below_label or warns(section.text(block))):
            return
        sentences = section.sentences(number - 1)
        is_short = block.end - block.start <= MAX_PARAGRAPH_LENGTH or not sentences
        yield block.start, block.end if is_short else sentences[0].end
        if below_label:
            yield label.start, label.end
        number -= 2 if below_label else 1


def _exception(section: _Section, own: Sequence[Span]) -> Iterator[Span]:
    """Yield the span of a sentence that limits what is shown, if it stands right after it."""
    end = max(stop for _, stop in own)
    for number in (section.at, section.at + 1):
        sentences = section.sentences(number) if number < len(section.blocks) else []
        following = next((sentence for sentence in sentences if sentence.start >= end), None)
        if following is not None:
            block = section.blocks[number]
            if block.kind == "prose" and EXCEPTION.match(section.text(block), following.start - block.start):
                yield following.start, following.end
            return


def _last_sentence(section: _Section, number: int) -> Span:
    """Return the span of the last sentence of blocks[number]."""
    block, sentences = section.block_at(number), section.sentences(number)
    return (sentences[-1].start if sentences else block.start), block.end


def _ends_with(text: str, *marks: str) -> bool:
    return text.rstrip(CLOSING_MARKS).endswith(marks)


def _spans(blocks: Iterable[Block]) -> list[Span]:
    return [(block.start, block.end) for block in blocks if block.kind in (*QUOTABLE, "header")]


def _length(blocks: Iterable[Block]) -> int:
    return sum(stop - start for start, stop in _spans(blocks))


def _parts(text: str, blocks: Sequence[Block], spans: Sequence[Span]) -> Iterator[PassagePart]:
    """Yield the parts that spans cover in each block, and mark those before which something quotable is left out."""
    skipped = first = True
    for block in blocks:
        inside = sorted(span for span in spans if span[0] >= block.start and span[1] <= block.end)
        end = block.start
        for span in _merged(inside, text):
            skipped |= any(map(str.isalnum, text[end : span[0]]))
            yield _part(text, block, span, after_gap=skipped and not first)
            skipped = first = False
            end = span[1]
        skipped |= block.kind in (*QUOTABLE, "header") and any(map(str.isalnum, text[end : block.end]))


def _merged(spans: Sequence[Span], text: str) -> list[Span]:
    """Merge spans of one block that overlap or have only white space between them."""
    merged: list[Span] = []
    for start, end in spans:
        if merged and not text[merged[-1][1] : start].strip():
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _part(text: str, block: Block, span: Span, *, after_gap: bool) -> PassagePart:
    start, end = span
    return PassagePart(
        start, end, text[start:end], block.kind, block.level, block.number, block.language, after_gap=after_gap
    )
