"""Leave quotes that people called wrong out of the answers to their questions.

How a question is asked and which quotes are wrong for it come in as functions.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from retrieval.text.follow_ups import Ask, Following
from retrieval.types import Answer


class AskForQuotes(Protocol):
    """Answers a question with up to `top` quotes."""

    def __call__(self, question: str, *, top: int, following: Following | None = None) -> Answer:
        """Return the answer."""


def ask_without(ask: AskForQuotes, wrong: Callable[[str], frozenset[str]], top: int) -> Ask:
    """Make a function that asks for up to `top` quotes, without those whose citation ids `wrong` returns.

    The next best quote takes the place of a wrong one; without any left, there is no answer.
    """

    def asked(question: str, *, following: Following | None = None) -> Answer:
        never = wrong(question)
        if not never:
            return ask(question, top=top, following=following)
        return _without(ask(question, top=top + len(never), following=following), never, top)

    return asked


def _without(answer: Answer, never: frozenset[str], top: int) -> Answer:
    right = tuple(quote for quote in answer.quotes if quote.citation.id not in never)
    differ = answer.sources_differ and right[:2] == answer.quotes[:2]
    quotes = right[: max(top, 2)] if differ else right[:top]
    others = (
        *(quote.citation.id for quote in right[len(quotes) :]),
        *(id_ for id_ in answer.others if id_ not in never),
    )
    return replace(
        answer,
        quotes=quotes,
        closest=tuple(quote for quote in answer.closest if quote.citation.id not in never),
        confidence=quotes[0].score if quotes else min(answer.confidence, answer.threshold),
        sources_differ=differ,
        others=others if quotes else (),
        glossary=answer.glossary if quotes[:1] == answer.quotes[:1] else (),
    )
