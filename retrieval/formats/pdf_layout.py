"""From runs of letters on pages to paragraphs in reading order: pure geometry.

Columns are read one after the other; running heads and page numbers are left out; words that were divided at the end of
a line are whole again; a paragraph goes on across columns and pages. Rows of tables, notes in small type, captions and
code are asides, for their cells and lines do not say what belongs together.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from retrieval.formats.extracted import Part

BULLET = re.compile(r"[•‣▪◦●○■□–—*·-]|\(?(?:\d{1,3}|[a-zA-Z])[.)]|\d{1,2}(?:\.\d{1,2}){1,4}\.?|[IVX]{1,4}\.")
STARTS = re.compile(rf"(?:{BULLET.pattern})\s+\S")
NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,4}\.?\s")
UNSPACED = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")  # Chinese and Japanese have no spaces
NOTED = re.compile(r"[.,;:!?)\"”’]$|[^\W\d_]{4}$")  # before the number of a note; m² and 10³ are none
MARK = re.compile(r"[•‣▪◦●○■□–—*·-]\s+")
CAPTION = re.compile(
    r"(?:fig(?:ure|\.)|table|abb(?:ildung|\.)|tabelle|chart|box|photo|source)s?\s*(?:\d+|:)", re.IGNORECASE
)
END = re.compile(r"[.!?:;。！？][\"'”’»)\]]*(?:\s*\[?\d{1,3}\]?)?$")
PAGE_NUMBER = re.compile(
    r"[-–—\s|]*(?:page|seite|p\.)?\s*(?:\d{1,4}|[ivxlc]{1,7})(?:\s*(?:of|/|von)\s*\d{1,4})?[-–—\s|]*", re.IGNORECASE
)
EDGE = 0.12  # of a page's height, where running heads stand
OFTEN = 0.3  # of the pages (every second one, and not all), at least
NARROW = 5.0  # points, of the gap between columns
CROSSING = 0.15  # of a page's lines may cross it: titles, wide figures
PROSE = 18  # letters of the usual line of a column; tables have less
FEW = 4  # lines of a column
LARGE, SMALL = 1.1, 0.86  # times the size of most letters: a heading, a note
HEADING_WORDS = 25


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
    """A line in its column; `cells` counts the runs that stand apart on it."""

    run: Run
    page: int
    left: float  # of the column
    right: float
    cells: int = 1


@dataclass(slots=True)
class _Paragraph:
    """A paragraph that grows by lines."""

    kind: str
    level: int
    text: str
    last: Line
    page: int
    turns: list[tuple[int, int]] = field(default_factory=list)


def page_parts(pages: Sequence[Page], outline: dict[str, int]) -> list[Part]:
    """Return the parts of pages; `outline` is the level of headings by their text without white space."""
    heads = _running_heads(pages)
    lines: list[Line] = []
    for page in pages:
        runs = [run for run in page.runs if run.text and not run.turned and (page.number, run) not in heads]
        lines += [replace(line, page=page.number) for line in _lines(_joined(runs))]
    return _parts(lines, outline)


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
        yield Line(whole, 0, left, right, len(row))


def _parts(lines: Sequence[Line], outline: dict[str, int]) -> list[Part]:
    """Put lines together to paragraphs."""
    if not lines:
        return []
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.run.size * 2) / 2] += len(line.run.text)
    body = max(sizes, key=lambda size: (sizes[size], -size))
    larger = sorted({round(one.run.size * 2) / 2 for one in lines if one.run.size >= LARGE * body}, reverse=True)
    leading = _leading(lines)
    words = _words(lines)
    found: list[_Paragraph] = []
    open_text: _Paragraph | None = None
    for line in lines:
        kind, level = _kind(line, body, larger, outline)
        last = found[-1] if found else None
        if last and last.kind == kind and last.level == level and not _begins(line, last, leading):
            _grow(last, line, words)
        elif kind == "text" and open_text and open_text is not last and _goes_on(line, open_text):
            _grow(open_text, line, words)  # after a note, a figure or a table in between
        elif kind == "text" and last and last is open_text and _goes_on(line, last):
            _grow(last, line, words)
        else:
            found.append(_Paragraph(kind, level, line.run.text, line, line.page))
            open_text = found[-1] if kind == "text" else open_text if kind == "aside" else None
    return [_part(one) for one in found]


def _leading(lines: Sequence[Line]) -> dict[float, float]:
    """Return the usual way from line to line in ems, by the size of the letters; 1.2 where nothing tells."""
    steps: dict[float, list[float]] = {}
    for one, other in itertools.pairwise(lines):
        step = (other.run.bottom - one.run.bottom) / max(one.run.size, 1)
        if one.page == other.page and abs(one.run.size - other.run.size) < 0.5 and 0.8 < step < 3:
            steps.setdefault(round(one.run.size), []).append(step)
    return {size: median(found) for size, found in steps.items()}


def _words(lines: Sequence[Line]) -> Counter[str]:
    """Count the words that stand whole on a line: they tell whether a hyphen at its end belongs to the word."""
    return Counter(word.casefold() for line in lines for word in re.findall(r"[^\W\d_][\w-]*\w", line.run.text))


def _kind(line: Line, body: float, larger: Sequence[float], outline: dict[str, int]) -> tuple[str, int]:
    run = line.run
    text = run.text
    known = outline.get("".join(text.split()).casefold())
    if known is not None and len(text.split()) <= HEADING_WORDS:
        return "heading", known
    if line.cells > 1 or run.mono or run.size < SMALL * body or CAPTION.match(text):
        return "aside", 0
    if not any(map(str.isalpha, text)) or len(text.split()) > HEADING_WORDS:
        return "text", 0
    size = round(run.size * 2) / 2
    numbered = NUMBERED.match(text)
    deeper = numbered[0].strip(". ").count(".") if numbered else 0
    if size in larger:
        return "heading", larger.index(size) + 1 + deeper
    short = run.right < line.right - 0.1 * (line.right - line.left) or line.right - line.left < 1.05 * (
        run.right - run.left
    )
    if run.bold and short and not text.endswith((".", ",", ";")) and len(text.split()) <= 12:
        return "heading", len(larger) + 1 + deeper
    return "text", 0


def _begins(line: Line, before: _Paragraph, leading: dict[float, float]) -> bool:
    """Return whether a line opens a new paragraph."""
    run, last = line.run, before.last.run
    if line.page != before.last.page or (line.left, line.right) != (before.last.left, before.last.right):
        return not (before.kind == "text" and _goes_on(line, before))
    step = (run.bottom - last.bottom) / max(run.size, 1)
    if step > 1.25 * leading.get(round(run.size), 1.2) or step < 0:
        return True
    if before.kind == "heading":
        return False
    if before.kind == "aside":
        return bool(CAPTION.match(run.text))
    width = line.right - line.left
    ended = bool(END.search(last.text))
    if STARTS.match(run.text) and (ended or STARTS.match(before.text)):
        return True
    indented = run.left - line.left > 0.8 * run.size and last.left - line.left < 0.4 * run.size
    if ended and indented and not STARTS.match(before.text):  # the further lines of an item are indented as well
        return True
    return ended and last.right < line.right - 0.2 * width


def _goes_on(line: Line, before: _Paragraph) -> bool:
    """Return whether a line takes up a paragraph that a column, a page or an aside broke off in a sentence."""
    if END.search(before.text) or STARTS.match(line.run.text):
        return False
    same = abs(line.run.size - before.last.run.size) < 0.13 * line.run.size  # a word in another font may begin it
    elsewhere = line.page != before.last.page or line.left != before.last.left
    lower = line.run.text[:1].islower() or before.text.endswith("-")
    last = before.last
    full = last.run.right > last.right - 0.1 * (last.right - last.left)  # it did not end there
    indented = line.run.left - line.left > 0.8 * line.run.size
    return same and line.page - last.page <= 2 and (lower or (elsewhere and full and not indented))


def _grow(paragraph: _Paragraph, line: Line, words: Counter[str]) -> None:
    """Add a line to a paragraph; a word divided by a hyphen becomes whole."""
    text = line.run.text
    if paragraph.kind == "aside":
        paragraph.text += f"\n{text}"
    elif paragraph.text.endswith("-") and text[:1].islower() and paragraph.text[-2:-1].isalpha():
        head = re.search(r"[\w-]*$", paragraph.text[:-1])
        tail = re.match(r"[\w-]*", text)
        first, second = (head[0] if head else ""), (tail[0] if tail else "")
        kept = words[f"{first}-{second}".casefold()] > words[f"{first}{second}".casefold()]
        paragraph.text = paragraph.text if kept else paragraph.text[:-1]
        _turn(paragraph, line)
        paragraph.text += text
    else:
        paragraph.text += "" if UNSPACED.match(paragraph.text[-1:]) and UNSPACED.match(text) else " "
        _turn(paragraph, line)
        paragraph.text += text
    paragraph.last = line


def _turn(paragraph: _Paragraph, line: Line) -> None:
    if line.page != paragraph.last.page:
        paragraph.turns.append((len(paragraph.text), line.page))


def _part(one: _Paragraph) -> Part:
    kind = one.kind
    if kind == "heading" and len(one.text.split()) > HEADING_WORDS:
        kind = "text"
    if kind == "aside":
        return Part("aside", one.text, at=one.page)
    if kind == "heading":
        return Part("heading", one.text, one.level, one.page)
    mark = MARK.match(one.text)  # of a list
    cut = mark.end() if mark else 0
    return Part("text", one.text[cut:], at=one.page, turns=tuple((place - cut, page) for place, page in one.turns))
