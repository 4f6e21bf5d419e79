"""Select from mined questions what still teaches a reader something, since a step with it costs as much as any other.

A mined set (see mined_sets) and a reader come in, and a smaller set goes out: the questions whose windows the reader
does not tell apart surely, each with the wrong windows that it takes most for answers, and a share of the others, so
that nothing is forgotten.
"""

import gzip
import json
import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from retrieval.training.mined_sets import RIGHT_WINDOWS, read_records

HARDEST_WRONG = 3  # windows of a question
SURE_LOSS = 0.15  # the loss of a list of windows (span_model.list_loss) up to which it is told apart
SURE_RIGHT, SURE_WRONG = 1.0, -0.5  # log-odds from which a window counts as read rightly, and up to which
SURE_NEAR_MISS = -3.5  # log-odds up to which the window of a near miss counts as refused surely
KEPT_SURE, KEPT_SURE_NEAR_MISSES = 0.15, 0.25  # shares of what the reader knows already
# A wrong window that is read as a better answer than the right one mostly is another right one.
DOUBTFUL_ABOVE_RIGHT, DOUBTFUL = 0.5, 0.5
Record = dict[str, Any]


class _Reading(Protocol):
    @property
    def answers(self) -> float: ...


class Reader(Protocol):
    """Reads question and windows together; production uses a SpanReader."""

    def read(self, question: str, windows: Sequence[tuple[str, str]]) -> Sequence[_Reading]:
        """Read windows, pairs of a head and a text, in order."""


def select_windows(reader: Reader, path: Path, out: Path, seed: int) -> tuple[int, int]:
    """Write the part of a mined set that is worth training on; return how many questions that is, and of how many.

    Raises DataError if the set cannot be read.
    """
    rng = random.Random(f"{seed} {path.name}")
    records = [record for record, _ in read_records(path)]
    kept = [chosen for record in records if (chosen := _choose(reader, record, rng)) is not None]
    with gzip.open(out, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in kept)
    return len(kept), len(records)


def _choose(reader: Reader, record: Record, rng: random.Random) -> Record | None:
    """Return what to keep of a record, or None."""
    if "beside" in record:
        (score,) = _log_odds(reader, record["question"], [record["beside"]["window"]])
        return record if score > SURE_NEAR_MISS or rng.random() < KEPT_SURE_NEAR_MISSES else None
    read = _log_odds(reader, record["question"], record["windows"])
    pairs = list(zip(record["windows"], read, strict=True))
    right = [pair for pair in pairs if pair[0]["evidence"]][:RIGHT_WINDOWS]
    best = max((score for _, score in right), default=math.inf)
    wrong = [pair for pair in pairs if not pair[0]["evidence"] and not _may_answer(pair[1], best)]
    wrong = sorted(wrong, key=lambda pair: -pair[1])[:HARDEST_WRONG]
    if not wrong or (_is_sure(best, [score for _, score in wrong]) and rng.random() >= KEPT_SURE):
        return None
    return record | {"windows": [window for window, _ in right + wrong]}


def _log_odds(reader: Reader, question: str, windows: Sequence[Record]) -> list[float]:
    readings = reader.read(question, [(window["head"], window["text"]) for window in windows])
    return [reading.answers for reading in readings]


def _may_answer(score: float, right: float) -> bool:
    return score > max(right + DOUBTFUL_ABOVE_RIGHT, DOUBTFUL)


def _is_sure(right: float, wrong: Sequence[float]) -> bool:
    """Tell whether a reader tells the right windows from the wrong ones, by their log-odds."""
    loss = math.log1p(sum(math.exp(score - right) for score in wrong))
    return loss <= SURE_LOSS and right >= SURE_RIGHT and wrong[0] <= SURE_WRONG
