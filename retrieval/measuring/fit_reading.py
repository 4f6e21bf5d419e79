"""Fit how much a reader counts.

python -m retrieval.measuring.fit_reading INDEX_FOLDER READER RANKER FILE…

INDEX_FOLDER is any index, whose compiled model is used; the weights are written into RANKER, a file of the ranker's
weights. Each FILE is a corpus: a SQuAD or XQuAD-R file, or NAME.jsonl.gz with questions about the documents in
NAME.corpus.jsonl.gz. None of them may have trained the reader. Each question is asked twice: of its corpus, and of the
corpus without the document or the paragraph that answers it. Every corpus counts alike. The figures of each corpus are
printed with weights that were fitted on the others.
"""

import argparse
import datetime
import gzip
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from retrieval.asking.passage_reading import ReadHit, order_passage, read_passages
from retrieval.asking.passages import compose_passage
from retrieval.asking.ranker import OperatingPoint, ReadingWeights, read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding import models
from retrieval.encoding.encoder import open_encoder
from retrieval.encoding.span_reader import SpanReader, open_reader
from retrieval.errors import DataError
from retrieval.index.build import build_index
from retrieval.index.index import Index
from retrieval.measuring.metrics import calibration_error
from retrieval.measuring.squad import gold_rows, read_squad
from retrieval.measuring.train import PRECISIONS, fit_logistic, threshold_for
from retrieval.reading.blocks import split_blocks
from retrieval.store import opening
from retrieval.text.sections import collect_headings
from retrieval.text.terms import split_terms
from retrieval.types import Document, Hit, ReadDocument

# What the first ranking says stays the larger part: beyond this, a reader that learned from encyclopaedias gains
# on texts of their kind what it loses on manuals.
ORDERS, WITHINS = (0.0, 0.125, 0.25, 0.5), (0.0, 0.25, 0.5, 1.0)
MIN_COVERED_SHARE = 0.5  # of the words that a reference answer shares with its source, for a passage that is right
WANTED_PRECISION = 0.8  # in the figures that are printed
NO_READER = ReadingWeights(0.0, 0.0, 1.0, 0.0, 0.0, ())
Float64 = NDArray[np.float64]
Judge = Callable[[Hit], bool]


@dataclass(frozen=True, slots=True)
class _Question:
    """A question, the documents and the paragraph (from 1; None: any) that answer it, and whether a hit is right."""

    text: str
    documents: frozenset[int]
    paragraph: int | None
    is_right: Judge


@dataclass(frozen=True, slots=True)
class _Asked:
    """The passages that were read for a question, and whether each hit, by row, is right; none is if `without`."""

    passages: list[list[ReadHit]]
    right: dict[int, bool]
    without: bool


@dataclass(frozen=True, slots=True)
class _Best:
    """The best hit of each of n questions: inputs of its probability, (n, 2), and whether it is right, (n,)."""

    inputs: Float64
    right: NDArray[np.bool_]
    without: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Return the share of the questions with an answer whose best hit is right."""
        return float(self.right[~self.without].mean())


def main(arguments: list[str]) -> int:
    """Fit, print the figures as JSON, and write the weights."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval.measuring.fit_reading", description="Fit how much a reader counts."
    )
    parser.add_argument("index", type=Path, help="an index folder; its compiled model encodes")
    parser.add_argument("reader", type=Path, help="the folder of the reader")
    parser.add_argument("ranker", type=Path, help="the ranker's weights, to which those of the reader are added")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    options = parser.parse_args(arguments)
    reader = open_reader(options.reader)
    asked = {file.name: list(_ask(file, options, reader)) for file in options.files}
    corpora = list(asked.values())
    figures = {
        name: _figures(corpus, [other for other in corpora if other is not corpus]) for name, corpus in asked.items()
    }
    weights = msgspec.structs.replace(_fit(corpora), operating_points=tuple(_operating_points(corpora)))
    content = json.loads(options.ranker.read_text("utf-8"))
    content["reading"] = msgspec.to_builtins(weights)
    content.setdefault("provenance", {})["reading"] = {
        "files": [file.name for file in options.files],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "reader": reader.fingerprint,
        "left_out": figures,
    }
    options.ranker.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    sys.stdout.write(json.dumps({"left_out": figures, "weights": content["reading"]}, indent=2) + "\n")
    return 0


