"""Put the letters of a PDF's page together to runs: letters side by side on one line.

A raised digit becomes an exponent or the mark of a note.
"""

import ctypes
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pypdfium2.raw as pdfium

from retrieval.reading.formats.pdf.raised import AS_MARK, ends_raised, write_raised
from retrieval.reading.formats.pdf.reading_order import BULLET, MAX_OVERLAP, MIN_SPACE, Letter, Run

BOLD = re.compile(r"bold|black|heavy|demi|cmbx|-bd|\+f\d?b", re.IGNORECASE)
MONO = re.compile(r"courier|mono|consol|typewriter|cmtt|menlo|inconsolata|lettergothic", re.IGNORECASE)
FONT_NAME_BYTES = 128
MAX_TILT = 0.1  # quarter turns between a letter and most of its page
MIN_FONT_SIZE = 1.5  # points; a smaller one is a unit, which a matrix scales up
QUARTER_TURN = math.pi / 2  # clockwise, as PDFium gives the angles of letters
# In heights of the run's letters:
MAX_GAP = 1.5  # between letters side by side; beyond it they are in different columns or cells
MAX_STEP_BACK = 2  # to the left of the letter before
MAX_STEP = 0.45  # between the middles of letters; beyond it they are on different lines
MIN_NOTE_RAISE, MAX_NOTE_HEIGHT = 0.1, 0.85  # of the number of a note
MAX_NOTE_RAISE, MAX_NOTE_GAP = 0.6, 0.5  # of the number before a note
MAX_DIGITS, MAX_MARK_LENGTH = 3, 6  # of a note's number; letters of the mark of an item


def find_runs(text: Any, quarters: Sequence[int], found: Iterable[Letter | None]) -> Iterator[Run]:
    """Yield the runs of letters side by side on one line, in the order in which the page draws them.

    Letters that are not turned by one of so many quarters make turned runs.
    """
    letters: list[Letter] = []
    base: Letter | None = None  # the last one that is not raised
    line_ended = False
    for letter in found:
        if letter is None:
            line_ended = True
            continue
        raised = base is not None and _is_raised(letters, base, letter)
        after_raised = bool(letters) and ends_raised(letters[-1].text)
        # PDFium may end a line at a raised digit, and see a space behind it.
        ends = letters and line_ended and not (raised or after_raised)
        if _follows_mark(letters, letter):
            letters = [replace(digit, text=digit.text.translate(AS_MARK)) for digit in letters]
        elif letters and (ends or _starts_run(letters, letter)):
            yield _run(text, quarters, letters)
            letters, raised, after_raised = [], False, False
        if raised or after_raised:
            gap = letter.left - letters[-1].right
            letter = replace(letter, spaced=letter.spaced and gap > MIN_SPACE * (letter.bottom - letter.top))
        if raised:
            letter = replace(letter, text=write_raised(_words(letters[-5:]), letter.text))
        letters.append(letter)
        base = base if raised else letter
        line_ended = False
    if letters:
        yield _run(text, quarters, letters)


def _starts_run(letters: Sequence[Letter], letter: Letter) -> bool:
    """Tell whether a letter is on another line than the letters before it, or in another column or cell."""
    anchor, last = _anchor(letters), letters[-1]
    height = max(anchor.bottom - anchor.top, 1.0)
    gap, step_back = letter.left - last.right, last.right - letter.right
    step = abs((letter.top + letter.bottom) - (anchor.top + anchor.bottom)) / 2
    return gap > MAX_GAP * height or step_back > MAX_STEP_BACK * height or step > MAX_STEP * height


def _is_raised(letters: Sequence[Letter], base: Letter, letter: Letter) -> bool:
    """Tell whether a letter is a raised digit: of an exponent, or of the number of a note.

    It is compared with `base`, the nearest letter before it that is not raised; the mark of an item says nothing.
    """
    height = base.bottom - base.top
    is_small = letter.bottom - letter.top < MAX_NOTE_HEIGHT * height
    if not letters or not letter.text.isdecimal() or not is_small:
        return False
    is_raised = letter.baseline < base.baseline - MIN_NOTE_RAISE * height
    return is_raised and not (letter.spaced and _mark_length(letters) == len(letters))


def _follows_mark(letters: Sequence[Letter], letter: Letter) -> bool:
    """Tell whether a letter stands right behind raised digits that begin a line, such as the number of a note."""
    if not 0 < len(letters) <= MAX_DIGITS or not all(digit.text.isdecimal() for digit in letters):
        return False
    height, last = letter.bottom - letter.top, letters[-1]
    is_small = last.bottom - last.top < MAX_NOTE_HEIGHT * height
    is_raised = MIN_NOTE_RAISE * height < letter.baseline - last.baseline < MAX_NOTE_RAISE * height
    is_near = 0 <= letter.left - last.right + MAX_OVERLAP < MAX_NOTE_GAP * height
    return is_small and is_raised and is_near and letter.text.isalpha()


def _anchor(letters: Sequence[Letter]) -> Letter:
    """Return the first letter whose size is that of the run: not a bullet, which has a size of its own."""
    return next((letter for letter in letters if letter.text.isalnum()), letters[0])


def _mark_length(letters: Sequence[Letter]) -> int:
    """Count the letters of the mark of an item at the start, which has a size of its own."""
    spaces = (place for place, letter in enumerate(letters[1 : MAX_MARK_LENGTH + 1], 1) if letter.spaced)
    length = next(spaces, len(letters))
    is_mark = length <= MAX_MARK_LENGTH and BULLET.fullmatch("".join(letter.text for letter in letters[:length]))
    return length if is_mark else 0


def _run(text: Any, quarters: Sequence[int], letters: Sequence[Letter]) -> Run:
    """Join letters to a run, with their size and the style of their font."""
    anchor, last = _anchor(letters[_mark_length(letters) :] or letters), letters[-1]
    height = anchor.bottom - anchor.top
    size = pdfium.FPDFText_GetFontSize(text, anchor.index)
    if height > 0 and not MIN_FONT_SIZE < size <= 2 * height:  # a matrix scales the letters
        size = height
    fonts = [_font(text, letter.index) for letter in (anchor, last)]
    bold, mono = (all(pattern.search(font) for font in fonts) for pattern in (BOLD, MONO))
    turns = pdfium.FPDFText_GetCharAngle(text, anchor.index) / QUARTER_TURN
    turned = all(abs(turns - quarter) % 4 > MAX_TILT for quarter in quarters)
    return Run(_words(letters), letters[0].left, anchor.top, last.right, anchor.bottom, size, bold, mono, turned)


def _words(letters: Sequence[Letter]) -> str:
    return "".join(f" {letter.text}" if letter.spaced else letter.text for letter in letters).strip()


def _font(text: Any, index: int) -> str:
    name = ctypes.create_string_buffer(FONT_NAME_BYTES)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text, index, name, FONT_NAME_BYTES, flags)
    return name.value.decode("utf-8", "replace")
