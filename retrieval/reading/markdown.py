"""Read the marks of Markdown: where paragraphs, headings, asides and the rows of tables stand in the text.

The text of a Markdown document is the file, so a row is quoted as it stands there, without its outer pipes; what it is
read with, and shown with, is its header.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from retrieval.reading.isolated.protocol import RefusedError
from retrieval.text.table_rows import CELL_BORDER, MAX_CELL_LENGTH, split_cells

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

Span = tuple[int, int]
# What the marks around a span tell of it; a number is a heading's level, a header is that of the rows below it.
Markup = Literal["aside", "item", "row", "header"] | int | None
NESTING = 100  # of lists and quotes; deeper text would be lost
MOST_MARKS = 250_000
CONTAINER = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t>]+)*")  # of quotes and items, before what is in them


def marked_spans(text: str, body: int) -> list[tuple[Span, Markup]]:
    """Return the paragraphs, headings, asides and rows of text[body:], in order, each with what its marks tell."""
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
            span = _without_marks(text, span, token.content)
        mark: Markup = int(tag[1:]) if opened == "heading_open" else None
        if token.type != "inline":
            mark = "aside"
        if span[1] > span[0]:
            spans.append((span, mark))
    return spans


def check_size(text: str) -> None:
    """Raise RefusedError where a text would take the parser, which keeps all its marks, more than about 1 GB."""
    if max(text.count("\n"), text.count("|")) > MOST_MARKS:
        raise RefusedError(f"holds more than {MOST_MARKS:,} lines or cells of tables; divide it, or save it as .txt")


@lru_cache(maxsize=1)
def _parser() -> "MarkdownIt":
    """Return the parser of Markdown; making one takes longer than reading a small file with it."""
    from markdown_it import MarkdownIt  # answering needs none

    parser = MarkdownIt("commonmark", {"maxNesting": NESTING}).enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])  # inline parsing is not needed, and not linear
    return parser


def _table_spans(text: str, lines: Sequence[Span]) -> Iterator[tuple[Span, Markup]]:
    """Yield the header and the rows of a table; of one with long cells, or only one column, the cells.

    Rows that say nothing are left out, so that the rows below a header follow it without anything between them. Where
    the header is empty the line under it stands before them as an aside.
    """
    header, ruler, *rows = [_row_span(text, *line) for line in lines]
    of_columns = any(len(split_cells(text[slice(*row)])) > 1 for row in (header, *rows))
    paragraphs = not of_columns or any(_is_long(text[slice(*row)]) for row in (header, *rows))
    yield (header, "aside" if paragraphs else "header") if _says(text, header) else (ruler, "aside")
    for row in rows:
        for span in _cell_spans(text, row) if paragraphs else [row]:
            if _says(text, span):
                yield span, None if paragraphs else "row"


def _says(text: str, span: Span) -> bool:
    return any(map(str.isalnum, text[slice(*span)]))


def _is_long(row: str) -> bool:
    """Return whether a row holds paragraphs rather than values."""
    return len(row) > 4 * MAX_CELL_LENGTH or max(map(len, split_cells(row))) > 2 * MAX_CELL_LENGTH


def _row_span(text: str, start: int, end: int) -> Span:
    """Return where the cells of a line of a table stand, without what surrounds them."""
    mark = CONTAINER.match(text, start, end)
    start = mark.end() if mark else start
    if text.startswith("|", start, end):
        start += 1
    start, end = _trim(text, start, end)
    last = start + len(text[start:end].rstrip("| \t"))
    escaped = text.endswith("\\", start, last) and text.startswith("|", last, end)
    return start, max(start, last + escaped)


def _cell_spans(text: str, row: Span) -> Iterator[Span]:
    start = row[0]
    for pipe in CELL_BORDER.finditer(text, *row):
        yield _trim(text, start, pipe.start())
        start = pipe.end()
    yield _trim(text, start, row[1])


def _trim(text: str, start: int, end: int) -> Span:
    content = text[start:end]
    return end - len(content.lstrip()), start + len(content.rstrip())


def _without_marks(text: str, span: Span, content: str) -> Span:
    """Narrow a span of whole lines to the content between list, quote and heading marks."""
    lines = content.strip().split("\n")
    first = text.find(lines[0], *span)
    last = text.rfind(lines[-1].strip(), *span)
    if first < 0 or last < first:
        return span
    return first, last + len(lines[-1].strip())
