"""Find what an English text numbers or counts: "level 5", "page 3 to 7", "Python 3.9 or later", "2 GB", "5th edition".

A number belongs to the noun before it, which it numbers, or to the noun behind it, which it counts; "5th level" is
"level 5". "3 to 7", "up to 8" and "3.9 or later" are ranges. "Tier IV", "tier four" and "T4" are the same tier.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from retrieval.text.numerals import CODE, LONG_ROMAN, RANKED_TERMS, SHORT_NOUNS, WORDS, read_numeral
from retrieval.text.terms import STOP_WORDS, split_terms

NUMBER = rf"(?:v?\.?(?:\d+(?:,\d{{3}})+(?!\d)|\d+(?:\.\d+)*)|(?:{WORDS}|{LONG_ROMAN}|(?-i:[VX]))\b(?!['’]))"
ROMAN_START = re.compile(rf"(?:{LONG_ROMAN})\b", re.IGNORECASE)
WORD_BEHIND = re.compile(r"I\s+[a-z]")
AFTER_RANKED = re.compile(r"[IVXvx](?![\w.])|one\b", re.IGNORECASE)  # is a number only after what is ranked
LIST_JOINT = r"\s*(?:,(?=\s)|/|&|[-–—]|\band\b|\bor\b|\bto\b|\bthrough\b)\s*"
NUMBERS = re.compile(
    rf"(?<![\w.,:/])(?:{NUMBER}|(?:(?-i:[Ivx])|one)\b(?!['’]))(?:{LIST_JOINT}{NUMBER})*(?!\w*[:/]\d)", re.IGNORECASE
)
LEAST = r">=?|≥|at least|no less than|minimum(?: of)?|above|over|more than|newer than|later than|since|from|starting at"
MOST = r"<=?|≤|at most|no more than|maximum(?: of)?|up to|below|under|less than|fewer than|older than|before|until"
BOUND = rf"(?:(?P<{{0}}least>{LEAST})|(?P<{{0}}most>{MOST}))\s*"
BEFORE = re.compile(
    rf"(?:{BOUND.format('far_')})?(?:(?P<noun>[^\W\d_][\w’'+-]*?)(?:\s*[:#]\s*|\s+(?:no\.?|number|nr\.?)\s*|[\s-]+))?"
    rf"(?:{BOUND.format('near_')})?$",
    re.IGNORECASE,
)
AFTER = re.compile(
    r"(?P<ordinal>(?:st|nd|rd|th)\b)?"
    r"(?P<more>\s*(?:\+|(?:or|and) (?:later|higher|newer|above|more|up|greater|beyond)\b))?"
    r"(?P<less>\s*(?:or|and) (?:lower|earlier|below|less|fewer|older|under)\b)?"
    r"(?:[\s-]?(?P<noun>[^\W\d_][\w’']*))?",
    re.IGNORECASE,
)
WORDS_BEFORE = re.compile(r"(?:[^\s;|]+\s+){0,4}[^\s;|]*$")
MAX_BEFORE = 40  # characters before a number in which its noun and a bound are sought
JOINT = re.compile(r"\s*(,(?=\s)|/|&|[-–—]|\band\b|\bor\b|\bto\b|\bthrough\b)\s*", re.IGNORECASE)
RANGES = ("-", "–", "—", "to", "through")
VERSION_WORDS = ("version", "versions", "release", "releases", "v")
VERSION = "version"
VERSION_MARK = re.compile(r"v\.?\d", re.IGNORECASE)
MAX_DIGITS = 18  # of a number; of a longer one, such as a key, only these are compared
INFINITE = (10**MAX_DIGITS,)
Number = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """Numbers from `first` to `last` that number (`counts` is False) or count a noun, given as its term."""

    noun: str
    counts: bool
    first: Number
    last: Number

    @property
    def is_range(self) -> bool:
        """Tell whether the ends differ."""
        return self.first != self.last

    def contains(self, number: Number) -> bool:
        """Tell whether a number lies between the ends; 2.2.1 is a 2.2."""
        length = min(len(self.first), len(number))
        if self.first[:length] == number[:length] and (length == len(self.first) or not self.is_range):
            return True
        return self.first <= number and (number <= self.last or number[: len(self.last)] == self.last)


@lru_cache(maxsize=1_024)
def numbered_in(text: str) -> tuple[Numbered, ...]:
    """Find the nouns that numbers number or count, each number for both."""
    codes = [(SHORT_NOUNS[match[1].lower()], (int(match[2]),)) for match in CODE.finditer(text)]
    around = (numbered for match in NUMBERS.finditer(text) for numbered in _around(text, match))
    return (*around, *(Numbered(noun, False, number, number) for noun, number in codes))


def _around(text: str, match: re.Match[str]) -> Iterator[Numbered]:
    """Yield what a number, or a list of numbers, says about the words on either side of it."""
    words = WORDS_BEFORE.search(text, max(match.start() - MAX_BEFORE, 0), match.start())
    before = BEFORE.search(words[0]) if words else None
    after = AFTER.match(text, match.end())
    if after is None:
        return
    least = after["more"] or (before and (before["far_least"] or before["near_least"]))
    most = after["less"] or (before and (before["far_most"] or before["near_most"]))
    noun = before["noun"] if before else None
    if AFTER_RANKED.match(match[0]) and not _is_ranked(noun or "", text, match):
        return
    counts = not (AFTER_RANKED.match(match[0]) or ROMAN_START.match(match[0]))
    for first, last in _numbers(match[0]):
        if least or most:
            first, last = (first, INFINITE) if least else ((0,), last)
        if VERSION_MARK.match(match[0]) or (noun or "").lower() in VERSION_WORDS:
            yield Numbered(VERSION, False, first, last)
        if term := _noun(noun):
            yield Numbered(term, False, first, last)
        if counts and (term := _noun(after["noun"])):
            yield Numbered(term, not after["ordinal"], first, last)


def _is_ranked(noun: str, text: str, match: re.Match[str]) -> bool:
    """Tell whether a letter, or "one", numbers the noun before it, as in "tier v" and "Tier I swords".

    In "the level I need" it does not.
    """
    is_pronoun = match[0][0] in "Ii" and not noun[:1].isupper() and WORD_BEHIND.match(text, match.start())
    return _noun(noun) in RANKED_TERMS and not is_pronoun


def _noun(word: str | None) -> str:
    """Return the term of a word beside a number, "" if it says nothing."""
    if not word or word.lower() in STOP_WORDS["en"] or word.lower() in VERSION_WORDS:
        return ""
    terms = split_terms(word, "en")
    return SHORT_NOUNS.get(terms[-1], terms[-1]) if terms and len(terms[-1]) > 1 else ""


def _numbers(text: str) -> Iterator[tuple[Number, Number]]:
    """Yield the first and last number of each range or number of a list."""
    pieces = JOINT.split(text)
    numbers, joints = [_number(piece) for piece in pieces[::2]], [joint.lower() for joint in pieces[1::2]]
    place = 0
    while place < len(numbers):
        if place < len(joints) and joints[place] in RANGES and numbers[place] < numbers[place + 1]:
            yield numbers[place], numbers[place + 1]
            place += 1
        else:
            yield numbers[place], numbers[place]
        place += 1


def _number(text: str) -> Number:
    """Read a number, a word for one, or a version."""
    digits = read_numeral(text).lstrip("v. ").replace(",", "")
    return tuple(int(part[:MAX_DIGITS]) for part in digits.split(".") if part)
