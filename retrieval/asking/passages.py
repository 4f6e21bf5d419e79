"""Compose the passage that is shown for a sentence: the smallest part of its document that stands on its own.

An index, a row and the question come in, verified spans of one document go out. What governs the sentence always comes
along: its heading, the line that introduces its list, the items around it, the header of its table, a warning right
above it, an exception right after it, its footnotes; in a chat, what it replies to and what corrects it. What completes
it comes along if it is short enough: the steps or the code that it introduces, its paragraph, its section. Two passages
of one section can be composed as one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from retrieval.asking.completing import MAX_PASSAGE_LENGTH, complete
from retrieval.asking.footnotes import find_notes, row_with_mark
from retrieval.asking.governing import (
    announced_terms,
    exception_spans,
    governing_spans,
    lead_in_of_terms,
    warning_spans,
)
from retrieval.asking.releases import find_released
from retrieval.asking.replies import supplement_spans
from retrieval.asking.section_blocks import (
    Section,
    Span,
    items_after,
    last_sentence,
    length_of,
    section_of,
    spans_of,
)
from retrieval.asking.solutions import find_solved
from retrieval.index.index import Index
from retrieval.text.sections import QUOTABLE
from retrieval.types import Block, PassagePart, Sentence

MAX_SURROUNDINGS_LENGTH = 2_400  # of what is shown when more context is wanted
MAX_JOINED_LENGTH = 1_000  # of two passages that are shown as one
MAX_BETWEEN_LENGTH = 300  # of what stands between these and is shown


def compose_passage(index: Index, row: int, question: str) -> tuple[PassagePart, ...]:
    """Compose the passage of a row, in the order of the document; that of a footnote shows what it belongs to.

    Raises DamagedIndexError if the row's sentence is not in its document.
    """
    index.text(row)  # verifies it
    with_mark = row_with_mark(index, row)
    if with_mark is not None:
        passage = _compose(section_of(index, with_mark), question)
        if covers(passage, index.sentence(row)):
            return passage
    return _compose(section_of(index, row), question)


def _compose(section: Section, question: str) -> tuple[PassagePart, ...]:
    whole = find_released(section, question) or find_solved(section)
    if whole is not None:
        blocks, spans = whole
        return _passage(replace(section, heading=None, blocks=blocks), spans)
    own = complete(section, question)
    spans = _with_governing(section, own)
    end = max(own)[1]
    terms = announced_terms(section, end, MAX_PASSAGE_LENGTH - (end - section.block.start))
    announced = list(_clipped(terms, (terms[0].start, terms[-1].end))) if terms else []
    return _passage(replace(section, blocks=[*section.blocks, *terms]), [*spans, *announced])


def _with_governing(section: Section, own: list[Span]) -> list[Span]:
    """Add to the spans of a sentence what governs it."""
    spans = [*governing_spans(section), *own]
    behind = [*exception_spans(section, own), *supplement_spans(section)]
    return [*warning_spans(section, min(spans)[0]), *spans, *behind]


def compose_surroundings(index: Index, row: int) -> tuple[PassagePart, ...]:
    """Compose as much of the section around a row as MAX_SURROUNDINGS_LENGTH allows, nearest blocks first.

    Raises DamagedIndexError if the row's sentence is not in its document.
    """
    index.text(row)
    section = section_of(index, row)
    start = end = section.at
    while start or end < len(section.blocks) - 1:
        wider = max(start - 1, 0), min(end + 1, len(section.blocks) - 1)
        if length_of(section.blocks[wider[0] : wider[1] + 1]) > MAX_SURROUNDINGS_LENGTH:
            break
        start, end = wider
    return _passage(section, [*governing_spans(section), *spans_of(section.blocks[start : end + 1])])


def join_passages(index: Index, row: int, other: int, question: str) -> tuple[PassagePart, ...] | None:
    """Compose the passages of two rows as one, with what stands between them if that is short.

    None if they are not below the same heading, nor near each other below one inside that of the other, or get too
    long. Neither are rows of tables, of which one is meant, nor footnotes, nor records and messages of one file.
    Raises DamagedIndexError if a sentence is not in its document.
    """
    for each in (row, other):
        index.text(each)  # verifies it
    upper, lower = (section_of(index, each) for each in sorted((row, other)))
    if not _are_related(upper, lower) or any(row_with_mark(index, each) is not None for each in (row, other)):
        return None
    own = [complete(section, question) for section in (upper, lower)]
    governed = [_with_governing(section, spans) for section, spans in zip((upper, lower), own, strict=True)]
    blocks = [upper.block_at(number) for number in range(lower.first - upper.first + len(lower.blocks))]
    gap = max(end for _, end in own[0]), min(start for start, _ in own[1])
    between = list(_clipped(blocks, gap))
    if sum(end - start for start, end in between) > MAX_BETWEEN_LENGTH:
        if upper.heading != lower.heading:
            return None
        between = []
    joined = _passage(replace(upper, blocks=blocks), [*governed[0], *between, *governed[1]])
    return joined if sum(part.end - part.start for part in joined) <= MAX_JOINED_LENGTH else None


def _are_related(upper: Section, lower: Section) -> bool:
    """Tell whether two sections of one document are the same, or the lower one is inside the upper one."""
    document = upper.index.documents[upper.sentence.document]
    if upper.sentence.document != lower.sentence.document or document.unit not in ("", "line", "page"):
        return False
    if upper.heading is None or lower.heading is None or "row" in (upper.block.kind, lower.block.kind):
        return False
    if upper.heading == lower.heading:
        return True
    if lower.heading.start < upper.heading.start:
        return False
    between = [heading for heading in document.headings if upper.heading.start < heading.start <= lower.heading.start]
    return all(heading.level > upper.heading.level for heading in between)


def _clipped(blocks: Sequence[Block], gap: Span) -> Iterator[Span]:
    """Yield the spans of blocks that can be shown, or are headings, as far as they are in a gap."""
    for block in blocks:
        start, end = max(block.start, gap[0]), min(block.end, gap[1])
        if start < end and block.kind in (*QUOTABLE, "header", "heading"):
            yield start, end


def covers(passage: Sequence[PassagePart], shown: Sentence | PassagePart) -> bool:
    """Tell whether a passage shows a sentence, or a part of another passage, of its document."""
    return any(part.start <= shown.start and shown.end <= part.end for part in passage)


def _passage(section: Section, spans: Sequence[Span]) -> tuple[PassagePart, ...]:
    """Make a passage of the heading, of spans in the section's blocks, and of their footnotes."""
    document = section.sentence.document
    text, heading = section.index.documents[document].text, section.heading
    parts = []
    lead_in = lead_in_of_terms(section)
    if lead_in is not None:
        parts.append(_part(text, section.block_at(lead_in), last_sentence(section, lead_in), after_gap=False))
    if heading is not None:
        skipped = lead_in is not None and section.block_at(lead_in + 1) != heading
        parts.append(_part(text, heading, (heading.start, heading.end), after_gap=skipped))
    notes = [note for note in find_notes(section.index, document, spans) if not _is_inside(note[1], spans)]
    inside = [span for block, span in notes if block in section.blocks]
    outside = [_part(text, block, span, after_gap=True) for block, span in notes if block not in section.blocks]
    is_apart = heading is not None and section.block_at(-1).start == section.block_at(-1).end
    shown = list(_parts(text, section.blocks, [*spans, *inside], is_apart=is_apart))
    if after := items_after(section, {part.start for part in shown}, shown[-1].end if shown else -1):
        shown[-1] = replace(shown[-1], items_after=after)
    return (*parts, *shown, *outside)


def _is_inside(span: Span, spans: Sequence[Span]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)


def _parts(text: str, blocks: Sequence[Block], spans: Sequence[Span], *, is_apart: bool) -> Iterator[PassagePart]:
    """Yield the parts that spans cover in each block, and mark those before which something quotable is left out.

    `is_apart` tells whether something stands between the heading and the blocks.
    """
    skipped = True
    first = not is_apart
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
