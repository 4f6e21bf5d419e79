"""Find tables in a PDF, only where the geometry leaves no doubt which cells belong together.

Such a table is a line of bold names and, at equal distances below it, lines with one cell under each name, a number in
each cell of at least one column. Cells with several lines, missing cells and cells under two names are ambiguous.
"""

import itertools
from collections.abc import Sequence

from retrieval.reading.formats.pdf.reading_order import Line, Run
from retrieval.text.table_rows import looks_like_header

MIN_ROWS = 2
MAX_CELL_LENGTH = 60  # characters
MAX_UNEVENNESS = 0.2  # of the distance between two rows
MIN_DISTANCE_AFTER = 1.15  # row distances; a nearer line below the last row may be part of it
MAX_LEADING = 2.0  # letter heights between two lines of one cell
MAX_HEADER_DISTANCE = 2.5  # row distances between the names and the first row


def table_rows(lines: Sequence[Line], start: int) -> list[list[str]]:
    """Return the names and the rows of the table that begins with line `start`; [] if no table does."""
    header = lines[start]
    names = [cell.text for cell in header.runs]
    if not looks_like_header(names) or not all(cell.bold for cell in header.runs):
        return []
    end = start + 1
    while end < len(lines) and lines[end].page == header.page and _is_row(header.runs, lines[end].runs):
        end += 1
    rows = lines[start + 1 : end]
    if len(rows) < MIN_ROWS or not _is_even(header, rows, lines[end] if end < len(lines) else None):
        return []
    texts = [[cell.text for cell in row.runs] for row in rows]
    if not any(all(any(map(str.isdigit, row[column])) for row in texts) for column in range(1, len(names))):
        return []
    return [names, *texts]


def _is_row(names: Sequence[Run], cells: Sequence[Run]) -> bool:
    """Tell whether there is exactly one short cell under each name, and none under two names."""
    if len(names) != len(cells) or all(cell.bold for cell in cells):
        return False
    above = [[n for n, name in enumerate(names) if cell.left < name.right and cell.right > name.left] for cell in cells]
    return above == [[n] for n in range(len(names))] and all(len(cell.text) <= MAX_CELL_LENGTH for cell in cells)


def _is_even(header: Line, rows: Sequence[Line], after: Line | None) -> bool:
    """Tell whether the rows are at equal distances, and the next line too far away to be part of the last row."""
    bottoms = [row.run.bottom for row in rows]
    distances = [below - above for above, below in itertools.pairwise(bottoms)]
    usual = distances[0]
    if usual <= 0 or any(abs(distance - usual) > MAX_UNEVENNESS * usual for distance in distances):
        return False
    if not 0 < bottoms[0] - header.run.bottom <= MAX_HEADER_DISTANCE * usual:
        return False
    near = min(MIN_DISTANCE_AFTER * usual, MAX_LEADING * header.run.size)
    return after is None or after.page != header.page or not 0 < after.run.bottom - bottoms[-1] < near
