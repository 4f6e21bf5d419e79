"""Put the runs of letters on pages together to lines in reading order, by geometry alone.

Columns are read one after the other. Running heads and page numbers are left out.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from retrieval.reading.formats.pdf.raised import ends_raised, write_raised

BULLET = re.compile(r"[•‣▪◦●○■□–—*·o-]|\(?(?:\d{1,3}|[a-zA-Z])[.)]|\d{1,2}(?:\.\d{1,2}){1,4}\.?|[IVX]{1,4}\.")
PAGE_NUMBER = re.compile(
    r"[-–—\s|]*(?:page|seite|p\.)?\s*(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/|von)\s*\d{1,4})?[-–—\s|]*", re.IGNORECASE
)
EDGE_SHARE = 0.12  # of a page's height, where running heads are
MIN_RUNNING_HEAD_SHARE = 0.3  # of the pages, since a running head may be on every second page only
ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
HEAD_POSITION_STEP = 6  # points by which the position of a running head may vary
MAX_OVERLAP = 1.0  # points, of two runs that follow each other
# In sizes of the letters:
MAX_BASELINE_STEP = 0.4  # between runs on one line
MAX_NOTE_GAP = 0.3
MAX_WORD_GAP = 0.8
MAX_GAP_AFTER_RAISED = 1.5  # behind the number of a note, where PDFium ends lines that are spaced out
MAX_BULLET_GAP = 6
MIN_SPACE = 0.12
MIN_NOTE_RAISE, MAX_NOTE_HEIGHT = 0.1, 0.9
# The gap between two columns of prose:
MIN_GUTTER_WIDTH = 5.0  # points
GUTTER_MARGIN_SHARE = 0.15  # of the page's width to the left and right, where no gutter is
CROSSING_SHARES = (0.15, 0.04)  # of the runs may cross it: titles, wide figures; fewer beside a short column
MIN_COLUMN_RUNS = 4
MIN_PROSE_LENGTH = 18  # characters of the median run of a column; those of tables are shorter
MIN_BOX_LENGTH = 10  # of a column whose lines are not those of the other one
MAX_SHARED_SHARE = 0.5  # of its lines that may be at the height of a line of the other one
CELL_GAP = "   "  # in the text of a line with several cells


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, its box in points from the top left corner of the page, and whether a space precedes it.

    `baseline` is the height on which it stands, from the top of the page.
    """

    index: int
    text: str
    left: float
    top: float
    right: float
    bottom: float
    spaced: bool
    baseline: float


