"""Write the tables that MyST's directives make of lists and of comma-separated lines as tables of Markdown."""

import csv
import re

from retrieval.reading.markdown import Span
from retrieval.reading.site_markup.site_changes import Changes, lines_of

ROW = re.compile(r"[ \t>]*[*-][ \t]+[*-](?:[ \t]+|$)")  # with the first cell of the row
CELL = re.compile(r"[ \t>]*[*-](?:[ \t]+|$)")
HEADER_ROWS = re.compile(r":header-rows:[ \t]*[1-9]")
HEADER = re.compile(r":header:[ \t]*([^\n]+)")
MAX_COLUMNS = 100


def write_table(changes: Changes, name: str, body: Span, options: str) -> None:
    """Edit the body of a list-table or a csv-table, which has options above it, to rows of a table."""
    start, end = body
    lines = [(first, last) for first, last in lines_of(changes.text[:end], start) if changes.text[first:last].strip()]
    if name == "list-table":
        _write_list(changes, lines, has_header=HEADER_ROWS.search(options) is not None)
    else:
        _write_csv(changes, lines, options)


def _write_list(changes: Changes, lines: list[Span], *, has_header: bool) -> None:
    """Edit a list of lists: "* - Day", "  - Fee" becomes "| Day | Fee |"."""
    columns = rows = 0
    behind: int | None = None  # the last line
    for start, end in lines:
        row, cell = ROW.match(changes.text, start, end), CELL.match(changes.text, start, end)
        is_first = row is not None and behind is None
        if behind is None and not is_first:
            return
        mark = row or cell
        content = mark.end() if mark else end - len(changes.text[start:end].lstrip())
        if row:
            ends = "" if is_first else " |\n" + (_ruler(columns) if has_header and rows == 1 else "")
            opening = "" if has_header or not is_first else _empty_header(_count_cells(changes.text, lines))
            changes.replace(start if behind is None else behind, content, f"{ends}{opening}| ")
            rows += 1
            columns = 1 if rows == 1 else columns
        else:
            columns += rows == 1 and cell is not None
            changes.replace(behind or start, content, " | " if cell else " ")
        behind = end
    if behind is not None:
        changes.replace(behind, behind, f" |\n{_ruler(columns).rstrip()}" if has_header and rows == 1 else " |")


def _count_cells(text: str, lines: list[Span]) -> int:
    """Count the cells of the first row of a list."""
    count = 0
    for number, (start, end) in enumerate(lines):
        if number and ROW.match(text, start, end):
            break
        count += CELL.match(text, start, end) is not None
    return min(count, MAX_COLUMNS)


def _write_csv(changes: Changes, lines: list[Span], options: str) -> None:
    """Edit comma-separated lines."""
    given = HEADER.search(options)
    has_header = given is not None or HEADER_ROWS.search(options) is not None
    rows = [_cells(changes.text[start:end]) for start, end in lines]
    header = _cells(given[1]) if given else []
    columns = max(map(len, [header, *rows]), default=0)
    for number, ((start, end), cells) in enumerate(zip(lines, rows, strict=True)):
        above = below = ""
        if number == 0 and header:
            above = f"{_row(header)}\n{_ruler(columns)}"
        elif number == 0 and not has_header:
            above = _empty_header(columns)
        elif number == 0:
            below = f"\n{_ruler(columns).rstrip()}"
        changes.replace(start, end, f"{above}{_row(cells)}{below}")


def _cells(line: str) -> list[str]:
    return next(iter(csv.reader([line.strip()], skipinitialspace=True)), [])[:MAX_COLUMNS]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _ruler(columns: int) -> str:
    return f"{'|---' * max(columns, 1)}|\n"


def _empty_header(columns: int) -> str:
    return f"{'| ' * max(columns, 1)}|\n{_ruler(columns)}"
