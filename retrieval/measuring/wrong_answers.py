"""Collect the questions that were answered wrongly: what was expected, what was given, and which features decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import Ranker
from retrieval.index.index import Index
from retrieval.measuring.levels import NEAR, WHOLE, Level, RankerResult
from retrieval.measuring.measure import Measurement
from retrieval.measuring.metrics import NO_ANSWER
from retrieval.types import Hit

MAX_OVERCONFIDENT_CASES = 25


@dataclass(frozen=True, slots=True)
class LocatedSentence:
    """A sentence, its document's title, and its paragraph, counted from 1."""

    text: str
    title: str
    paragraph: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a feature times its weight adds to the given hit and to the expected one, None if that is no candidate."""

    feature: str
    weight: float
    given: float
    expected: float | None

    @property
    def difference(self) -> float | None:
        """Return how much more the feature adds to the given hit than to the expected one."""
        return None if self.expected is None else self.given - self.expected


@dataclass(frozen=True, slots=True)
class WrongCase:
    """A question whose first hit is not the right sentence.

    `rank` is that of the right sentence, from 1, or None if it is no candidate. `expected` is None if the index does
    not contain the right sentence, `given` if there was no candidate at all.
    """

    question: str
    expected: LocatedSentence | None
    given: LocatedSentence | None
    rank: int | None
    confidence: float
    contributions: tuple[Contribution, ...]


def wrong_cases(measurement: Measurement, ranker: Ranker) -> list[WrongCase]:
    """Collect the questions with an answer that the whole index answers wrongly, the most confident first."""
    level = measurement.levels[WHOLE]
    cases = [
        _case(level, level, result, result.gold, ranker.order)
        for result in measurement.results[WHOLE]
        if not result.right and result.gold != NO_ANSWER
    ]
    return sorted(cases, key=_by_falling_confidence)


def overconfident_cases(measurement: Measurement, ranker: Ranker) -> list[WrongCase]:
    """Collect the most confident answers to unanswerable questions of the near level.

    `expected` is the sentence that this level lacks, None for a question without an answer; the contributions are to
    the confidence.
    """
    level, whole = measurement.levels[NEAR], measurement.levels[WHOLE]
    cases = [
        _case(level, whole, result, gold, ranker.confidence)
        for result, gold in zip(measurement.results[NEAR], whole.gold, strict=True)
        if not result.answerable and result.hits
    ]
    return sorted(cases, key=_by_falling_confidence)[:MAX_OVERCONFIDENT_CASES]


def _by_falling_confidence(case: WrongCase) -> tuple[float, str]:
    return -case.confidence, case.question


def _case(
    level: Level, expected_level: Level, result: RankerResult, expected_row: int, weights: Sequence[float]
) -> WrongCase:
    """Describe a result on a level; the expected sentence is taken from a row, or -1, of another level's index."""
    first = result.hits[0] if result.hits else None
    rank = result.rows.index(result.gold) + 1 if result.gold in result.rows else None
    right = result.hits[rank - 1] if rank else None
    return WrongCase(
        question=result.question.text,
        expected=_located(expected_level.index, expected_row) if expected_row >= 0 else None,
        given=None if first is None else _located(level.index, first.row),
        rank=rank,
        confidence=result.confidence,
        contributions=() if first is None else _contributions(first, right, weights),
    )


def _contributions(given: Hit, expected: Hit | None, weights: Sequence[float]) -> tuple[Contribution, ...]:
    """Compute the contributions of all features with a weight, the most decisive first."""
    contributions = [
        Contribution(
            name,
            weight,
            weight * float(given.features[column]),
            None if expected is None else weight * float(expected.features[column]),
        )
        for column, (name, weight) in enumerate(zip(FEATURE_NAMES, weights, strict=True))
        if weight
    ]
    return tuple(sorted(contributions, key=_by_falling_influence))


def _by_falling_influence(contribution: Contribution) -> float:
    return -abs(contribution.given if contribution.difference is None else contribution.difference)


def _located(index: Index, row: int) -> LocatedSentence:
    sentence = index.sentence(row)
    return LocatedSentence(index.text(row), index.documents[sentence.document].title, sentence.paragraph)
