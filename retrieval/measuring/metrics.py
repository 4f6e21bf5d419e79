"""Compute figures about rankings and confidences from plain numbers.

Nothing here builds an index or asks a question; `measure` chooses the figures that the eval command shows.
"""

from collections.abc import Sequence

import numpy as np

from retrieval.types import Int64

ANSWERED_SHARE = 0.95  # of the answerable questions, at the threshold of refused_share
CONFIDENCE_BINS = 10
DRAWS = 200  # of answers; the mean error of 150 questions is exact to about 0.002
NO_ANSWER = -2  # in place of the right row: no index can have one


def ranking_figures(gold: Sequence[int], ranked: Sequence[Sequence[int]]) -> dict[str, float]:
    """Compute P@1, R@5 and MRR@10 of rankings; gold[i] is the one right row of ranked[i].

    Questions whose row is NO_ANSWER are left out; at least one must remain.
    """
    pairs = [(row, rows) for row, rows in zip(gold, ranked, strict=True) if row != NO_ANSWER]
    ranks = np.array([list(rows).index(row) if row in rows else -1 for row, rows in pairs])
    reciprocal = np.where((ranks >= 0) & (ranks < 10), 1.0 / (ranks + 1.0 + (ranks < 0)), 0.0)
    return {
        "p_at_1": round(float((ranks == 0).mean()), 4),
        "r_at_5": round(float(((ranks >= 0) & (ranks < 5)).mean()), 4),
        "mrr_at_10": round(float(reciprocal.mean()), 4),
    }


def refusal_figures(confidence: Sequence[float], answerable: Sequence[bool]) -> dict[str, float]:
    """Compute how well the confidence separates answerable from unanswerable questions."""
    pairs = list(zip(confidence, answerable, strict=True))
    groups = (
        [value for value, has_answer in pairs if has_answer],
        [value for value, has_answer in pairs if not has_answer],
    )
    return {"auroc": auroc(*groups), "refused_at_95": refused_share(*groups)}


def auroc(answerable: Sequence[float], unanswerable: Sequence[float]) -> float:
    """Compute the probability that an answerable question has the higher confidence; ties count half.

    NaN if either group is empty.
    """
    high, low = np.sort(np.array(answerable)), np.array(unanswerable)
    if not len(high) or not len(low):
        return float("nan")
    above = len(high) - np.searchsorted(high, low, "right")
    ties = np.searchsorted(high, low, "right") - np.searchsorted(high, low, "left")
    return round(float((above + ties / 2).mean() / len(high)), 4)


def refused_share(answerable: Sequence[float], unanswerable: Sequence[float]) -> float:
    """Compute the share of unanswerable questions below the threshold that keeps ANSWERED_SHARE of the others.

    NaN if either group is empty.
    """
    if not answerable or not unanswerable:
        return float("nan")
    threshold = np.sort(np.array(answerable))[int(np.floor((1 - ANSWERED_SHARE) * len(answerable)))]
    return round(float((np.array(unanswerable) < threshold).mean()), 4)


def calibration_error(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Compute the expected calibration error over ten equal bins of confidence (Naeini et al. 2015)."""
    values, truth = np.array(confidence, np.float64), np.array(right, np.float64)
    bins = confidence_bins(confidence)
    gaps = [abs(float((values[bins == b] - truth[bins == b]).sum())) for b in range(CONFIDENCE_BINS)]
    return round(sum(gaps) / max(len(values), 1), 4)


def least_calibration_error(confidence: Sequence[float]) -> float:
    """Compute the mean calibration error of confidence that is exact: what so few questions show by chance alone.

    Whether each is right is drawn with its confidence, DRAWS times, the same ones at each call.
    """
    if not confidence:
        return 0.0
    drawn = np.random.default_rng(0).random((DRAWS, len(confidence))) < np.array(confidence)
    return round(float(np.mean([calibration_error(confidence, right.tolist()) for right in drawn])), 4)


def confidence_bins(confidence: Sequence[float]) -> Int64:
    """Assign each confidence to a bin from 0 to CONFIDENCE_BINS - 1, int64 (n,)."""
    bins: Int64 = np.minimum((np.array(confidence, np.float64) * CONFIDENCE_BINS).astype(np.int64), CONFIDENCE_BINS - 1)
    return bins
