"""The questions that went wrong, each with what was expected, what was given, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import Ranker
from retrieval.index.index import Index
from retrieval.measuring.measure import HALF, WHOLE, Measured
from retrieval.measuring.metrics import Asked, Level
from retrieval.types import Hit

OVERCONFIDENT = 25  # the most confident answers to unanswerable questions that are listed


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence and where it stands; paragraphs count from 1."""

    text: str
    title: str
    paragraph: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a feature, times its weight, adds to the given hit's score and to the expected one's.

    `expected` is None where the expected sentence is no candidate.
    """

    feature: str
    weight: float
    given: float
    expected: float | None

    @property
    def difference(self) -> float | None:
        """Return by how much the feature speaks for the given hit."""
        return None if self.expected is None else self.given - self.expected


@dataclass(frozen=True, slots=True)
class WrongCase:
    """A question whose first hit is not the right sentence.

    `rank` counts from 1 and is None where the right sentence is no candidate; `expected` is None
    where the index does not hold it, `given` where there was no candidate at all.
    """

    question: str
    expected: Passage | None
    given: Passage | None
    rank: int | None
    confidence: float
    contributions: tuple[Contribution, ...]


def wrong_cases(measured: Measured, ranker: Ranker) -> list[WrongCase]:
    """Return the questions that the whole index answers wrongly, the most confident first."""
    level = measured.levels[WHOLE]
    wrong = [_case(level, level, one, one.gold, ranker.order) for one in measured.asked[WHOLE] if not one.right]
    return sorted(wrong, key=_falling)


def overconfident_cases(measured: Measured, ranker: Ranker) -> list[WrongCase]:
    """Return the most confident answers to questions without an answer, on the near level.

    `expected` is the sentence that the level lacks; the contributions are those to the confidence.
    """
    level, whole = measured.levels[HALF], measured.levels[WHOLE]
    wrong = [
        _case(level, whole, one, gold, ranker.confidence)
        for one, gold in zip(measured.asked[HALF], whole.gold, strict=True)
        if one.gold < 0 and one.hits
    ]
    return sorted(wrong, key=_falling)[:OVERCONFIDENT]


def _falling(case: WrongCase) -> tuple[float, str]:
    return -case.confidence, case.question


def _case(asked_of: Level, taken_from: Level, asked: Asked, gold: int, weights: Sequence[float]) -> WrongCase:
    """Return a case; the expected sentence is row `gold` of the level it is taken from."""
    first = asked.hits[0] if asked.hits else None
    rank = asked.rows.index(asked.gold) + 1 if asked.gold in asked.rows else None
    return WrongCase(
        question=asked.question.text,
        expected=_passage(taken_from.index, gold) if gold >= 0 else None,
        given=None if first is None else _passage(asked_of.index, first.row),
        rank=rank,
        confidence=asked.confidence,
        contributions=() if first is None else _contributions(first, asked.hits[rank - 1] if rank else None, weights),
    )


def _contributions(given: Hit, expected: Hit | None, weights: Sequence[float]) -> tuple[Contribution, ...]:
    """Return the features that count, those that decided most first."""
    found = [
        Contribution(
            name,
            weight,
            weight * float(given.features[column]),
            None if expected is None else weight * float(expected.features[column]),
        )
        for column, (name, weight) in enumerate(zip(FEATURE_NAMES, weights, strict=True))
        if weight
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.given if one.difference is None else one.difference)))


def _passage(index: Index, row: int) -> Passage:
    sentence = index.sentence(row)
    return Passage(index.text(row), index.documents[sentence.document].title, sentence.paragraph)
