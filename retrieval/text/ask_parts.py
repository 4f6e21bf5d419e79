"""Ask a question that consists of several: each part for itself, and put the answers together.

How a question is asked is a function that comes in; which parts a question has is left to `question_parts`.
"""

from collections.abc import Sequence
from dataclasses import replace

from retrieval.text.follow_ups import Ask, Previous, ask_following
from retrieval.text.question_parts import split_question
from retrieval.types import Answer, Quote

MAX_OTHERS = 5


def ask_in_parts(
    ask: Ask, question: str, previous: Previous | None, language: str, *, max_quotes: int | None = None
) -> Answer:
    """Ask each part of a question, or the question if it has no parts or none of them has an answer.

    A follow-up is understood from what was asked and answered before, if there is anything. `max_quotes` limits the
    quotes of all parts together, but leaves each part its first one. Raises what `ask` raises.
    """
    parts = split_question(question, language)
    answers = [replace(ask_following(ask, part.asked, previous, language), question=part.words) for part in parts]
    if not any(answer.answered for answer in answers):
        return ask_following(ask, question, previous, language)
    return _put_together(question, _limit(answers, max_quotes))


def _limit(answers: Sequence[Answer], max_quotes: int | None) -> tuple[Answer, ...]:
    """Take the last quotes from the answers that have most, until they have at most `max_quotes` or one each."""
    limited = list(answers)
    while max_quotes is not None and sum(len(answer.quotes) for answer in limited) > max_quotes:
        longest = max(limited, key=lambda answer: len(answer.quotes))
        if len(longest.quotes) == 1:
            break
        quotes = longest.quotes[:-1]
        shorter = replace(longest, quotes=quotes, sources_differ=longest.sources_differ and len(quotes) > 1)
        limited[limited.index(longest)] = shorter
    return tuple(limited)


def _put_together(question: str, parts: tuple[Answer, ...]) -> Answer:
    """Make the answer to a question of those to its parts, with the quotes of each part in order."""
    quotes: list[Quote] = []
    for quote in (quote for part in parts for quote in part.quotes):
        inside = [number for number, other in enumerate(quotes) if _shows(quote, other)]
        if any(_shows(other, quote) for other in quotes):
            continue
        if inside:
            quotes[inside[0]] = quote
        else:
            quotes.append(quote)
    ids = {quote.citation.id for quote in quotes}
    others = dict.fromkeys(other for part in parts for other in part.others if other not in ids)
    return replace(
        parts[0],
        question=question,
        quotes=tuple(quotes),
        closest=(),
        confidence=max(part.confidence for part in parts),
        sources_differ=any(part.sources_differ for part in parts),
        others=tuple(others)[:MAX_OTHERS],
        parts=parts,
        asked_as=" ".join(part.asked_as or part.question for part in parts) if any(p.asked_as for p in parts) else "",
        versions=parts[0].versions if len({part.versions for part in parts}) == 1 else (),
        glossary=tuple(dict.fromkeys(entry for part in parts for entry in part.glossary)),
    )


def _shows(quote: Quote, other: Quote) -> bool:
    """Tell whether the passage of a quote shows the sentence of another one."""
    shown = [(part.start, part.end) for part in quote.passage] or [(quote.citation.start, quote.citation.end)]
    place = other.citation
    return quote.citation.document == place.document and any(s <= place.start and place.end <= e for s, e in shown)
