"""Join the lines of a PDF's pages to paragraphs, list items, code, headings, table rows and asides.

Words that were divided at the end of a line are joined again, and a paragraph continues across columns and pages. Notes
in small type and captions are asides, and so are tables whose cells are ambiguous.
"""

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from retrieval.reading.formats.notes import mark_of
from retrieval.reading.formats.pdf.code_lines import code_text, continues_code, is_code
from retrieval.reading.formats.pdf.lists import Candidate, Place, list_places
from retrieval.reading.formats.pdf.page_notes import keep_notes, without_number
from retrieval.reading.formats.pdf.reading_order import BULLET, Line, Page, reading_order
from retrieval.reading.formats.pdf.tables import read_table
from retrieval.reading.isolated.protocol import Part, PartKind, Turn
from retrieval.reading.short_lines import divide_facts

LIST_ITEM = re.compile(rf"(?:{BULLET.pattern})\s+\S")
NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,4}\.?\s")
UNSPACED = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")  # Chinese and Japanese have no spaces
CAPTION = re.compile(
    r"(?:fig(?:ure|\.)?|table|abb(?:ildung|\.)|tabelle|chart|box)\s*\d+(?:\.\d+)*\s*[:.|–—]|(?:photo|source)s?:",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"[.!?:;。！？][\"'”’»)\]]*[⁰¹²³⁴-⁹]*(?:\s*\[?\d{1,3}\]?)?$")
HEADING_SIZE, NOTE_SIZE = 1.1, 0.86  # times the body size: from the one on a heading, below the other a note
MAX_HEADING_WORDS, MAX_BOLD_HEADING_WORDS = 25, 12
MAX_BOLD_TEXT_WORDS = 20  # of a heading in adjacent bold lines
MIN_BOLD_LINES, MAX_BOLD_LINES = 3, 8  # that are looked at together
RULE = re.compile(r"(?:[-=_*+|~#–—]{2,}\s*)+")  # of a table in a preformatted text
INNER_END = re.compile(r"[^\W\d]{2}[.!?][\"”’)]* [^\W\d_]")
MAX_CODE_SHARE = 0.5  # of the lines in a monospaced font, above which it is the font of the whole document
DEFAULT_LEADING = 1.2  # ems
MAX_LEADING = 1.25  # times the usual leading
MIN_INDENT, MAX_UNINDENTED = 0.8, 0.4  # ems
MAX_SIZE_DIFFERENCE = 0.13  # ems, since a word in another font may begin a line
MAX_PAGES_APART = 2  # of the lines of one paragraph
SHORT_LINE_SHARE, PARAGRAPH_END_SHARE = 0.1, 0.2  # of the column's width that a line leaves empty at its end


@dataclass(slots=True)
class _Paragraph:
    """A paragraph that grows line by line; the level of an aside is the number of a note that says something, or 0."""

    kind: PartKind
    level: int
    text: str
    lines: list[Line]
    page: int
    turns: list[tuple[int, int]] = field(default_factory=list)

    @property
    def last(self) -> Line:
        """Return the last line so far."""
        return self.lines[-1]


def page_parts(pages: Sequence[Page], outline: dict[str, int]) -> list[Part]:
    """Turn pages into parts.

    `outline` gives the level of headings by their case-folded text without white space.
    """
    return _parts(reading_order(pages), outline)


