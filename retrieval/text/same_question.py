"""Compare a question with one that a document asks itself, such as a heading of a FAQ, word by word.

Two questions that are worded alike but for one thing are the surest to be different ones: "how far can I jump with
strength 16" and "… 10". Models of meaning find just these most alike, so words decide.
"""

import re
from collections import Counter
from dataclasses import dataclass

from retrieval.text.answer_types import DIGITS, MESSAGE_QUESTION, expected_type
from retrieval.text.negation import CONTRACTION, negated_terms
from retrieval.text.opposites import have_opposites
from retrieval.text.terms import asking_terms, split_terms

NUMBERING = re.compile(r"(?:Q|Question|Chapter|Section|Appendix)?\s*[A-Z]?\d*(?:\.\d+)*[.:)]?\s+(?=\S)")
QUESTION_MARK = re.compile(r"[?？؟][\"'”’»)\]*_]*$")
ABBREVIATION_LENGTH = range(2, 5)  # letters of "lvl", "dmg", "str"
WORD = re.compile(r"\w+")
DIGIT = re.compile(r"\d")
NUMBER_WORDS = {"zero": "0", "one": "1", **DIGITS}


@dataclass(frozen=True, slots=True)
class Difference:
    """How two questions differ: the terms that only either has, and the share of the shorter one's that both have."""

    asked: frozenset[str]
    stored: frozenset[str]
    shared: float
    conflicting: bool  # each has a number that the other lacks, or they expect answers of different types
    opposed: bool  # one has a word negated, or a word whose opposite the other has

    @property
    def is_none(self) -> bool:
        """Tell whether they say the same in the same words."""
        return self.shared > 0 and not (self.asked or self.stored or self.conflicting or self.opposed)


def asked_text(heading: str) -> str:
    """Return a heading that asks, without a number before it, or "" if it does not ask."""
    text = NUMBERING.sub("", heading, count=1) if NUMBERING.match(heading) else heading
    return text if QUESTION_MARK.search(text) or MESSAGE_QUESTION.match(text) else ""


def compare_questions(asked: str, stored: str, language: str) -> Difference:
    """Compare the terms of two questions; abbreviations and numbers in words count as what they stand for."""
    terms, stored_terms = _terms(asked, language), _terms(stored, language)
    alike: dict[str, list[str]] = {}  # by the first letter, which an abbreviation keeps
    for other in stored_terms:
        alike.setdefault(other[0], []).append(other)
    pairs = {
        (term, other)
        for term in terms
        for other in alike.get(term[0], ())
        if term == other or _abbreviates(term, other)
    }
    left = terms - {term for term, _ in pairs}
    stored_left = stored_terms - {other for _, other in pairs}
    shorter = min(len(terms), len(stored_terms))
    shared = min(len(terms) - len(left), len(stored_terms) - len(stored_left)) / shorter if shorter else 0.0
    conflicting = _have_other_numbers(left, stored_left) or _expect_other_types(asked, stored)
    return Difference(left, stored_left, shared, conflicting, _are_opposed(asked, stored, terms & stored_terms))


def _have_other_numbers(left: frozenset[str], stored_left: frozenset[str]) -> bool:
    """Tell whether each of two sets of terms that only one question has contains a number, such as "10" or "v2"."""
    return all(any(map(DIGIT.search, terms)) for terms in (left, stored_left))


def _expect_other_types(asked: str, stored: str) -> bool:
    """Tell whether one question asks when and the other one where, or how many."""
    types = expected_type(asked), expected_type(stored)
    return all(types) and types[0] != types[1]


def _are_opposed(asked: str, stored: str, shared: frozenset[str]) -> bool:
    """Tell whether only one question negates a term that both have, or has an opposite; both of it says the same."""
    words, stored_words = (Counter(WORD.findall(text.lower())) for text in (asked, stored))
    has_opposite = have_opposites(words - stored_words, stored_words - words or stored_words)
    negated, stored_negated = negated_terms(asked), negated_terms(stored)
    if has_opposite:
        return bool(negated) == bool(stored_negated)
    return not shared.isdisjoint(negated ^ stored_negated) and bool(negated) != bool(stored_negated)


def _terms(text: str, language: str) -> frozenset[str]:
    """Return the terms of a question and the words that ask, numbers in digits; of only stop words, all of them."""
    text = CONTRACTION.sub(" ", text)
    terms = split_terms(text, language) or WORD.findall(text.lower())
    return asking_terms(text, language).union(NUMBER_WORDS.get(term, term) for term in terms)


def _abbreviates(term: str, other: str) -> bool:
    """Tell whether one term may abbreviate the other one: "lvl" and "level", "str" and "strength"."""
    short, long = sorted((term, other), key=len)
    if len(short) not in ABBREVIATION_LENGTH or len(short) == len(long) or short[0] != long[0] or not short.isalpha():
        return False
    letters = iter(long)
    return all(letter in letters for letter in short)
