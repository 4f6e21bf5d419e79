"""Write raised numbers of a PDF: exponents in superscript characters, the marks of notes apart from them.

The digits of what may be a mark are characters that no text of a PDF contains, until the notes of the page are known.
"""

import re

from retrieval.text.raised_numbers import raise_number

MARK_DIGITS = "".join(
    map(chr, range(0xE000, 0xE00A))
)  # of private use: a file that has them does not say what they mean
AS_MARK = str.maketrans("0123456789", MARK_DIGITS)
AS_NUMBER = str.maketrans(f"{MARK_DIGITS}⁰¹²³⁴⁵⁶⁷⁸⁹", 2 * "0123456789")
# What the mark of a note follows, unlike the exponent of m² or 10³: a word, its end, another mark, or a time of day.
BEFORE_NOTE = re.compile(rf"[.,;:!?)\"”’\]%€$£{MARK_DIGITS}]$|[^\W\d_]{{4}}$|\d:\d\d$")
RAISED_END = re.compile(rf"[⁰¹²³⁴-⁹{MARK_DIGITS}]$")


def write_raised(before: str, number: str) -> str:
    """Write a raised number that follows a text: as the mark of a note, or as an exponent."""
    return number.translate(AS_MARK) if BEFORE_NOTE.search(before[-5:]) else raise_number(number)


def ends_raised(text: str) -> bool:
    """Tell whether the last character of a text is a raised digit."""
    return RAISED_END.search(text[-1:]) is not None
