"""Questions without an answer that ask for the same, put together. Pure; the vectors come from elsewhere."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.discord_bot.storage.records import Gap

SIMILARITY: Final = 0.7


@dataclass(frozen=True, slots=True)
class Cluster:
    """Questions that are alike, newest first; the first one stands for them."""

    questions: tuple[Gap, ...]

    @property
    def face(self) -> str:
        """Return the newest question."""
        return self.questions[0].question

    @property
    def count(self) -> int:
        """Return how often any of them was asked."""
        return sum(gap.count for gap in self.questions)

    @property
    def first(self) -> datetime.date:
        """Return the day of the oldest."""
        return self.questions[-1].day

    @property
    def last(self) -> datetime.date:
        """Return the day of the newest."""
        return self.questions[0].day


def cluster(questions: Sequence[Gap], vectors: NDArray[np.float32], similarity: float = SIMILARITY) -> list[Cluster]:
    """Return clusters, the most asked first, then the newest; each question is in exactly one.

    Row i of `vectors`, shape (n, d), is the unit vector of questions[i]. From the newest question to
    the oldest, each joins the most similar of the clusters' first questions where that one's cosine
    is at least `similarity`, or begins a cluster. Of one day, what comes earlier counts as newer.
    Raises ValueError when questions and vectors differ in number.
    """
    if vectors.ndim != 2 or len(vectors) != len(questions):
        raise ValueError(f"{len(questions)} questions have vectors of shape {vectors.shape}")
    order = sorted(range(len(questions)), key=lambda row: -questions[row].day.toordinal())
    cosines = vectors @ vectors.T
    leaders: list[int] = []
    members: list[list[Gap]] = []
    for row in order:
        nearest = int(np.argmax(cosines[row, leaders])) if leaders else -1
        if leaders and cosines[row, leaders[nearest]] >= similarity:
            members[nearest].append(questions[row])
        else:
            leaders.append(row)
            members.append([questions[row]])
    clusters = [Cluster(tuple(found)) for found in members]
    return sorted(clusters, key=lambda found: (-found.count, -found.last.toordinal()))
