"""The learned weights: one set orders the candidates, another says how likely the best one is right."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from retrieval.asking.features import FEATURE_NAMES
from retrieval.errors import DataError
from retrieval.types import Float32


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What answering from a threshold on meant for questions of which about half have no answer.

    `precision` is the share of the answers that were right, the others the shares of the answerable
    and of the unanswerable questions that were answered; all cross-validated.
    """

    precision: float
    threshold: float
    answerable_answered: float
    unanswerable_answered: float


@dataclass(frozen=True, slots=True)
class Ranker:
    """Weights over FEATURE_NAMES, 0 for those that do not count; `points` by rising precision and threshold."""

    order: tuple[float, ...]
    confidence: tuple[float, ...]
    bias: float
    points: tuple[OperatingPoint, ...]

    def shifted(self, shift: float) -> "Ranker":
        """Return the same with so much added to the log-odds of every probability."""
        return replace(self, bias=self.bias + shift)

    def point_for(self, precision: float) -> OperatingPoint:
        """Return the point that reaches a precision, or the most precise one where none does."""
        return next((point for point in self.points if point.precision >= precision), self.points[-1])

    def point_at(self, threshold: float) -> OperatingPoint | None:
        """Return the most precise point whose threshold is not above this one, or None."""
        reached = [point for point in self.points if point.threshold <= threshold]
        return reached[-1] if reached else None

    def scores(self, features: Float32) -> Float32:
        """Return a score for each candidate, float32 (n,); only their order means something."""
        scores: Float32 = (features @ np.array(self.order, np.float32)).astype(np.float32)
        return scores

    def probabilities(self, features: Float32) -> Float32:
        """Return for each candidate the probability that it answers the question, float32 (n,)."""
        logit = features @ np.array(self.confidence, np.float32) + np.float32(self.bias)
        probabilities: Float32 = (1.0 / (1.0 + np.exp(-logit))).astype(np.float32)
        return probabilities


def read_ranker(path: Path) -> Ranker:
    """Read the weights from a JSON file that retrieval.measuring.train wrote.

    Raises DataError when it cannot be read or names other features than this version computes.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        if tuple(content["features"]) != FEATURE_NAMES:
            raise DataError(
                f"{path} holds weights for {content['features']}, not for {list(FEATURE_NAMES)}; train again"
            )
        ranker = Ranker(
            order=tuple(float(content["order"].get(name, 0.0)) for name in FEATURE_NAMES),
            confidence=tuple(float(content["confidence"].get(name, 0.0)) for name in FEATURE_NAMES),
            bias=float(content["bias"]),
            points=tuple(OperatingPoint(**point) for point in content["operating_points"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"cannot read the ranker's weights in {path}: {error!r}") from None
    if not ranker.points:
        raise DataError(f"{path} names no operating point; train again")
    return ranker
