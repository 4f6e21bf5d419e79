"""Ask a question that consists of several: each part for itself, and put the answers together.

A question that names several versions is one for each of them. How a question is asked is a function that comes in;
which parts a question has is left to `question_parts`.
"""

from collections.abc import Sequence
from dataclasses import replace

from retrieval.text.follow_ups import Ask, Previous, ask_following
from retrieval.text.named_versions import name_each_version
from retrieval.text.question_parts import split_question
from retrieval.types import Answer, Quote

MAX_OTHERS = 5
MAX_VERSIONS = 4  # that are asked about one by one


def ask_in_parts(
    ask: Ask, question: str, previous: Previous | None, language: str, *, max_quotes: int | None = None
) -> Answer:
    """Ask each part of a question, or the question if it has no parts or none of them has an answer.

    A follow-up is understood from what was asked and answered before, if there is anything. `max_quotes` limits the
    quotes of all parts together, but leaves each part its first one. Raises what `ask` raises.
    """
    answers: list[Answer] = []
    for part in split_question(question, language):
        asked = _ask_each_version(ask, part.asked, previous, language)
        answers += asked if len(asked) > 1 else [replace(asked[0], question=part.words)]
    if not any(answer.answered for answer in answers):
        answers = _ask_each_version(ask, question, previous, language)
        if len(answers) == 1:
            return answers[0]
    return _put_together(question, _limit(answers, max_quotes))


def _ask_each_version(ask: Ask, question: str, previous: Previous | None, language: str) -> list[Answer]:
    """Ask a question; if it names several versions, once for each.

    If all of them say the same, or none says anything, one answer is enough.
    """
    answer = ask_following(ask, question, previous, language)
    if len(answer.versions) < 2:
        return [answer]
    asked = name_each_version(question, answer.versions[:MAX_VERSIONS])
    answers = [replace(ask_following(ask, text, previous, language), question=text) for text in asked]
    said = {tuple(quote.text for quote in one.quotes) for one in answers}
    return answers if len(said) > 1 else [answer]


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
    versions = tuple(dict.fromkeys(version for part in parts for version in part.versions))
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
        versions=versions if all(part.versions for part in parts) else (),
        glossary=tuple(dict.fromkeys(entry for part in parts for entry in part.glossary)),
    )


def _shows(quote: Quote, other: Quote) -> bool:
    """Tell whether the passage of a quote shows the sentence of another one."""
    shown = [(part.start, part.end) for part in quote.passage] or [(quote.citation.start, quote.citation.end)]
    place = other.citation
    return quote.citation.document == place.document and any(s <= place.start and place.end <= e for s, e in shown)
