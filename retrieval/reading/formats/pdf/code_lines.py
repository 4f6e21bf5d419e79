"""Put the lines of code on a PDF's page back on the grid of their font, with indentation and empty lines."""

import itertools
from collections.abc import Sequence
from statistics import median

from retrieval.reading.formats.pdf.reading_order import Line

MAX_LEADING = 1.5  # ems
MAX_INDENT = 80  # characters
EMPTY_LINE_STEP = 1.6  # times the usual step between two lines, from which on there is an empty one between them
NEAR_LINES = 20  # above a line, among which its usual distance is measured
MAX_GAP_STEP = 3.2  # times the usual step, from which on another block begins


def is_code(line: Line) -> bool:
    """Tell whether all of a line is in a font whose letters have one width."""
    return all(run.mono for run in line.runs)


def code_text(lines: Sequence[Line]) -> str:
    """Write the lines of a block of code as they are on the page."""
    runs = [run for line in lines for run in line.runs if run.text]
    width = median((run.right - run.left) / len(run.text) for run in runs) or 1.0
    edge = min(run.left for run in runs)
    usual = usual_step(lines)
    rows: list[str] = []
    for number, line in enumerate(lines):
        if number and _step(lines[number - 1], line) >= EMPTY_LINE_STEP * usual:
            rows.append("")
        row = ""
        for run in line.runs:
            column = min(round((run.left - edge) / width), len(row) + MAX_INDENT)
            row = row.ljust(max(column, len(row) + bool(row))) + run.text
        rows.append(row)
    return "\n".join(rows)


def usual_step(lines: Sequence[Line]) -> float:
    """Return the smallest step down from a line to the next, in points, and at most what its letters take."""
    steps = [step for above, below in itertools.pairwise(lines) if (step := _step(above, below)) > 0]
    return min([*steps, MAX_LEADING * max(lines[0].run.size, 1.0)])


def continues_code(line: Line, lines: Sequence[Line]) -> bool:
    """Tell whether a line belongs to the block of code above it."""
    above = lines[-1]
    same_column = (line.page, line.left, line.right) == (above.page, above.left, above.right)
    return same_column and 0 < _step(above, line) < MAX_GAP_STEP * usual_step(lines[-NEAR_LINES:])


def _step(above: Line, below: Line) -> float:
    return below.run.bottom - above.run.bottom
