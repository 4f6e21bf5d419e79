"""Find tables in a PDF, only where the geometry leaves no doubt which cells belong together.

Such a table is a line of names and, at equal distances below it, lines with one cell under each name, a number in each
cell of at least one column. The names are bold, or the columns show that they are names. Between rows, a bold line may
name a group of them, and a row may lack a cell if its others leave no doubt. A table of facts has bold names on its
left, each beside one value. Cells with several lines and cells under two names are ambiguous.
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
SAMPLE_ROWS = 20  # whose cells are compared with those of a row that lacks one
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
        is_group = _is_group(header, lines[end]) and end + 1 < len(lines) and _may_be_row(header, lines[end + 1])
        is_row = _may_be_row(header, lines[end]) and (
            len(lines[end].runs) == len(names) or not _is_apart(lines, start + 1, end)
        )
        if not is_group and not is_row:
            break
        end += 1
    body = lines[start + 1 : end]
    rows = _rows(header, body)
    if rows is None or not _is_even(header, body, lines[end] if end < len(lines) else None):
        return None
    if not names_columns(names, rows, likely=are_bold):
        return None
    texts = []
    group: list[str] = []
    filled = iter(rows)
    for line in body:
        if len(line.runs) == 1:
            group = [line.run.text.rstrip(" :")]
        else:
            texts.append(with_context(group, record_text(names, next(filled))))
    return PdfTable("; ".join(names), tuple(texts), end - start)


def _rows(header: Line, body: Sequence[Line]) -> list[list[str]] | None:
    """Return the cells of each row, "" for an empty one; None if it is doubtful which cells belong together.

    Enough rows have all cells, with a number in each cell of a column. Another row may lack one cell, if it has numbers
    where the others have them, and its cells stand where those of the others stand.
    """
    count = len(header.runs)
    placed = [
        dict(zip(_columns(header.runs, line.runs), line.runs, strict=True)) for line in body if len(line.runs) > 1
    ]
    full = [cells for cells in placed if len(cells) == count]
    numeric = {column for column in range(count) if all(_has_digit(cells[column]) for cells in full)}
    if len(full) < MIN_ROWS or not numeric - {0}:
        return None
    for cells in placed:
        if len(cells) < count:
            expected = numeric & set(cells)
            are_placed = all(
                any(_is_below(row[column], cell) for row in full[:SAMPLE_ROWS]) for column, cell in cells.items()
            )
            if not expected or not all(_has_digit(cells[column]) for column in expected) or not are_placed:
                return None
    return [[cells[column].text if column in cells else "" for column in range(count)] for cells in placed]


def _is_apart(lines: Sequence[Line], first: int, last: int) -> bool:
    """Tell whether the last row is further below the one before than the second row is below the first."""
    if last < first + 2:
        return False
    usual = lines[first + 1].run.bottom - lines[first].run.bottom
    return lines[last].run.bottom - lines[last - 1].run.bottom > (1 + MAX_UNEVENNESS) * usual


def _has_digit(cell: Run) -> bool:
    return any(map(str.isdigit, cell.text))


def _is_below(cell: Run, other: Run) -> bool:
    """Tell whether two cells have the same left or right edge, or the same middle."""
    left, right = other.left - cell.left, other.right - cell.right
    return min(abs(left), abs(right), abs(left + right) / 2) <= MAX_SHIFT * cell.size


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


def _may_be_row(header: Line, line: Line) -> bool:
    """Tell whether each cell of a line is short and below a name of its own; one name may have no cell, not the first.

    With two names, both have one.
    """
    if all(cell.bold for cell in line.runs) or not all(len(cell.text) <= MAX_CELL_LENGTH for cell in line.runs):
        return False
    columns = _columns(header.runs, line.runs)
    missing = len(header.runs) - len(columns)
    return columns[:1] == [0] and len(columns) > 1 and missing <= 1 and columns == sorted(set(columns))


def _columns(names: Sequence[Run], cells: Sequence[Run]) -> list[int]:
    """Return the number of the name above each cell; -1 if it is below several, or none."""
    above = [[n for n, name in enumerate(names) if cell.left < name.right and cell.right > name.left] for cell in cells]
    return [columns[0] if len(columns) == 1 else -1 for columns in above]


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
