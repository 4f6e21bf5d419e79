"""Read a PDF with PDFium: the runs of letters of each page, of which pdf_layout and pdf_paragraphs make text."""

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.pdf.paragraphs import page_parts
from retrieval.reading.formats.pdf.reading_order import NOTED, Page, Run
from retrieval.reading.isolated.protocol import Extracted, RefusedError
from retrieval.text.cleaning import one_line

SOFT = {0x02: "-", 0xFFFE: "-", 0xAD: "-"}  # hyphens at the end of a line, as PDFium tells them
LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
BOLD = re.compile(r"bold|black|heavy|demi|cmbx|-bd|\+f\d?b", re.IGNORECASE)
MONO = re.compile(r"courier|mono|consol|typewriter|cmtt|menlo|inconsolata|lettergothic", re.IGNORECASE)
NO_TITLE = re.compile(
    r"untitled|microsoft word|powerpoint|document\d*$|.*\.(?:docx?|tex|dvi|indd|pdf|odt|ps|rtf|html?)$", re.IGNORECASE
)
WIDE = 1.5  # heights of a letter between two of them, from which on they stand in different columns or cells
JUMP = 0.45  # heights between the middles of two letters, from which on they stand on different lines
QUARTER = math.pi / 2  # of a turn with the clock, in which angles of letters are told
SAMPLE = 50  # letters of a page
SMALLEST = 1.5  # points
RAISED = 0.85  # of the height of the letters before: the number of a note
NAME_LENGTH = 128  # bytes of a font's name
UNKNOWN = 0.2  # of the letters; where more cannot be told, none of them is to be trusted


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter, its place in points from the top left corner, and whether a space stands before it."""

    index: int
    text: str
    left: float
    top: float
    right: float
    bottom: float
    spaced: bool


def read(content: bytes) -> Extracted:
    """Return the paragraphs of a document with their pages, and its properties. Raises RefusedError."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise RefusedError("needs a password") from None
        raise RefusedError("is damaged: no PDF that can be opened") from None
    pages = [_page(document, number) for number in range(len(document))]
    letters = "".join(run.text for page in pages for run in page.runs)
    if pages and not letters.strip():
        raise RefusedError("holds no text, only pictures; recognise its text first (OCR)")
    if letters.count("\ufffd") > UNKNOWN * len(letters):
        raise RefusedError("does not say which letters it shows; its text cannot be read")
    said = document.get_metadata_dict()
    title = one_line(said.get("Title", ""))
    return Extracted(
        parts=tuple(page_parts(pages, _outline(document))),
        unit="page",
        title=None if NO_TITLE.match(title) else title or None,
        source=one_line(said.get("Author", "")) or None,
        published=date_of(said.get("CreationDate")),
    )


def _outline(document: Any) -> dict[str, int]:
    """Return the level of each heading that the bookmarks name, by its text without white space."""
    found: dict[str, int] = {}
    try:
        for one in document.get_toc(max_depth=6):
            found.setdefault("".join(one.get_title().split()).casefold(), one.level + 1)
    except (pypdfium2.PdfiumError, ValueError, UnicodeDecodeError):
        return found
    return found


def _page(document: Any, number: int) -> Page:
    """Return the runs of letters of a page; one that is damaged has none."""
    try:
        page = document[number]
        text = page.get_textpage()
    except pypdfium2.PdfiumError:
        return Page(number + 1, 0.0, 0.0, [])
    quarter = _quarter(text.raw)
    left, bottom, right, top = page.get_cropbox()
    width, height = right - left, top - bottom
    runs = list(_runs(text.raw, quarter, (right, top)))
    text.close()
    page.close()
    return Page(number + 1, *((height, width) if quarter % 2 else (width, height)), runs)


