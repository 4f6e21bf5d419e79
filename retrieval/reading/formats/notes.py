"""Footnotes whose number is raised: which of them say something, and the mark that keeps them beside their sentence.

A note that only names a source has no mark, so that its number does not stand in the text.
"""

import re

from retrieval.text.cleaning import one_line
from retrieval.text.raised_numbers import raise_number

# What a note that names a source contains, unlike one that says something.
SOURCE_NOTE = re.compile(
    r"\b(?:ibid|op\. ?cit|loc\. ?cit|ebd|vgl|cf|isbn|doi|et al)\b|\b(?:eds?|vol|hrsg)\.|\bpp?\. ?\d|https?://|www\."
    r"|\([^()]{0,40}\b[12]\d{3}[a-z]?\)|(?-i:\b[A-Z]\.[ ,A-Z])",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*$")
MIN_NOTE_WORDS = 5  # of a note that says something


def says_something(text: str) -> bool:
    """Tell whether a note is a sentence, and not the name of a source."""
    line = one_line(text)
    return (
        len(line.split()) >= MIN_NOTE_WORDS and bool(SENTENCE_END.search(line[-20:])) and not SOURCE_NOTE.search(line)
    )


def mark_of(number: int) -> str:
    """Write the number of a note as its mark, 12 → "¹²"."""
    return raise_number(str(number))


def can_be_marked(before: str) -> bool:
    """Tell whether a mark can follow a text: behind a space it belongs to no word, behind a digit it is an exponent."""
    return bool(before) and not before[-1].isspace() and not before[-1].isdigit()
