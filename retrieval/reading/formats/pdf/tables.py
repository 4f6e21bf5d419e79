"""Tables in a PDF: only where the geometry leaves no doubt which cells belong together.

That is a line of bold names, and below it, at equal distances, lines with one cell under each name, in one column
always a number. Where cells have several lines, are missing or stand under two names, there is no telling.
"""

import itertools
from collections.abc import Sequence

from retrieval.reading.formats.pdf.reading_order import Line, Run
from retrieval.text.table_rows import looks_like_header

FEWEST = 2  # rows
LONGEST = 60  # characters of a cell
UNEVEN = 0.2  # of the distance between two rows
NEAR = 1.15  # distances between rows, within which a line below the last one may be a piece of it
LEADING = 2.0  # heights of a letter: lines of one cell are not farther apart either
HEADER = 2.5  # distances between rows, within which the names stand above the first one


def table_rows(lines: Sequence[Line], start: int) -> list[list[str]]:
    """Return the names and the rows of a table that begins with a line, none where no table does."""
    header = lines[start]
    names = [cell.text for cell in header.runs]
    if not looks_like_header(names) or not all(cell.bold for cell in header.runs):
        return []
    end = start + 1
    while end < len(lines) and lines[end].page == header.page and _under(header.runs, lines[end].runs):
        end += 1
    rows = lines[start + 1 : end]
    if len(rows) < FEWEST or not _is_even(header, rows, lines[end] if end < len(lines) else None):
        return []
    texts = [[cell.text for cell in row.runs] for row in rows]
    if not any(all(any(map(str.isdigit, row[column])) for row in texts) for column in range(1, len(names))):
        return []
    return [names, *texts]


def _under(names: Sequence[Run], cells: Sequence[Run]) -> bool:
    """Return whether there is one cell under each name, and none of them under another one too."""
    if len(names) != len(cells) or all(cell.bold for cell in cells):
        return False
    met = [[n for n, name in enumerate(names) if cell.left < name.right and cell.right > name.left] for cell in cells]
    return met == [[n] for n in range(len(names))] and all(len(cell.text) <= LONGEST for cell in cells)


def _is_even(header: Line, rows: Sequence[Line], after: Line | None) -> bool:
    """Return whether the rows stand at equal distances, and nothing so near that it may belong to one of them."""
    bottoms = [row.run.bottom for row in rows]
    steps = [below - above for above, below in itertools.pairwise(bottoms)]
    usual = steps[0]
    if usual <= 0 or any(abs(step - usual) > UNEVEN * usual for step in steps):
        return False
    if not 0 < bottoms[0] - header.run.bottom <= HEADER * usual:
        return False
    near = min(NEAR * usual, LEADING * header.run.size)
    return after is None or after.page != header.page or not 0 < after.run.bottom - bottoms[-1] < near
