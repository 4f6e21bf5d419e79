"""Recognise follow-up questions and ask them together with the question before.

The words that give a follow-up away are English. "and when was that?" continues what was said before. A pronoun alone
may or may not refer to it: "there" does in "what did he do there?", but not in "is there a ferry on Sunday?".
"""

import re
from collections.abc import Callable

from retrieval.text.cleaning import MAX_QUESTION_LENGTH
from retrieval.text.terms import split_terms
from retrieval.types import Answer

MAX_TERMS = 3  # of a follow-up; a longer question says enough by itself
CONTINUATION = re.compile(r"^\W*(?:and|but|so|what about|how about|then)\b", re.IGNORECASE)
REFERENCE = re.compile(r"\b(?:it|its|that|this|those|these|they|them|their|he|him|his|she|her|there)\b", re.IGNORECASE)


def is_follow_up(question: str, language: str) -> bool:
    """Tell whether a question is short and may refer to something said before: "and when was that?"."""
    if len(split_terms(question, language)) > MAX_TERMS:
        return False
    return CONTINUATION.search(question) is not None or REFERENCE.search(question) is not None


def ask_following(ask: Callable[[str], Answer], question: str, previous: str | None, language: str) -> Answer:
    """Ask a question, joined with the previous one if it continues that or has no answer alone.

    A question that may or may not refer to the previous one is asked alone first, and joined only if that is refused;
    if both together are refused as well, the refusal of the question alone is returned. The answer to both must cover
    the words of both, so a follow-up never lowers the bar. Raises what `ask` raises.
    """
    if previous is None or not is_follow_up(question, language):
        return ask(question)
    joined = f"{previous} {question}"
    if len(joined) > MAX_QUESTION_LENGTH:
        return ask(question)
    if CONTINUATION.search(question):
        return ask(joined)
    answer = ask(question)
    if answer.answered:
        return answer
    joined_answer = ask(joined)
    return joined_answer if joined_answer.answered else answer
