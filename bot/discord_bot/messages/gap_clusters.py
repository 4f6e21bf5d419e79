"""Group unanswered questions that ask for the same. Pure; the vectors of the questions come from the caller."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.discord_bot.storage.records import Gap

MIN_SIMILARITY: Final = 0.7


@dataclass(frozen=True, slots=True)
class Cluster:
    """Similar questions, newest first; the newest one represents them."""

    questions: tuple[Gap, ...]

    @property
    def newest_question(self) -> str:
        """The text of the newest question."""
        return self.questions[0].question

    @property
    def count(self) -> int:
        """How often any of the questions was asked."""
        return sum(gap.count for gap in self.questions)

    @property
    def first(self) -> datetime.date:
        """The day of the oldest question."""
        return self.questions[-1].day

    @property
    def last(self) -> datetime.date:
        """The day of the newest question."""
        return self.questions[0].day


def cluster(
    questions: Sequence[Gap], vectors: NDArray[np.float32], min_similarity: float = MIN_SIMILARITY
) -> list[Cluster]:
    """Partition questions into clusters; the most asked cluster comes first, then the one asked last.

    Row i of `vectors`, shape (n, d), is the unit vector of questions[i]. From the newest question to the oldest, each
    joins the cluster whose newest question is most similar, if their cosine is at least `min_similarity`, or starts a
    cluster. Among questions of one day, the earlier in the list counts as newer. Raises ValueError if questions and
    vectors differ in number.
    """
    if vectors.ndim != 2 or len(vectors) != len(questions):
        raise ValueError(f"{len(questions)} questions have vectors of shape {vectors.shape}")
    order = sorted(range(len(questions)), key=lambda row: -questions[row].day.toordinal())
    cosines = vectors @ vectors.T
    leaders: list[int] = []  # the row of the newest question of each cluster
    members: list[list[Gap]] = []
    for row in order:
        nearest = int(np.argmax(cosines[row, leaders])) if leaders else -1
        if leaders and cosines[row, leaders[nearest]] >= min_similarity:
            members[nearest].append(questions[row])
        else:
            leaders.append(row)
            members.append([questions[row]])
    clusters = [Cluster(tuple(gaps)) for gaps in members]
    return sorted(clusters, key=lambda cluster: (-cluster.count, -cluster.last.toordinal()))