def _quarter(text: Any) -> int:
    """Return by how many quarters the writing on a page is turned, as most of its letters are."""
    count = pdfium.FPDFText_CountChars(text)
    angles = [pdfium.FPDFText_GetCharAngle(text, index) for index in range(0, count, max(count // SAMPLE, 1))]
    quarters = [round(angle / QUARTER) % 4 for angle in angles if angle >= 0]
    return max(sorted(set(quarters)), key=quarters.count, default=0)


def _runs(text: Any, quarter: int, size: tuple[float, float]) -> Iterator[Run]:
    """Yield the runs of letters that stand beside each other on one line, as the page draws them."""
    held: list[_Letter] = []
    for letter in _letters(text, quarter, size):
        if held and (letter is None or _apart(held, letter)):
            yield _run(text, quarter, held)
            held = []
        if letter is not None and not (held and _is_note(held, letter)):
            held.append(letter)
    if held:
        yield _run(text, quarter, held)


def _letters(text: Any, quarter: int, size: tuple[float, float]) -> Iterator[_Letter | None]:
    """Yield the letters of a page, None at the end of each line that PDFium knows."""
    box = pdfium.FS_RECTF()
    spaced = False
    for index in range(pdfium.FPDFText_CountChars(text)):
        code = pdfium.FPDFText_GetUnicode(text, index)
        said = _text_of(code)
        if code in (0x0D, 0x0A):
            yield None
        elif said.isspace():
            spaced = True
            continue
        elif pdfium.FPDFText_GetLooseCharBox(text, index, box):
            yield _Letter(index, said, *_upright(box, quarter, size), spaced)
        spaced = False


def _upright(box: Any, quarter: int, size: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a letter from the top left corner, as its line is read."""
    width, height = size
    match quarter:
        case 3:
            return box.bottom, box.left, box.top, box.right
        case 2:
            return width - box.right, box.bottom, width - box.left, box.top
        case 1:
            return height - box.top, width - box.right, height - box.bottom, width - box.left
        case _:
            return box.left, height - box.top, box.right, height - box.bottom


def _apart(held: list[_Letter], letter: _Letter) -> bool:
    """Return whether a letter stands on another line than those before it, or in another column or cell."""
    anchor, last = _anchor(held), held[-1]
    tall = max(anchor.bottom - anchor.top, 1.0)
    gap = letter.left - last.right
    step = abs((letter.top + letter.bottom) - (anchor.top + anchor.bottom)) / 2
    return gap > WIDE * tall or last.right - letter.right > 2 * tall or step > JUMP * tall


def _is_note(held: list[_Letter], letter: _Letter) -> bool:
    """Return whether a letter is of the raised number of a note, which is no word of the sentence."""
    anchor = _anchor(held)
    tall = anchor.bottom - anchor.top
    raised = letter.bottom < anchor.bottom - 0.1 * tall and letter.bottom - letter.top < RAISED * tall
    return raised and letter.text.isdecimal() and NOTED.search("".join(one.text for one in held[-5:])) is not None


def _anchor(held: list[_Letter]) -> _Letter:
    """Return the letter that tells the size of a run: not a bullet, which has one of its own."""
    return next((one for one in held if one.text.isalnum()), held[0])


def _text_of(code: int) -> str:
    if code in SOFT:
        return SOFT[code]
    if code in LIGATURES:
        return LIGATURES[code]
    private = code == 0 or 0xD800 <= code <= 0xDFFF or 0xE000 <= code <= 0xF8FF or code > 0x10FFFF
    return "\ufffd" if private else chr(code)


def _run(text: Any, quarter: int, held: list[_Letter]) -> Run:
    anchor, last = _anchor(held), held[-1]
    tall = anchor.bottom - anchor.top
    size = pdfium.FPDFText_GetFontSize(text, anchor.index)
    if tall > 0 and not SMALLEST < size <= 2 * tall:  # where a matrix makes the letters larger or smaller
        size = tall
    fonts = [_font(text, one.index) for one in (anchor, last)]
    bold, mono = (all(pattern.search(font) for font in fonts) for pattern in (BOLD, MONO))
    turned = abs(pdfium.FPDFText_GetCharAngle(text, anchor.index) / QUARTER - quarter) % 4 > 0.1
    said = "".join(f" {one.text}" if one.spaced else one.text for one in held).strip()
    return Run(said, held[0].left, anchor.top, last.right, anchor.bottom, size, bold, mono, turned)


def _font(text: Any, index: int) -> str:
    name = ctypes.create_string_buffer(NAME_LENGTH)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text, index, name, NAME_LENGTH, flags)
    return name.value.decode("utf-8", "replace")
