"""Calibration: one shift of the log-odds, as far as golden questions are evidence for it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from retrieval.asking.ranker import OperatingPoint
from retrieval.measuring.golden import GoldenAnswer, GoldenQuestion
from retrieval.types import Float32
from retrieval.upkeep.calibrate import calibrate, fit_shift
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder


def test_many_questions_recover_a_known_shift() -> None:
    """The outcomes are drawn at log-odds 1.2 below the given ones."""
    rng = np.random.default_rng(5)
    evidence = rng.normal(0.5, 1.5, 4_000)
    right = rng.random(4_000) < 1 / (1 + np.exp(-(evidence - 1.2)))
    given = 1 / (1 + np.exp(-evidence))
    assert fit_shift(given.tolist(), right.tolist()) == pytest.approx(-1.2, abs=0.12)


def test_few_questions_shift_little_and_none_shift_nothing() -> None:
    """One wrong answer at even odds: the shift s solves s + 1 / (1 + exp(-s)) = 0."""
    assert fit_shift([], []) == 0.0
    shift = fit_shift([0.5], [False])
    assert shift == pytest.approx(-0.4013, abs=1e-3)
    assert shift + 1 / (1 + np.exp(-shift)) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("probabilities", "right", "shift"),
    [
        ([0.10] * 42 + [0.02] * 42, [True] * 42 + [False] * 42, 2.881),
        ([0.97] * 30, [False] * 30, -5.069),
        ([0.02] * 31, [True] * 31, 5.439),
    ],
)
def test_outcomes_far_from_the_probabilities_shift_as_far_as_they_say(
    probabilities: list[float], right: list[bool], shift: float
) -> None:
    """The slope of the log-posterior is zero at the shift, which has the sign of the evidence."""
    fitted = fit_shift(probabilities, right)
    log_odds = np.log(np.array(probabilities) / (1 - np.array(probabilities)))
    expected = 1 / (1 + np.exp(-(log_odds + fitted)))
    assert float((np.array(right) - expected).sum()) == pytest.approx(fitted, abs=1e-6)
    assert fitted == pytest.approx(shift, abs=1e-2)


def test_a_cross_encoder_ranks_for_the_calibration_as_it_ranks_for_answers(word_encoder: WordEncoder) -> None:
    """The hit that it puts first is the one that counts as right or wrong."""

    class PrefersMuseums:
        fingerprint = "prefers museums"

        def scores(self, question: str, passages: Sequence[str]) -> Float32:  # noqa: ARG002 - the protocol's
            return np.array(["museum" in passage for passage in passages], np.float32)

    ranker = replace(BY_LATE, points=(OperatingPoint(0.9, 0.0, 1.0, 0.0),))
    golden = [GoldenQuestion("cat sleeps museum", (GoldenAnswer("library.md", ("museum",)),))]
    index = index_of(word_encoder)
    assert calibrate(index, word_encoder, ranker, golden, 0.9).right == 0
    assert calibrate(index, word_encoder, ranker, golden, 0.9, PrefersMuseums()).right == 1


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_wrong_certainty_does_not_break_the_fit(probability: float) -> None:
    """Probabilities of exactly 0 and 1 are clipped; the prior keeps the shift finite."""
    assert abs(fit_shift([probability] * 50, [probability == 0.0] * 50)) < 30


def test_calibration_counts_golden_questions_and_detects_overlap(word_encoder: WordEncoder) -> None:
    """Of three answers, one is right: far below the wanted precision."""
    ranker = BY_LATE.shifted(0.0)
    ranker = type(ranker)(ranker.order, ranker.confidence, ranker.bias, (OperatingPoint(0.9, 0.5, 1.0, 0.0),))
    golden = [
        GoldenQuestion("museum sleeps", (GoldenAnswer("library.md", ("the museum",)),)),
        GoldenQuestion("cat sleeps"),
        GoldenQuestion("closes monday", (GoldenAnswer("ferry.txt", ("monday",)),)),
    ]
    calibration = calibrate(index_of(word_encoder), word_encoder, ranker, golden, 0.9)
    assert (calibration.questions, calibration.answered, calibration.right, calibration.overlap) == (3, 3, 1, True)
    assert calibration.shift < 0
    assert calibrate(index_of(word_encoder), word_encoder, ranker, golden[:1], 0.9).overlap is False
