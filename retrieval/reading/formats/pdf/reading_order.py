"""From runs of letters on pages to lines in reading order: pure geometry.

Columns are read one after the other; running heads and the numbers of pages and notes are left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

BULLET = re.compile(r"[•‣▪◦●○■□–—*·-]|\(?(?:\d{1,3}|[a-zA-Z])[.)]|\d{1,2}(?:\.\d{1,2}){1,4}\.?|[IVX]{1,4}\.")
NOTED = re.compile(r"[.,;:!?)\"”’]$|[^\W\d_]{4}$")  # before the number of a note; m² and 10³ are none
PAGE_NUMBER = re.compile(
    r"[-–—\s|]*(?:page|seite|p\.)?\s*(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/|von)\s*\d{1,4})?[-–—\s|]*", re.IGNORECASE
)
EDGE = 0.12  # of a page's height, where running heads stand
OFTEN = 0.3  # of the pages (every second one, and not all), at least
NARROW = 5.0  # points, of the gap between columns
CROSSING = 0.15  # of a page's lines may cross it: titles, wide figures
PROSE = 18  # letters of the usual line of a column; tables have less
FEW = 4  # lines of a column


@dataclass(frozen=True, slots=True)
class Run:
    """Letters beside each other on one line; points from the top left corner of the page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool
    mono: bool
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its runs in the order in which they are drawn."""

    number: int
    width: float
    height: float
    runs: list[Run]


@dataclass(frozen=True, slots=True)
class Line:
    """A line in its column; `runs` are those that stand apart on it, cells of a table if there are several."""

    run: Run
    page: int
    left: float  # of the column
    right: float
    runs: tuple[Run, ...]


def reading_order(pages: Sequence[Page]) -> list[Line]:
    """Return the lines of pages in the order in which they are read."""
    heads = _running_heads(pages)
    lines: list[Line] = []
    for page in pages:
        runs = [run for run in page.runs if run.text and not run.turned and (page.number, run) not in heads]
        lines += [replace(line, page=page.number) for line in _lines(_joined(runs))]
    return lines


def _running_heads(pages: Sequence[Page]) -> set[tuple[int, Run]]:
    """Return what stands at the edge of many pages with nothing but numbers changing, and the numbers of pages."""
    found: dict[tuple[str, int], list[tuple[int, Run]]] = {}
    numbers: list[tuple[int, Run]] = []
    for page in pages:
        for run in page.runs:
            high, low = run.bottom < EDGE * page.height, run.top > (1 - EDGE) * page.height
            if not high and not low:
                continue
            if PAGE_NUMBER.fullmatch(run.text):
                numbers.append((page.number, run))
            for key in {run.text.casefold(), _counted(run.text, page.number).casefold()}:
                found.setdefault((key, round(run.top / 6)), []).append((page.number, run))
    heads = {one for ones in found.values() if len({n for n, _ in ones}) >= max(2, OFTEN * len(pages)) for one in ones}
    heads |= {one for one in numbers if _stands_alone(one, pages)}
    return heads | set(_beside_numbers(heads, pages))


def _beside_numbers(heads: set[tuple[int, Run]], pages: Sequence[Page]) -> Iterator[tuple[int, Run]]:
    """Yield what stands on one line with the number of a page: the name of a chapter."""
    for number, head in heads:
        if PAGE_NUMBER.fullmatch(head.text):
            for run in pages[number - 1].runs:
                if run.top < head.bottom and run.bottom > head.top:
                    yield number, run


def _counted(text: str, page: int) -> str:
    """Return a text in which numbers that count the pages are the same on each of them."""
    return re.sub(r"\d{1,6}", lambda number: f"#{int(number[0]) - page}", text)


def _stands_alone(one: tuple[int, Run], pages: Sequence[Page]) -> bool:
    """Return whether a number has no other text beside it, as those of pages have not, and is at the very edge."""
    number, run = one
    others = [other for other in pages[number - 1].runs if other is not run and not PAGE_NUMBER.fullmatch(other.text)]
    beside = any(other.top < run.bottom and other.bottom > run.top for other in others)
    return not beside and (
        all(other.top >= run.bottom for other in others) or all(other.bottom <= run.top for other in others)
    )


def _joined(runs: Sequence[Run]) -> list[Run]:
    """Return runs with those joined that the page drew apart though they touch, and bullets with what they mark."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last and abs(last.bottom - run.bottom) < 0.4 * max(last.size, run.size) and last.right <= run.left + 1:
            gap = run.left - last.right
            if gap < 0.3 * last.size and _is_note(last, run):
                joined[-1] = replace(last, right=run.right)
                continue
            if gap < 0.8 * run.size or (BULLET.fullmatch(last.text) and gap < 6 * run.size):
                space = " " if gap > 0.12 * run.size else ""
                joined[-1] = replace(
                    last if len(last.text) > 3 else replace(run, left=last.left),
                    text=f"{last.text}{space}{run.text}", right=run.right, bottom=max(last.bottom, run.bottom),
                    top=min(last.top, run.top), bold=last.bold and run.bold,
                )  # fmt: skip
                continue
        joined.append(run)
    return joined


