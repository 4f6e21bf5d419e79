"""Recognise follow-up questions and search for them together with the question that they follow.

The words that give a follow-up away are English.
"""

import re

from retrieval.text.terms import split_terms

MAX_TERMS = 3  # of a follow-up; a longer question says enough by itself
FOLLOW_UP = re.compile(
    r"^\W*(?:and|but|so|what about|how about|then)\b"
    r"|\b(?:it|its|that|this|those|these|they|them|their|he|him|his|she|her|there)\b",
    re.IGNORECASE,
)


def is_follow_up(question: str, language: str) -> bool:
    """Tell whether a question is short and refers to something said before: "and when was that?"."""
    return len(split_terms(question, language)) <= MAX_TERMS and FOLLOW_UP.search(question) is not None


def with_previous(question: str, previous: str | None, language: str) -> str:
    """Prefix a follow-up with the previous question, if there is one; return any other question unchanged.

    The answer must then cover the words of both questions, so a follow-up never lowers the bar.
    """
    if previous is None or not is_follow_up(question, language):
        return question
    return f"{previous} {question}"