@dataclass(frozen=True, slots=True)
class Run:
    """Letters side by side on one line, with their box in points from the top left corner of the page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float  # points
    bold: bool
    mono: bool
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its runs in the order in which they are drawn.

    Each of `turned` are the runs of text at another angle, placed as if the page were turned.
    """

    number: int  # from 1
    width: float
    height: float
    runs: list[Run]
    turned: tuple[list[Run], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line in its column: `run` is the whole line; several `runs` on it are the cells of a table."""

    run: Run
    page: int
    left: float  # of the column
    right: float
    runs: tuple[Run, ...]


def reading_order(pages: Sequence[Page]) -> list[Line]:
    """Arrange the runs of pages into lines, in the order in which they are read."""
    heads = _running_heads(pages)
    lines: list[Line] = []
    for page in pages:
        for drawn in (page.runs, *page.turned):
            runs = [run for run in drawn if run.text and not run.turned and (page.number, run) not in heads]
            lines += [replace(line, page=page.number) for line in _lines(_join_touching(runs))]
    return lines


def _running_heads(pages: Sequence[Page]) -> set[tuple[int, Run]]:
    """Find page numbers, and what is at the same edge of many pages with nothing but numbers changing.

    Returns (page number, run) of each.
    """
    by_number = {page.number: page for page in pages}
    candidates: dict[tuple[str, int], list[tuple[int, Run]]] = {}
    numbers: list[tuple[int, Run]] = []
    for page in pages:
        for run in page.runs:
            at_top, at_bottom = run.bottom < EDGE_SHARE * page.height, run.top > (1 - EDGE_SHARE) * page.height
            if not at_top and not at_bottom:
                continue
            if PAGE_NUMBER.fullmatch(run.text):
                numbers.append((page.number, run))
            for key in {run.text.casefold(), _relative_to_page(run.text, page.number).casefold()}:
                candidates.setdefault((key, round(run.top / HEAD_POSITION_STEP)), []).append((page.number, run))
    needed = max(2, MIN_RUNNING_HEAD_SHARE * len(pages))
    heads = {head for same in candidates.values() if len({page for page, _ in same}) >= needed for head in same}
    heads |= {(page, run) for page, run in numbers if _stands_alone(run, by_number[page].runs)}
    heads |= _counting_numbers(pages, heads)
    return heads | set(_beside_page_numbers(heads, by_number))


def _beside_page_numbers(heads: set[tuple[int, Run]], pages: dict[int, Page]) -> Iterator[tuple[int, Run]]:
    """Yield what is on one line with a page number: the name of a chapter."""
    for number, head in heads:
        if PAGE_NUMBER.fullmatch(head.text):
            for run in pages[number].runs:
                if run.top < head.bottom and run.bottom > head.top:
                    yield number, run


def _relative_to_page(text: str, page: int) -> str:
    """Replace each number by its difference from the page's, so that numbers that count the pages become equal."""
    return re.sub(r"\d{1,6}", lambda number: f"#{int(number[0]) - page}", text)


def _counting_numbers(pages: Sequence[Page], heads: set[tuple[int, Run]]) -> set[tuple[int, Run]]:
    """Find numbers that stand alone above or below the text, at any height, and count up with the pages."""
    by_start: dict[int, list[tuple[int, Run]]] = {}  # by the number that the first page has
    for page in pages:
        runs = [run for run in page.runs if (page.number, run) not in heads]
        outermost = [max(runs, key=lambda run: run.top), min(runs, key=lambda run: run.bottom)] if len(runs) > 1 else []
        for run in outermost:
            value = _page_value(run.text)
            if value is not None and _stands_alone(run, runs):
                by_start.setdefault(value - page.number, []).append((page.number, run))
    counting = {head for same in by_start.values() if len({page for page, _ in same}) > 1 for head in same}
    numbered = {page for page, _ in counting}
    return counting if len(numbered) >= max(2, MIN_RUNNING_HEAD_SHARE * len(pages)) else set()


def _page_value(text: str) -> int | None:
    """Return the number of a page that is all of a text, also in Roman digits."""
    if not PAGE_NUMBER.fullmatch(text):
        return None
    if digits := re.search(r"\d+", text):
        return int(digits[0])
    values = [ROMAN_DIGITS[digit] for digit in re.findall(r"[ivxlc]+", text.lower())[-1]]
    return sum(
        value if value >= after else -value for value, after in itertools.zip_longest(values, values[1:], fillvalue=0)
    )


def _stands_alone(number: Run, runs: Sequence[Run]) -> bool:
    """Tell whether a number has no text beside it and none beyond it, as page numbers have."""
    others = [run for run in runs if run is not number and not PAGE_NUMBER.fullmatch(run.text)]
    beside = any(run.top < number.bottom and run.bottom > number.top for run in others)
    return not beside and (
        all(run.top >= number.bottom for run in others) or all(run.bottom <= number.top for run in others)
    )


def _join_touching(runs: Sequence[Run]) -> list[Run]:
    """Join runs that touch although the page draws them separately, and bullets with what they mark."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last and _follows(last, run):
            gap = run.left - last.right
            if gap < MAX_NOTE_GAP * last.size and _is_raised_number(last, run):
                joined[-1] = replace(last, text=last.text + write_raised(last.text, run.text), right=run.right)
                continue
            max_gap = MAX_GAP_AFTER_RAISED if ends_raised(last.text) else MAX_WORD_GAP
            if gap < max_gap * run.size or (BULLET.fullmatch(last.text) and gap < MAX_BULLET_GAP * run.size):
                space = " " if gap > MIN_SPACE * run.size else ""
                joined[-1] = replace(
                    last if len(last.text) > 3 else replace(run, left=last.left),
                    text=f"{last.text}{space}{run.text}", right=run.right, bottom=max(last.bottom, run.bottom),
                    top=min(last.top, run.top), bold=last.bold and run.bold,
                )  # fmt: skip
                continue
        joined.append(run)
    return joined


def _follows(last: Run, run: Run) -> bool:
    """Tell whether a run is to the right of another on the same line."""
    same_line = abs(last.bottom - run.bottom) < MAX_BASELINE_STEP * max(last.size, run.size)
    return same_line and last.right <= run.left + MAX_OVERLAP


def _is_raised_number(run: Run, number: Run) -> bool:
    """Tell whether a run is a raised number behind another run: an exponent, or the number of a note."""
    is_raised = number.bottom < run.bottom - MIN_NOTE_RAISE * run.size
    is_small = number.bottom - number.top < MAX_NOTE_HEIGHT * (run.bottom - run.top)
    return is_raised and is_small and number.text.isdecimal()


def _lines(runs: Sequence[Run]) -> list[Line]:
    """Arrange runs into lines: column after column, between the runs that cross the columns."""
    gutter = _gutter(runs)
    if gutter is None:
        return list(_rows(runs))
    crossing = sorted(
        (run for run in runs if run.left < gutter - 1 and run.right > gutter + 1), key=lambda run: run.top
    )
    ordered: list[Line] = []
    above = float("-inf")
    rest = [run for run in runs if run not in crossing]
    together: list[Run] = []  # crossing runs with nothing beside or between them, such as the lines of an abstract
    for border in [*crossing, None]:
        below = border.top if border else float("inf")
        band = [run for run in rest if above <= run.top < below]
        if band or border is None:
            ordered += _rows(together)
            together = []
        ordered += _lines([run for run in band if run.right <= gutter + 1])
        ordered += _lines([run for run in band if run.left >= gutter - 1])
        together += [border] if border else []
        above = below
    return ordered


def _gutter(runs: Sequence[Run]) -> float | None:
    """Find the middle of the gap between two columns of prose; None if there is one column."""
    if len(runs) < 2 * MIN_COLUMN_RUNS:
        return None
    for share in CROSSING_SHARES:
        middle = _widest_gap(runs, share * len(runs))
        if middle is not None:
            left, right = [run for run in runs if run.right <= middle], [run for run in runs if run.left >= middle]
            if (_is_prose(left) and _is_prose(right)) or _are_apart(left, right):
                return middle
    return None


def _widest_gap(runs: Sequence[Run], max_crossing: float) -> float | None:
    """Find the middle of the gap that the fewest runs cross, at most so many, and of these the widest."""
    left, right = min(run.left for run in runs), max(run.right for run in runs)
    width = right - left
    best: tuple[float, float, float] | None = None  # runs that cross the gap, minus its width, its middle
    start: int | None = None
    changes = [0] * (int(width) + 2)  # in the number of runs above each point from left to right
    for run in runs:
        changes[int(run.left - left)] += 1
        changes[int(run.right - left) + 1] -= 1
    crossing = 0
    for x, change in enumerate(changes):
        crossing += change
        is_central = GUTTER_MARGIN_SHARE * width < x < (1 - GUTTER_MARGIN_SHARE) * width
        in_gap = is_central and crossing <= max_crossing
        if in_gap and start is None:
            start = x
        elif not in_gap and start is not None:
            if x - start >= MIN_GUTTER_WIDTH:
                middle = left + (start + x) / 2
                across = sum(run.left < middle < run.right for run in runs)
                best = min(best or (float("inf"), 0.0, 0.0), (across, start - x, middle))
            start = None
    return best[2] if best else None


def _is_prose(column: Sequence[Run]) -> bool:
    return len(column) >= MIN_COLUMN_RUNS and median(len(run.text) for run in column) >= MIN_PROSE_LENGTH


def _are_apart(left: Sequence[Run], right: Sequence[Run]) -> bool:
    """Tell whether hardly any run of a narrow column is on one line with a run of the other: a box beside prose."""
    narrow, wide = sorted((left, right), key=len)
    if len(narrow) < MIN_COLUMN_RUNS or not _is_prose(wide):
        return False
    if median(len(run.text) for run in narrow) < MIN_BOX_LENGTH:
        return False
    bottoms = {round(2 * run.bottom) + shift for run in wide for shift in (-1, 0, 1)}
    return sum(round(2 * run.bottom) in bottoms for run in narrow) <= MAX_SHARED_SHARE * len(narrow)


def _rows(runs: Sequence[Run]) -> Iterator[Line]:
    """Yield the lines of one column from top to bottom; runs on the same line are cells of a table."""
    if not runs:
        return
    left, right = min(run.left for run in runs), max(run.right for run in runs)
    waiting = sorted(runs, key=lambda run: ((run.top + run.bottom) / 2, run.left))
    while waiting:
        first = waiting[0]
        middle = (first.top + first.bottom) / 2
        row = [run for run in waiting if abs((run.top + run.bottom) / 2 - middle) < MAX_BASELINE_STEP * first.size]
        taken = set(map(id, row))
        waiting = [run for run in waiting if id(run) not in taken]
        row = _join_touching(sorted(row, key=lambda run: run.left))
        whole = replace(row[0], text=CELL_GAP.join(run.text for run in row), right=row[-1].right)
        yield Line(whole, 0, left, right, tuple(row))
