"""Read a PDF with PDFium: find the runs of letters on each page, from which the other modules make parts."""

import ctypes
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.pdf.paragraphs import page_parts
from retrieval.reading.formats.pdf.reading_order import BEFORE_NOTE, Page, Run
from retrieval.reading.isolated.protocol import Extracted, RefusedError
from retrieval.text.cleaning import one_line

LINE_END_HYPHENS = {0x02: "-", 0xFFFE: "-", 0xAD: "-"}  # by PDFium's codes
LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
REPLACEMENT = "\ufffd"  # of a letter that the file does not identify
MAX_REPLACEMENT_SHARE = 0.2  # of all letters; with more of them, no text of the file can be trusted
BOLD = re.compile(r"bold|black|heavy|demi|cmbx|-bd|\+f\d?b", re.IGNORECASE)
MONO = re.compile(r"courier|mono|consol|typewriter|cmtt|menlo|inconsolata|lettergothic", re.IGNORECASE)
FONT_NAME_BYTES = 128
OUTLINE_DEPTH = 6
# In heights of the run's letters:
MAX_GAP = 1.5  # between letters side by side; beyond it they are in different columns or cells
MAX_STEP_BACK = 2  # to the left of the letter before
MAX_STEP = 0.45  # between the middles of letters; beyond it they are on different lines
MIN_NOTE_RAISE, MAX_NOTE_HEIGHT = 0.1, 0.85  # of the number of a note
QUARTER_TURN = math.pi / 2  # clockwise, as PDFium gives the angles of letters
MAX_TILT = 0.1  # quarter turns between a letter and most of its page
SAMPLE_SIZE = 50  # letters of a page whose angles are looked at
MIN_FONT_SIZE = 1.5  # points; a smaller one is a unit, which a matrix scales up


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter, its box in points from the top left corner of the page, and whether a space precedes it."""

    index: int
    text: str
    left: float
    top: float
    right: float
    bottom: float
    spaced: bool


def read(content: bytes) -> Extracted:
    """Extract the parts of a document with their pages, and its properties. Raises RefusedError."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise RefusedError("protected by a password") from None
        raise RefusedError("damaged: not a readable PDF") from None
    pages = [_page(document, number) for number in range(len(document))]
    letters = "".join(run.text for page in pages for run in page.runs)
    if pages and not letters.strip():
        raise RefusedError("contains only pictures and no text; run OCR on it first")
    if letters.count(REPLACEMENT) > MAX_REPLACEMENT_SHARE * len(letters):
        raise RefusedError("its text cannot be read: it does not identify its letters")
    properties = document.get_metadata_dict()
    return Extracted(
        parts=tuple(page_parts(pages, _outline(document))),
        unit="page",
        title=one_line(properties.get("Title", "")) or None,
        source=one_line(properties.get("Author", "")) or None,
        published=date_of(properties.get("CreationDate")),
    )


def _outline(document: Any) -> dict[str, int]:
    """Return the level of each heading in the bookmarks, by its case-folded text without white space."""
    levels: dict[str, int] = {}
    with suppress(pypdfium2.PdfiumError, ValueError, UnicodeDecodeError):
        for bookmark in document.get_toc(max_depth=OUTLINE_DEPTH):
            levels.setdefault("".join(bookmark.get_title().split()).casefold(), bookmark.level + 1)
    return levels


def _page(document: Any, number: int) -> Page:
    """Find the runs of letters on a page; a damaged page has none."""
    try:
        page = document[number]
        text = page.get_textpage()
    except pypdfium2.PdfiumError:
        return Page(number + 1, 0.0, 0.0, [])
    quarters = _quarter_turns(text.raw)
    left, bottom, right, top = page.get_cropbox()
    width, height = right - left, top - bottom
    runs = list(_runs(text.raw, quarters, (right, top)))
    text.close()
    page.close()
    return Page(number + 1, *((height, width) if quarters % 2 else (width, height)), runs)


