"""Measure corpora of several sizes: python -m tests.benchmarks.scale SQUAD_FILE [SIZE …] [--layers N] [--work FOLDER].

For each size, by default 100, 1000 and 100000 sentences, prints whether the shipped weights reach the precision that
they promise, and the time of a warm question compared with encoding it and searching a flat index, interleaved in the
same process. The questions are those of the levels far and near; about half of them have no answer in the corpus.
Corpora are filled up with generated text (see retrieval/measuring/distractors.py). Encoding 100,000 sentences takes at
least half an hour on two slow cores; --work keeps the indexes for other weights of the same model. --layers measures
another encoder: the first N layers of the default model.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from config.settings import RANKER
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding import models
from retrieval.encoding.encoder import CachedQuestions, OnnxEncoder, open_encoder
from retrieval.index.build import build_index
from retrieval.index.dense import build_dense
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.measuring import squad
from retrieval.measuring.distractors import add_distractors
from retrieval.measuring.levels import far_documents, near_documents, without_text
from retrieval.measuring.squad import LabelledCorpus, LabelledQuestion
from retrieval.progress import ProgressEvent, Task, silent
from retrieval.store import opening, publishing
from retrieval.types import ReadDocument
from tests.support.small_index import PROVENANCE

PRECISIONS = (0.8, 0.85, 0.9)
GROUP_ARTICLES = 4  # half of their sentences fit into a hundred
OTHER_QUESTIONS = 10  # per group, about other articles, for the mix of the two levels
TIMED_QUESTIONS = 60


def main() -> int:
    """Print a line of JSON for each size."""
    parser = argparse.ArgumentParser(description="Measure precision and cost at several sizes.")
    parser.add_argument("file", type=Path)
    parser.add_argument("sizes", type=int, nargs="*", default=[100, 1_000, 100_000])
    parser.add_argument("--work", type=Path, help="a folder to keep the indexes in")
    parser.add_argument("--layers", type=int, default=0, help="cut the default model to its first layers")
    options = parser.parse_args()
    corpus = squad.read_squad(options.file)
    with tempfile.TemporaryDirectory() as folder:
        source = models.find_verified(models.DEFAULT_MODEL)
        if options.layers:
            source = save_first_layers(source, options.layers, Path(folder) / "cut")
        fingerprint = models.fingerprint(source)
        models.compile_model(source, Path(folder) / "compiled", silent)
        encoder = open_encoder(Path(folder) / "compiled", fingerprint, 0)
        for size in options.sizes:
            print(json.dumps({"sentences": size} | measure(corpus, encoder, size, options.work)), flush=True)
    return 0


def save_first_layers(source: Path, layers: int, target: Path) -> Path:
    """Save the first layers of a sentence-transformers model as a model."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(source), device="cpu")
    network = model[0].auto_model
    network.encoder.layer = network.encoder.layer[:layers]
    network.config.num_hidden_layers = layers
    model.save(str(target))
    return target


def measure(corpus: LabelledCorpus, encoder: OnnxEncoder, size: int, work: Path | None) -> dict[str, object]:
    """Measure precision and shares at each wanted precision, and the cost of a warm question."""
    ranker = read_ranker(RANKER)
    cached = CachedQuestions(encoder)
    outcomes: list[tuple[float, bool, bool]] = []  # confidence, right, answerable
    index: EmbeddedIndex | None = None
    for number, (questions, reads) in enumerate(parts(corpus, size)):
        folder = work / f"{encoder.fingerprint}-{size}-{number}" if work else None
        index = open_or_build(add_distractors(reads, corpus, size), encoder, index, folder)
        retriever = Retriever(index, cached, ranker)
        for question, gold in zip(questions, squad.gold_rows(index, list(questions)), strict=True):
            hits = retriever.rank(question.text)
            outcomes.append((hits[0].probability, hits[0].row == gold, gold >= 0))
    assert index is not None
    timed = corpus.questions[:: len(corpus.questions) // TIMED_QUESTIONS]
    return (
        {"questions": len(outcomes)}
        | {"targets": [evaluate_threshold(outcomes, precision) for precision in PRECISIONS]}
        | cost(index, encoder, [question.text for question in timed])
    )


def open_or_build(
    reads: Sequence[ReadDocument], encoder: OnnxEncoder, previous: EmbeddedIndex | None, folder: Path | None
) -> EmbeddedIndex:
    """Open the index in a folder, or build it from documents and publish it there."""
    if folder and folder.exists():
        return opening.open_index(folder).index
    index = build_index(reads, encoder, "en", "gen-1", previous=previous, progress=progress).index
    if folder:
        folder.mkdir(parents=True)
        publishing.publish(folder, index, PROVENANCE)
    return index


def evaluate_threshold(outcomes: list[tuple[float, bool, bool]], precision: float) -> dict[str, float]:
    """Compute the precision and the share of answers at the threshold for a wanted precision."""
    threshold = read_ranker(RANKER).point_for(precision).threshold
    right_of_answered = [right for confidence, right, _ in outcomes if confidence >= threshold]
    answered = [confidence >= threshold for confidence, _, answerable in outcomes if answerable]
    return {
        "wanted": precision,
        "precision": round(sum(right_of_answered) / max(len(right_of_answered), 1), 3),
        "answerable_answered": round(sum(answered) / max(len(answered), 1), 3),
    }


def parts(corpus: LabelledCorpus, size: int) -> list[tuple[Sequence[LabelledQuestion], list[ReadDocument]]]:
    """Pair questions with documents that contain about half of their answers."""
    if size >= 500:
        return [(corpus.questions, far_documents(corpus)), (corpus.questions, near_documents(corpus))]
    near = near_documents(corpus)
    pairs: list[tuple[Sequence[LabelledQuestion], list[ReadDocument]]] = []
    empty = [without_text(read) for read in corpus.reads]
    for first in range(0, len(near), GROUP_ARTICLES):
        group = range(first, first + GROUP_ARTICLES)
        reads = [near[row] if row in group else empty[row] for row in range(len(near))]
        own = [question for question in corpus.questions if question.document in group]
        others = [question for question in corpus.questions if question.document not in group]
        pairs.append(([*own, *others[first :: len(others) // OTHER_QUESTIONS]], reads))
    return pairs


def cost(index: EmbeddedIndex, encoder: OnnxEncoder, questions: list[str]) -> dict[str, object]:
    """Measure the median milliseconds of asking and of bare encoding with a flat search, and their ratio."""
    import numpy as np

    retriever = Retriever(index, encoder, read_ranker(RANKER))
    flat = build_dense(index.dense.rows(np.arange(index.count, dtype=np.int64)))
    asking: list[float] = []
    bare: list[float] = []
    for question in questions[:5] + questions:
        started = time.perf_counter()
        flat.search(encoder.encode_question(question).vector, 10)
        between = time.perf_counter()
        retriever.ask(question)
        bare.append(between - started)
        asking.append(time.perf_counter() - between)
    ask_ms, bare_ms = (1000 * statistics.median(times[5:]) for times in (asking, bare))
    times = {"ask_ms": round(ask_ms, 2), "bare_ms": round(bare_ms, 2)}
    return {"rows": index.count, **times, "ratio": round(ask_ms / bare_ms, 2)}


def progress(event: ProgressEvent) -> None:
    """Print to stderr how far encoding is."""
    if event.task is Task.ENCODE and event.done % 3_200 == 0:
        sys.stderr.write(f"encoding {event.done}/{event.total}\n")


if __name__ == "__main__":
    sys.exit(main())
