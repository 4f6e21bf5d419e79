"""Lay the cells of a table out in rows, where some of them span several rows or columns."""

import re
from collections.abc import Iterator, Sequence

Spans = tuple[int, int]  # the numbers of rows and of columns that a cell takes
Slot = tuple[int, int] | None  # the row and the number of a cell; None: the cell to the left goes on
MAX_SPAN = 100  # rows or columns
MAX_REPEATED_CELLS = 10_000  # in one table
SPAN = re.compile(r"\b(row|col)span\s*=\s*[{\"']{0,2}(\d{1,3})", re.IGNORECASE)


def parse_spans(attributes: str) -> Spans:
    """Parse how many rows and columns a cell takes from its attributes in HTML, each between 1 and MAX_SPAN."""
    spans = {kind.lower(): min(max(int(number), 1), MAX_SPAN) for kind, number in SPAN.findall(attributes)}
    return spans.get("row", 1), spans.get("col", 1)


def lay_out(rows: Sequence[Sequence[Spans]]) -> Iterator[list[Slot]]:
    """Yield the slots of each row: a cell that spans rows is in each of them, one that spans columns in the first."""
    spanning: dict[int, tuple[int, tuple[int, int]]] = {}  # by column: rows that are left, and the cell
    copies_left = MAX_REPEATED_CELLS
    for number, row in enumerate(rows):
        slots: list[Slot] = []
        waiting = iter(range(len(row)))
        while True:
            rows_left, cell = spanning.pop(len(slots), (0, (-1, -1)))
            if rows_left:
                copies_left -= 1
            else:
                own = next(waiting, None)
                if own is None:
                    break
                cell, rows_left = (number, own), row[own][0]
            if rows_left > 1 and copies_left > 0:
                spanning[len(slots)] = (rows_left - 1, cell)
            slots += [cell, *[None] * (rows[cell[0]][cell[1]][1] - 1)]
        yield slots
