"""Find tables in a PDF, only where the geometry leaves no doubt which cells belong together.

Such a table is a line of names and, at equal distances below it, lines with one cell under each name, a number in each
cell of at least one column. The names are bold, or the columns show that they are names. Between rows, a bold line
may name a group of them. A table of facts has bold names on its left, each beside one value. Cells with several lines,
missing cells and cells under two names are ambiguous.
"""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from retrieval.reading.formats.pdf.reading_order import Line, Run
from retrieval.text.cell_types import may_be_name
from retrieval.text.header_evidence import names_columns
from retrieval.text.table_rows import record_text, with_context

MIN_ROWS = 2
MIN_COLUMNS_WITHOUT_BOLD = 3
MAX_CELL_LENGTH = 60  # characters
MAX_UNEVENNESS = 0.2  # of the distance between two rows
MIN_DISTANCE_AFTER = 1.15  # row distances; a nearer line below the last row may be part of it
MAX_LEADING = 2.0  # letter heights between two lines of one cell
MAX_HEADER_DISTANCE = 2.5  # row distances between the names and the first row
MAX_SHIFT = 0.5  # letter heights between the left edges of cells in one column


class PdfTable(NamedTuple):
    """A table: its names, its rows as sentences, and the number of lines that it takes."""

    names: str
    rows: tuple[str, ...]
    lines: int


def read_table(lines: Sequence[Line], start: int) -> PdfTable | None:
    """Read the table that begins with line `start`; None if no table does."""
    return _read_columns(lines, start) or _read_facts(lines, start)


def _read_columns(lines: Sequence[Line], start: int) -> PdfTable | None:
    """Read a table with names above its columns."""
    header = lines[start]
    names = [cell.text for cell in header.runs]
    are_bold = all(cell.bold for cell in header.runs)
    if len(names) < (2 if are_bold else MIN_COLUMNS_WITHOUT_BOLD) or not all(map(may_be_name, names)):
        return None
    end = start + 1
    while end < len(lines) and lines[end].page == header.page:
        is_group = _is_group(header, lines[end]) and end + 1 < len(lines) and _is_row(header.runs, lines[end + 1].runs)
        if not is_group and not _is_row(header.runs, lines[end].runs):
            break
        end += 1
    body = lines[start + 1 : end]
    rows = [[cell.text for cell in line.runs] for line in body if len(line.runs) > 1]
    if len(rows) < MIN_ROWS or not _is_even(header, body, lines[end] if end < len(lines) else None):
        return None
    if not any(all(any(map(str.isdigit, row[column])) for row in rows) for column in range(1, len(names))):
        return None
    if not names_columns(names, rows, likely=are_bold):
        return None
    texts = []
    group: list[str] = []
    for line in body:
        if len(line.runs) == 1:
            group = [line.run.text.rstrip(" :")]
        else:
            texts.append(with_context(group, record_text(names, [cell.text for cell in line.runs])))
    return PdfTable("; ".join(names), tuple(texts), end - start)


def _read_facts(lines: Sequence[Line], start: int) -> PdfTable | None:
    """Read a table with bold names beside their values."""
    first = lines[start]
    end = start
    while end < len(lines) and lines[end].page == first.page and _is_fact(first, lines[end]):
        end += 1
    body = lines[start:end]
    if len(body) < MIN_ROWS or not _is_even(None, body, lines[end] if end < len(lines) else None):
        return None
    facts = [[cell.text for cell in line.runs] for line in body]
    return PdfTable("", tuple(record_text([name.rstrip(" :")], [value]) for name, value in facts), end - start)


def _is_fact(first: Line, line: Line) -> bool:
    """Tell whether a line is a bold name and a value, below those of the first line."""
    if len(line.runs) != 2 or len(first.runs) != 2:
        return False
    name, value = line.runs
    is_aligned = all(
        abs(cell.left - above.left) <= MAX_SHIFT * cell.size for cell, above in zip(line.runs, first.runs, strict=True)
    )
    is_short = may_be_name(name.text) and len(value.text) <= MAX_CELL_LENGTH
    return name.bold and not value.bold and is_aligned and is_short


def _is_group(header: Line, line: Line) -> bool:
    """Tell whether a line is a single bold cell at the left edge of a table."""
    run = line.run
    shift = abs(run.left - header.run.left)
    return len(line.runs) == 1 and run.bold and shift <= MAX_SHIFT * run.size and may_be_name(run.text)


def _is_row(names: Sequence[Run], cells: Sequence[Run]) -> bool:
    """Tell whether there is exactly one short cell under each name, and none under two names."""
    if len(names) != len(cells) or all(cell.bold for cell in cells):
        return False
    above = [[n for n, name in enumerate(names) if cell.left < name.right and cell.right > name.left] for cell in cells]
    return above == [[n] for n in range(len(names))] and all(len(cell.text) <= MAX_CELL_LENGTH for cell in cells)


def _is_even(header: Line | None, rows: Sequence[Line], after: Line | None) -> bool:
    """Tell whether the rows are at equal distances, and the next line too far away to be part of the last row."""
    bottoms = [row.run.bottom for row in rows]
    distances = [below - above for above, below in itertools.pairwise(bottoms)]
    usual = distances[0]
    if usual <= 0 or any(abs(distance - usual) > MAX_UNEVENNESS * usual for distance in distances):
        return False
    if header is not None and not 0 < bottoms[0] - header.run.bottom <= MAX_HEADER_DISTANCE * usual:
        return False
    last = rows[-1].run
    near = min(MIN_DISTANCE_AFTER * usual, MAX_LEADING * last.size)
    return after is None or after.page != rows[-1].page or not 0 < after.run.bottom - bottoms[-1] < near
