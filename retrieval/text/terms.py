"""Turn text into terms for lexical search: folded, stemmed words without stop words.

Scripts without spaces give pairs of characters. Questions and documents go through the same function, so odd-looking
terms ("sciens") are harmless as long as they are consistent.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache

import Stemmer

from retrieval.text.function_words import ASKING_WORDS, FUNCTION_WORDS

WORD = re.compile(r"[^\W_]+")
INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
THOUSANDS = re.compile(r"(?<![\w.,'’])[1-9]\d{0,2}(?:[.'’\u00a0\u202f]\d{3})+(?![.'’]?\w)")
HOUR = re.compile(r"(?<!\w)(\d{1,2})[ \u00a0\u202f]?h(?:[ \u00a0\u202f]?(\d{2}))?(?!\w)")
DECIMAL_COMMA = frozenset(  # languages that write "1.234,50"
    ("ca", "cs", "da", "de", "es", "fi", "fr", "hu", "it", "nl", "no", "pl", "pt", "ro", "ru", "sv", "tr")
)
# Letters that are typed without what they are one with, and that normalization does not divide.
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
ENDINGS = {  # with those that replace them
    "en": (  # British ones
        (re.compile(r"enc(e|es|eless)$"), r"ens\1"),
        (re.compile(r"our(s|ed|ing|al|er|ers)?$"), r"or\1"),
        (re.compile(r"is(e[sd]?|ing|ers?|ations?)$"), r"iz\1"),
    ),
    # Of plurals that stemmers know by their accents only, or not at all.
    "es": ((re.compile(r"ces$"), "z"),),
    "pt": (
        (re.compile(r"[oa]es$"), "ao"),
        (re.compile(r"([aeo])is$"), r"\1l"),
        (re.compile(r"ens$"), "em"),
    ),
}
ORDINALS = {  # "6th" is the number 6; German writes it "6."
    "en": re.compile(r"(\d+)(?:st|nd|rd|th)"), "fr": re.compile(r"(\d+)(?:ere|er|re|eme|e)"),
    "es": re.compile(r"(\d+)[oa]"), "it": re.compile(r"(\d+)[oa]"), "pt": re.compile(r"(\d+)[oa]"),
}  # fmt: skip
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian", "nl": "dutch",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish",
    "tr": "turkish",
}  # fmt: skip


def split_terms(text: str, language: str) -> list[str]:
    """Split a text into terms, in order; `language` is a two-letter code.

    Languages without FUNCTION_WORDS keep all of theirs.
    """
    if language in DECIMAL_COMMA:
        text = HOUR.sub(r"\1 \2", THOUSANDS.sub(_joined, text))
    folded = text.lower() if text.isascii() else _fold(text)
    folded = INITIALS.sub(lambda match: match[0].replace(".", ""), folded)
    left_out = STOP_WORDS.get(language, frozenset())
    terms: list[str] = []
    for word in WORD.findall(folded):
        if UNSPACED.search(word):
            terms.extend(_bigrams(word))
        elif word not in left_out:
            terms.append(_stem(word, language))
    return terms


def _fold(text: str) -> str:
    """Fold the case of a text and drop its accents."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in folded if not unicodedata.combining(character)).translate(LIGATURES)


def _joined(number: re.Match[str]) -> str:
    """Write a number without what is between its thousands."""
    return "".join(filter(str.isdigit, number[0]))


# By language, as they are in a folded text.
STOP_WORDS = {language: frozenset(map(_fold, words)) for language, words in FUNCTION_WORDS.items()}
ASKING_TERMS = {language: frozenset(map(_fold, words)) for language, words in ASKING_WORDS.items()}


def asking_terms(question: str, language: str) -> frozenset[str]:
    """Return the words of a question that ask, folded; none in English, where the type of an answer tells as much."""
    return ASKING_TERMS.get(language, frozenset()).intersection(WORD.findall(_fold(question)))


@lru_cache(maxsize=65_536)
def term_id(term: str) -> int:
    """Hash a term to 64 bits: its BLAKE2b digest of eight bytes, little-endian. Part of the index format."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "little")


def _bigrams(word: str) -> list[str]:
    """Split a run of characters into overlapping pairs."""
    return [word] if len(word) < 2 else [word[i : i + 2] for i in range(len(word) - 1)]


@lru_cache(maxsize=65_536)
def _stem(word: str, language: str) -> str:
    ordinal = ORDINALS[language].fullmatch(word) if language in ORDINALS else None
    if ordinal:
        return ordinal[1]
    if language in ENDINGS and len(word) > 4:
        for pattern, replacement in ENDINGS[language]:
            word = pattern.sub(replacement, word)
    algorithm = STEMMERS.get(language)
    return _stemmer(algorithm).stemWord(word) if algorithm else word


@lru_cache(maxsize=8)
def _stemmer(algorithm: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(algorithm)
