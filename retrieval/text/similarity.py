"""Sentences that say the same, or speak of the same, in almost the same words."""

from functools import lru_cache

from retrieval.text.answer_types import DATE, NUMBER, values_in
from retrieval.text.terms import split_terms

SAME_WORDS = 0.8  # share of common terms (Jaccard) from which two sentences are near-duplicates
SAME_SUBJECT = 0.5  # the same without numbers: from here on they may differ in what they say about one thing


def near_duplicates(one: str, two: str, language: str) -> bool:
    """Return whether two sentences say the same in almost the same words, and with the same numbers."""
    if _overlap(_terms(one, language), _terms(two, language)) < SAME_WORDS:
        return False
    return all(values_in(one, kind) == values_in(two, kind) for kind in (DATE, NUMBER))


def same_subject(one: str, two: str, language: str) -> bool:
    """Return whether two sentences share most of their words, whatever numbers they give."""
    first, second = (frozenset(term for term in _terms(text, language) if term.isalpha()) for text in (one, two))
    return _overlap(first, second) >= SAME_SUBJECT


def _overlap(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one | two) if one and two else 0.0


@lru_cache(maxsize=1_024)
def _terms(text: str, language: str) -> frozenset[str]:
    return frozenset(split_terms(text, language))
