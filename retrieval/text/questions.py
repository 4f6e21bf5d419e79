"""Make a question safe to work on, and understand a follow-up from the question before."""

import re
import unicodedata

from retrieval.errors import QuestionError
from retrieval.text.terms import split_terms

LONGEST = 4_000  # characters; a Discord message never has more
FOLLOW_UP = re.compile(
    r"^\W*(?:and|but|so|what about|how about|then)\b"
    r"|\b(?:it|its|that|this|those|these|they|them|their|he|him|his|she|her|there)\b",
    re.IGNORECASE,
)
FEW_TERMS = 3


def clean_question(question: str) -> str:
    """Return the question on one line without control characters, lone surrogates and outer space.

    Raises QuestionError when nothing is left or it is too long to be a question.
    """
    if len(question) > LONGEST:
        raise QuestionError(f"the question has {len(question):,} characters; at most {LONGEST:,} are read")
    visible = (" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in question)
    cleaned = " ".join("".join(visible).split())
    if not cleaned:
        raise QuestionError("the question is empty")
    return cleaned


def in_context(question: str, previous: str | None, language: str) -> str:
    """Return what to search for: a follow-up together with the question it follows.

    A follow-up is short and leans on what was said ("and when was that?"). The words of both
    questions must then be covered by the answer, so the bar is never lower than without.
    """
    if previous is None or len(split_terms(question, language)) > FEW_TERMS or not FOLLOW_UP.search(question):
        return question
    return f"{previous} {question}"
