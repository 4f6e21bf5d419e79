"""Tell whether a word is English, from the terms of tens of thousands of words of English texts.

The list is the file english_terms.u32 beside this module: the lower 32 bits of each term's id, ascending,
little-endian. `retrieval.training.english_words` makes it.
"""

import sys
from array import array
from bisect import bisect_left
from functools import lru_cache
from pathlib import Path

from retrieval.text.terms import split_terms, term_id

FILE = Path(__file__).with_name("english_terms.u32")
MASK = 0xFFFFFFFF


def is_english(word: str) -> bool:
    """Tell whether every term of a word, which ignores its ending, is one of an English word on the list."""
    return all(_is_listed(term_id(term) & MASK) for term in split_terms(word, "en"))


def _is_listed(number: int) -> bool:
    listed = _listed()
    place = bisect_left(listed, number)
    return place < len(listed) and listed[place] == number


@lru_cache(maxsize=1)
def _listed() -> "array[int]":
    """Read the list: 100 KB, only when a question has a word that no document has."""
    numbers = array("I", FILE.read_bytes())
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
