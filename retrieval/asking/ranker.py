"""Apply the learned weights: one set orders the candidates, another says how probable it is that the best one answers.

The weights are read from a JSON file; `retrieval.measuring.train` fits and writes them.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
from msgspec.structs import replace as replace_fields

from retrieval.asking.features import FEATURE_NAMES
from retrieval.errors import DataError
from retrieval.types import Float32

MIN_PROBABILITY = 1e-6
# Of the passage of a hit: both log-odds of the reader that it answers (passage_reading.Reading), and its score less the
# best other one that was read.
READING_FEATURES = ("answers", "judged", "lead")


class OperatingPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What answering from a threshold on achieved on questions of which about half have an answer, cross-validated.

    `precision` is the share of the answers that were right; the last two fields are the shares of the answerable and of
    the unanswerable questions that were answered.
    """

    precision: float
    threshold: float
    answerable_answered: float
    unanswerable_answered: float


class ReadingWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How what a reader says counts.

    The score of a passage grows by `order` times the log-odds that it answers. The log-odds of a hit's probability are
    the sum of `bias`, of its features with their weights in `confidence`, and of READING_FEATURES with theirs. The
    operating points are those of the result.
    """

    confidence: dict[str, float]
    bias: float
    operating_points: tuple[OperatingPoint, ...]
    order: float = 0.0

    def probabilities(self, features: Float32, readings: Float32, moved: Float32) -> Float32:
        """Estimate for each hit the probability that its passage answers, float32 (n,).

        `readings` are READING_FEATURES, float32 (n, 3), and `moved` the log-odds by which rules raised the ranker's,
        float32 (n,).
        """
        names = (*FEATURE_NAMES, *READING_FEATURES)
        weights = np.array([self.confidence.get(name, 0.0) for name in names], np.float32)
        logit = np.concatenate([features, readings], axis=1) @ weights + np.float32(self.bias) + moved
        probabilities: Float32 = (1.0 / (1.0 + np.exp(-logit))).astype(np.float32)
        return probabilities


class _RankerFile(msgspec.Struct):
    """The content of the JSON file; weights that are 0 can be left out."""

    features: tuple[str, ...]
    order: dict[str, float]
    confidence: dict[str, float]
    bias: float
    operating_points: tuple[OperatingPoint, ...]
    reading: ReadingWeights | None = None


@dataclass(frozen=True, slots=True)
class Ranker:
    """A weight for each of FEATURE_NAMES, in two sets, and operating points by rising precision and threshold.

    `reading` says how a reader counts; None is not at all.
    """

    order: tuple[float, ...]
    confidence: tuple[float, ...]
    bias: float
    points: tuple[OperatingPoint, ...]
    reading: ReadingWeights | None = None

    def with_reader(self, used: bool) -> "Ranker":
        """Return a copy for answering with a reader, whose operating points are others, or without one."""
        if self.reading is None or not used:
            return replace(self, reading=None)
        return replace(self, points=self.reading.operating_points)

    def shifted(self, shift: float) -> "Ranker":
        """Return a copy that adds `shift` to the log-odds of every probability."""
        reading = self.reading
        if reading is not None:
            reading = replace_fields(reading, bias=reading.bias + shift)
        return replace(self, bias=self.bias + shift, reading=reading)

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

    def moved(self, features: Float32, probabilities: Float32) -> Float32:
        """Compute by how much probabilities, float32 (n,), exceed those of the features, in log-odds, float32 (n,)."""
        return log_odds(probabilities) - log_odds(self.probabilities(features))


def log_odds(probabilities: Float32) -> Float32:
    """Compute log-odds, float32 (n,), of probabilities that are kept MIN_PROBABILITY away from 0 and 1."""
    bounded = np.clip(probabilities, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    result: Float32 = np.log(bounded / (1 - bounded)).astype(np.float32)
    return result


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
    unknown = set(content.reading.confidence if content.reading else ()) - {*FEATURE_NAMES, *READING_FEATURES}
    if unknown:
        raise DataError(f"{path} has weights for {sorted(unknown)}, which a reader does not give; fit it again")
    if not content.operating_points:
        raise DataError(f"{path} has no operating points; train the ranker again")
    return Ranker(
        order=tuple(content.order.get(name, 0.0) for name in FEATURE_NAMES),
        confidence=tuple(content.confidence.get(name, 0.0) for name in FEATURE_NAMES),
        bias=content.bias,
        points=content.operating_points,
        reading=content.reading,
    )
