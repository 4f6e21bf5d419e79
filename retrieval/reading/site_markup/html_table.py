"""Write a table of HTML as a table of Markdown: a line for each row, under the header that the table marks."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from retrieval.text.cell_spans import lay_out, parse_spans
from retrieval.text.source_map import Edit

PARTS = re.compile(
    r"<(?P<close>/?)(?P<name>table|caption|thead|tbody|tfoot|tr|th|td)\b(?P<attributes>[^<>]{0,1000})>", re.IGNORECASE
)
BLOCK_TAGS = re.compile(r"</?(?:p|div|ul|ol|li|br|hr|h[1-6]|section|center|blockquote)\b[^<>]{0,1000}>", re.IGNORECASE)
SKIPPED = re.compile(
    r"<!--(?:(?!-->).){0,2000}-->|</?(?:img|input|svg|button)\b[^<>]{0,1000}>", re.IGNORECASE | re.DOTALL
)
PIPE = re.compile(r"(?<!\\)\|")


class Cell(NamedTuple):
    """A cell on one line, as Markdown; it stands in several rows and columns."""

    text: str
    is_name: bool
    rows: int = 1
    columns: int = 1


class Row(NamedTuple):
    """A row that begins at text[start]."""

    start: int
    cells: list[Cell]


def table_edits(text: str, start: int, end: int, indent: str) -> list[Edit] | None:
    """Make edits of the table text[start:end]; None if it has no rows or contains another table."""
    rows, caption = _read_rows(text, start, end)
    if rows is None or not rows:
        return None
    grid = list(_spread(rows))
    width = max(len(cells) for cells in grid)
    lines = [[*cells, *[Cell("", False)] * (width - len(cells))] for cells in grid]
    has_header = _is_header(rows[0].cells)
    ruler = f"\n{indent}|{' --- |' * width}"
    head = f"{caption}\n\n{indent}" if caption else ""
    if not has_header:
        head += f"|{'  |' * width}{ruler}\n{indent}"
    edits = [Edit(start, rows[0].start, head)]
    ends = [*(row.start for row in rows[1:]), end]
    for number, (row, cells, row_end) in enumerate(zip(rows, lines, ends, strict=True)):
        is_header = has_header and number == 0
        gap = "" if row_end == end else f"\n{indent}"
        edits.append(Edit(row.start, row_end, _line(cells, is_first=is_header) + (ruler if is_header else "") + gap))
    return edits


def _read_rows(text: str, start: int, end: int) -> tuple[list[Row] | None, str]:
    """Find the rows between the tags of a table, and its caption; None instead of rows if a table is inside it."""
    rows: list[Row] = []
    caption = ""
    opened: re.Match[str] | None = None  # the tag of the last cell
    for tag in PARTS.finditer(text, start, end):
        name, closes = tag["name"].lower(), bool(tag["close"])
        if name == "table" and not closes and tag.start() > start:
            return None, ""
        if opened is not None and name in ("td", "th", "tr", "caption", "tbody", "thead", "tfoot", "table"):
            content = _cell_text(text[opened.end() : tag.start()])
            if opened["name"].lower() == "caption":
                caption = content
            elif rows:
                rows[-1].cells.append(_cell(opened, content))
            opened = None
        if name == "tr" and not closes:
            rows.append(Row(tag.start(), []))
        elif name in ("td", "th", "caption") and not closes:
            opened = tag
    return [row for row in rows if row.cells], caption


def _cell(tag: re.Match[str], content: str) -> Cell:
    return Cell(content, tag["name"].lower() == "th", *parse_spans(tag["attributes"]))


def _cell_text(content: str) -> str:
    """Put the content of a cell on one line, with backslashes before its pipes."""
    return PIPE.sub(r"\\|", " ".join(BLOCK_TAGS.sub(" ", SKIPPED.sub("", content)).split()))


def _spread(rows: Sequence[Row]) -> Iterator[list[Cell]]:
    """Yield the cells of each row: one that spans rows is in each of them, one that spans columns in the first."""
    for slots in lay_out([[(cell.rows, cell.columns) for cell in row.cells] for row in rows]):
        cells: list[Cell] = []
        for slot in slots:
            cells.append(rows[slot[0]].cells[slot[1]] if slot else Cell("", cells[-1].is_name))
        yield cells


def _is_header(cells: Sequence[Cell]) -> bool:
    return all(cell.is_name for cell in cells)


def _line(cells: Sequence[Cell], *, is_first: bool) -> str:
    """Write a row; names below the first row are bold, by which a table of Markdown marks them."""
    texts = [f"**{cell.text}**" if cell.is_name and cell.text and not is_first else cell.text for cell in cells]
    return f"| {' | '.join(texts)} |"
