"""Ask labelled questions of indexes that hold all or lack some of their answers, and put figures on it.

A figure is a function of plain numbers; retrieval.measuring.measure says which of them the eval command wants.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.asking.ranker import Ranker
from retrieval.asking.retriever import Retriever
from retrieval.index.build import build_index
from retrieval.index.index import Index
from retrieval.measuring import squad
from retrieval.measuring.squad import LabelledCorpus, LabelledQuestion
from retrieval.progress import Progress, ProgressEvent, Task
from retrieval.types import CrossEncoder, Encoder, Hit, ReadDocument

KEPT = 0.95
BINS = 10


@dataclass(frozen=True, slots=True)
class Level:
    """An index that lacks some answers: its name, its index, and the gold row of each question or -1."""

    name: str
    index: Index
    gold: list[int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question asked of an index: its hits, best first, and the row of the right sentence or -1."""

    question: LabelledQuestion
    hits: list[Hit]
    gold: int

    @property
    def rows(self) -> list[int]:
        """Return the rows of the hits, best first."""
        return [hit.row for hit in self.hits]

    @property
    def confidence(self) -> float:
        """Return the probability of the best hit, 0 where there is none."""
        return self.hits[0].probability if self.hits else 0.0

    @property
    def right(self) -> bool:
        """Return whether the best hit is the right sentence."""
        return bool(self.hits) and self.hits[0].row == self.gold


def levels(corpus: LabelledCorpus, encoder: Encoder, language: str, progress: Progress) -> list[Level]:
    """Build the whole index and those of the levels far, near and nearest, in this order."""
    whole: Index | None = None
    built = []
    parts: list[tuple[str, list[ReadDocument]]] = [
        ("all", corpus.reads),
        ("far", squad.far(corpus)),
        ("near", squad.near(corpus)),
        ("nearest", squad.nearest(corpus, language)),
    ]
    for name, reads in parts:
        index = build_index(reads, encoder, language, name, previous=whole, progress=progress).index
        whole = whole or index
        built.append(Level(name, index, squad.gold_rows(index, corpus.questions)))
    return built


def ask_all(
    level: Level,
    questions: Sequence[LabelledQuestion],
    encoder: Encoder,
    ranker: Ranker,
    progress: Progress,
    cross_encoder: CrossEncoder | None = None,
) -> tuple[list[Asked], list[float]]:
    """Ask every question of a level's index; returns what came back and the milliseconds of each."""
    retriever = Retriever(level.index, encoder, ranker, cross_encoder)
    asked, elapsed = [], []
    for number, (question, gold) in enumerate(zip(questions, level.gold, strict=True)):
        progress(ProgressEvent(Task.ASK, number, len(questions), level.name))
        started = time.perf_counter()
        hits = retriever.rank(question.text)
        elapsed.append((time.perf_counter() - started) * 1000)
        asked.append(Asked(question, hits, gold))
    progress(ProgressEvent(Task.ASK, len(questions), len(questions), level.name))
    return asked, elapsed


def ranking_figures(gold: Sequence[int], ranked: Sequence[Sequence[int]]) -> dict[str, float]:
    """Return P@1, R@5 and MRR@10 of rankings, each with one right row."""
    ranks = np.array([list(rows).index(row) if row in rows else -1 for row, rows in zip(gold, ranked, strict=True)])
    reciprocal = np.where((ranks >= 0) & (ranks < 10), 1.0 / (ranks + 1.0 + (ranks < 0)), 0.0)
    return {
        "p_at_1": round(float((ranks == 0).mean()), 4),
        "r_at_5": round(float(((ranks >= 0) & (ranks < 5)).mean()), 4),
        "mrr_at_10": round(float(reciprocal.mean()), 4),
    }


def auroc(kept: Sequence[float], lost: Sequence[float]) -> float:
    """Return the probability that an answerable question scores over an unanswerable one, ties half."""
    high, low = np.sort(np.array(kept)), np.array(lost)
    if not len(high) or not len(low):
        return float("nan")
    over = len(high) - np.searchsorted(high, low, "right")
    ties = np.searchsorted(high, low, "right") - np.searchsorted(high, low, "left")
    return round(float((over + ties / 2).mean() / len(high)), 4)


def refused(kept: Sequence[float], lost: Sequence[float], share: float = KEPT) -> float:
    """Return the share of unanswerable questions under the threshold that keeps `share` of the others."""
    if not kept or not lost:
        return float("nan")
    threshold = np.sort(np.array(kept))[int(np.floor((1 - share) * len(kept)))]
    return round(float((np.array(lost) < threshold).mean()), 4)


def calibration_error(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Return the expected calibration error over ten equal bins of confidence (Naeini et al. 2015)."""
    values: NDArray[np.float64] = np.array(confidence, np.float64)
    truth = np.array(right, np.float64)
    bins = np.minimum((values * BINS).astype(int), BINS - 1)
    gaps = [abs(float((values[bins == b] - truth[bins == b]).sum())) for b in range(BINS)]
    return round(sum(gaps) / max(len(values), 1), 4)
