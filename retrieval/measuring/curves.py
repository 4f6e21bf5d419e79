"""What a plot shows, as numbers: precision against share answered, calibration, one operating point."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.measuring.measure import Outcome
from retrieval.measuring.metrics import BINS


@dataclass(frozen=True, slots=True)
class Point:
    """What answering from a threshold on means: the share of questions answered, the share of answers right."""

    threshold: float
    answered: float
    precision: float


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold in use: `point`, and the shares of answerable and of unanswerable questions answered."""

    point: Point
    answerable: float
    unanswerable: float


@dataclass(frozen=True, slots=True)
class Bin:
    """The outcomes whose confidence lies in [low, high): how many, their mean confidence, the share right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


def precision_curve(outcomes: Sequence[Outcome]) -> list[Point]:
    """Return the point of every distinct confidence as threshold, highest threshold first."""
    confidence = np.array([one.confidence for one in outcomes], np.float64)
    order = np.argsort(-confidence, kind="stable")
    falling = confidence[order]
    right = np.cumsum(np.array([one.right for one in outcomes], np.float64)[order])
    ends = np.flatnonzero(np.append(np.diff(falling) != 0, len(falling) > 0))
    return [Point(float(falling[i]), (i + 1) / len(falling), float(right[i] / (i + 1))) for i in map(int, ends)]


def operating_point(outcomes: Sequence[Outcome], threshold: float) -> OperatingPoint:
    """Return what a threshold means for outcomes; a share of nothing is 0."""
    answered = [one for one in outcomes if one.confidence >= threshold]
    answerable = [one.confidence >= threshold for one in outcomes if one.gold >= 0]
    unanswerable = [one.confidence >= threshold for one in outcomes if one.gold < 0]
    point = Point(threshold, len(answered) / max(len(outcomes), 1), _share([one.right for one in answered]))
    return OperatingPoint(point, _share(answerable), _share(unanswerable))


def calibration(outcomes: Sequence[Outcome]) -> list[Bin]:
    """Return the bins that the calibration error is summed over, empty ones with zeros."""
    confidence = np.array([one.confidence for one in outcomes], np.float64)
    right = np.array([one.right for one in outcomes], np.float64)
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = []
    for number in range(BINS):
        inside = places == number
        count = int(inside.sum())
        mean, share = (float(confidence[inside].mean()), float(right[inside].mean())) if count else (0.0, 0.0)
        bins.append(Bin(number / BINS, (number + 1) / BINS, count, mean, share))
    return bins


def _share(values: Sequence[bool]) -> float:
    return sum(values) / max(len(values), 1)
