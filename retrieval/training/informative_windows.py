"""Select from mined questions what still teaches a reader something, since a step with it costs as much as any other.

A mined set (see mined_sets) and a reader come in, and a smaller set goes out: the questions whose windows the reader
does not tell apart surely, each with the wrong windows that it takes most for answers, and a share of the others, so
that nothing is forgotten.

Windows that were judged by reading them count as that says, whatever the reader takes them for. A file of judgements
has a question in each line, after a tab "y", "h" or "n" (the window answers it, by half, or does not), and after
another one the words that answer, or the first words of the window.
"""

import gzip
import json
import math
import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, cast, get_args

from retrieval.errors import DataError
from retrieval.training.mined_sets import RIGHT_WINDOWS, read_records

HARDEST_WRONG = 3  # windows of a question
SURE_LOSS = 0.15  # the loss of a list of windows (span_model.list_loss) up to which it is told apart
SURE_RIGHT, SURE_WRONG = 1.0, -0.5  # log-odds from which a window counts as read rightly, and up to which
SURE_NEAR_MISS = -3.5  # log-odds up to which the window of a near miss counts as refused surely
KEPT_SURE, KEPT_SURE_NEAR_MISSES = 0.15, 0.25  # shares of what the reader knows already
# A wrong window that is read as a much better answer than the right one is another right one in one case of four.
DOUBTFUL_ABOVE_RIGHT, DOUBTFUL = 0.5, 0.5
SEPARATORS = 2
Record = dict[str, Any]
Verdict = Literal["y", "h", "n"]


class Judgement(NamedTuple):
    """What was judged of the window that holds some words, for one question."""

    verdict: Verdict
    words: re.Pattern[str]


Judgements = Mapping[str, Sequence[Judgement]]  # by question


class _Reading(Protocol):
    @property
    def answers(self) -> float: ...


class Reader(Protocol):
    """Reads question and windows together; production uses a SpanReader."""

    def read(self, question: str, windows: Sequence[tuple[str, str]]) -> Sequence[_Reading]:
        """Read windows, pairs of a head and a text, in order."""


def read_judgements(path: Path) -> dict[str, list[Judgement]]:
    """Read a file of judgements. Raises DataError if a line is none, or the file cannot be read."""
    judgements: dict[str, list[Judgement]] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}") from None
    for number, line in enumerate(lines, 1):
        question, verdict, words = line.split("\t") if line.count("\t") == SEPARATORS else ("", "", "")
        found = re.findall(r"\w+", words)
        if verdict not in get_args(Verdict) or not found:
            raise DataError(f"{path}:{number}: not a question, y, h or n, and words, separated by tabs")
        pattern = re.compile(r"\W+".join(map(re.escape, found)), re.IGNORECASE)
        judgements.setdefault(question, []).append(Judgement(cast("Verdict", verdict), pattern))
    return judgements


def select_windows(reader: Reader, path: Path, out: Path, seed: int, judgements: Judgements) -> tuple[int, int]:
    """Write the part of a mined set that is worth training on; return how many questions that is, and of how many.

    Raises DataError if the set cannot be read.
    """
    rng = random.Random(f"{seed} {path.name}")
    records = [record for record, _ in read_records(path)]
    chosen = [_choose(reader, record, rng, judgements.get(_one_line(record["question"]), ())) for record in records]
    kept = [record for record in chosen if record is not None]
    with gzip.open(out, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in kept)
    return len(kept), len(records)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _choose(reader: Reader, record: Record, rng: random.Random, judged: Sequence[Judgement]) -> Record | None:
    """Return what to keep of a record, or None."""
    if "beside" in record:
        return _choose_near_miss(reader, record, rng, judged)
    right, wrong, unjudged = _sorted_by_judgement(record["windows"], judged)
    question, right = record["question"], right[:RIGHT_WINDOWS]
    best = max(_log_odds(reader, question, right), default=math.inf)
    read = zip(wrong + unjudged, _log_odds(reader, question, wrong + unjudged), strict=True)
    kept = [pair for number, pair in enumerate(read) if number < len(wrong) or not _may_answer(pair[1], best)]
    hardest = sorted(kept, key=lambda pair: -pair[1])[:HARDEST_WRONG]
    if not hardest or (_is_sure(best, [score for _, score in hardest]) and rng.random() >= KEPT_SURE):
        return None
    return record | {"windows": right + [window for window, _ in hardest]}


def _choose_near_miss(reader: Reader, record: Record, rng: random.Random, judged: Sequence[Judgement]) -> Record | None:
    window = record["beside"]["window"]
    _, wrong, unjudged = _sorted_by_judgement([window | {"evidence": []}], judged)
    if not wrong and not unjudged:
        return None
    (score,) = _log_odds(reader, record["question"], [window])
    return record if score > SURE_NEAR_MISS or rng.random() < KEPT_SURE_NEAR_MISSES else None


def _sorted_by_judgement(
    windows: Sequence[Record], judged: Sequence[Judgement]
) -> tuple[list[Record], list[Record], list[Record]]:
    """Sort windows into those that answer, those that were judged not to, and those that nobody has judged.

    A window that answers by half is in none of them.
    """
    right, wrong, unjudged = [], [], []
    for window in windows:
        found = next(((each, match) for each in judged if (match := each.words.search(window["text"]))), None)
        if window["evidence"]:
            right.append(window)
        elif found is None:
            unjudged.append(window)
        elif found[0].verdict == "y":
            right.append(window | {"evidence": [list(found[1].span())]})
        elif found[0].verdict == "n":
            wrong.append(window)
    return right, wrong, unjudged


def _log_odds(reader: Reader, question: str, windows: Sequence[Record]) -> list[float]:
    readings = reader.read(question, [(window["head"], window["text"]) for window in windows])
    return [reading.answers for reading in readings]


def _may_answer(score: float, right: float) -> bool:
    return score > max(right + DOUBTFUL_ABOVE_RIGHT, DOUBTFUL)


def _is_sure(right: float, wrong: Sequence[float]) -> bool:
    """Tell whether a reader tells the right windows from the wrong ones, by their log-odds."""
    loss = math.log1p(sum(math.exp(score - right) for score in wrong))
    return loss <= SURE_LOSS and right >= SURE_RIGHT and wrong[0] <= SURE_WRONG
