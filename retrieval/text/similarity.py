"""Tell whether two sentences say the same, or are about the same thing, in almost the same words."""

from functools import lru_cache

from retrieval.text.answer_types import DATE, NUMBER
from retrieval.text.terms import split_terms
from retrieval.text.values import values_in

# Jaccard similarity of two sentences' terms, at least:
NEAR_DUPLICATE_SIMILARITY = 0.8
SAME_SUBJECT_SIMILARITY = 0.5  # of the terms without digits


def near_duplicates(first: str, second: str, language: str) -> bool:
    """Tell whether two sentences say the same in almost the same words and with the same dates and numbers."""
    if _jaccard(_terms(first, language), _terms(second, language)) < NEAR_DUPLICATE_SIMILARITY:
        return False
    return all(values_in(first, answer_type) == values_in(second, answer_type) for answer_type in (DATE, NUMBER))


def same_subject(first: str, second: str, language: str) -> bool:
    """Tell whether two sentences share most of their words, whatever numbers they give."""
    words, other_words = (
        frozenset(term for term in _terms(text, language) if term.isalpha()) for text in (first, second)
    )
    return _jaccard(words, other_words) >= SAME_SUBJECT_SIMILARITY


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second) if first and second else 0.0


@lru_cache(maxsize=1_024)
def _terms(text: str, language: str) -> frozenset[str]:
    return frozenset(split_terms(text, language))
