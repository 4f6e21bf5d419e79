"""Find the paragraphs, headings, asides and table rows of Markdown by its markup, as spans of the text.

The text of a Markdown document is the file, so a row is quoted as written, without its outer pipes; its header is
searched and shown with it.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from retrieval.reading.isolated.protocol import RefusedError
from retrieval.text.table_rows import CELL_BORDER, MAX_DATA_CELL_LENGTH, split_cells

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

Span = tuple[int, int]
# What the markup says about a span: a number is the level of a heading, a header belongs to the rows below it.
Markup = Literal["aside", "item", "row", "header"] | int | None
MAX_NESTING = 100  # of lists and quotes; deeper text would be lost
MAX_LINES_OR_CELLS = 250_000
MAX_DATA_ROW_LENGTH = 800  # characters of a row of values
CONTAINER = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t>]+)*")  # the marks of quotes and list items


def marked_spans(text: str, body: int) -> list[tuple[Span, Markup]]:
    """Find the paragraphs, headings, asides and rows of text[body:], in order, each with its markup."""
    lines = [body, *(match.end() for match in re.compile("\n").finditer(text, body)), len(text) + 1]
    spans: list[tuple[Span, Markup]] = []
    opened = tag = ""
    in_table = False
    for token in _parser().parse(text[body:]):
        if token.type in ("table_open", "table_close"):
            in_table = token.type == "table_open"
            if in_table and token.map:
                spans += _table_spans(text, [(lines[n], lines[n + 1] - 1) for n in range(*token.map)])
        elif token.type.endswith("_open"):
            opened, tag = token.type, token.tag
        if not token.map or token.nesting != 0 or in_table:
            continue
        first, last = token.map
        span = _trim(text, lines[first], min(lines[last], len(text)))
        if token.type == "inline":
            span = _without_markup(text, span, token.content)
        markup: Markup = int(tag[1:]) if opened == "heading_open" else None
        if token.type != "inline":
            markup = "aside"
        if span[1] > span[0]:
            spans.append((span, markup))
    return spans


def check_size(text: str) -> None:
    """Raise RefusedError if the parser, which keeps a few KB of each line and cell, would need more than about 1 GB."""
    if max(text.count("\n"), text.count("|")) > MAX_LINES_OR_CELLS:
        raise RefusedError(f"more than {MAX_LINES_OR_CELLS:,} lines or table cells; split it up, or save it as .txt")


@lru_cache(maxsize=1)
def _parser() -> "MarkdownIt":
    """Make the parser, once; making it takes longer than parsing a small file."""
    from markdown_it import MarkdownIt  # answering needs none

    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])  # inline parsing is not needed, and not linear
    return parser


def _table_spans(text: str, lines: Sequence[Span]) -> Iterator[tuple[Span, Markup]]:
    """Yield the header and the rows of a table; if it has long cells or only one column, its cells as paragraphs.

    Empty rows are left out, so that the rows follow their header directly. Below an empty header, the ruler under it
    comes first as an aside.
    """
    header, ruler, *rows = [_row_span(text, *line) for line in lines]
    has_columns = any(len(split_cells(text[slice(*row)])) > 1 for row in (header, *rows))
    paragraphs = not has_columns or any(_is_long(text[slice(*row)]) for row in (header, *rows))
    yield (header, "aside" if paragraphs else "header") if _has_content(text, header) else (ruler, "aside")
    for row in rows:
        for span in _cell_spans(text, row) if paragraphs else [row]:
            if _has_content(text, span):
                yield span, None if paragraphs else "row"


def _has_content(text: str, span: Span) -> bool:
    return any(map(str.isalnum, text[slice(*span)]))


def _is_long(row: str) -> bool:
    """Tell whether a row contains paragraphs rather than values."""
    return len(row) > MAX_DATA_ROW_LENGTH or max(map(len, split_cells(row))) > MAX_DATA_CELL_LENGTH


def _row_span(text: str, start: int, end: int) -> Span:
    """Narrow a line of a table to its cells, without its outer pipes and the marks of quotes and lists."""
    container = CONTAINER.match(text, start, end)
    start = container.end() if container else start
    if text.startswith("|", start, end):
        start += 1
    start, end = _trim(text, start, end)
    last = start + len(text[start:end].rstrip("| \t"))
    escaped = text.endswith("\\", start, last) and text.startswith("|", last, end)
    return start, max(start, last + escaped)


def _cell_spans(text: str, row: Span) -> Iterator[Span]:
    """Yield the trimmed span of each cell of a row."""
    start = row[0]
    for pipe in CELL_BORDER.finditer(text, *row):
        yield _trim(text, start, pipe.start())
        start = pipe.end()
    yield _trim(text, start, row[1])


def _trim(text: str, start: int, end: int) -> Span:
    """Narrow a span by the white space at its ends."""
    content = text[start:end]
    return end - len(content.lstrip()), start + len(content.rstrip())


def _without_markup(text: str, span: Span, content: str) -> Span:
    """Narrow a span of whole lines to the content between the marks of lists, quotes and headings."""
    lines = content.strip().split("\n")
    first = text.find(lines[0], *span)
    last = text.rfind(lines[-1].strip(), *span)
    if first < 0 or last < first:
        return span
    return first, last + len(lines[-1].strip())
