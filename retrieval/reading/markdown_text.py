"""Read the text of a Markdown file: what a reader of the finished page sees of it, in blocks, and where it comes from.

The text is the file without what is not seen: marks of emphasis, targets of links, tags. Between blocks it stays the
same.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import NamedTuple

from retrieval.reading.blocks import classify_spans
from retrieval.reading.markdown import Markup, Span, parse_markdown
from retrieval.reading.markdown_tables import trim
from retrieval.reading.site_markup.boxes import NOTE
from retrieval.reading.site_markup.prepare import prepare
from retrieval.reading.site_markup.site_changes import TITLE, Own
from retrieval.reading.struck_out import divide_struck_out
from retrieval.text.cleaning import LINE_BREAK
from retrieval.text.markdown_marks import find_marks
from retrieval.text.source_map import Edit, EditedText, Pair, compose_pairs, forward_offsets, source_offset
from retrieval.types import Block, Mark

NO_VALUES: Mapping[str, object] = {}
TABLE_KINDS = ("row", "header")
MAX_TITLE_LEVEL = 50  # of titles inside each other


class MarkdownText(NamedTuple):
    """A text with its blocks and its source map; `keeps_lines` if its lines have the numbers of those of the file."""

    text: str
    blocks: tuple[Block, ...]
    pairs: tuple[Pair, ...]
    keeps_lines: bool


def read_markdown(
    source: str | EditedText, body: int, values: Mapping[str, object] = NO_VALUES, *, is_mdx: bool = False
) -> MarkdownText:
    """Read source[body:]; what comes before stays in the text. `values` are those of the front matter."""
    edited = EditedText(source) if isinstance(source, str) else source
    prepared, owns = prepare(edited, body, values, is_mdx=is_mdx)
    return _read_prepared(prepared, body, owns)


def _read_prepared(prepared: EditedText, body: int, owns: Mapping[int, Own]) -> MarkdownText:
    """Read text in which only marks inside of blocks are left; `owns` are markups of paragraphs, by their start."""
    text = prepared.text
    parsed = parse_markdown(text, body)
    spans = parsed.spans
    if owns:
        spans = list(_with_titles(spans, owns))
    blocks = _with_end_before_notes(text, classify_spans(text, list(divide_struck_out(text, spans)), by_form=False))
    edits = list(parsed.quote_marks)
    for block in blocks:
        if block.kind not in ("code", "aside"):
            edits += _hidden(text, block, parsed.references)
    final = EditedText(text).edited(edits)
    pairs = compose_pairs(prepared.pairs, final.pairs) if edits else prepared.pairs
    moved = _moved(blocks, final) if edits else tuple(blocks)
    return MarkdownText(final.text, moved, pairs, prepared.keeps_lines and final.keeps_lines)


def _with_titles(spans: Iterable[tuple[Span, Markup]], owns: Mapping[int, Own]) -> Iterator[tuple[Span, Markup]]:
    """Yield spans with the markup of those that are not what their form says, such as the titles of boxes.

    A title is a heading below those around it, and an empty heading stands where what is below it ends. A list has no
    headings, or they would divide it.
    """
    ends: list[tuple[float, bool]] = []  # of the titles that apply: by when each ends, and if only titles end it
    for span, markup in spans:
        start, is_end = span[0], False
        while ends and ends[-1][0] <= start:
            ends.pop()
            is_end = True
        own = owns.get(start) if markup.kind is None else None
        if own and own.markup.kind == "heading" and not markup.level:
            if ends and ends[-1][1]:
                ends.pop()
            yield span, own.markup._replace(level=min(own.markup.level + len(ends), MAX_TITLE_LEVEL))
            outer = ends[-1][0] if ends else inf
            ends.append((outer if own.end is None else min(own.end, outer), own.end is None))
            continue
        if markup.kind == "heading":
            ends = []
        elif is_end:
            yield (start, start), Markup("heading", min(TITLE.level + len(ends), MAX_TITLE_LEVEL))
        if own and own.markup.kind == "heading":
            markup = Markup(None, markup.level)
        elif own:
            markup = own.markup._replace(level=markup.level)
        yield span, markup


def _with_end_before_notes(text: str, blocks: list[Block]) -> list[Block]:
    """End all headings before the footnotes at the end of a text, which belong to no section."""
    count = len(blocks)
    while count and blocks[count - 1].kind == "prose" and NOTE.match(text, blocks[count - 1].start):
        count -= 1
    if count == len(blocks) or not any(block.kind == "heading" for block in blocks[:count]):
        return blocks
    start = blocks[count].start
    return [*blocks[:count], Block(start, start, "heading", 1), *blocks[count:]]


def _hidden(text: str, block: Block, references: Collection[str]) -> list[Edit]:
    """Return edits of what is not seen of a block; a pipe inside a cell keeps its backslash, and a cell is one line."""
    content = text[block.start : block.end]
    marks = find_marks(content, references)
    if block.kind in TABLE_KINDS:
        marks = [mark for mark in marks if content[mark.start : mark.end + 1] != "\\|"]
    if block.kind in (*TABLE_KINDS, "heading"):
        marks = [mark._replace(replacement=mark.replacement.replace(LINE_BREAK, " ")) for mark in marks]
    return [Edit(block.start + start, block.start + end, replacement) for start, end, replacement in marks]


def _moved(blocks: Sequence[Block], final: EditedText) -> tuple[Block, ...]:
    """Move blocks to their places after changes, less those of which nothing is left."""
    starts = forward_offsets(final.pairs, (block.start for block in blocks))
    ends = forward_offsets(final.pairs, (block.end for block in blocks))
    moved = []
    for block, start, end in zip(blocks, starts, ends, strict=True):
        first, last = trim(final.text, start, end) if block.kind != "code" else (start, end)
        if last > first or block.start == block.end:
            moved.append(Block(first, last, block.kind, block.level, block.number, block.language))
    return tuple(moved)


def line_marks(read: MarkdownText, source: str) -> tuple[Mark, ...]:
    """Return a mark for each line of each block, with the number of its line in the source, where that changes."""
    newlines = [match.start() for match in re.compile("\n").finditer(source)]
    marks: list[Mark] = []
    for block in read.blocks:
        starts = [block.start, *(match.end() for match in re.compile("\n").finditer(read.text, block.start, block.end))]
        for start in starts:
            line = bisect_left(newlines, source_offset(read.pairs, start)) + 1
            if not marks or marks[-1].at != line:
                marks.append(Mark(start, line))
    return tuple(marks)