def _parts(lines: Sequence[Line], outline: dict[str, int]) -> list[Part]:
    if not lines:
        return []
    body = _body_size(lines)
    lines, notes = keep_notes(lines, NOTE_SIZE * body)
    larger = sorted({_half_points(line) for line in lines if line.run.size >= HEADING_SIZE * body}, reverse=True)
    code_is_monospaced = sum(map(is_code, lines)) <= MAX_CODE_SHARE * len(lines)
    leadings = _usual_leadings(lines, on_grid=not code_is_monospaced)
    words = _count_words(lines)
    headings = set() if code_is_monospaced else _headings_on_grid(lines, leadings)
    in_bold_text = _lines_of_bold_text(lines, leadings)
    paragraphs: list[_Paragraph] = []
    open_text: _Paragraph | None = None
    rows_left = 0  # of a table
    for number, line in enumerate(lines):
        if rows_left:
            rows_left -= 1
            continue
        table = read_table(lines, number)
        if table:
            rows_left = table.lines - 1
            paragraphs += [_Paragraph("aside", 0, table.names, [line], line.page)] if table.names else []
            paragraphs += [_Paragraph("row", 0, row, [line], line.page) for row in table.rows]
            continue
        kind, level = _classify(line, body, larger, outline, code_is_monospaced=code_is_monospaced)
        if number in notes:
            kind, level = "aside", notes[number]
        if number in headings and kind == "text":
            kind, level = "heading", 1 + _depth(line.run.text)
        elif number in in_bold_text and kind == "heading" and level > len(larger):
            kind, level = "text", 0
        last = paragraphs[-1] if paragraphs else None
        if last and last.kind == kind and last.level == level and not _begins(line, last, leadings):
            _grow(last, line, words)
        elif kind == "text" and open_text and _continues(line, open_text):  # also after a note, a figure or a table
            _grow(open_text, line, words)
        else:
            paragraphs.append(_Paragraph(kind, level, line.run.text, [line], line.page))
            open_text = paragraphs[-1] if kind == "text" else open_text if kind in ("aside", "code") else None
    places = _places(paragraphs)
    return [part for paragraph, place in zip(paragraphs, places, strict=True) for part in _divided(paragraph, place)]


def _places(paragraphs: Sequence[_Paragraph]) -> list[Place]:
    """Find the place of each paragraph in lists."""
    places = [Place(0)] * len(paragraphs)
    prose = [number for number, paragraph in enumerate(paragraphs) if paragraph.kind == "text"]
    candidates = [
        Candidate(
            paragraphs[number].text,
            paragraphs[number].lines[0].run.left,
            any(paragraph.kind == "heading" for paragraph in paragraphs[before + 1 : number]),
        )
        for before, number in itertools.pairwise([-1, *prose])
    ]
    for number, place in zip(prose, list_places(candidates), strict=True):
        places[number] = place
    return places


def _body_size(lines: Sequence[Line]) -> float:
    """Return the size of most letters."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[_half_points(line)] += len(line.run.text)
    return max(sizes, key=lambda size: (sizes[size], -size))


def _half_points(line: Line) -> float:
    """Round the size of a line's letters to half points."""
    return round(line.run.size * 2) / 2


