"""Measure a reader: how well it judges windows, how exactly it finds answers, and how long a window takes.

The windows are made as for training, of questions that were held out, and each kind of negative is reported alone.
"""

import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.encoding.span_reader import SpanReader, Window
from retrieval.errors import DataError
from retrieval.measuring.metrics import auroc, refused_share
from retrieval.training.near_passages import words
from retrieval.training.pairs import NEGATIVE_SHARES, Pair, PairMaker
from retrieval.training.reading_sets import Passage, Question, ReadingSet

SEED = 7
SPEED_TOKENS = 100
SPEED_WINDOWS = 8
SPEED_ROUNDS = 12


def read_squad_set(path: Path) -> ReadingSet:
    """Read a file in the format of SQuAD as a set. Raises DataError."""
    data = ReadingSet(path.stem, [], [])
    try:
        for article in json.loads(path.read_text("utf-8"))["data"]:
            title = str(article["title"]).replace("_", " ")
            for paragraph in article["paragraphs"]:
                row = len(data.passages)
                data.passages.append(Passage(title, "", paragraph["context"], title))
                data.groups.setdefault(title, []).append(row)
                for asked in paragraph["qas"]:
                    spans = [(answer["answer_start"], answer["text"]) for answer in asked["answers"]]
                    answers = tuple((start, start + len(text)) for start, text in spans)
                    data.questions.append(Question(asked["question"], row, answers, ()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is not a SQuAD file: {' '.join(str(error).split())[:200]}") from None
    return data


def make_pairs(data: ReadingSet, rows: Sequence[int], count: int, casual: float) -> list[Pair]:
    """Make up to one pair of each kind for each of `count` of the questions, drawn with SEED."""
    rng = random.Random(SEED)
    maker = PairMaker(data)
    pairs = []
    for row in rng.sample(rows, min(count, len(rows))):
        kinds: Iterable[str] = ("answer", *NEGATIVE_SHARES) if data.questions[row].evidence else ("human",)
        pairs += [pair for kind in kinds if (pair := maker.make(row, rng, kind, casual)) is not None]
    return pairs


def judge(reader: SpanReader, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Read pairs; return figures.

    For each kind of negative: the area under the ROC curve of the log-odds by which windows are quoted, against the
    windows that answer, and the share that is refused where 95 % of those are kept. For spans: the mean F1 of words
    with the nearest right one.
    """
    scores: dict[str, list[float]] = defaultdict(list)
    overlaps = []
    for pair in pairs:
        window = Window(pair.window.head, pair.window.text)
        reading = reader.read(pair.question, [window])[0]
        scores[pair.kind].append(reading.judged)
        if pair.window.evidence and pair.window.exact:
            found = window.text[reading.start : reading.end]
            overlaps.append(max(word_f1(found, window.text[a:b]) for a, b in pair.window.evidence))
    right = scores.pop("answer", [])
    negatives = dict(scores) if right else {}
    everything = [value for values in negatives.values() for value in values]
    return {
        "answering": len(right),
        "span_f1": round(float(np.mean(overlaps)), 3) if overlaps else None,
        "above_zero": round(float((np.array(right) > 0).mean()), 3) if right else None,
        **({"all": _separation(right, everything)} if everything else {}),
        **{kind: _separation(right, values) for kind, values in sorted(negatives.items())},
    }


def _separation(right: list[float], wrong: list[float]) -> dict[str, float]:
    """Return how well the scores of windows that answer stand apart from others."""
    return {
        "n": len(wrong),
        "auroc": auroc(right, wrong),
        "refused_95": refused_share(right, wrong),
        "below_zero": round(float((np.array(wrong) < 0).mean()), 3),
    }


def word_f1(found: str, right: str) -> float:
    """Compute the F1 of the words of two texts (Rajpurkar et al. 2016, without dropping articles)."""
    first, second = Counter(words(found)), Counter(words(right))
    shared = (first & second).total()
    return 2 * shared / (first.total() + second.total()) if shared else 0.0


def speed(readers: Mapping[int, SpanReader]) -> dict[str, float]:
    """Measure the milliseconds of a window of about 100 tokens, question included, by the number of threads.

    A question is read in SPEED_WINDOWS windows; the figure is the median of SPEED_ROUNDS questions.
    """
    text = " ".join(f"The value of setting {number} is {number * 7}." for number in range(40))[: SPEED_TOKENS * 3]
    figures = {}
    for threads, reader in readers.items():
        times = []
        for number in range(SPEED_ROUNDS):
            began = time.perf_counter()
            readings = reader.read(f"what is the value of setting {number}", [Window("Settings", text)] * SPEED_WINDOWS)
            times.append((time.perf_counter() - began) / SPEED_WINDOWS * 1000)
        figures[f"ms per window of {len(readings[0].offsets)} tokens, {threads} threads"] = float(np.median(times))
    return figures
