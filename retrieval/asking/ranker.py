"""Apply the learned weights: one set orders the candidates, another says how probable it is that the best one answers.

The weights are read from a JSON file; `retrieval.measuring.train` fits and writes them.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from retrieval.asking.features import FEATURE_NAMES
from retrieval.errors import DataError
from retrieval.types import Float32


class OperatingPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What answering from a threshold on achieved on questions of which about half have an answer, cross-validated.

    `precision` is the share of the answers that were right; the last two fields are the shares of the answerable and of
    the unanswerable questions that were answered.
    """

    precision: float
    threshold: float
    answerable_answered: float
    unanswerable_answered: float


class _RankerFile(msgspec.Struct):
    """The content of the JSON file; weights that are 0 can be left out."""

    features: tuple[str, ...]
    order: dict[str, float]
    confidence: dict[str, float]
    bias: float
    operating_points: tuple[OperatingPoint, ...]


@dataclass(frozen=True, slots=True)
class Ranker:
    """A weight for each of FEATURE_NAMES, in two sets, and operating points by rising precision and threshold."""

    order: tuple[float, ...]
    confidence: tuple[float, ...]
    bias: float
    points: tuple[OperatingPoint, ...]

    def shifted(self, shift: float) -> "Ranker":
        """Return a copy that adds `shift` to the log-odds of every probability."""
        return replace(self, bias=self.bias + shift)

    def point_for(self, precision: float) -> OperatingPoint:
        """Return the first point that reaches a precision, or the most precise one if none does."""
        return next((point for point in self.points if point.precision >= precision), self.points[-1])

    def point_at(self, threshold: float) -> OperatingPoint | None:
        """Return the most precise point whose threshold is at most this one, or None."""
        reached = [point for point in self.points if point.threshold <= threshold]
        return reached[-1] if reached else None

    def scores(self, features: Float32) -> Float32:
        """Score each candidate, float32 (n,); higher is better, and only the order matters."""
        scores: Float32 = (features @ np.array(self.order, np.float32)).astype(np.float32)
        return scores

    def probabilities(self, features: Float32) -> Float32:
        """Estimate for each candidate the probability that it answers the question, float32 (n,)."""
        logit = features @ np.array(self.confidence, np.float32) + np.float32(self.bias)
        probabilities: Float32 = (1.0 / (1.0 + np.exp(-logit))).astype(np.float32)
        return probabilities


def read_ranker(path: Path) -> Ranker:
    """Read weights from a JSON file.

    Raises DataError when the file cannot be read, is malformed, or has weights for other features than FEATURE_NAMES.
    """
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_RankerFile)
    except OSError as error:
        raise DataError(f"cannot read the ranker's weights in {path}: {error.strerror}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DataError(f"cannot read the ranker's weights in {path}: {error}") from None
    if content.features != FEATURE_NAMES:
        raise DataError(
            f"{path} has weights for {list(content.features)}, not for {list(FEATURE_NAMES)}; train the ranker again"
        )
    if not content.operating_points:
        raise DataError(f"{path} has no operating points; train the ranker again")
    return Ranker(
        order=tuple(content.order.get(name, 0.0) for name in FEATURE_NAMES),
        confidence=tuple(content.confidence.get(name, 0.0) for name in FEATURE_NAMES),
        bias=content.bias,
        points=content.operating_points,
    )
