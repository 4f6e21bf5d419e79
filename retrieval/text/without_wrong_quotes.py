"""Leave quotes that people called wrong out of the answers to their questions, and those of removed answers.

How a question is asked, which quotes are wrong for it and which documents were removed come in as functions.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from retrieval.text.follow_ups import Ask, Following
from retrieval.types import Answer, Quote

WORD = re.compile(r"\w+")
MORE_THAN_SURE = 2.0  # no answer has this confidence
MAX_REMOVED = 10  # quotes of removed documents that others replace until the next rebuild


def folded(text: str) -> str:
    """Reduce a text to its words in lower case."""
    return " ".join(WORD.findall(text.casefold()))


class AskForQuotes(Protocol):
    """Answers a question with up to `top` quotes, which may show two passages of a section `joined`."""

    def __call__(
        self,
        question: str,
        *,
        top: int,
        following: Following | None = None,
        joined: bool = True,
        threshold: float = 0.0,
    ) -> Answer:
        """Return the answer; a `threshold` other than 0 replaces the usual one."""


def ask_without(
    ask: AskForQuotes,
    wrong: Callable[[str], frozenset[str]],
    top: int,
    is_removed: Callable[[str], bool] = lambda _: False,
) -> Ask:
    """Make a function that asks for up to `top` quotes, without those whose citation id or `folded` text is `wrong`.

    Quotes of documents that were removed, by their ids, are left out as well. The next best quote takes the place of
    such a one; without any left, there is no answer, only the closest passages. Where a quote is wrong, no quote shows
    a second passage, which may be that one.
    """

    def asked(question: str, *, following: Following | None = None) -> Answer:
        never = wrong(question)
        answer = ask(question, top=top + len(never), following=following, joined=not never)
        if any(is_removed(quote.citation.document) for quote in answer.quotes):
            answer = ask(question, top=top + len(never) + MAX_REMOVED, following=following, joined=not never)
        elif not never and not any(map(is_removed, _cited_documents(answer))):
            return answer
        right = _without(answer, never, top, is_removed)
        if right.answered or not answer.answered:
            return right
        refused = ask(question, top=top, following=following, joined=not never, threshold=MORE_THAN_SURE)
        return replace(right, closest=_without(refused, never, top, is_removed).closest)

    return asked


def _cited_documents(answer: Answer) -> Iterator[str]:
    """Yield the documents that an answer quotes besides its first ones, or cites."""
    yield from (quote.citation.document for quote in answer.closest)
    yield from (citation.document for quote in answer.quotes for citation in quote.also)


def _without(answer: Answer, wrong: frozenset[str], top: int, is_removed: Callable[[str], bool]) -> Answer:
    """Leave the quotes and citations out that are wrong or of a removed document."""

    def is_never(quote: Quote) -> bool:
        is_wrong = quote.citation.id in wrong or folded(quote.text) in wrong
        return is_wrong or is_removed(quote.citation.document)

    right = tuple(
        replace(quote, also=tuple(citation for citation in quote.also if not is_removed(citation.document)))
        for quote in answer.quotes
        if not is_never(quote)
    )
    differ = answer.sources_differ and [quote.citation for quote in right[:2]] == [
        quote.citation for quote in answer.quotes[:2]
    ]
    first = [quote.citation for quote in answer.quotes[:1]]
    quotes = right[: max(top, 2)] if differ else right[:top]
    others = (
        *(quote.citation.id for quote in right[len(quotes) :]),
        *(id_ for id_ in answer.others if id_ not in wrong),
    )
    return replace(
        answer,
        quotes=quotes,
        closest=tuple(quote for quote in answer.closest if not is_never(quote)),
        confidence=quotes[0].score if quotes else min(answer.confidence, answer.threshold),
        sources_differ=differ,
        others=others if quotes else (),
        glossary=answer.glossary if [quote.citation for quote in quotes[:1]] == first else (),
    )
