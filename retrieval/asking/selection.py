"""Which of the hits that answer are quoted: one for each place, the same words once, differing sources together."""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.asking.neighbours import before, read_out
from retrieval.index.index import Index
from retrieval.text.answer_types import DATE, NUMBER, asked_kind, held_facts
from retrieval.text.similarity import near_duplicates
from retrieval.text.terms import split_terms
from retrieval.types import Hit

EQUALLY_GOOD = 0.05  # probability that --newest may give up for a newer source


@dataclass(frozen=True, slots=True)
class Selected:
    """A hit to quote, and the rows of the near-duplicates that say the same."""

    hit: Hit
    also: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The hits to quote in order, and whether the first two disagree."""

    chosen: list[Selected]
    differ: bool


def select(index: Index, question: str, good: Sequence[Hit], *, top: int, newest: bool = False) -> Selection:
    """Choose up to `top` of the hits that answer, which come best first.

    Each stands in a paragraph of its own; a near-duplicate is folded into the hit that it repeats.
    Where another document gives another date or number, both are chosen, whatever `top` says, the
    newer one first. `newest` puts the newest of the equally good hits first.
    """
    ordered = _newest_first(index, good) if newest else list(good)
    rival = next((hit for hit in ordered[1:] if _disagree(index, question, ordered[0], hit)), None)
    if rival is not None:
        first = sorted((ordered[0], rival), key=lambda hit: _published(index, hit), reverse=True)
        ordered = first + [hit for hit in ordered[1:] if hit is not rival]
    chosen = _fold(index, ordered, top if rival is None else max(top, 2))
    return Selection(chosen, rival is not None)


def _newest_first(index: Index, good: Sequence[Hit]) -> list[Hit]:
    """Return the hits with the equally good ones, best first otherwise, ordered by date."""
    equal = [hit for hit in good if hit.probability >= good[0].probability - EQUALLY_GOOD]
    equal.sort(key=lambda hit: _published(index, hit), reverse=True)
    return equal + [hit for hit in good if hit not in equal]


def _fold(index: Index, ordered: Sequence[Hit], top: int) -> list[Selected]:
    """Return up to `top` hits of different places, with their near-duplicates folded into them."""
    chosen: list[Hit] = []
    also: dict[int, list[int]] = {}
    for hit in ordered:
        text = read_out(index, hit.row)
        twin = next((one for one in chosen if near_duplicates(read_out(index, one.row), text, index.language)), None)
        if twin is not None:
            also[twin.row].append(hit.row)
        elif len(chosen) < top and _place(index, hit) not in [_place(index, one) for one in chosen]:
            chosen.append(hit)
            also[hit.row] = []
    return [Selected(hit, tuple(also[hit.row])) for hit in chosen]


def _disagree(index: Index, question: str, hit: Hit, other: Hit) -> bool:
    """Return whether another document answers the same with another date or number.

    Only for questions that ask for one. A source that is merely less exact does not disagree.
    """
    asked = asked_kind(question)
    if asked not in (DATE, NUMBER) or index.sentence(hit.row).document == index.sentence(other.row).document:
        return False
    if not _covered(index, question, hit) <= _covered(index, question, other):
        return False
    texts = index.text(hit.row), index.text(other.row)
    one, two = (held_facts(text, asked) for text in texts)
    if asked == DATE and not one | two:  # "When does it open?" "At nine."
        one, two = (held_facts(text, NUMBER) for text in texts)
    return not (one <= two or two <= one)


def _covered(index: Index, question: str, hit: Hit) -> frozenset[str]:
    """Return the terms of a question that a hit's sentence holds, with what it leans on."""
    said = f"{before(index, hit.row)} {index.text(hit.row)}"
    return frozenset(split_terms(question, index.language)) & frozenset(split_terms(said, index.language))


def _place(index: Index, hit: Hit) -> tuple[int, int]:
    sentence = index.sentence(hit.row)
    return sentence.document, sentence.paragraph


def _published(index: Index, hit: Hit) -> str:
    """Return the date of a hit's document; one without is the oldest."""
    return index.documents[index.sentence(hit.row).document].published or ""
