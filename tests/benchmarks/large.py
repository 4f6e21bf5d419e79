"""Measure a large index: python -m tests.benchmarks.large INDEX_FOLDER SQUAD_FILE.

Prints JSON lines: the time of opening the index; the times of a warm question and of its parts, interleaved with bare
encoding and a flat search over SMALL_ROWS rows; the memory, without and with mapped files, whose pages the system can
reclaim; and the recall of dense search. Times are CPU times, so that they depend little on other processes.
tests/benchmarks/synthetic.py makes such an index.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from config.settings import RANKER
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding import models
from retrieval.encoding.encoder import open_encoder
from retrieval.index.dense import DenseIndex, build_dense
from retrieval.measuring import squad
from retrieval.store import opening
from retrieval.text.terms import split_terms
from retrieval.types import Float32

SMALL_ROWS = 1_180
QUESTIONS = 100
T = TypeVar("T")
NEAREST = 10
ROWS_PER_STEP = 50_000


def main() -> None:
    """Measure and print."""
    threadpool_limits(1, "blas")  # as the command line has it
    parser = argparse.ArgumentParser(description="Measure a large index.")
    parser.add_argument("index", type=Path)
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    milliseconds, opened = timed(lambda: opening.open_index(options.index))
    index = opened.index
    tell("opening", milliseconds=milliseconds, rows=index.count, **memory())
    encoder = open_encoder(models.compiled_folder(options.index, index.fingerprint), index.fingerprint, 1)
    retriever = Retriever(index, encoder, read_ranker(RANKER))
    all_questions = squad.read_squad(options.file).questions
    questions = [question.text for question in all_questions[:: max(len(all_questions) // QUESTIONS, 1)]]
    flat = build_dense(index.dense.rows(np.arange(min(SMALL_ROWS, index.count), dtype=np.int64)))
    for question in questions:  # warm up
        retriever.ask(question)
    parts: dict[str, list[float]] = {name: [] for name in ("bare", "question", "dense", "lexical")}
    for question in questions:
        vector = encoder.encode_question(question).vector
        terms = split_terms(question, index.language)
        for name, call in {
            "bare": lambda question=question: flat.search(encoder.encode_question(question).vector, 10),
            "question": lambda question=question: retriever.ask(question),
            "dense": lambda vector=vector: index.dense.search(vector, 50),
            "lexical": lambda terms=terms: index.lexical.search(terms, 50),
        }.items():
            parts[name].append(timed(call)[0])
    for name, times in parts.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        tell(name, milliseconds=statistics.median(times), p95=p95)
    tell("memory", **memory())
    vectors = np.stack([encoder.encode_question(question).vector for question in questions])
    tell("dense search", recall_at_10=recall(index.dense, vectors))


def recall(dense: DenseIndex, questions: Float32) -> float:
    """Compute the share of the exact nearest rows that dense search finds."""
    best = np.full((len(questions), NEAREST), -2.0, np.float32)
    rows = np.zeros((len(questions), NEAREST), np.int64)
    for first in range(0, dense.count, ROWS_PER_STEP):
        step = np.arange(first, min(first + ROWS_PER_STEP, dense.count), dtype=np.int64)
        scores = np.concatenate([best, questions @ dense.rows(step).T], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
        rows = np.take_along_axis(np.concatenate([rows, np.tile(step, (len(rows), 1))], axis=1), order, axis=1)
        best = np.take_along_axis(scores, order, axis=1)
    approximate = [set(dense.search(question, NEAREST)[0].tolist()) for question in questions]
    pairs = zip(approximate, rows.tolist(), strict=True)
    return float(np.mean([len(hits & set(exact)) / NEAREST for hits, exact in pairs]))


def timed(call: Callable[[], T]) -> tuple[float, T]:
    """Return the CPU time of a call in milliseconds, and its result."""
    started = time.process_time()
    result = call()
    return 1000 * (time.process_time() - started), result


def memory() -> dict[str, float]:
    """Return the resident memory of the process in MB: its own, and that of mapped files."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own, mapped = (int(lines[name].split()[0]) / 1000 for name in ("RssAnon", "RssFile"))
    return {"own_mb": own, "mapped_mb": mapped}


def tell(what: str, **figures: float) -> None:
    """Print a line of JSON."""
    print(json.dumps({"what": what, **{name: round(value, 3) for name, value in figures.items()}}), flush=True)


if __name__ == "__main__":
    main()
