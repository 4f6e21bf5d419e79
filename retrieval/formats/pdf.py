"""Read a PDF with PDFium: the runs of letters of each page, from which pdf_layout makes paragraphs."""

import ctypes
import re
from collections.abc import Iterator
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from retrieval.formats.extracted import Extracted, RefusedError, date_of, one_line
from retrieval.formats.pdf_layout import Page, Run, page_parts

SOFT = {0x02: "-", 0xFFFE: "-", 0xAD: "-"}  # hyphens at the end of a line, as PDFium tells them
LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
BOLD = re.compile(r"bold|black|heavy|demi|cmbx|-bd|\+f\d?b", re.IGNORECASE)
MONO = re.compile(r"courier|mono|consol|typewriter|cmtt|menlo|inconsolata|lettergothic", re.IGNORECASE)
NO_TITLE = re.compile(
    r"untitled|microsoft word|powerpoint|document\d*$|.*\.(?:docx?|tex|dvi|indd|pdf|odt|ps|rtf|html?)$", re.IGNORECASE
)
WIDE = 1.6  # ems between two letters, from which on they stand in different columns or cells
JUMP = 0.5  # ems between the middles of two letters, from which on they stand on different lines
RAISED = 0.85  # of the height of the letters before: the number of a note
NOTED = re.compile(r"[.,;:!?)\"”’]$|\w{4}$")  # before such a number; m² and 10³ are none
NAME_LENGTH = 128  # bytes of a font's name
UNKNOWN = 0.2  # of the letters; where more cannot be told, none of them is to be trusted


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
    width, height = page.get_size()
    found = Page(number + 1, width, height, list(_runs(text.raw, height)))
    text.close()
    page.close()
    return found


def _runs(text: Any, height: float) -> Iterator[Run]:
    """Yield the runs of letters that stand beside each other on one line, as the page draws them."""
    box = pdfium.FS_RECTF()
    letters: list[str] = []
    first = last = 0
    left = top = right = bottom = size = 0.0
    raised = False
    for index in range(pdfium.FPDFText_CountChars(text)):
        code = pdfium.FPDFText_GetUnicode(text, index)
        if code in (0x0D, 0x0A):
            if letters:
                yield _run(text, first, last, letters, (left, top, right, bottom), size)
            letters = []
            continue
        letter = _letter(code)
        if letter.isspace():
            if letters and letters[-1] != " ":
                letters.append(" ")
            continue
        if not pdfium.FPDFText_GetLooseCharBox(text, index, box):
            continue
        x0, x1, y0, y1 = box.left, box.right, height - box.top, height - box.bottom
        em = max(size, 1.0)
        if letters and letter.isdecimal() and y1 - y0 < RAISED * (bottom - top) and y1 < bottom - 0.1 * em:
            raised = raised or NOTED.search("".join(letters[-5:])) is not None
            if raised:
                continue  # the number of a note is no word of the sentence
        raised = False
        if letters and (
            x0 - right > WIDE * em or right - x1 > 2 * em or abs((y0 + y1) / 2 - (top + bottom) / 2) > JUMP * em
        ):
            yield _run(text, first, last, letters, (left, top, right, bottom), size)
            letters = []
        left = left if letters else x0
        if not letters or (letter.isalnum() and not any(map(str.isalnum, letters))):  # a bullet has a size of its own
            first, top, bottom = index, y0, y1
            size = pdfium.FPDFText_GetFontSize(text, index) or y1 - y0
            size = min(size, y1 - y0) if y1 > y0 and size > 2 * (y1 - y0) else size
            size = y1 - y0 if size <= 1.5 and y1 > y0 else size  # where a matrix makes the letters large
        letters.append(letter)
        right, last = x1, index
    if letters:
        yield _run(text, first, last, letters, (left, top, right, bottom), size)


def _letter(code: int) -> str:
    if code in SOFT:
        return SOFT[code]
    if code in LIGATURES:
        return LIGATURES[code]
    private = code == 0 or 0xD800 <= code <= 0xDFFF or 0xE000 <= code <= 0xF8FF or code > 0x10FFFF
    return "\ufffd" if private else chr(code)


def _run(
    text: Any, first: int, last: int, letters: list[str], box: tuple[float, float, float, float], size: float
) -> Run:
    fonts = [_font(text, index) for index in (first, last)]
    bold, mono = (all(pattern.search(font) for font in fonts) for pattern in (BOLD, MONO))
    turned = abs(pdfium.FPDFText_GetCharAngle(text, first)) > 0.1
    return Run("".join(letters).strip(), *box, size, bold, mono, turned)


def _font(text: Any, index: int) -> str:
    name = ctypes.create_string_buffer(NAME_LENGTH)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text, index, name, NAME_LENGTH, flags)
    return name.value.decode("utf-8", "replace")
