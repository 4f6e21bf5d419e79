"""The pages of a PDF that are pictures of text: find them, draw them for OCR, and read what OCR found in them.

Tesseract itself runs elsewhere, see retrieval.reading.isolated.ocr; what it writes, hOCR, comes back as text.
"""

import html
import math
import re
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from retrieval.reading.formats.pdf.reading_order import Page, Run
from retrieval.text.cleaning import one_line

RESOLUTION = 300  # dots per inch
POINTS_PER_INCH = 72
MAX_PIXELS = 9_000_000  # of a drawn page; a sheet of A4 has 8.7 million
MAX_STAMP_LETTERS = 150  # on a page that is a picture all the same, such as "Downloaded from …"
MIN_PICTURE_SHARE = 0.8  # of a page with so few letters that pictures cover
MAX_OBJECT_DEPTH = 3
MIN_CONFIDENCE = 50  # percent, of a word; of a line on average, MIN_LINE_CONFIDENCE
MIN_LINE_CONFIDENCE = 65
MAX_SIZE_STEP = 1.2  # times the usual size of letters, up to which a line has that size
MAX_WORD_GAP = 1.5  # sizes; beyond it words are in different columns or cells
LINE = re.compile(r"<span class='ocr_(?:line|header|caption|textfloat)'[^<>\"]{0,100}title=\"([^<>\"]{0,300})\">")
WORD = re.compile(
    r"<span class='ocrx_word'[^<>']{0,20}(?:id='[^<>']{0,40}')?[^<>']{0,20}title='([^<>']{0,200})'[^<>]{0,100}>"
    r"((?:[^<>]{1,200}|</?(?:em|strong)>){0,20}+)</span>"
)
BOX = re.compile(r"bbox (\d{1,6}) (\d{1,6}) (\d{1,6}) (\d{1,6})")
NUMBER = {name: re.compile(rf"{name} (-?\d{{1,6}}(?:\.\d{{1,9}})?)") for name in ("x_size", "x_wconf", "textangle")}


class _Word(NamedTuple):
    """A word of a line, with its left and right end in pixels."""

    text: str
    left: float
    right: float


class _Line(NamedTuple):
    """A line that OCR found: its box in pixels as it is read, the size of its letters, and its words."""

    top: float
    bottom: float
    size: float
    words: tuple[_Word, ...]


def is_scan(page: Any, letters: int) -> bool:
    """Tell whether a page with so many letters is a picture of text, as far as can be told without reading it."""
    if letters > MAX_STAMP_LETTERS:
        return False
    left, bottom, right, top = page.get_cropbox()
    covered = 0.0
    for picture in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,), max_depth=MAX_OBJECT_DEPTH):
        if not letters:
            return True
        x1, y1, x2, y2 = picture.get_bounds()
        covered += max(min(x2, right) - max(x1, left), 0) * max(min(y2, top) - max(y1, bottom), 0)
    return letters > 0 and covered >= MIN_PICTURE_SHARE * (right - left) * (top - bottom)


def draw(content: bytes, numbers: Sequence[int]) -> Iterator[bytes]:
    """Draw pages of a PDF, by number from 1, in shades of grey; yields a PGM for each, empty if it cannot be drawn."""
    document = pypdfium2.PdfDocument(content)
    for number in numbers:
        try:
            page = document[number - 1]
            scale = _scale(*page.get_size())
            bitmap = page.render(scale=scale, grayscale=True)
        except (pypdfium2.PdfiumError, IndexError, ValueError):
            yield b""
            continue
        rows = bytes(bitmap.buffer)
        lines = (rows[start : start + bitmap.width] for start in range(0, bitmap.stride * bitmap.height, bitmap.stride))
        yield f"P5 {bitmap.width} {bitmap.height} 255\n".encode() + b"".join(lines)
        bitmap.close()
        page.close()


def recognized_page(number: int, width: float, height: float, found: str) -> Page:
    """Make a page, of a size in points, of the hOCR of its picture."""
    scale = 1 / _scale(width, height)
    angle, lines = _lines(found, width / scale, height / scale)
    usual = median([line.size for line in lines]) if lines else 0.0
    runs = [run for line in lines for run in _runs(line, usual, scale)]
    return Page(number, *((height, width) if angle in (90, 270) else (width, height)), runs)


def _scale(width: float, height: float) -> float:
    """Return the pixels per point with which a page of a size in points is drawn."""
    return min(RESOLUTION / POINTS_PER_INCH, math.sqrt(MAX_PIXELS / max(width * height, 1.0)))


def _lines(found: str, width: float, height: float) -> tuple[int, list[_Line]]:
    """Read the lines of a hOCR; returns the angle of most of them, in degrees, and these as they are read."""
    places = list(LINE.finditer(found))
    angles = [int(_number("textangle", place[1], 0)) % 360 for place in places]
    angle = max(sorted(set(angles)), key=angles.count, default=0)
    lines = []
    for place, own, end in zip(places, angles, [*(place.start() for place in places[1:]), len(found)], strict=False):
        if own != angle:
            continue
        words: list[_Word] = []
        confidences: list[float] = []
        for word in WORD.finditer(found, place.end(), end):
            text = one_line(html.unescape(re.sub(r"<[^<>]*>", "", word[2])))
            box = _turned(_box(word[1]), angle, width, height)
            confidences.append(_number("x_wconf", word[1], 0))
            if text and confidences[-1] >= MIN_CONFIDENCE:
                words.append(_Word(text, box[0], box[2]))
        if words and sum(confidences) >= MIN_LINE_CONFIDENCE * len(confidences):
            _, top, _, bottom = _turned(_box(place[1]), angle, width, height)
            size = _number("x_size", place[1], bottom - top)
            lines.append(_Line(top, bottom, max(size, 1.0), tuple(words)))
    return angle, lines


def _runs(line: _Line, usual: float, scale: float) -> Iterator[Run]:
    """Yield the runs of a line in points; one of nearly the usual size has that size, since OCR measures roughly."""
    size = usual if usual / MAX_SIZE_STEP < line.size < usual * MAX_SIZE_STEP else line.size
    first = 0
    for number in range(1, len(line.words) + 1):
        is_last = number == len(line.words)
        if is_last or line.words[number].left - line.words[number - 1].right > MAX_WORD_GAP * size:
            words = line.words[first:number]
            left, top, right, bottom = (
                edge * scale for edge in (words[0].left, line.top, words[-1].right, line.bottom)
            )
            text = " ".join(word.text for word in words)
            yield Run(text, left, top, right, bottom, size * scale, bold=False, mono=False)
            first = number


def _turned(box: tuple[float, ...], angle: int, width: float, height: float) -> tuple[float, ...]:
    """Return left, top, right and bottom of a box as its line is read, which is turned by degrees to the left."""
    left, top, right, bottom = box
    match angle:
        case 90:
            return height - bottom, left, height - top, right
        case 180:
            return width - right, height - bottom, width - left, height - top
        case 270:
            return top, width - right, bottom, width - left
        case _:
            return box


def _box(title: str) -> tuple[float, ...]:
    match = BOX.search(title)
    return tuple(map(float, match.groups())) if match else (0.0, 0.0, 0.0, 0.0)


def _number(name: str, title: str, default: float) -> float:
    match = NUMBER[name].search(title)
    return float(match[1]) if match else default
