"""Know how people write a number without digits, "four" and "IV", and a ranked thing in short, "T4" and "Lv 4".

Only one word is used for each: "T4" is a tier, since what else "T" may stand for is not told by the letter.
"""

import re

from retrieval.text.answer_types import DIGITS
from retrieval.text.terms import split_terms

MAX_ROMAN = 39  # beyond, numerals have letters that are rather abbreviations: "XL", "CD"
TENS, UNITS = ("", "x", "xx", "xxx"), ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
ROMAN = {TENS[number // 10] + UNITS[number % 10]: number for number in range(1, MAX_ROMAN + 1)}
# What is numbered by its rank; after these, one letter is a numeral, and so is a number in words.
RANKED = (
    "act article book category chapter class division episode floor gen generation grade group level mark part phase "
    "rank round scene season section stage step strike tier title type volume war week zone"
)
RANKED_TERMS = frozenset(split_terms(RANKED, "en"))
SHORT_NOUNS = {
    "t": "tier", "lv": "level", "lvl": "level", "ch": "chapter", "ep": "episode", "vol": "volume", "pt": "part",
    "wk": "week",
}  # fmt: skip
CODE = re.compile(rf"(?<![\w.])({'|'.join(SHORT_NOUNS)})(\d{{1,3}})(?!\w|[.:]\d)", re.IGNORECASE)
LONG_ROMAN = "|".join(sorted((numeral for numeral in ROMAN if len(numeral) > 1), key=lambda numeral: -len(numeral)))
WORDS = "|".join(DIGITS)
RANKED_NOUN = rf"\b(?:{RANKED.replace(' ', '|')})s?[\s-]+"
NUMERAL = re.compile(rf"\d|\b(?:{LONG_ROMAN})\b|{RANKED_NOUN}(?:one|{WORDS}|[vx])\b", re.IGNORECASE)
RANKED_ROMAN = re.compile(rf"(?P<noun>{RANKED_NOUN})(?P<numeral>{LONG_ROMAN}|[vx])\b", re.IGNORECASE)


def has_numeral(text: str) -> bool:
    """Tell whether a text has a number in digits or Roman numerals, or a word for the number of something ranked."""
    return NUMERAL.search(text) is not None


def read_numeral(text: str) -> str:
    """Return a number of one word in digits: "four" and "IV" as "4"; any other text as it is, in lower case."""
    folded = text.lower()
    return str(ROMAN[folded]) if folded in ROMAN else {"one": "1", **DIGITS}.get(folded, folded)
