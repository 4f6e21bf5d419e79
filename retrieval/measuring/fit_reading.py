"""Fit how much a reader counts: python -m retrieval.measuring.fit_reading INDEX READER RANKER [FILE ...].

INDEX is an index folder whose compiled model encodes, READER a reader's folder, RANKER a file of the ranker's weights,
to which those of the reader are added. A FILE is a SQuAD or XQuAD-R file, or NAME.jsonl.gz with questions about the
documents in NAME.corpus.jsonl.gz; --golden adds golden questions about the documents of an index. None of these corpora
may have trained the reader. Questions of a SQuAD file are asked of the levels far, near and nearest (see levels),
those of other files of either half of the pages. Every corpus counts alike. The figures of each corpus are printed with
weights that were fitted on the others; --test adds files that are only printed, by weights fitted on all corpora.
"""

import argparse
import datetime
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.passage_reading import PASSAGES_AT_ONCE, ReadHit, features_of, is_worth_reading, order_passage
from retrieval.asking.ranker import READING_FEATURES, OperatingPoint, ReadingWeights, read_ranker
from retrieval.concurrency import available_cores
from retrieval.encoding.span_reader import open_reader
from retrieval.measuring.metrics import calibration_error
from retrieval.measuring.reading_corpora import Asked, ask_file, ask_golden
from retrieval.measuring.train import PRECISIONS, fit_logistic, threshold_for

ORDERS, WITHINS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0), (0.0, 0.25, 0.5, 1.0)
WANTED_PRECISION = 0.8  # in the figures that are printed
NO_READER = ReadingWeights(0.0, 0.0, {}, 0.0, ())
NAMES = (*FEATURE_NAMES, *READING_FEATURES)
Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Best:
    """The best hit of each of n questions: inputs of its probability, (n, f), and whether it is right, (n,)."""

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
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE")
    parser.add_argument("--golden", type=Path, nargs=2, action="append", default=[], metavar=("INDEX", "FILE"))
    parser.add_argument("--test", type=Path, nargs="+", default=[], metavar="FILE", help="only print figures of these")
    options = parser.parse_args(arguments)
    reader, ranker = open_reader(options.reader, available_cores()), read_ranker(options.ranker)

    def ask(file: Path) -> list[Asked]:
        return list(ask_file(file, options.index, reader, ranker))

    asked = {file.name: ask(file) for file in options.files}
    asked |= {file.name: list(ask_golden(folder, file, reader, ranker)) for folder, file in options.golden}
    corpora = list(asked.values())
    figures = {
        name: _figures(corpus, [other for other in corpora if other is not corpus]) for name, corpus in asked.items()
    }
    figures |= {file.name: _figures(ask(file), corpora) for file in options.test}
    weights = msgspec.structs.replace(_fit(corpora), operating_points=tuple(_operating_points(corpora)))
    content = json.loads(options.ranker.read_text("utf-8"))
    content["reading"] = msgspec.to_builtins(weights)
    content.setdefault("provenance", {})["reading"] = {
        "files": list(asked),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "reader": reader.fingerprint,
        "left_out": figures,
    }
    options.ranker.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    sys.stdout.write(json.dumps({"left_out": figures, "weights": content["reading"]}, indent=2) + "\n")
    return 0


def _fit(corpora: Sequence[Sequence[Asked]]) -> ReadingWeights:
    """Fit the order on questions that have an answer, then the probability on all."""
    pairs = [(order, within) for order in ORDERS for within in WITHINS]
    tried = [msgspec.structs.replace(NO_READER, order=order, within=within) for order, within in pairs]
    shares = [np.mean([_best(corpus, weights).share for corpus in corpora]) for weights in tried]
    weights = tried[int(np.argmax(shares))]
    best = [_best(corpus, weights) for corpus in corpora]
    inputs, right = _alike([corpus.inputs for corpus in best]), _alike([corpus.right for corpus in best])
    values, bias = fit_logistic(inputs, right)
    return msgspec.structs.replace(weights, confidence=dict(zip(NAMES, values, strict=True)), bias=bias)


def _best(asked: Sequence[Asked], weights: ReadingWeights) -> _Best:
    """Find the best hit of each question."""
    inputs, right, without = [], [], []
    for question in asked:
        read: list[list[ReadHit]] = []
        for place in range(0, len(question.passages), PASSAGES_AT_ONCE):
            if not is_worth_reading(question.passages[place][0].hit.score, read, weights):
                break
            read += question.passages[place : place + PASSAGES_AT_ONCE]
        passages = [order_passage(group, weights) for group in read]
        if passages:
            passages.sort(key=lambda group: -group[0].hit.score)
            features, readings = features_of(passages)
            inputs.append(np.concatenate([features[0], readings[0]]))
            right.append(question.right[passages[0][0].hit.row])
            without.append(question.without)
    return _Best(np.array(inputs), np.array(right, bool), np.array(without, bool))


def _alike(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Join arrays, repeating the shorter ones to the length of the longest, so that each counts alike."""
    longest = max(map(len, arrays))
    return np.concatenate([np.resize(array, (longest, *array.shape[1:])) for array in arrays])


def _probabilities(best: _Best, weights: ReadingWeights) -> Float64:
    log_odds = best.inputs @ np.array([weights.confidence[name] for name in NAMES]) + weights.bias
    probabilities: Float64 = 1 / (1 + np.exp(-log_odds))
    return probabilities


def _figures(corpus: Sequence[Asked], others: Sequence[Sequence[Asked]]) -> dict[str, float]:
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


def _operating_points(corpora: Sequence[Sequence[Asked]]) -> Iterator[OperatingPoint]:
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
