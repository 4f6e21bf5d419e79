"""Read a PDF with PDFium: find the runs of letters on each page, from which the other modules make parts."""

import ctypes
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.pdf.letter_runs import QUARTER_TURN, find_runs
from retrieval.reading.formats.pdf.line_numbers import without_line_numbers
from retrieval.reading.formats.pdf.paragraphs import page_parts
from retrieval.reading.formats.pdf.reading_order import PAGE_NUMBER, Letter, Page, Run
from retrieval.reading.formats.pdf.scans import is_scan, recognized_page
from retrieval.reading.formats.pdf.vertical import EAST_ASIAN, divide, is_vertical, without_ruby
from retrieval.reading.isolated.protocol import PICTURES, READ_BY_OCR, Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line

LINE_END_HYPHENS = {0x02: "-", 0xFFFE: "-", 0xAD: "-"}  # by PDFium's codes
LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
REPLACEMENT = "\ufffd"  # of a letter that the file does not identify
MAX_REPLACEMENT_SHARE = 0.2  # of all letters; with more of them, no text of the file can be trusted
# Of a damaged page, in the library or here; the other pages are read all the same.
PAGE_ERRORS = (pypdfium2.PdfiumError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError)
PICTURES_ONLY = "contains only pictures of text; install tesseract-ocr, or run OCR on it first"
MAX_NAMED_PAGES = 10  # among those that could not be read
OUTLINE_DEPTH = 6
SAMPLE_SIZE = 50  # letters of a page whose angles are looked at
MIN_TURNED_LETTERS = 120  # of one angle beside others; fewer are a stamp or the label of a figure


def read(content: bytes, recognized: Mapping[int, str] | None = None) -> Extracted:
    """Extract the parts of a document with their pages, and its properties. Raises RefusedError.

    `recognized` is the hOCR of pages that are pictures of text, by number; None before OCR was tried.
    """
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise RefusedError("protected by a password") from None
        raise RefusedError("damaged: not a readable PDF") from None
    scanned: set[int] = set()
    by_ocr = recognized or {}
    found = [_page_or_none(document, number, by_ocr, scanned) for number in range(len(document))]
    pages = without_line_numbers([page for page in found if page])
    unread = {number for number, page in enumerate(found, 1) if page is None}
    if found and not pages:
        raise RefusedError("damaged: none of its pages can be read")
    letters = "".join(run.text for page in pages for run in page.runs)
    if pages and not letters.strip():
        if scanned and recognized is None:
            raise RefusedError(PICTURES_ONLY, "tesseract", tuple(sorted(scanned)))
        what = "only pictures, in which OCR found no text" if scanned or by_ocr else "no text"
        raise RefusedError(f"contains {what}")
    if letters.count(REPLACEMENT) > MAX_REPLACEMENT_SHARE * len(letters):
        raise RefusedError("its text cannot be read: it does not identify its letters")
    parts, failed = _parts(pages, _outline(document))
    properties = document.get_metadata_dict()
    return Extracted(
        parts=tuple(parts),
        unit="page",
        title=one_line(properties.get("Title", "")) or None,
        source=one_line(properties.get("Author", "")) or None,
        published=date_of(properties.get("CreationDate")),
        unread="; ".join(
            f"{label}{_name_pages(numbers)}"
            for label, numbers in (("", unread | failed), (PICTURES, scanned), (READ_BY_OCR, set(by_ocr)))
            if numbers
        ),
        scanned=tuple(sorted(scanned)),
    )


def _parts(pages: Sequence[Page], outline: dict[str, int]) -> tuple[list[Part], set[int]]:
    """Turn pages into parts, each alone if that fails for all together; also returns the numbers of failed pages."""
    with suppress(*PAGE_ERRORS):
        return page_parts(pages, outline), set()
    parts: list[Part] = []
    failed = set()
    for page in pages:
        try:
            parts += page_parts([page], outline)
        except PAGE_ERRORS:
            failed.add(page.number)
    return parts, failed


def _name_pages(numbers: set[int]) -> str:
    """Name the pages that could not be read, in words for people; "" for none."""
    named = [str(number) for number in sorted(numbers)]
    if len(named) > MAX_NAMED_PAGES:
        return f"pages {', '.join(named[:MAX_NAMED_PAGES])} and {len(named) - MAX_NAMED_PAGES} more"
    return f"page{'s' if len(named) > 1 else ''} {', '.join(named)}" if named else ""


def _outline(document: Any) -> dict[str, int]:
    """Return the level of each heading in the bookmarks, by its case-folded text without white space."""
    levels: dict[str, int] = {}
    with suppress(pypdfium2.PdfiumError, ValueError, UnicodeDecodeError):
        for bookmark in document.get_toc(max_depth=OUTLINE_DEPTH):
            levels.setdefault("".join(bookmark.get_title().split()).casefold(), bookmark.level + 1)
    return levels


