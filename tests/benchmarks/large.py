"""Open a large index and ask it: python tests/benchmarks/large.py INDEX_FOLDER SQUAD_FILE.

Prints a JSON object a line: what opening takes, what a question and its parts take when all is warm beside its bare
encoding and a flat search over SMALL rows, interleaved, memory (the process's own, and what is mapped of files and can
be given up at any time), and what of the ten nearest vectors dense search finds. Times are the processor's, so that
they depend little on who else uses it. Such an index is made by tests/benchmarks/synthetic.py.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

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

SMALL = 1_180
QUESTIONS = 100
T = TypeVar("T")
NEAREST = 10
ROWS_PER_STEP = 50_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure a large index.")
    parser.add_argument("index", type=Path)
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    took, opened = timed(lambda: opening.open_index(given.index))
    index = opened.index
    tell("opening", milliseconds=took, rows=index.count, **memory())
    encoder = open_encoder(models.compiled_folder(given.index, index.fingerprint), index.fingerprint, 1)
    retriever = Retriever(index, encoder, read_ranker(RANKER))
    every = squad.read_squad(given.file).questions
    questions = [one.text for one in every[:: max(len(every) // QUESTIONS, 1)]]
    flat = build_dense(index.dense.rows(np.arange(min(SMALL, index.count), dtype=np.int64)))
    for question in questions:  # so that all is warm
        retriever.ask(question)
    parts: dict[str, list[float]] = {name: [] for name in ("bare", "question", "dense", "lexical")}
    for question in questions:
        vector = encoder.encode_question(question).vector
        terms = split_terms(question, index.language)
        for name, do in {
            "bare": lambda question=question: flat.search(encoder.encode_question(question).vector, 10),
            "question": lambda question=question: retriever.ask(question),
            "dense": lambda vector=vector: index.dense.search(vector, 50),
            "lexical": lambda terms=terms: index.lexical.search(terms, 50),
        }.items():
            parts[name].append(timed(do)[0])
    for name, times in parts.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        tell(name, milliseconds=statistics.median(times), p95=p95)
    tell("memory", **memory())
    asked = np.stack([encoder.encode_question(question).vector for question in questions])
    tell("dense search", recall_at_10=recall(index.dense, asked))


def recall(vectors: DenseIndex, questions: Float32) -> float:
    """Return what share of the exact nearest rows dense search finds."""
    best = np.full((len(questions), NEAREST), -2.0, np.float32)
    rows = np.zeros((len(questions), NEAREST), np.int64)
    for first in range(0, vectors.count, ROWS_PER_STEP):
        here = np.arange(first, min(first + ROWS_PER_STEP, vectors.count), dtype=np.int64)
        scores = np.concatenate([best, questions @ vectors.rows(here).T], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
        rows = np.take_along_axis(np.concatenate([rows, np.tile(here, (len(rows), 1))], axis=1), order, axis=1)
        best = np.take_along_axis(scores, order, axis=1)
    found = [set(vectors.search(question, NEAREST)[0].tolist()) for question in questions]
    return float(np.mean([len(one & set(exact)) / NEAREST for one, exact in zip(found, rows.tolist(), strict=True)]))


def timed(do: Callable[[], T]) -> tuple[float, T]:
    """Return the processor's milliseconds for a call, and its result."""
    started = time.process_time()
    result = do()
    return 1000 * (time.process_time() - started), result


def memory() -> dict[str, float]:
    """Return the process's memory in MB: its own, and what it has mapped of files and touched."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own, mapped = (int(lines[name].split()[0]) / 1000 for name in ("RssAnon", "RssFile"))
    return {"own_mb": own, "mapped_mb": mapped}


def tell(what: str, **figures: float) -> None:
    """Print a line."""
    print(json.dumps({"what": what, **{name: round(value, 3) for name, value in figures.items()}}), flush=True)


if __name__ == "__main__":
    main()
