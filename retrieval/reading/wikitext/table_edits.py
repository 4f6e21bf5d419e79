"""Write the tables of wikitext as tables of Markdown, by edits that leave the text of their cells where it is."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from retrieval.text.cell_spans import Spans, lay_out, parse_spans
from retrieval.text.source_map import Edit
from retrieval.text.table_rows import MAX_DATA_CELL_LENGTH

TABLE = re.compile(
    r"^[ \t:]*\{\|[^\n]*\n(?P<rows>(?:(?![ \t:]*(?:\{\||\|\}))[^\n]*+\n)*+)[ \t:]*\|\}[ \t]*", re.MULTILINE
)
TABLE_LINE = re.compile(r"^[ \t:*#]*(\{\||\|\})", re.MULTILINE)
LINE = re.compile(r"[^\n]*\n?")
CELL_MARK = re.compile(r"\|\|")
NAME_MARK = re.compile(r"\|\||!!")
ATTRIBUTES = re.compile(r"[ \t]*(?:[\w-]++[ \t]*=[ \t]*(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s|\"'=]++)[ \t]*)++\|(?!\|)[ \t]*")
SIGNED_NUMBER = re.compile(r"\|[-+]\d")  # a cell, where no row or caption can begin
GOES_ON = re.compile(r"\n\s*(?P<mark>[*#:;]+[ \t]*)?|\[\[[^\[\]\n]*\]\]|\|")
BOLD = re.compile(r"'''(?!')(?:[^'\n]|'(?!''))+'''")


class _Cell(NamedTuple):
    """A cell whose text is text[start:end]; its mark and its attributes come before."""

    start: int
    end: int
    is_name: bool
    spans: Spans


class _Row(NamedTuple):
    """A row on the lines text[start:end], without the last line break."""

    start: int
    end: int
    cells: list[_Cell]


def outer_tables(text: str, body: int) -> list[tuple[int, int]]:
    """Find the spans of the tables that are in no other one, in order."""
    spans, depth, first = [], 0, 0
    for line in TABLE_LINE.finditer(text, body):
        if line[1] == "{|":
            first = first if depth else line.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                spans.append((first, line.end()))
    return spans


def table_edits(text: str, body: int) -> Iterator[Edit]:
    """Write each table with its rows on lines of their own, and a line of dashes below the first one.

    One with other tables in it is for layout: its cells become paragraphs.
    """
    tables = list(TABLE.finditer(text, body))
    for start, end in outer_tables(text, body):
        inner = tables[bisect_left(tables, start, key=_start) : bisect_left(tables, end, key=_start)]
        if len(inner) != 1 or inner[0].start() > start:
            starts = [start, *(table.end() for table in inner)]
            ends = [*(table.start() for table in inner), end]
            for gap in zip(starts, ends, strict=True):
                yield from _layout_edits(text, *gap)
    for table in tables:
        rows, captions = _read_rows(text, *table.span("rows"))
        yield Edit(table.start(), table.start("rows"), "\n")
        yield from captions
        yield from _row_edits(text, rows)
        yield Edit(table.end("rows"), table.end(), "\n")


def _start(table: re.Match[str]) -> int:
    return table.start()


def _layout_edits(text: str, start: int, end: int) -> Iterator[Edit]:
    """Make paragraphs of the cells of a table for layout."""
    for line in LINE.finditer(text, start, end):
        content = line[0].lstrip(" \t:")
        mark, line_end = line.end() - len(content), line.start() + len(line[0].rstrip("\n"))
        if content.startswith(("{|", "|}", "|-")):
            yield Edit(line.start(), line_end)
        elif content.startswith(("|", "!")):
            position = line.start()
            for cell in _cells(text, mark + content.startswith("|+"), line_end):
                yield Edit(position, cell.start, "\n\n")
                position = cell.end


def _read_rows(text: str, start: int, end: int) -> tuple[list[_Row], list[Edit]]:
    """Find the rows between the marks of a table, and make edits of its captions and of lines that are nothing."""
    rows: list[_Row] = []
    edits: list[Edit] = []
    is_open = False  # whether the last row goes on
    for line in LINE.finditer(text, start, end):
        content = line[0].lstrip(" \t:")
        mark, line_end = line.end() - len(content), line.start() + len(line[0].rstrip("\n"))
        is_number = SIGNED_NUMBER.match(content) and (is_open or (rows and content[1] == "+"))
        if content.startswith(("|-", "|+")) and not is_number:
            edits += _between_rows(text, mark, line)
            is_open = False
            continue
        if content.startswith(("|", "!")):
            if not is_open:
                rows.append(_Row(line.start(), line_end, []))
            is_open = True
            rows[-1].cells.extend(_cells(text, mark, line_end))
        elif is_open and content.strip():
            rows[-1].cells[-1] = rows[-1].cells[-1]._replace(end=line.start() + len(line[0].rstrip()))
        elif not is_open:
            edits.append(Edit(line.end(), line.end(), "\n") if content.strip() else Edit(*line.span()))
        if is_open:
            rows[-1] = rows[-1]._replace(end=line_end)
    return rows, edits


def _between_rows(text: str, mark: int, line: re.Match[str]) -> Iterator[Edit]:
    """Make a paragraph of a caption, whose mark is at text[mark], and nothing of the mark of a row."""
    attributes = ATTRIBUTES.match(text, mark + 2, line.end())
    first = attributes.end() if attributes else mark + 2
    if text[mark + 1] == "+" and text[first : line.end()].strip():
        yield Edit(line.start(), first, "\n")
        yield Edit(line.end(), line.end(), "\n")
    else:
        yield Edit(*line.span())


def _cells(text: str, start: int, end: int) -> Iterator[_Cell]:
    """Yield the cells of a line."""
    is_name = text[start] == "!"
    marks = list((NAME_MARK if is_name else CELL_MARK).finditer(text, start + 1, end))
    starts = [start + 1, *(mark.end() for mark in marks)]
    ends = [*(mark.start() for mark in marks), end]
    for cell_start, cell_end in zip(starts, ends, strict=True):
        attributes = ATTRIBUTES.match(text, cell_start, cell_end)
        content = text[attributes.end() if attributes else cell_start : cell_end]
        first, last = cell_end - len(content.lstrip()), cell_end - len(content) + len(content.rstrip())
        is_bold = BOLD.fullmatch(content.strip()) is not None
        yield _Cell(first, max(first, last), is_name or is_bold, parse_spans(attributes[0] if attributes else ""))


def _row_edits(text: str, rows: Sequence[_Row]) -> Iterator[Edit]:
    """Write the cells of each row between pipes; one that spans several rows is repeated in each of them."""
    grid = list(lay_out([[cell.spans for cell in row.cells] for row in rows]))
    for number, (row, slots) in enumerate(zip(rows, grid, strict=True)):
        has_one_cell = len(set(slots) - {None}) == 1
        is_above_names = all(map(_are_names, rows[number : number + 2])) and number + 1 < len(rows)
        position, pending, cell = row.start, "|", row.cells[0]
        for slot in slots[:1] if has_one_cell else slots:
            cell = rows[slot[0]].cells[slot[1]] if slot else cell
            mark = "**" if cell.is_name and cell.end > cell.start else ""
            if slot is not None and slot[0] == number:
                yield Edit(position, cell.start, f"{pending} {mark}")
                yield from _content_edits(text, cell)
                position, pending = cell.end, f"{mark} |"
            elif slot is not None or is_above_names:
                pending += f" {mark}{_repeated(text, cell)}{mark} |"
            else:
                pending += "  |"
        width = 1 if has_one_cell else len(slots)
        yield Edit(position, row.end, pending if number else f"{pending}\n|{'---|' * width}")


def _are_names(row: _Row) -> bool:
    return all(cell.is_name for cell in row.cells)


def _content_edits(text: str, cell: _Cell) -> Iterator[Edit]:
    """Put the text of a cell on one line; a pipe in it ends no cell."""
    for match in GOES_ON.finditer(text, cell.start, cell.end):
        if match[0] == "|":
            yield Edit(*match.span(), "\\|")
        elif match[0][0] == "\n":
            is_first = match.start() == cell.start
            yield Edit(*match.span(), ", " if match["mark"] and not is_first else " ")


def _repeated(text: str, cell: _Cell) -> str:
    """Return the text of a cell for another row; none if it is long."""
    if cell.end - cell.start > MAX_DATA_CELL_LENGTH:
        return ""
    shown = text[cell.start : cell.end]
    for edit in sorted(_content_edits(text, cell), reverse=True):
        shown = shown[: edit.start - cell.start] + edit.replacement + shown[edit.end - cell.start :]
    return shown