def _page_or_none(document: Any, number: int, recognized: Mapping[int, str], scanned: set[int]) -> Page | None:
    """Find the runs of letters on a page; None if it is damaged.

    Adds its number, from 1, to `scanned` if it is a picture of text that was not recognized.
    """
    with suppress(*PAGE_ERRORS), closing(document[number]) as page:
        if number + 1 in recognized:
            width, height = page.get_size()
            return recognized_page(number + 1, width, height, recognized[number + 1])
        found = _page(page, number)
        if is_scan(page, sum(len(run.text) for run in found.runs)):
            scanned.add(number + 1)
        return found
    return None


def _page(page: Any, number: int) -> Page:
    """Find the runs of letters on a page. Raises any of PAGE_ERRORS."""
    text = page.get_textpage()
    turns = _quarter_turns(text.raw)
    left, bottom, right, top = page.get_cropbox()
    corner = right, top
    upright = list(filter(None, _letters(text.raw, 0, corner))) if turns[0] == 0 and _is_east_asian(text.raw) else []
    columns = is_vertical(upright)
    width, height = (top - bottom, right - left) if columns or turns[0] % 2 else (right - left, top - bottom)
    if columns:
        runs, *turned = _columns(text.raw, upright, right)
    else:
        runs, *turned = [
            list(find_runs(text.raw, (quarters,), _letters(text.raw, quarters, corner))) for quarters in turns
        ]
    if _is_mirrored(text.raw):
        runs = _downwards(runs, height)
    text.close()
    return Page(number + 1, width, height, runs, tuple(turned))


def _sample(text: Any) -> range:
    """Return the indices of about SAMPLE_SIZE letters of a page."""
    count = pdfium.FPDFText_CountChars(text)
    return range(0, count, max(count // SAMPLE_SIZE, 1))


def _quarter_turns(text: Any) -> list[int]:
    """Count the quarter turns, clockwise, of most letters on a page, then those of other letters, if there are many."""
    sample = _sample(text)
    angles = [pdfium.FPDFText_GetCharAngle(text, index) for index in sample]
    quarters = Counter(round(angle / QUARTER_TURN) % 4 for angle in angles if angle >= 0)
    ordered = sorted(quarters, key=lambda quarter: (-quarters[quarter], quarter)) or [0]
    return [ordered[0], *(other for other in ordered[1:] if quarters[other] * sample.step >= MIN_TURNED_LETTERS)]


def _is_east_asian(text: Any) -> bool:
    """Tell whether most letters of a page are Chinese, Japanese or Korean."""
    sample = [_decode(pdfium.FPDFText_GetUnicode(text, index)) for index in _sample(text)]
    return 2 * sum(EAST_ASIAN.match(character) is not None for character in sample) > len(sample)


def _columns(text: Any, upright: Sequence[Letter], right: float) -> list[list[Run]]:
    """Find the runs of a page whose columns are read from top to bottom, then those of its other lines."""
    columns, lines = divide(upright, right)
    others = [run for run in find_runs(text, (0,), lines) if not PAGE_NUMBER.fullmatch(run.text)]
    return [without_ruby(list(find_runs(text, (0, 1), columns))), others]


def _is_mirrored(text: Any) -> bool:
    """Tell whether most letters of a page are mirrored: their matrices have a negative determinant."""
    matrix = pdfium.FS_MATRIX()
    sample = [index for index in _sample(text) if pdfium.FPDFText_GetMatrix(text, index, matrix)]
    mirrored = 0
    for index in sample:
        pdfium.FPDFText_GetMatrix(text, index, matrix)
        mirrored += matrix.a * matrix.d - matrix.b * matrix.c < 0
    return 2 * mirrored > len(sample)


def _downwards(runs: list[Run], height: float) -> list[Run]:
    """Turn the runs of a mirrored page of a height over if it draws most of them from the bottom to the top."""
    steps = [below.top - above.top for above, below in itertools.pairwise(runs)]
    if sum(step > 0 for step in steps) >= sum(step < 0 for step in steps):
        return runs
    return [replace(run, top=height - run.bottom, bottom=height - run.top) for run in runs]


def _letters(text: Any, quarters: int, corner: tuple[float, float]) -> Iterator[Letter | None]:
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
            baseline = _baseline(text, index, quarters, corner)
            yield Letter(index, character, *_upright(box, quarters, corner), spaced, baseline)
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


def _baseline(text: Any, index: int, quarters: int, corner: tuple[float, float]) -> float:
    """Return how far below the top of the page, as its lines are read, the baseline of a letter is."""
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text, index, x, y)
    point = pdfium.FS_RECTF(x.value, y.value, x.value, y.value)
    return _upright(point, quarters, corner)[3]


def _decode(code: int) -> str:
    """Decode a letter; a ligature becomes several letters, a code without a meaning REPLACEMENT."""
    if code in LINE_END_HYPHENS:
        return LINE_END_HYPHENS[code]
    if code in LIGATURES:
        return LIGATURES[code]
    is_unknown = code == 0 or 0xD800 <= code <= 0xDFFF or 0xE000 <= code <= 0xF8FF or code > 0x10FFFF
    return REPLACEMENT if is_unknown else chr(code)
