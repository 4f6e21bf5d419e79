"""Read a PDF with PDFium: find the runs of letters on each page, from which the other modules make parts."""

import ctypes
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.pdf.line_numbers import without_line_numbers
from retrieval.reading.formats.pdf.paragraphs import page_parts
from retrieval.reading.formats.pdf.reading_order import BEFORE_NOTE, PAGE_NUMBER, Letter, Page, Run
from retrieval.reading.formats.pdf.scans import is_scan, recognized_page
from retrieval.reading.formats.pdf.vertical import EAST_ASIAN, divide, is_vertical, without_ruby
from retrieval.reading.isolated.protocol import PICTURES, READ_BY_OCR, Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line
from retrieval.text.raised_numbers import raise_number

LINE_END_HYPHENS = {0x02: "-", 0xFFFE: "-", 0xAD: "-"}  # by PDFium's codes
LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
REPLACEMENT = "\ufffd"  # of a letter that the file does not identify
MAX_REPLACEMENT_SHARE = 0.2  # of all letters; with more of them, no text of the file can be trusted
BOLD = re.compile(r"bold|black|heavy|demi|cmbx|-bd|\+f\d?b", re.IGNORECASE)
MONO = re.compile(r"courier|mono|consol|typewriter|cmtt|menlo|inconsolata|lettergothic", re.IGNORECASE)
FONT_NAME_BYTES = 128
# Of a damaged page, in the library or here; the other pages are read all the same.
PAGE_ERRORS = (pypdfium2.PdfiumError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError)
PICTURES_ONLY = "contains only pictures of text; install tesseract-ocr, or run OCR on it first"
MAX_NAMED_PAGES = 10  # among those that could not be read
OUTLINE_DEPTH = 6
# In heights of the run's letters:
MAX_GAP = 1.5  # between letters side by side; beyond it they are in different columns or cells
MAX_STEP_BACK = 2  # to the left of the letter before
MAX_STEP = 0.45  # between the middles of letters; beyond it they are on different lines
MIN_NOTE_RAISE, MAX_NOTE_HEIGHT = 0.1, 0.85  # of the number of a note
QUARTER_TURN = math.pi / 2  # clockwise, as PDFium gives the angles of letters
MAX_TILT = 0.1  # quarter turns between a letter and most of its page
SAMPLE_SIZE = 50  # letters of a page whose angles are looked at
MIN_TURNED_LETTERS = 120  # of one angle beside others; fewer are a stamp or the label of a figure
MIN_FONT_SIZE = 1.5  # points; a smaller one is a unit, which a matrix scales up


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
        runs, *turned = [list(_runs(text.raw, (quarters,), _letters(text.raw, quarters, corner))) for quarters in turns]
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
    others = [run for run in _runs(text, (0,), lines) if not PAGE_NUMBER.fullmatch(run.text)]
    return [without_ruby(list(_runs(text, (0, 1), columns))), others]


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


def _runs(text: Any, quarters: Sequence[int], found: Iterable[Letter | None]) -> Iterator[Run]:
    """Yield the runs of letters side by side on one line, in the order in which the page draws them.

    Letters that are not turned by one of so many quarters make turned runs.
    """
    letters: list[Letter] = []
    for letter in found:
        if letters and (letter is None or _starts_run(letters, letter)):
            yield _run(text, quarters, letters)
            letters = []
        if letter is not None and letters and _is_raised(letters, letter):
            if BEFORE_NOTE.search("".join(before.text for before in letters[-5:])):
                continue  # the number of a note, which is not part of the sentence
            letter = replace(letter, text=raise_number(letter.text))
        if letter is not None:
            letters.append(letter)
    if letters:
        yield _run(text, quarters, letters)


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
            yield Letter(index, character, *_upright(box, quarters, corner), spaced)
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


def _starts_run(letters: Sequence[Letter], letter: Letter) -> bool:
    """Tell whether a letter is on another line than the letters before it, or in another column or cell."""
    anchor, last = _anchor(letters), letters[-1]
    height = max(anchor.bottom - anchor.top, 1.0)
    gap, step_back = letter.left - last.right, last.right - letter.right
    step = abs((letter.top + letter.bottom) - (anchor.top + anchor.bottom)) / 2
    return gap > MAX_GAP * height or step_back > MAX_STEP_BACK * height or step > MAX_STEP * height


def _is_raised(letters: Sequence[Letter], letter: Letter) -> bool:
    """Tell whether a letter is a raised digit: of an exponent, or of the number of a note."""
    anchor = _anchor(letters)
    height = anchor.bottom - anchor.top
    is_raised = letter.bottom < anchor.bottom - MIN_NOTE_RAISE * height
    is_small = letter.bottom - letter.top < MAX_NOTE_HEIGHT * height
    return is_raised and is_small and letter.text.isdecimal()


def _anchor(letters: Sequence[Letter]) -> Letter:
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


def _run(text: Any, quarters: Sequence[int], letters: Sequence[Letter]) -> Run:
    """Join letters to a run, with their size and the style of their font."""
    anchor, last = _anchor(letters), letters[-1]
    height = anchor.bottom - anchor.top
    size = pdfium.FPDFText_GetFontSize(text, anchor.index)
    if height > 0 and not MIN_FONT_SIZE < size <= 2 * height:  # a matrix scales the letters
        size = height
    fonts = [_font(text, letter.index) for letter in (anchor, last)]
    bold, mono = (all(pattern.search(font) for font in fonts) for pattern in (BOLD, MONO))
    turns = pdfium.FPDFText_GetCharAngle(text, anchor.index) / QUARTER_TURN
    turned = all(abs(turns - quarter) % 4 > MAX_TILT for quarter in quarters)
    words = "".join(f" {letter.text}" if letter.spaced else letter.text for letter in letters).strip()
    return Run(words, letters[0].left, anchor.top, last.right, anchor.bottom, size, bold, mono, turned)


def _font(text: Any, index: int) -> str:
    name = ctypes.create_string_buffer(FONT_NAME_BYTES)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text, index, name, FONT_NAME_BYTES, flags)
    return name.value.decode("utf-8", "replace")
