"""From the lines of pages to paragraphs, headings and asides.

Words that were divided at the end of a line are whole again, and a paragraph goes on across columns and pages. Notes in
small type, captions and code are asides, and so are tables whose cells do not say what belongs together.
"""

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from retrieval.reading.formats.pdf.reading_order import BULLET, Line, Page, reading_order
from retrieval.reading.formats.pdf.tables import table_rows
from retrieval.reading.isolated.protocol import Part, Turn
from retrieval.text.table_rows import record_text

STARTS = re.compile(rf"(?:{BULLET.pattern})\s+\S")
NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,4}\.?\s")
UNSPACED = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")  # Chinese and Japanese have no spaces
MARK = re.compile(r"[•‣▪◦●○■□–—*·-]\s+")
CAPTION = re.compile(
    r"(?:fig(?:ure|\.)?|table|abb(?:ildung|\.)|tabelle|chart|box)\s*\d+(?:\.\d+)*\s*[:.|–—]|(?:photo|source)s?:",
    re.IGNORECASE,
)
END = re.compile(r"[.!?:;。！？][\"'”’»)\]]*(?:\s*\[?\d{1,3}\]?)?$")
LARGE, SMALL = 1.1, 0.86  # times the size of most letters: a heading, a note
HEADING_WORDS = 25


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
    return _parts(reading_order(pages), outline)


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
    table = 0  # lines of it that are still to come
    for number, line in enumerate(lines):
        if table:
            table -= 1
            continue
        names, *rows = table_rows(lines, number) or [[]]
        if rows:
            table = len(rows)
            found.append(_Paragraph("aside", 0, "; ".join(names), line, line.page))
            found += [_Paragraph("row", 0, record_text(names, row), line, line.page) for row in rows]
            continue
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
    if len(line.runs) > 1 or run.mono or run.size < SMALL * body or CAPTION.match(text):
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
    if kind in ("aside", "row"):
        return Part("aside" if kind == "aside" else "row", one.text, at=one.page)
    if kind == "heading":
        return Part("heading", one.text, one.level, one.page)
    mark = MARK.match(one.text)  # of a list
    cut = mark.end() if mark else 0
    return Part("text", one.text[cut:], at=one.page, turns=tuple(Turn(place - cut, page) for place, page in one.turns))
