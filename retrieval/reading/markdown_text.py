"""Read the text of a Markdown file: what a reader of the finished page sees of it, in blocks, and where it comes from.

The text is the file without what is not seen: marks of emphasis, targets of links, tags. Between blocks it stays the
same.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from retrieval.reading.blocks import classify_spans
from retrieval.reading.markdown import Markup, parse_markdown
from retrieval.reading.markdown_tables import trim
from retrieval.reading.site_markup.prepare import prepare
from retrieval.reading.struck_out import divide_struck_out
from retrieval.text.cleaning import LINE_BREAK
from retrieval.text.markdown_marks import find_marks
from retrieval.text.source_map import Edit, EditedText, Pair, compose_pairs, forward_offsets, source_offset
from retrieval.types import Block, Mark

NO_VALUES: Mapping[str, object] = {}
TABLE_KINDS = ("row", "header")


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
    prepared, markups = prepare(edited, body, values, is_mdx=is_mdx)
    return _read_prepared(prepared, body, markups)


def _read_prepared(prepared: EditedText, body: int, markups: Mapping[int, Markup]) -> MarkdownText:
    """Read text in which only marks inside of blocks are left; `markups` are those of paragraphs, by their start."""
    text = prepared.text
    parsed = parse_markdown(text, body)
    spans = parsed.spans
    if markups:
        spans = [(span, _own_markup(span[0], markup, markups)) for span, markup in spans]
    blocks = classify_spans(text, list(divide_struck_out(text, spans)), by_form=False)
    edits = list(parsed.quote_marks)
    for block in blocks:
        if block.kind not in ("code", "aside"):
            edits += _hidden(text, block, parsed.references)
    final = EditedText(text).edited(edits)
    pairs = compose_pairs(prepared.pairs, final.pairs) if edits else prepared.pairs
    moved = _moved(blocks, final) if edits else tuple(blocks)
    return MarkdownText(final.text, moved, pairs, prepared.keeps_lines and final.keeps_lines)


def _own_markup(start: int, markup: Markup, markups: Mapping[int, Markup]) -> Markup:
    """Return the markup of a paragraph that is not what its form says, such as the title of a box.

    A list has no headings, or they would divide it.
    """
    if markup.kind is not None or start not in markups:
        return markup
    own = markups[start]
    return (
        Markup(None, markup.level)
        if own.kind == "heading" and markup.level
        else own._replace(level=own.level or markup.level)
    )


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
        if last > first:
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
