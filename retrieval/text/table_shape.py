"""Find out how a table is built: its titles, the rows that name its columns, groups of rows, and the rows themselves.

A grid comes in, a cell for each row and column, and row numbers come out: who reads a format decides what is written.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from retrieval.text.cell_types import cell_type
from retrieval.text.cleaning import one_line
from retrieval.text.column_names import IN_BRACKETS, combine_names
from retrieval.text.header_evidence import are_facts, column_below, names_columns
from retrieval.text.table_rows import SUB_ROW_MARKS

Grid = Sequence[Sequence[str | None]]  # None: the cell is part of the one to its left
RowMark = Literal["", "header", "fact"]  # what the markup calls names: nothing, all cells of a row, or its first cell
MIN_NOTE_WORDS = 4  # of a sentence that takes a whole row
NOTE_START = re.compile(  # "* until May", "¹ until May", "Note: until May"
    r"(?:[*†‡]+|[¹²³⁰⁴-⁹]+)\s?[^\s*†‡]|(?:notes?|n\.?b\.?|hinweise?|anmerkung(?:en)?|remarques?|notas?)\s?:",
    re.IGNORECASE,
)
MAX_GROUP_LEVELS = 3  # of groups inside each other; more single cells in a row are a text
SAMPLE_ROWS = 200  # below the first one, to tell whether it is a header


class TableRow(NamedTuple):
    """A row that says something: its number, the names of its columns, and the numbers of the rows above its group.

    A sentence about the table has neither; `is_note` if it is a note below it.
    """

    number: int
    names: tuple[str, ...]
    groups: tuple[int, ...]
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class TableShape:
    """The rows of a table by their numbers. In a table of facts, the first cell of a row names the others."""

    titles: tuple[int, ...]
    headers: tuple[int, ...]  # the rows that name columns
    are_facts: bool
    rows: tuple[TableRow, ...]


def table_shape(grid: Grid, marks: Sequence[RowMark] = (), *, declared: bool | None = None) -> TableShape:
    """Find out how a table is built.

    `marks` are those of the rows, if the format has any. `declared` tells whether the format says that the first row is
    a header (which writers cannot always avoid) or that there is none; None if it says nothing.
    """
    table = _Table(grid, marks, declared)
    if not any(map(table.is_full, table.left)):  # nothing but single cells
        return TableShape((), (), False, tuple(TableRow(number, (), ()) for number in table.left))
    count = table.opening_rows()
    header = table.header_rows(table.left[count:])
    headers = table.left[count : count + header]
    titles = table.left[: table.title_rows(count, header)]
    rest = [*table.left[len(titles) : count], *table.left[count + header :]]
    names = table.names(headers)
    is_factual = not names and table.has_facts(rest)
    rows, further_headers = table.rows(rest, headers, names)
    return TableShape(tuple(titles), (*headers, *further_headers), is_factual, tuple(rows))


class _Table:
    """The cells of a table, and what can be asked about its rows."""

    def __init__(self, grid: Grid, marks: Sequence[RowMark], declared: bool | None) -> None:
        width = max(map(len, grid), default=0)
        self._grid = grid
        self._cells = [[one_line(cell or "") for cell in row] + [""] * (width - len(row)) for row in grid]
        self._marks = [*marks, *[""] * (len(grid) - len(marks))]
        self._declared = declared
        self.left = [number for number, row in enumerate(self._cells) if any(row)]
        self._has_capitals = any(row[0].isupper() for row in self._cells if row and any(row[1:]))

    def is_full(self, number: int) -> bool:
        """Tell whether a row has more than its first cell."""
        return any(self._cells[number][1:])

    def opening_rows(self) -> int:
        """Count the single cells above everything else: titles, or the name of the first group."""
        return next(count for count, number in enumerate(self.left) if self.is_full(number))

    def header_rows(self, numbers: Sequence[int]) -> int:
        """Count the rows that name the columns, at the start of `numbers`."""
        marked = list(
            itertools.takewhile(lambda number: self._marks[number] == "header" and self.is_full(number), numbers)
        )
        if 0 < len(marked) < len(numbers):
            return len(marked)
        first, *body = [number for number in numbers if self.is_full(number)]
        if not body:
            return int(self._declared is True and self._marks[first] != "fact")
        if all(self._marks[number] == "fact" for number in (first, *body)):
            return 0
        body = [number for number in body if not self._repeats(number, self._cells[first])]
        if self._has_two_header_rows(first, body):
            return 2
        row_headers = all(self._marks[number] == "fact" for number in body)
        sample = [self._cells[number] for number in body[:SAMPLE_ROWS]]
        return int(names_columns(self._cells[first], sample, likely=row_headers or self._declared is True))

    def title_rows(self, opening: int, header: int) -> int:
        """Count the titles among the opening rows; the last of these may name the first group instead."""
        if not opening:
            return 0
        below = self.left[opening + header :]
        if header:
            names = [self._cells[number] for number in self.left[opening : opening + header]]
            repeats = [number for number in below if self._cells[number] in names or self._marks[number] == "header"]
            has_sections = any(self.is_full(number) for number in repeats)
            return opening - has_sections
        if not all(map(self._is_wide, self.left[:opening])):
            return 0
        return opening - (not all(map(self.is_full, below[:-1])))

    def names(self, headers: Sequence[int]) -> tuple[str, ...]:
        """Return the names of the columns below header rows."""
        return combine_names([self._grid[number] for number in headers])

    def has_facts(self, numbers: Sequence[int]) -> bool:
        """Tell whether the first cell of each row names what the others say."""
        full = list(filter(self.is_full, numbers))
        if all(self._marks[number] == "fact" for number in full):
            return True
        return are_facts([self._cells[number] for number in full[:SAMPLE_ROWS]], likely=self._declared is False)

    def rows(
        self, numbers: Sequence[int], headers: Sequence[int], names: tuple[str, ...]
    ) -> tuple[list[TableRow], list[int]]:
        """Find the rows that say something, and further header rows among them."""
        header_cells = [self._cells[number] for number in headers]
        group_rows = self._group_rows(numbers)
        rows: list[TableRow] = []
        further_headers: list[int] = []
        groups: list[int] = []
        marker = ""  # of the rows in the group
        last = max(filter(self.is_full, numbers), default=-1)
        for before, number in zip([-1, *numbers], numbers, strict=False):
            cells = self._cells[number]
            if number in group_rows:
                groups = [*groups, number] if before in group_rows else [number]
                continue
            if before in group_rows:
                marker = cells[0][:1] if cells[0].startswith(SUB_ROW_MARKS) else ""
            if marker and not cells[0].startswith(marker):
                groups, marker = [], ""
            if any(self._repeats(number, header) for header in header_cells):
                further_headers.append(number)
            elif names and number != numbers[-1] and self._is_further_header(number, header_cells[-1]):
                further_headers.append(number)
                header_cells.append(cells)
                names = self.names([number])
            else:
                is_below = number > last and self._has_note(number, last)
                is_note = is_below or (not self.is_full(number) and _is_note(cells[0]))
                rows.append(TableRow(number, () if is_note else names, () if is_note else tuple(groups), is_below))
        empty = group_rows.difference(*(row.groups for row in rows))
        return sorted([*rows, *(TableRow(number, (), ()) for number in empty)]), further_headers

    def _repeats(self, number: int, header: Sequence[str]) -> bool:
        """Tell whether a row repeats a header: all of its cells, of several perhaps with other marks in the first."""
        first, *others = self._cells[number]
        if others != list(header[1:]):
            return False
        return first == header[0] or (len(list(filter(None, others))) > 1 and _words(first) == _words(header[0]))

    def _is_further_header(self, number: int, above: Sequence[str]) -> bool:
        """Tell whether a row names columns anew: by its markup, or since it repeats a name and has no values."""
        cells = self._cells[number]
        repeats = any(cell and cell == name for cell, name in zip(cells[1:], above[1:], strict=True))
        is_marked = self._marks[number] == "header" and self.is_full(number)
        return is_marked or (repeats and not any(map(cell_type, cells)))

    def _has_two_header_rows(self, first: int, body: Sequence[int]) -> bool:
        """Tell whether the second row names the columns and the first one groups of them, or the second has units."""
        if len(body) < 2 or body[0] != first + 1:
            return False
        above, below = self._cells[first], self._cells[body[0]]
        rows = [self._cells[number] for number in body[1 : 1 + SAMPLE_ROWS]]
        filled = list(filter(None, below))
        if all(IN_BRACKETS.fullmatch(cell) for cell in filled) or (all(above) and not below[0]):  # perhaps units
            has_units = all(any(map(cell_type, column_below(rows, n))) for n, cell in enumerate(below) if cell)
            return has_units and not any(map(cell_type, below)) and names_columns(above, rows, likely=True)
        gaps = [column for column in range(1, len(above)) if not above[column]]
        if not gaps or not any(above[1:]) or not all(below[column] for column in gaps) or any(map(cell_type, below)):
            return False
        repeats = len({cell.casefold() for cell in filled}) < len(filled)
        has_spans = None in self._grid[first] and all(below)
        typed = range(len(above)) if has_spans else gaps
        return repeats or any(any(map(cell_type, column_below(rows, column))) for column in typed)

    def _group_rows(self, numbers: Sequence[int]) -> frozenset[int]:
        """Find the single cells that name the rows below them: by their form, or since nothing else is incomplete."""
        full = [number for number in numbers if self.is_full(number)]
        last = max(full, default=-1)
        singles = [number for number in numbers if number < last and not self.is_full(number)]
        is_pattern = (
            len(singles) > 1
            and singles[0] == numbers[0]
            and all(all(self._cells[number]) for number in full)
            and not any(after - before == 1 for before, after in itertools.pairwise(singles))
        )
        named = {
            number
            for number in singles
            if is_pattern or (self._is_wide(number) and not _is_note(self._cells[number][0]))
        }
        runs = [list(run) for is_named, run in itertools.groupby(numbers, key=named.__contains__) if is_named]
        return frozenset(number for run in runs if len(run) <= MAX_GROUP_LEVELS for number in run)

    def _has_note(self, number: int, last: int) -> bool:
        """Tell whether a single cell below the last full row is a note: by its mark, or words below an empty row."""
        text = self._cells[number][0]
        is_apart = not any(self._cells[last + 1]) and len(text.split()) >= MIN_NOTE_WORDS
        return is_apart or NOTE_START.match(text) is not None

    def _is_wide(self, number: int) -> bool:
        """Tell whether a single cell spans its row, or by its form names what follows."""
        others = self._grid[number][1:]
        text = self._cells[number][0]
        in_capitals = text.isupper() and len(text) > 1 and not self._has_capitals
        return (
            all(cell is None for cell in others) or self._marks[number] == "header" or text.endswith(":") or in_capitals
        )


def _words(cell: str) -> list[str]:
    return re.findall(r"\w+", cell.casefold())


def _is_note(text: str) -> bool:
    """Tell whether a single cell is a sentence about the table."""
    return text.endswith((".", "!")) and len(text.split()) >= MIN_NOTE_WORDS
