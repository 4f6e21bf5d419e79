"""Divide the tables of Markdown into headers and rows, as spans of the text.

The text of a Markdown document is the file, so a row is quoted as written, without its outer pipes; its header is
searched and shown with it. The name of a fact is its header, and what the fact says is quoted.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from retrieval.text.table_rows import CELL_BORDER, MAX_DATA_CELL_LENGTH, plain_cell, split_cells
from retrieval.text.table_shape import RowMark, table_shape

Span = tuple[int, int]
TableMarkup = Literal["aside", "row", "header"] | None  # of a span; a header belongs to the rows below it
MAX_DATA_ROW_LENGTH = 800  # characters of a row of values
LINK = re.compile(r"!?\[([^\[\]]*+)\]\([^()\[]*+\)")
CONTAINER = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t>]+)*")  # the marks of quotes and list items


def table_spans(text: str, lines: Sequence[Span]) -> Iterator[tuple[Span, TableMarkup]]:
    """Yield the headers and the rows of a table; if it has long cells or only one column, its cells as paragraphs.

    A header with several cells, perhaps on several lines, names columns. One with a single cell names a group of rows
    or, on the line of a row, what the row says. Empty rows are left out.
    """
    header, _, *rows = [_row_span(text, *line) for line in lines]
    contents = [text[slice(*row)] for row in (header, *rows)]
    if all(len(split_cells(content)) < 2 for content in contents) or any(map(_is_long, contents)):
        if _has_content(text, header):
            yield header, "aside"
        cells = (cell for row in rows for cell in _cell_spans(text, row))
        yield from ((cell, None) for cell in cells if _has_content(text, cell))
    else:
        yield from _data_spans(text, header, rows, [*lines[:1], *lines[2:]])


def _data_spans(
    text: str, header: Span, rows: Sequence[Span], lines: Sequence[Span]
) -> Iterator[tuple[Span, TableMarkup]]:
    """Yield the headers and the rows of a table of values."""
    spans, grid, marks = [], [], []
    width = max(len(split_cells(text[slice(*row)])) for row in (header, *rows))
    for span, line in zip((header, *rows), lines, strict=True):
        if not _has_content(text, span):
            continue
        cells = split_cells(text[slice(*span)])
        plain = list(map(plain_cell, cells))
        has_one_cell = len(CELL_BORDER.findall(text[slice(*line)].strip(" \t>").strip("|"))) == 0
        spans.append(span)
        shown = [LINK.sub(r"\1", cell) for cell in plain]
        is_title = span == header and not any(cells[1:])
        grid.append(shown[:1] if has_one_cell or is_title else shown + [""] * (width - len(cells)))
        marks.append(_mark(cells, plain))
    shape = table_shape(grid, marks, declared=_has_content(text, header))
    groups = {group for row in shape.rows for group in row.groups}
    row_numbers = {row.number for row in shape.rows}
    top = [number for number in shape.headers if number < min(row_numbers, default=len(spans))]
    top_cells = [grid[number] for number in top]
    for number, span in enumerate(spans):
        if number in shape.titles or number in groups:
            yield next(_cell_spans(text, span)), "header"
        elif number in shape.headers and number in top[:1]:
            yield (span[0], spans[top[-1]][1]), "header"
        elif number in shape.headers and number not in top:
            if grid[number] not in top_cells and number < max(row_numbers, default=0):
                yield span, "header"
        elif number in row_numbers and shape.are_facts and "" not in (grid[number][0], "".join(grid[number][1:])):
            key = next(_cell_spans(text, span))
            border = CELL_BORDER.search(text, *span)
            yield key, "header"
            yield trim(text, border.end() if border else key[1], span[1]), "row"
        elif number in row_numbers:
            yield span, "row"


def _mark(cells: Sequence[str], plain: Sequence[str]) -> RowMark:
    """Tell which cells of a row are names by their bold letters."""
    bold = [cell != without for cell, without in zip(cells, plain, strict=True) if cell]
    if bold and all(bold):
        return "header"
    return "fact" if bold and bold[0] and not any(bold[1:]) and cells[0] else ""


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
    if start < end and not (text[start].isspace() or text[end - 1].isspace()):  # the most frequent case
        return start, end
    content = text[start:end]
    return end - len(content.lstrip()), start + len(content.rstrip())