def _quarter_turns(text: Any) -> int:
    """Count the quarter turns, clockwise, of most letters on a page."""
    count = pdfium.FPDFText_CountChars(text)
    angles = [pdfium.FPDFText_GetCharAngle(text, index) for index in range(0, count, max(count // SAMPLE_SIZE, 1))]
    quarters = [round(angle / QUARTER_TURN) % 4 for angle in angles if angle >= 0]
    return max(sorted(set(quarters)), key=quarters.count, default=0)


def _runs(text: Any, quarters: int, corner: tuple[float, float]) -> Iterator[Run]:
    """Yield the runs of letters side by side on one line, in the order in which the page draws them."""
    letters: list[_Letter] = []
    for letter in _letters(text, quarters, corner):
        if letters and (letter is None or _starts_run(letters, letter)):
            yield _run(text, quarters, letters)
            letters = []
        if letter is not None and not (letters and _is_note_number(letters, letter)):
            letters.append(letter)
    if letters:
        yield _run(text, quarters, letters)


def _letters(text: Any, quarters: int, corner: tuple[float, float]) -> Iterator[_Letter | None]:
    """Yield the letters of a page, and None at the end of each line that PDFium finds."""
    box = pdfium.FS_RECTF()
    spaced = False
    for index in range(pdfium.FPDFText_CountChars(text)):
        code = pdfium.FPDFText_GetUnicode(text, index)
        character = _decode(code)
        if code in (0x0D, 0x0A):
            yield None
        elif character.isspace():
            spaced = True
            continue
        elif pdfium.FPDFText_GetLooseCharBox(text, index, box):
            yield _Letter(index, character, *_upright(box, quarters, corner), spaced)
        spaced = False


def _upright(box: Any, quarters: int, corner: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a box, from the top left corner of the page as its lines are read.

    `corner` is the right and the top edge of the page.
    """
    right, top = corner
    match quarters:
        case 3:
            return box.bottom, box.left, box.top, box.right
        case 2:
            return right - box.right, box.bottom, right - box.left, box.top
        case 1:
            return top - box.top, right - box.right, top - box.bottom, right - box.left
        case _:
            return box.left, top - box.top, box.right, top - box.bottom


def _starts_run(letters: Sequence[_Letter], letter: _Letter) -> bool:
    """Tell whether a letter is on another line than the letters before it, or in another column or cell."""
    anchor, last = _anchor(letters), letters[-1]
    height = max(anchor.bottom - anchor.top, 1.0)
    gap, step_back = letter.left - last.right, last.right - letter.right
    step = abs((letter.top + letter.bottom) - (anchor.top + anchor.bottom)) / 2
    return gap > MAX_GAP * height or step_back > MAX_STEP_BACK * height or step > MAX_STEP * height


def _is_note_number(letters: Sequence[_Letter], letter: _Letter) -> bool:
    """Tell whether a letter belongs to the raised number of a note, which is not part of the sentence."""
    anchor = _anchor(letters)
    height = anchor.bottom - anchor.top
    is_raised = letter.bottom < anchor.bottom - MIN_NOTE_RAISE * height
    is_small = letter.bottom - letter.top < MAX_NOTE_HEIGHT * height
    if not (is_raised and is_small and letter.text.isdecimal()):
        return False
    return BEFORE_NOTE.search("".join(before.text for before in letters[-5:])) is not None


def _anchor(letters: Sequence[_Letter]) -> _Letter:
    """Return the first letter whose size is that of the run: not a bullet, which has a size of its own."""
    return next((letter for letter in letters if letter.text.isalnum()), letters[0])


def _decode(code: int) -> str:
    """Decode a letter; a ligature becomes several letters, a code without a meaning REPLACEMENT."""
    if code in LINE_END_HYPHENS:
        return LINE_END_HYPHENS[code]
    if code in LIGATURES:
        return LIGATURES[code]
    is_unknown = code == 0 or 0xD800 <= code <= 0xDFFF or 0xE000 <= code <= 0xF8FF or code > 0x10FFFF
    return REPLACEMENT if is_unknown else chr(code)


def _run(text: Any, quarters: int, letters: Sequence[_Letter]) -> Run:
    """Join letters to a run, with their size and the style of their font."""
    anchor, last = _anchor(letters), letters[-1]
    height = anchor.bottom - anchor.top
    size = pdfium.FPDFText_GetFontSize(text, anchor.index)
    if height > 0 and not MIN_FONT_SIZE < size <= 2 * height:  # a matrix scales the letters
        size = height
    fonts = [_font(text, letter.index) for letter in (anchor, last)]
    bold, mono = (all(pattern.search(font) for font in fonts) for pattern in (BOLD, MONO))
    turned = abs(pdfium.FPDFText_GetCharAngle(text, anchor.index) / QUARTER_TURN - quarters) % 4 > MAX_TILT
    words = "".join(f" {letter.text}" if letter.spaced else letter.text for letter in letters).strip()
    return Run(words, letters[0].left, anchor.top, last.right, anchor.bottom, size, bold, mono, turned)


def _font(text: Any, index: int) -> str:
    name = ctypes.create_string_buffer(FONT_NAME_BYTES)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text, index, name, FONT_NAME_BYTES, flags)
    return name.value.decode("utf-8", "replace")
