"""Ask corpora of several sizes: python tests/benchmarks/scale.py SQUAD_FILE [SIZE …] [--layers N] [--work FOLDER].

For each size (by default 100, 1000 and 100000 sentences) prints whether the shipped weights keep the
precision that they promise, and what a warm question costs against encoding it and searching a flat
index, in the same process and interleaved. Questions are those of the levels far and near: of about
half of them the answer is missing. Corpora are filled up with generated text (see retrieval/measuring/distractors.py).
Encoding 100,000 sentences takes half an hour or more on two slow cores; --work keeps the indexes in a folder for other
weights of the same model. --layers asks the same of another encoder, the default model cut to its first N layers.
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
from retrieval.index.index import Index
from retrieval.measuring import squad
from retrieval.measuring.distractors import add_distractors
from retrieval.measuring.levels import far_documents, near_documents, without_text
from retrieval.measuring.squad import LabelledCorpus, LabelledQuestion
from retrieval.progress import ProgressEvent, Task, silent
from retrieval.store import opening, publishing
from retrieval.types import ReadDocument
from tests.support.small_index import PROVENANCE

PRECISIONS = (0.8, 0.85, 0.9)
GROUP = 4  # articles whose halves fit into a hundred sentences
STRANGERS = 10  # questions on other articles for each group, for the mix of the two levels
TIMED = 60


def main() -> int:
    """Print a JSON object a line: one for each size, then one for each size's cost."""
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
            source = cut(source, options.layers, Path(folder) / "cut")
        fingerprint = models.fingerprint(source)
        models.compile_model(source, Path(folder) / "compiled", silent)
        encoder = open_encoder(Path(folder) / "compiled", fingerprint, 0)
        for size in options.sizes:
            print(json.dumps({"sentences": size} | measure(corpus, encoder, size, options.work)), flush=True)
    return 0


def cut(source: Path, layers: int, target: Path) -> Path:
    """Save the first layers of a sentence-transformers model as one of its own."""
    from sentence_transformers import SentenceTransformer

    whole = SentenceTransformer(str(source), device="cpu")
    network = whole[0].auto_model
    network.encoder.layer = network.encoder.layer[:layers]
    network.config.num_hidden_layers = layers
    whole.save(str(target))
    return target


def measure(corpus: LabelledCorpus, encoder: OnnxEncoder, size: int, work: Path | None) -> dict[str, object]:
    """Return precision and shares at each wanted precision, and the cost of a warm question."""
    ranker = read_ranker(RANKER)
    cached = CachedQuestions(encoder)
    outcomes: list[tuple[float, bool, bool]] = []  # confidence, right, answerable
    whole: Index | None = None
    for number, (questions, reads) in enumerate(parts(corpus, size)):
        kept = work / f"{encoder.fingerprint}-{size}-{number}" if work else None
        whole = indexed(add_distractors(reads, corpus, size), encoder, whole, kept)
        retriever = Retriever(whole, cached, ranker)
        for question, gold in zip(questions, squad.gold_rows(whole, list(questions)), strict=True):
            hits = retriever.rank(question.text)
            outcomes.append((hits[0].probability, hits[0].row == gold, gold >= 0))
    assert whole is not None
    return (
        {"questions": len(outcomes)}
        | {"targets": [at(outcomes, precision) for precision in PRECISIONS]}
        | cost(whole, encoder, [question.text for question in corpus.questions[:: len(corpus.questions) // TIMED]])
    )


def indexed(reads: Sequence[ReadDocument], encoder: OnnxEncoder, previous: Index | None, kept: Path | None) -> Index:
    """Return the index of documents, from the folder where it is kept if it is there."""
    if kept and kept.exists():
        return opening.open_index(kept).index
    index = build_index(reads, encoder, "en", "gen-1", previous=previous, progress=progress).index
    if kept:
        kept.mkdir(parents=True)
        publishing.publish(kept, index, PROVENANCE)
    return index


def at(outcomes: list[tuple[float, bool, bool]], precision: float) -> dict[str, float]:
    """Return what the threshold of a wanted precision does."""
    threshold = read_ranker(RANKER).point_for(precision).threshold
    given = [right for confidence, right, _ in outcomes if confidence >= threshold]
    kept = [confidence >= threshold for confidence, _, answerable in outcomes if answerable]
    return {
        "wanted": precision,
        "precision": round(sum(given) / max(len(given), 1), 3),
        "answerable_answered": round(sum(kept) / max(len(kept), 1), 3),
    }


def parts(corpus: LabelledCorpus, size: int) -> list[tuple[Sequence[LabelledQuestion], list[ReadDocument]]]:
    """Return questions with the documents that hold about half of their answers."""
    if size >= 500:
        return [(corpus.questions, far_documents(corpus)), (corpus.questions, near_documents(corpus))]
    near = near_documents(corpus)
    found: list[tuple[Sequence[LabelledQuestion], list[ReadDocument]]] = []
    empty = [without_text(read) for read in corpus.reads]
    for first in range(0, len(near), GROUP):
        group = range(first, first + GROUP)
        reads = [near[row] if row in group else empty[row] for row in range(len(near))]
        own = [one for one in corpus.questions if one.document in group]
        others = [one for one in corpus.questions if one.document not in group]
        found.append(([*own, *others[first :: len(others) // STRANGERS]], reads))
    return found


def cost(index: Index, encoder: OnnxEncoder, questions: list[str]) -> dict[str, object]:
    """Return the median milliseconds of asking, of the bare encoding and flat search, and their ratio."""
    import numpy as np

    retriever = Retriever(index, encoder, read_ranker(RANKER))
    flat = build_dense(index.dense.rows(np.arange(index.count, dtype=np.int64)))
    asked: list[float] = []
    bare: list[float] = []
    for question in questions[:5] + questions:
        started = time.perf_counter()
        flat.search(encoder.encode_question(question).vector, 10)
        between = time.perf_counter()
        retriever.ask(question)
        bare.append(between - started)
        asked.append(time.perf_counter() - between)
    ask_ms, bare_ms = (1000 * statistics.median(times[5:]) for times in (asked, bare))
    times = {"ask_ms": round(ask_ms, 2), "bare_ms": round(bare_ms, 2)}
    return {"rows": index.count, **times, "ratio": round(ask_ms / bare_ms, 2)}


def progress(event: ProgressEvent) -> None:
    """Print to stderr how far encoding is."""
    if event.task is Task.ENCODE and event.done % 3_200 == 0:
        sys.stderr.write(f"encoding {event.done}/{event.total}\n")


if __name__ == "__main__":
    sys.exit(main())