def _ask(file: Path, options: argparse.Namespace, reader: SpanReader) -> Iterator[_Asked]:
    """Ask the questions of a file, each with and without what answers it."""
    fingerprint = opening.open_index(options.index).index.fingerprint
    encoder = open_encoder(models.compiled_folder(options.index, fingerprint), fingerprint, 0)
    reads = _squad_documents(file) if file.suffix == ".json" else _documents(file)
    index = build_index(reads, encoder, "en", "all").index
    retriever = Retriever(index, encoder, read_ranker(options.ranker))
    questions = _squad_questions(file, index) if file.suffix == ".json" else _questions(file, index)
    for number, question in enumerate(questions):
        hits = retriever.rank(question.text)
        for without in (False, True):
            kept = [hit for hit in hits if not without or not _may_answer(index, question, hit, number % 2 == 0)]
            passages, _ = read_passages(index, reader, question.text, kept)
            read = [read.hit for group in passages for read in group]
            yield _Asked(passages, {hit.row: not without and question.is_right(hit) for hit in read}, without)
        if number % 100 == 0:
            sys.stderr.write(f"{file.name}: {number} questions\n")


def _may_answer(index: Index, question: _Question, hit: Hit, in_document: bool) -> bool:
    """Tell whether a hit is in the document, or in the paragraph, that answers a question."""
    sentence = index.sentence(hit.row)
    if sentence.document not in question.documents:
        return False
    return in_document or question.paragraph is None or sentence.paragraph == question.paragraph


def _squad_documents(file: Path) -> list[ReadDocument]:
    return read_squad(file).reads


def _squad_questions(file: Path, index: Index) -> Iterator[_Question]:
    """Yield the questions of a SQuAD file that have an answer; the sentence in which it begins is right."""
    questions = read_squad(file).questions
    for question, gold in zip(questions, gold_rows(index, questions), strict=True):
        if gold >= 0:

            def is_right(hit: Hit, row: int = gold) -> bool:
                return hit.row == row

            yield _Question(question.text, frozenset([question.document]), question.paragraph + 1, is_right)


def _documents(file: Path) -> list[ReadDocument]:
    """Read the documents beside a file of questions. Raises DataError."""
    reads = []
    for entry in _lines(file.with_name(file.name.replace(".jsonl", ".corpus.jsonl"))):
        text = entry["text"]
        blocks = tuple(split_blocks(text, 0))
        headings = collect_headings(blocks)
        reads.append(
            ReadDocument(Document(entry["id"], entry["title"], None, None, None, text, "", "", headings), blocks)
        )
    return reads


def _questions(file: Path, index: Index) -> Iterator[_Question]:
    """Yield questions about documents; a passage of theirs with most words of the answer is right."""
    numbers = {document.id: number for number, document in enumerate(index.documents)}
    for entry in _lines(file):
        page = entry["doc_id"].partition("#")[0]
        documents = frozenset(number for name, number in numbers.items() if name.partition("#")[0] == page)
        terms = set(split_terms(entry["reference"], "en")) & set(split_terms(entry["context"], "en"))
        question = entry["question"]

        def is_right(hit: Hit, question: str = question, terms: set[str] = terms, documents: Any = documents) -> bool:
            if index.sentence(hit.row).document not in documents:
                return False
            shown = " ".join(part.text for part in compose_passage(index, hit.row, question))
            return len(terms & set(split_terms(shown, "en"))) >= MIN_COVERED_SHARE * len(terms)

        yield _Question(question, documents, None, is_right)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """Read a file of JSON lines. Raises DataError."""
    try:
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            yield from map(json.loads, stream)
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: {error}") from None


