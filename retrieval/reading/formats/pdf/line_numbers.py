"""Leave out the numbers of lines at the margin of transcripts, laws and pleadings: they are no cells, and no text."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median

from retrieval.reading.formats.pdf.reading_order import Page, Run

NUMBER = re.compile(r"\d{1,3}")
NUMBERED_LINE = re.compile(r"(\d{1,3})\s+(?=\S)")
MAX_NUMBERS = 200  # on a page
MAX_EDGES = 3  # at which numbers are looked for, at each margin
MIN_NUMBERS = 4  # on a page, before any counts as the number of a line
MIN_NUMBERED_LINES = 5  # whose number is joined to their text
MAX_SHIFT = 3.0  # points between the edges of numbers in one column
MAX_LINE_SHIFT = 9.0  # points between the left edges of numbered lines: a number with two digits may begin further left
MAX_CELLS = 1  # beside a number, in the median; in a table there are more
MIN_CELL_LENGTH = 4  # characters; what is shorter, without a digit, is a mark such as "Q."


def without_line_numbers(pages: Sequence[Page]) -> list[Page]:
    """Leave out the columns of numbers at a margin that count lines, also where they are joined to the lines.

    Where one page shows them, fewer numbers at the same place suffice on the others.
    """
    columns = [_number_column(page.runs, MIN_NUMBERS, MAX_SHIFT) for page in pages]
    positions = Counter((side, round(getattr(column[0], side))) for side, column in columns if column)
    edges = sorted(positions, key=lambda edge: -positions[edge])[:MAX_EDGES]
    plain = []
    for page, (_, column) in zip(pages, columns, strict=True):
        numbers = set(map(id, column or _column_at(page, edges)))
        plain.append(replace(page, runs=[run for run in page.runs if id(run) not in numbers]))
    return [replace(page, runs=_without_joined_numbers(page)) for page in plain]


def _number_column(runs: Sequence[Run], least: int, max_shift: float) -> tuple[str, list[Run]]:
    """Find the longest column of at least so many numbers that count lines, and the edge at which it is aligned."""
    numbers = [run for run in runs if NUMBER.fullmatch(run.text)]
    columns = [
        (side, column)
        for side in ("left", "right")
        for column in _outermost(_aligned(numbers, side, max_shift), least)
        if _counts_lines(column, runs)
    ]
    return max(columns, key=lambda found: len(found[1]), default=("left", []))


def _outermost(columns: Iterable[list[Run]], least: int) -> list[list[Run]]:
    """Return the columns of at least so many numbers, and not too many, that are nearest to a margin."""
    found = [column for column in columns if least <= len(column) <= MAX_NUMBERS]
    return found if len(found) <= 2 * MAX_EDGES else [*found[:MAX_EDGES], *found[-MAX_EDGES:]]


def _column_at(page: Page, edges: Sequence[tuple[str, int]]) -> list[Run]:
    """Find the numbers at one of the edges that count on evenly."""
    numbers = [run for run in page.runs if NUMBER.fullmatch(run.text)]
    for side, position in edges:
        column = [run for run in numbers if abs(getattr(run, side) - position) <= MAX_SHIFT]
        if column and _is_even(sorted(column, key=lambda run: run.top)):
            return column
    return []


def _aligned(numbers: Sequence[Run], side: str, max_shift: float) -> Iterator[list[Run]]:
    """Yield the groups of numbers that have the same edge, each from top to bottom."""
    group: list[Run] = []
    for run in sorted(numbers, key=lambda run: float(getattr(run, side))):
        if group and getattr(run, side) - getattr(group[0], side) > max_shift:
            yield sorted(group, key=lambda run: run.top)
            group = []
        group.append(run)
    if group:
        yield sorted(group, key=lambda run: run.top)


def _counts_lines(column: Sequence[Run], runs: Sequence[Run]) -> bool:
    """Tell whether numbers count on evenly, at a margin of the text, with hardly more than one cell beside each."""
    top, bottom = column[0].top, column[-1].bottom
    taken = set(map(id, column))
    beside = [run for run in runs if id(run) not in taken and run.bottom > top and run.top < bottom]
    left, right = min(run.left for run in column), max(run.right for run in column)
    at_margin = all(run.left > right for run in beside) or all(run.right < left for run in beside)
    if not beside or not at_margin or not _is_even(column):
        return False
    cells = [run for run in beside if len(run.text) >= MIN_CELL_LENGTH or any(map(str.isdigit, run.text))]
    rows = [sum(run.bottom > number.top and run.top < number.bottom for run in cells) for number in column]
    return median(rows) <= MAX_CELLS


def _is_even(column: Sequence[Run]) -> bool:
    """Tell whether numbers grow by the same step."""
    values = [int(run.text) for run in column]
    steps = {after - before for before, after in itertools.pairwise(values)}
    return len(steps) <= 1 and min(steps, default=1) > 0


def _without_joined_numbers(page: Page) -> list[Run]:
    """Remove the numbers of lines where some are joined to their lines, if some lines go on within a sentence."""
    pieces = [_divided(run) for run in page.runs]
    _, column = _number_column([run for divided in pieces for run in divided], MIN_NUMBERED_LINES, MAX_LINE_SHIFT)
    numbers = set(map(id, column))
    rests = [divided[-1] for divided in pieces if id(divided[0]) in numbers]
    if not any(rest.text[0].islower() for rest in rests):
        return page.runs
    return [
        piece
        for run, divided in zip(page.runs, pieces, strict=True)
        for piece in (divided[1:] if id(divided[0]) in numbers else [run])
    ]


def _divided(run: Run) -> list[Run]:
    """Divide a run into a number at its start and the rest, whose left edge is estimated."""
    number = NUMBERED_LINE.match(run.text)
    if not number:
        return [run]
    width = (run.right - run.left) / len(run.text)
    head = replace(run, text=number[1], right=run.left + width * len(number[1]))
    return [head, replace(run, text=run.text[number.end() :], left=run.left + width * number.end())]
