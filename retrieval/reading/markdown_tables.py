"""Divide the tables of Markdown into headers and rows, as spans of the text.

The text of a Markdown document is the file, so a row is quoted as written, without its outer pipes; its header is
searched and shown with it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from retrieval.text.table_rows import CELL_BORDER, MAX_DATA_CELL_LENGTH, split_cells

Span = tuple[int, int]
TableMarkup = Literal["aside", "row", "header"] | None  # of a span; a header belongs to the rows below it
MAX_DATA_ROW_LENGTH = 800  # characters of a row of values
CONTAINER = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t>]+)*")  # the marks of quotes and list items


def table_spans(text: str, lines: Sequence[Span]) -> Iterator[tuple[Span, TableMarkup]]:
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
    start, end = trim(text, start, end)
    last = start + len(text[start:end].rstrip("| \t"))
    escaped = text.endswith("\\", start, last) and text.startswith("|", last, end)
    return start, max(start, last + escaped)


def _cell_spans(text: str, row: Span) -> Iterator[Span]:
    """Yield the trimmed span of each cell of a row."""
    start = row[0]
    for pipe in CELL_BORDER.finditer(text, *row):
        yield trim(text, start, pipe.start())
        start = pipe.end()
    yield trim(text, start, row[1])


def trim(text: str, start: int, end: int) -> Span:
    """Narrow a span by the white space at its ends."""
    content = text[start:end]
    return end - len(content.lstrip()), start + len(content.rstrip())
