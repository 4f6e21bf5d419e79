"""Tell pages whose columns are read from top to bottom, from right to left, as in Japanese books, and their letters.

Such a page is placed as if it were turned by a quarter: then its columns are lines from left to right.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from retrieval.reading.formats.pdf.reading_order import Letter, Run

EAST_ASIAN = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")
KANA = re.compile("[\u3040-\u30ff\uff66-\uff9f]+")
MIN_VERTICAL_SHARE = 0.5  # of the pairs of letters that follow each other
MAX_SHIFT = 0.45  # heights of a letter between the middles of letters in one column or line
MAX_GAP = 1.0  # heights between letters that follow each other
MAX_INSET_LENGTH = 3  # letters side by side inside a column, such as the digits of a day; more are a line
CELL_POINTS, MAX_CELL_LETTERS = 24.0, 12
MAX_RUBY_SIZE = 0.6  # times the usual size: what is read beside a column is how a word in it sounds

Cells = dict[tuple[int, int], list[Letter]]


def is_vertical(letters: Sequence[Letter]) -> bool:
    """Tell whether most letters of a page that follow each other stand one below the other."""
    pairs = [pair for pair in pairwise(letters) if all(EAST_ASIAN.match(letter.text) for letter in pair)]
    return len(pairs) > 1 and sum(_is_below(*pair) for pair in pairs) > MIN_VERTICAL_SHARE * len(pairs)


def divide(letters: Sequence[Letter], right: float) -> tuple[list[Letter], list[Letter]]:
    """Divide the letters of a vertical page into those of columns and those of lines: titles, page numbers.

    The columns are placed as if the page, whose right edge is given, were turned. A few letters side by side inside a
    column take the place of one.
    """
    columns: list[Letter] = []
    lines: list[Letter] = []
    insets: dict[int, Letter] = {}  # by the index of the letter above
    cells = _cells(letters)
    for row in _side_by_side(letters):
        is_number = all(letter.text.isdecimal() for letter in row)
        beside = [letter for letter in _around(cells, row) if _touches(letter, row)]
        if not (len(row) <= MAX_INSET_LENGTH and beside) and (len(row) > 1 or is_number):
            lines += row
        elif len(row) > 1 and (above := [letter for letter in beside if letter.top < row[0].top]):
            insets[above[0].index] = _turned(row, right)
        else:
            columns.append(_turned(row, right))
    placed = [letter for above in columns for letter in (above, insets.pop(above.index, None)) if letter]
    return [*placed, *insets.values()], lines


def without_ruby(runs: Sequence[Run]) -> list[Run]:
    """Leave out the small letters beside a column that say how its words sound."""
    usual = median(run.size for run in runs) if runs else 0.0
    return [run for run in runs if run.size > MAX_RUBY_SIZE * usual or not KANA.fullmatch(run.text)]


def _side_by_side(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    """Yield each row of letters side by side; most are one letter."""
    first = 0
    for number in range(1, len(letters) + 1):
        if number == len(letters) or not _is_beside(letters[number - 1], letters[number]):
            yield letters[first:number]
            first = number


def _turned(row: Sequence[Letter], right: float) -> Letter:
    """Join a row of letters to one letter, as if the page were turned."""
    return Letter(
        index=row[0].index,
        text="".join(letter.text for letter in row),
        left=min(letter.top for letter in row),
        top=right - max(letter.right for letter in row),
        right=max(letter.bottom for letter in row),
        bottom=right - min(letter.left for letter in row),
        spaced=row[0].spaced,
        baseline=right - min(letter.left for letter in row),
    )


def _cells(letters: Sequence[Letter]) -> Cells:
    """Sort letters into square cells of the page, at most so many into each."""
    cells: Cells = {}
    for letter in letters:
        cell = cells.setdefault(_cell(letter), [])
        if len(cell) < MAX_CELL_LETTERS:
            cell.append(letter)
    return cells


def _cell(letter: Letter) -> tuple[int, int]:
    return int((letter.left + letter.right) / 2 // CELL_POINTS), int((letter.top + letter.bottom) / 2 // CELL_POINTS)


def _around(cells: Cells, row: Sequence[Letter]) -> Iterator[Letter]:
    """Yield the letters in the cells around the first letter of a row."""
    x, y = _cell(row[0])
    for column in range(x - 1, x + 2):
        for line in range(y - 1, y + 2):
            yield from cells.get((column, line), ())


def _is_below(above: Letter, below: Letter) -> bool:
    height = max(above.bottom - above.top, 1.0)
    shift = abs((above.left + above.right) - (below.left + below.right)) / 2
    return shift < MAX_SHIFT * height and -MAX_SHIFT * height < below.top - above.bottom < MAX_GAP * height


def _is_beside(before: Letter, after: Letter) -> bool:
    height = max(before.bottom - before.top, 1.0)
    shift = abs((before.top + before.bottom) - (after.top + after.bottom)) / 2
    return shift < MAX_SHIFT * height and -MAX_SHIFT * height < after.left - before.right < MAX_GAP * height


def _touches(letter: Letter, row: Sequence[Letter]) -> bool:
    """Tell whether a letter stands right above or below a row, around the middle of it."""
    height = max(letter.bottom - letter.top, 1.0)
    middle = (row[0].left + row[-1].right) / 2
    gap = max(row[0].top - letter.bottom, letter.top - row[0].bottom)
    return letter.left < middle < letter.right and -MAX_SHIFT * height < gap < MAX_GAP * height / 2