def _usual_leadings(lines: Sequence[Line], *, on_grid: bool) -> dict[float, float]:
    """Measure the median step from line to line, in ems, by the size of the letters in whole points.

    Where the lines of a preformatted text are on a grid, empty ones are steps as well: then the smallest of many.
    """
    steps: dict[float, list[float]] = {}
    for line, below in itertools.pairwise(lines):
        step = (below.run.bottom - line.run.bottom) / max(line.run.size, 1)
        if line.page == below.page and abs(line.run.size - below.run.size) < 0.5 and 0.8 < step < 3:
            steps.setdefault(round(line.run.size), []).append(step)
    if on_grid:
        return {size: sorted(measured)[len(measured) // 10] for size, measured in steps.items()}
    return {size: median(measured) for size, measured in steps.items()}


def _are_close(above: Line, below: Line, leadings: dict[float, float]) -> bool:
    """Tell whether a line is right below another in the same column."""
    step = (below.run.bottom - above.run.bottom) / max(below.run.size, 1)
    same_column = (above.page, above.left, above.right) == (below.page, below.left, below.right)
    return same_column and 0 < step <= MAX_LEADING * leadings.get(round(below.run.size), DEFAULT_LEADING)


def _lines_of_bold_text(lines: Sequence[Line], leadings: dict[float, float]) -> set[int]:
    """Find the bold lines, by number, that together are text and no heading, such as an abstract.

    They have too many words, or a sentence ends inside at least three of them.
    """
    found: set[int] = set()
    block: list[int] = []
    for number, line in enumerate(lines):
        if not line.run.bold or (block and not _are_close(lines[number - 1], line, leadings)):
            block = []
        if line.run.bold:
            block = [*block[-MAX_BOLD_LINES:], number]
            text = " ".join(lines[n].run.text for n in block)
            ends_inside = len(block) >= MIN_BOLD_LINES and INNER_END.search(text)
            if len(block) > 1 and (len(text.split()) > MAX_BOLD_TEXT_WORDS or ends_inside):
                found.update(block)
    return found


def _headings_on_grid(lines: Sequence[Line], leadings: dict[float, float]) -> set[int]:
    """Find the headings of a preformatted text, by number: short lines at the left edge that stand alone.

    Only where most lines are further inside.
    """
    edges = [line.run.left - line.left < MIN_INDENT * line.run.size for line in lines]
    if 2 * sum(edges) > len(lines):
        return set()
    found = set()
    for number, (line, at_edge) in enumerate(zip(lines, edges, strict=True)):
        text = line.run.text
        is_close = number > 0 and _are_close(lines[number - 1], line, leadings)
        is_above = number + 1 < len(lines) and _are_close(line, lines[number + 1], leadings)
        is_short = len(line.runs) == 1 and len(text.split()) <= MAX_BOLD_HEADING_WORDS and any(map(str.isalpha, text))
        if at_edge and is_short and not is_close and not is_above and not SENTENCE_END.search(text):
            found.add(number)
    return found


def _depth(text: str) -> int:
    """Count the stops inside the number of a heading such as "2.1"."""
    number = NUMBERED.match(text)
    return number[0].strip(". ").count(".") if number else 0


def _count_words(lines: Sequence[Line]) -> Counter[str]:
    """Count the words that are undivided: they show whether a hyphen at the end of a line belongs to the word."""
    return Counter(word.casefold() for line in lines for word in re.findall(r"[^\W\d_][\w-]*\w", line.run.text))


def _classify(
    line: Line, body: float, larger: Sequence[float], outline: dict[str, int], *, code_is_monospaced: bool
) -> tuple[PartKind, int]:
    """Classify a line; returns its kind and heading level.

    `body` is the size of most letters, `larger` are the sizes of headings in descending order.
    """
    run = line.run
    text = run.text
    words = len(text.split())
    outline_level = outline.get("".join(text.split()).casefold())
    if outline_level is not None and words <= MAX_HEADING_WORDS:
        return "heading", outline_level
    if code_is_monospaced and is_code(line):
        return "code", 0
    if len(line.runs) > 1 or run.size < NOTE_SIZE * body or CAPTION.match(text):
        return "aside", 0
    if RULE.fullmatch(text):
        return "aside", 0
    if not any(map(str.isalpha, text)) or words > MAX_HEADING_WORDS:
        return "text", 0
    size = _half_points(line)
    depth = _depth(text)
    if size in larger:
        return "heading", larger.index(size) + 1 + depth
    width = line.right - line.left
    is_short = run.right < line.right - SHORT_LINE_SHARE * width or width < 1.05 * (run.right - run.left)
    if run.bold and is_short and not text.endswith((".", ",", ";")) and words <= MAX_BOLD_HEADING_WORDS:
        return "heading", len(larger) + 1 + depth
    return "text", 0


def _begins(line: Line, before: _Paragraph, leadings: dict[float, float]) -> bool:
    """Tell whether a line begins a new paragraph rather than continuing the one before."""
    if before.kind == "code":
        return not continues_code(line, before.lines)
    run, last = line.run, before.last.run
    if line.page != before.last.page or (line.left, line.right) != (before.last.left, before.last.right):
        return not (before.kind == "text" and _continues(line, before))
    step = (run.bottom - last.bottom) / max(run.size, 1)
    if step > MAX_LEADING * leadings.get(round(run.size), DEFAULT_LEADING) or step < 0:
        return True
    if before.kind == "heading":
        return False
    if before.kind == "aside":
        return not before.level and bool(CAPTION.match(run.text))
    sentence_ended = bool(SENTENCE_END.search(last.text))
    in_list = LIST_ITEM.match(before.text)
    if LIST_ITEM.match(run.text) and (sentence_ended or in_list):
        return True
    width = line.right - line.left
    is_outside = run.left < before.lines[0].run.left + MAX_UNINDENTED * run.size  # the mark of the item
    if in_list and is_outside and last.right < line.right - SHORT_LINE_SHARE * width:
        return True
    is_indented = run.left - line.left > MIN_INDENT * run.size and last.left - line.left < MAX_UNINDENTED * run.size
    if sentence_ended and is_indented and not in_list:  # the further lines of a list item are indented as well
        return True
    return sentence_ended and last.right < line.right - PARAGRAPH_END_SHARE * width


def _continues(line: Line, before: _Paragraph) -> bool:
    """Tell whether a line continues a paragraph that a column, a page or an aside interrupts within a sentence."""
    if SENTENCE_END.search(before.text) or LIST_ITEM.match(line.run.text):
        return False
    last = before.last
    same_size = abs(line.run.size - last.run.size) < MAX_SIZE_DIFFERENCE * line.run.size
    elsewhere = line.page != last.page or line.left != last.left
    in_word_or_sentence = line.run.text[:1].islower() or before.text.endswith("-")
    was_full = last.run.right > last.right - SHORT_LINE_SHARE * (last.right - last.left)
    is_indented = line.run.left - line.left > MIN_INDENT * line.run.size
    likely = in_word_or_sentence or (elsewhere and was_full and not is_indented)
    return same_size and line.page - last.page <= MAX_PAGES_APART and likely


def _grow(paragraph: _Paragraph, line: Line, words: Counter[str]) -> None:
    """Append a line to a paragraph, joining a word that a hyphen divides."""
    text, last = line.run.text, paragraph.last
    paragraph.lines.append(line)
    if paragraph.kind == "code" or (paragraph.kind == "aside" and not paragraph.level):
        paragraph.text += f"\n{text}"
        return
    if paragraph.text.endswith("-") and text[:1].islower() and paragraph.text[-2:-1].isalpha():
        head = re.search(r"[\w-]*$", paragraph.text[:-1])
        tail = re.match(r"[\w-]*", text)
        first, second = (head[0] if head else ""), (tail[0] if tail else "")
        keep_hyphen = words[f"{first}-{second}".casefold()] > words[f"{first}{second}".casefold()]
        paragraph.text = paragraph.text if keep_hyphen else paragraph.text[:-1]
    elif not (UNSPACED.match(paragraph.text[-1:]) and UNSPACED.match(text)):
        paragraph.text += " "
    if line.page != last.page:
        paragraph.turns.append((len(paragraph.text), line.page))
    paragraph.text += text


def _divided(paragraph: _Paragraph, place: Place) -> list[Part]:
    """Turn a paragraph into parts: one, or one for each line if these are facts."""
    if paragraph.kind == "text" and len(paragraph.lines) > 1 and place == Place(0) and not paragraph.turns:
        facts = divide_facts("\n".join(line.run.text for line in paragraph.lines))
        if len(facts) > 1:
            return [Part("text", text, at=paragraph.page) for text in facts]
    return [_part(paragraph, place)]


def _part(paragraph: _Paragraph, place: Place) -> Part:
    """Turn a paragraph into a part; an overlong heading is text, and an item loses its mark."""
    if paragraph.kind == "code":
        return Part("code", code_text(paragraph.lines), at=paragraph.page)
    if paragraph.kind == "aside" and paragraph.level:
        return Part("text", f"{mark_of(paragraph.level)} {without_number(paragraph.text)}", at=paragraph.page)
    is_heading = paragraph.kind == "heading" and len(paragraph.text.split()) <= MAX_HEADING_WORDS
    if is_heading or paragraph.kind in ("aside", "row"):
        return Part(paragraph.kind, paragraph.text, paragraph.level, paragraph.page)
    kind: PartKind = "item" if place.mark else "text"
    turns = tuple(Turn(offset - place.mark, page) for offset, page in paragraph.turns)
    return Part(kind, paragraph.text[place.mark :], place.level, paragraph.page, turns, place.number)
