"""Recognise follow-up questions and ask them together with the question before.

The words that give a follow-up away are English. "and when was that?" and "and on Sunday?" continue what was said
before. A pronoun alone may or may not refer to it: "there" does in "what did he do there?", but not in "is there a
ferry on Sunday?". A whole question may begin with "and" as well: "and where is the library?".
"""

import re
from typing import NamedTuple, Protocol

from retrieval.text.cleaning import MAX_QUESTION_LENGTH
from retrieval.text.exchanged_limits import exchange_limit
from retrieval.text.terms import split_terms
from retrieval.types import Answer

MAX_TERMS = 3  # of a follow-up; a longer question says enough by itself
CONTINUATION = re.compile(r"^\W*(?:(?:and|but|so|what about|how about|then)\b\W*)+", re.IGNORECASE)
REFERENCE = re.compile(r"\b(?:it|its|that|this|those|these|they|them|their|he|him|his|she|her|there)\b", re.IGNORECASE)

EXISTENTIAL_THERE = re.compile(r"\b(?:is|are|was|were) there(?=\s+\w)", re.IGNORECASE)
AUXILIARY = "am|is|are|was|were|do|does|did|has|have|had|can|could|may|might|must|shall|should|will|would"
QUESTION_WORD = "who|whom|whose|what|which|when|where|why|how"
# With an auxiliary verb, as in "is the library open" and "when does the library open", or as in "who runs the library".
WHOLE_QUESTION = re.compile(
    rf"(?:{AUXILIARY})\b|(?:{QUESTION_WORD})\b.*\b(?:{AUXILIARY})\b|(?:who|what)(?:\s+\w+){{3}}",
    re.IGNORECASE | re.DOTALL,
)

# Without a verb: "by whom?", "for children?", "when exactly?".
PREPOSITION = "about|after|at|before|by|during|for|from|in|of|on|since|to|until|with|without"
FRAGMENT = re.compile(
    rf"^\W*(?:(?:{PREPOSITION})\b(?!.*\b(?:{AUXILIARY})\b).*|(?:{QUESTION_WORD})(?: exactly| precisely| else)?)\W*$",
    re.IGNORECASE | re.DOTALL,
)


def is_follow_up(question: str, language: str) -> bool:
    """Tell whether a question is short and may refer to something said before: "and when was that?"."""
    if len(split_terms(question, language)) > MAX_TERMS:
        return False
    return any(form.search(question) for form in (CONTINUATION, REFERENCE, FRAGMENT))


class Previous(NamedTuple):
    """The question before, and the ids of the citations that answered it."""

    question: str
    given: frozenset[str] = frozenset()


class Following(NamedTuple):
    """A follow-up as it was asked, and the ids of the citations that were quoted before it, if it is joined to that."""

    text: str
    given: frozenset[str]


class Ask(Protocol):
    """Answers a question, perhaps one that is joined with the `following` one."""

    def __call__(self, question: str, *, following: Following | None = None) -> Answer:
        """Answer the question."""


def ask_following(ask: Ask, question: str, previous: Previous | None, language: str) -> Answer:
    """Ask a question, joined with the previous one if it continues that or has no answer alone.

    A question that may or may not continue the previous one is asked alone first, as a follow-up to nothing, and joined
    if that is refused; if both together are refused as well, it is asked as a question of its own. The answer to both
    must cover the words of both, so a follow-up never lowers the bar. One that is nothing but another day, month or
    number is put into the previous question, which is asked anew. Raises what `ask` raises.
    """
    if previous is None or not is_follow_up(question, language):
        return ask(question)
    exchanged = exchange_limit(previous.question, CONTINUATION.sub("", question))
    if language == "en" and exchanged is not None and (answer := ask(exchanged)).answered:
        return answer
    joined, following = f"{previous.question} {question}", Following(question, previous.given)
    if len(joined) > MAX_QUESTION_LENGTH:
        return ask(question)
    if _continues(question, language):
        return ask(joined, following=following)
    asked = ((question, Following(question, frozenset())), (joined, following))
    answers = (ask(text, following=what) for text, what in asked)
    return next((answer for answer in answers if answer.answered), None) or ask(question)


def _continues(question: str, language: str) -> bool:
    """Tell whether a follow-up means nothing alone: begins with "and", and refers back or is not a whole question."""
    beginning = CONTINUATION.search(question)
    if beginning is None:
        return False
    rest = question[beginning.end() :]
    is_whole = WHOLE_QUESTION.match(rest) is not None and bool(split_terms(rest, language))
    return not is_whole or REFERENCE.search(EXISTENTIAL_THERE.sub(" ", rest)) is not None
