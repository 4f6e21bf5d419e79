"""Compute the numbers behind the plots: precision against share answered, calibration, one operating point."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.measuring.measure import RankingResult
from retrieval.measuring.metrics import CONFIDENCE_BINS, confidence_bins


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The share of questions answered from a threshold on, and the share of these answers that are right."""

    threshold: float
    answered: float
    precision: float


@dataclass(frozen=True, slots=True)
class MeasuredOperatingPoint:
    """The curve's point at a threshold, and the shares of answerable and of unanswerable questions answered there."""

    point: CurvePoint
    answerable: float
    unanswerable: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The results with a confidence in [low, high): how many, their mean confidence, and the share right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


def precision_curve(results: Sequence[RankingResult]) -> list[CurvePoint]:
    """Compute a point for each distinct confidence as the threshold, highest threshold first."""
    confidence = np.array([result.confidence for result in results], np.float64)
    order = np.argsort(-confidence, kind="stable")
    falling = confidence[order]
    right = np.cumsum(np.array([result.right for result in results], np.float64)[order])
    ends = np.flatnonzero(np.append(np.diff(falling) != 0, len(falling) > 0))
    return [CurvePoint(float(falling[i]), (i + 1) / len(falling), float(right[i] / (i + 1))) for i in map(int, ends)]


def measure_operating_point(results: Sequence[RankingResult], threshold: float) -> MeasuredOperatingPoint:
    """Compute the shares of questions answered at a threshold; a share of nothing is 0."""
    answered = [result for result in results if result.confidence >= threshold]
    answerable = [result.confidence >= threshold for result in results if result.answerable]
    unanswerable = [result.confidence >= threshold for result in results if not result.answerable]
    precision = _share([result.right for result in answered])
    point = CurvePoint(threshold, len(answered) / max(len(results), 1), precision)
    return MeasuredOperatingPoint(point, _share(answerable), _share(unanswerable))


def calibration_bins(results: Sequence[RankingResult]) -> list[CalibrationBin]:
    """Sort results into the bins of the calibration error; empty bins have zeros."""
    confidence = np.array([result.confidence for result in results], np.float64)
    right = np.array([result.right for result in results], np.float64)
    numbers = confidence_bins(confidence.tolist())
    bins = []
    for number in range(CONFIDENCE_BINS):
        inside = numbers == number
        count = int(inside.sum())
        mean, share = (float(confidence[inside].mean()), float(right[inside].mean())) if count else (0.0, 0.0)
        bins.append(CalibrationBin(number / CONFIDENCE_BINS, (number + 1) / CONFIDENCE_BINS, count, mean, share))
    return bins


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / max(len(flags), 1)