def _fit(corpora: Sequence[Sequence[_Asked]]) -> ReadingWeights:
    """Fit the order on questions that have an answer, then the probability on all."""
    pairs = [(order, within) for order in ORDERS for within in WITHINS]
    tried = [msgspec.structs.replace(NO_READER, order=order, within=within) for order, within in pairs]
    shares = [np.mean([_best(corpus, weights).share for corpus in corpora]) for weights in tried]
    weights = tried[int(np.argmax(shares))]
    best = [_best(corpus, weights) for corpus in corpora]
    inputs, right = _alike([corpus.inputs for corpus in best]), _alike([corpus.right for corpus in best])
    (slope, reading), bias = fit_logistic(inputs, right)
    return msgspec.structs.replace(weights, slope=slope, reading=reading, bias=bias)


def _best(asked: Sequence[_Asked], weights: ReadingWeights) -> _Best:
    """Find the best hit of each question."""
    inputs, right, without = [], [], []
    for question in asked:
        answers = {read.hit.row: read for group in question.passages for read in group}
        hits = [order_passage(group, weights)[0] for group in question.passages]
        if hits:
            best = max(hits, key=lambda hit: hit.score)
            read = answers[best.row]
            known = min(max(read.hit.probability, 1e-6), 1 - 1e-6)
            inputs.append([np.log(known / (1 - known)), read.answers])
            right.append(question.right[best.row])
            without.append(question.without)
    return _Best(np.array(inputs), np.array(right, bool), np.array(without, bool))


def _alike(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Join arrays, repeating the shorter ones to the length of the longest, so that each counts alike."""
    longest = max(map(len, arrays))
    return np.concatenate([np.resize(array, (longest, *array.shape[1:])) for array in arrays])


def _probabilities(best: _Best, weights: ReadingWeights) -> Float64:
    log_odds = best.inputs @ np.array([weights.slope, weights.reading]) + weights.bias
    probabilities: Float64 = 1 / (1 + np.exp(-log_odds))
    return probabilities


def _figures(corpus: Sequence[_Asked], others: Sequence[Sequence[_Asked]]) -> dict[str, float]:
    """Compute the figures of a corpus with weights that were fitted on the others."""
    weights = _fit(others)
    best = _best(corpus, weights)
    others_best = [_best(other, weights) for other in others]
    probabilities = _probabilities(best, weights)
    pooled = _alike([_probabilities(other, weights) for other in others_best])
    threshold = threshold_for(
        pooled.tolist(), _alike([other.right for other in others_best]).tolist(), WANTED_PRECISION
    )
    answered = probabilities >= threshold
    return {
        "questions": len(best.right),
        "right_first": round(float(best.share), 4),
        "right_first_without_reader": round(float(_best(corpus, NO_READER).share), 4),
        "calibration_error": round(calibration_error(probabilities.tolist(), best.right.tolist()), 4),
        "precision": round(float(best.right[answered].mean()) if answered.any() else 1.0, 4),
        "answerable_answered": round(float(answered[~best.without].mean()), 4),
        "unanswerable_answered": round(float(answered[best.without].mean()), 4),
    }


def _operating_points(corpora: Sequence[Sequence[_Asked]]) -> Iterator[OperatingPoint]:
    """Yield the operating point of each precision that can be reached, each corpus judged by weights of the others."""
    judged = []
    for corpus in corpora:
        weights = _fit([other for other in corpora if other is not corpus] or corpora)
        best = _best(corpus, weights)
        judged.append((_probabilities(best, weights), best.right, best.without))
    probabilities, right, without = (_alike([corpus[i] for corpus in judged]) for i in range(3))
    for precision in PRECISIONS:
        threshold = threshold_for(probabilities.tolist(), right.tolist(), precision)
        if threshold < 1.0:
            answered = probabilities >= threshold
            shares = [round(float(answered[kind].mean()), 4) for kind in (~without, without)]
            yield OperatingPoint(precision, round(threshold, 4), *shares)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
