"""Tell whether a word is English, from a list of tens of thousands of words of English texts, and of their terms.

The lists are the files english_terms.u32 and english_words.u32 beside this module: the lower 32 bits of the id of each
term or word, ascending, little-endian. `retrieval.training.english_words` makes them.
"""

import re
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from retrieval.text.terms import split_terms, term_id

TERMS_FILE, WORDS_FILE = (Path(__file__).with_name(f"english_{name}.u32") for name in ("terms", "words"))
MASK = 0xFFFFFFFF
# Endings that make another form of a word, each with what it takes the place of.
ENDINGS = {
    "ies": ("y",), "ied": ("y",), "ily": ("y",), "iness": ("y",), "ier": ("y",), "iest": ("y",), "s": ("",),
    "es": ("",), "ed": ("", "e"), "ing": ("", "e"), "ings": ("",), "ly": ("",), "ally": ("",), "y": ("e",),
    "er": ("", "e"), "ers": ("", "e"), "est": ("", "e"), "or": ("e",), "ors": ("e",), "ness": ("",),
    "able": ("", "e"), "ation": ("e",), "ations": ("e",), "ion": ("", "e"), "ions": ("", "e"), "ment": ("",),
    "ments": ("",), "less": ("",), "ful": ("",), "ity": ("", "e"), "ability": ("able",), "ization": ("ize",),
    "isation": ("ise",),
}  # fmt: skip
DOUBLED = re.compile(r"([b-df-hj-np-tv-z])\1(?:ed|ing|er|ers)$")  # "stopped", "planner"
PREFIXES = ("un", "re", "pre", "non", "dis", "mis", "over", "sub", "co", "de", "in", "multi", "auto")


def is_english(word: str) -> bool:
    """Tell whether a word is on the list, or is regularly formed from one there that has its term.

    A misspelt word can have the term of another word, as "recipie" that of "recipient".
    """
    folded = word.lower()
    terms = split_terms(folded, "en")
    if not terms:
        return True
    known = all(_is_listed(TERMS_FILE, term) for term in terms)
    return known and any(_is_listed(WORDS_FILE, form) for form in (folded, *base_forms(folded)))


def base_forms(word: str) -> Iterator[str]:
    """Yield what a word may be formed from."""
    for ending, origins in ENDINGS.items():
        if word.endswith(ending):
            yield from (word.removesuffix(ending) + origin for origin in origins)
    if match := DOUBLED.search(word):
        yield word[: match.start()] + match[1]
    yield from (word.removeprefix(prefix) for prefix in PREFIXES if word.startswith(prefix))


def _is_listed(file: Path, text: str) -> bool:
    number, listed = term_id(text) & MASK, _listed(file)
    place = bisect_left(listed, number)
    return place < len(listed) and listed[place] == number


@lru_cache(maxsize=2)
def _listed(file: Path) -> "array[int]":
    """Read a list: 100 to 200 KB, only when a question has a word that no document has."""
    numbers = array("I", file.read_bytes())
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
