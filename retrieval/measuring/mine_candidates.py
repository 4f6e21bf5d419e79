"""Collect what tunes the encoder of questions: python -m retrieval.measuring.mine_candidates INDEX RANKER --out FILE.

INDEX is an index folder with its compiled model. The questions are those that were written for passages of its
documents (--passages, see mine_windows), or those of a SQuAD file (--squad), whose articles are then indexed with that
model. FILE, a .npz file, has the candidates of each question, with what the ranker sees in them besides the encoder,
which of them answer, and what the encoder says of all sentences and windows, so that training needs no index.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import Ranker, read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding import models
from retrieval.encoding.encoder import OnnxEncoder, open_encoder
from retrieval.errors import DataError
from retrieval.index.build import build_index
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.index.index import Column
from retrieval.measuring.golden import GoldenAnswer, GoldenQuestion
from retrieval.measuring.mine_windows import NEAR_MISS, read_passage_questions
from retrieval.measuring.reading_corpora import shows_answer
from retrieval.measuring.squad import gold_rows, read_squad
from retrieval.measuring.visible_text import contains_fragment
from retrieval.progress import silent
from retrieval.store import opening
from retrieval.text.cleaning import clean_question
from retrieval.types import Bool, Float32, Hit, Int64

ENCODED = ("late", "window")  # the features that the encoder of questions decides


@dataclass(frozen=True, slots=True)
class MinedCandidates:
    """The n ranked candidates of a question, best first, and the row that has the answer, -1 for an unknown one.

    `rest` is the ranker's score without the features of ENCODED, float32 (n,); `right` tells what answers, bool (n,).
    """

    question: str
    rows: Int64
    rest: Float32
    right: Bool
    gold: int


def main(arguments: Sequence[str]) -> int:
    """Write the candidates; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval.measuring.mine_candidates", description="Collect what tunes the encoder of questions."
    )
    parser.add_argument("index", type=Path, help="an index folder; its compiled model encodes")
    parser.add_argument("ranker", type=Path, help="the ranker's weights")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--passages", type=Path, help="questions that were written for passages of the documents")
    source.add_argument("--squad", type=Path, help="a SQuAD file, whose articles are indexed")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    index = opening.open_index(options.index).index
    encoder = open_encoder(models.compiled_folder(options.index, index.fingerprint), index.fingerprint, 0)
    ranker = read_ranker(options.ranker)
    if options.squad:
        corpus = read_squad(options.squad)
        index = build_index(corpus.reads, encoder, "en", corpus.name, progress=silent).index
        gold = zip((question.text for question in corpus.questions), gold_rows(index, corpus.questions), strict=True)
        mined = candidates_of_rows(Retriever(index, encoder, ranker), gold)
    else:
        mined = candidates_of_passages(Retriever(index, encoder, ranker), options.passages)
    count = write_candidates(options.out, index, encoder, ranker, list(mined))
    sys.stdout.write(f"{count} questions\n")
    return 0


def candidates_of_passages(retriever: Retriever, path: Path) -> Iterator[MinedCandidates]:
    """Yield the questions of a file of --passages with their candidates; near misses are left out. Raises DataError."""
    index = retriever.index
    rows = {document.id: row for row, document in enumerate(index.documents)}
    for document, words, question in read_passage_questions(path):
        if question.startswith(NEAR_MISS) or document not in rows:
            continue
        golden = GoldenQuestion(question, (GoldenAnswer(document, (words,)),))
        text = clean_question(question)
        hits = retriever.rank(text)
        right = np.array([shows_answer(index, golden, hit) for hit in hits], bool)
        first, end = index.document_range(rows[document])
        gold = next((row for row in range(first, end) if contains_fragment(index.text(row), words)), -1)
        yield MinedCandidates(text, _rows(hits), _rest(retriever.ranker, hits), right, gold)


def candidates_of_rows(retriever: Retriever, asked: Iterator[tuple[str, int]]) -> Iterator[MinedCandidates]:
    """Yield questions with their candidates; only the row that is given with a question answers it."""
    for question, gold in asked:
        if gold >= 0:
            text = clean_question(question)
            hits = retriever.rank(text)
            rows = _rows(hits)
            yield MinedCandidates(text, rows, _rest(retriever.ranker, hits), rows == gold, gold)


def _rows(hits: Sequence[Hit]) -> Int64:
    return np.array([hit.row for hit in hits], np.int64)


def _rest(ranker: Ranker, hits: Sequence[Hit]) -> Float32:
    """Score hits without the features that the encoder of questions decides."""
    features = np.array([hit.features for hit in hits], np.float32).reshape(len(hits), len(FEATURE_NAMES))
    weights = [0.0 if name in ENCODED else weight for name, weight in zip(FEATURE_NAMES, ranker.order, strict=True)]
    rest: Float32 = (features @ np.array(weights, np.float32)).astype(np.float32)
    return rest


def write_candidates(
    path: Path, index: EmbeddedIndex, encoder: OnnxEncoder, ranker: Ranker, mined: Sequence[MinedCandidates]
) -> int:
    """Write questions that have candidates, with the vectors of an index and how they count; return their number.

    Raises DataError if there is none.
    """
    mined = [one for one in mined if len(one.rows)]
    if not mined:
        raise DataError("no question has a candidate")
    late = index.late
    order = dict(zip(FEATURE_NAMES, ranker.order, strict=True))
    np.savez_compressed(
        path,
        questions=np.frombuffer("\n".join(one.question for one in mined).encode(), np.uint8),
        sizes=np.array([len(one.rows) for one in mined], np.int64),
        gold=np.array([one.gold for one in mined], np.int64),
        rows=np.concatenate([one.rows for one in mined]),
        rest=np.concatenate([one.rest for one in mined]),
        right=np.concatenate([one.right for one in mined]),
        sentences=index.dense.rows(np.arange(index.dense.count)).astype(np.float16),
        windows=np.asarray(index.window_vectors, np.float16),
        row_windows=np.array(index.table[:, Column.WINDOW], np.int64),
        tokens=np.concatenate([late.row(row) for row in range(late.count)]),
        token_counts=np.array(late.sizes, np.int64),
        projection_mean=encoder.projection[0],
        projection_basis=encoder.projection[1],
        similarity_range=np.array(encoder.similarity_range, np.float32),
        weights=np.array([order[name] for name in ENCODED], np.float32),
    )
    return len(mined)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