def _is_note(run: Run, number: Run) -> bool:
    """Return whether a run is the raised number of a note after another one: no word of the sentence."""
    raised = number.bottom < run.bottom - 0.1 * run.size and number.bottom - number.top < 0.9 * (run.bottom - run.top)
    return raised and number.text.isdecimal() and NOTED.search(run.text) is not None


def _lines(runs: Sequence[Run]) -> list[Line]:
    """Return lines in reading order: column after column, between what crosses them."""
    gutter = _gutter(runs)
    if gutter is None:
        return list(_rows(runs))
    crossing = sorted(
        (run for run in runs if run.left < gutter - 1 and run.right > gutter + 1), key=lambda run: run.top
    )
    ordered: list[Line] = []
    above = float("-inf")
    rest = [run for run in runs if run not in crossing]
    for border in [*crossing, None]:
        below = border.top if border else float("inf")
        band = [run for run in rest if above <= run.top < below]
        ordered += _lines([run for run in band if run.right <= gutter + 1])
        ordered += _lines([run for run in band if run.left >= gutter - 1])
        if border:
            ordered += _rows([border])
        above = below
    return ordered


def _gutter(runs: Sequence[Run]) -> float | None:
    """Return the middle of the gap between two columns of prose, None where there is one column."""
    if len(runs) < 2 * FEW:
        return None
    left, right = min(run.left for run in runs), max(run.right for run in runs)
    best: tuple[float, float, float] | None = None  # crossing, minus width, middle
    start: int | None = None
    fewest = CROSSING * len(runs)
    covered = [0] * (int(right - left) + 2)
    for run in runs:
        covered[int(run.left - left)] += 1
        covered[int(run.right - left) + 1] -= 1
    crossing = 0
    for x, change in enumerate(covered):
        crossing += change
        inside = 0.15 * (right - left) < x < 0.85 * (right - left) and crossing <= fewest
        if inside and start is None:
            start = x
        elif not inside and start is not None:
            if x - start >= NARROW:
                middle = left + (start + x) / 2
                across = sum(run.left < middle < run.right for run in runs)
                best = min(best or (float("inf"), 0.0, 0.0), (across, start - x, middle))
            start = None
    if best is None:
        return None
    sides = [run for run in runs if run.right <= best[2]], [run for run in runs if run.left >= best[2]]
    if any(len(side) < FEW or median(len(run.text) for run in side) < PROSE for side in sides):
        return None
    return best[2]


def _rows(runs: Sequence[Run]) -> Iterator[Line]:
    """Yield the lines of one column from top to bottom; runs on the same line are cells of a table."""
    if not runs:
        return
    left, right = min(run.left for run in runs), max(run.right for run in runs)
    waiting = sorted(runs, key=lambda run: ((run.top + run.bottom) / 2, run.left))
    while waiting:
        first = waiting[0]
        middle = (first.top + first.bottom) / 2
        row = [run for run in waiting if abs((run.top + run.bottom) / 2 - middle) < 0.4 * first.size]
        taken = set(map(id, row))
        waiting = [run for run in waiting if id(run) not in taken]
        row = _joined(sorted(row, key=lambda run: run.left))
        whole = replace(row[0], text="   ".join(run.text for run in row), right=row[-1].right)
        yield Line(whole, 0, left, right, tuple(row))
