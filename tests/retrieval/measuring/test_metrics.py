"""Metrics: each figure is compared with a calculation that fits on a line."""

import pytest

from retrieval.measuring.metrics import (
    NO_ANSWER,
    auroc,
    calibration_error,
    least_calibration_error,
    ranking_figures,
    refusal_figures,
    refused_share,
)


def test_ranking_figures_of_four_rankings() -> None:
    """The right rows have the ranks 1, 2 and 7, and one is missing."""
    ranked = [[5, 1], [1, 5], [1, 2, 3, 4, 6, 7, 5], [1]]
    assert ranking_figures([5, 5, 5, 5], ranked) == {
        "p_at_1": 0.25,
        "r_at_5": 0.5,
        "mrr_at_10": round((1 + 1 / 2 + 1 / 7) / 4, 4),
    }


def test_ranking_figures_leave_out_questions_without_an_answer() -> None:
    """A question whose sentence is missing in the index counts as a miss; one without an answer does not count."""
    ranked = [[5, 1], [1, 5], [5]]
    assert ranking_figures([5, NO_ANSWER, -1], ranked) == {"p_at_1": 0.5, "r_at_5": 0.5, "mrr_at_10": 0.5}


def test_auroc_counts_pairs_and_ties_half() -> None:
    """Of six pairs, three are won and two tied: 4 / 6."""
    assert auroc([0.9, 0.5, 0.2], [0.5, 0.2]) == round((1 + 0.5 + 0 + 1 + 1 + 0.5) / 6, 4)


def test_refused_share_is_below_the_threshold_that_keeps_95_percent() -> None:
    """Of 20 answerable questions, the one with the lowest confidence may be lost."""
    answerable = [i / 20 for i in range(1, 21)]
    assert refused_share(answerable, [0.04, 0.07, 0.099, 0.1, 0.5]) == 0.6


def test_refusal_figures_divide_the_questions_by_answerability() -> None:
    """Both figures are about the same two groups; NaN if one is empty."""
    assert refusal_figures([0.9, 0.1, 0.8, 0.2], [True, False, True, False]) == {"auroc": 1.0, "refused_at_95": 1.0}
    assert refusal_figures([0.9], [True]) == pytest.approx(
        {"auroc": float("nan"), "refused_at_95": float("nan")}, nan_ok=True
    )


def test_few_questions_have_a_calibration_error_even_if_confidence_is_exact() -> None:
    """Of one sure answer it is 0, of one that is right half the time 0.5, of n such ones about 0.4 / sqrt(n)."""
    assert least_calibration_error([]) == 0.0
    assert least_calibration_error([1.0, 0.0]) == 0.0
    assert least_calibration_error([0.5]) == 0.5
    for count in (25, 400):
        assert least_calibration_error([0.5] * count) == pytest.approx(0.4 / count**0.5, rel=0.1)


def test_calibration_error_of_two_bins() -> None:
    """In bin 0.9 two of four are right, an error of 0.4; in bin 0.1 none of one is, an error of 0.1."""
    error = calibration_error([0.9, 0.9, 0.9, 0.9, 0.1], [True, True, False, False, False])
    assert error == pytest.approx(round((4 * 0.4 + 0.1) / 5, 4))
