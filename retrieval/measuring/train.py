"""Fit the ranker's weights: python -m retrieval.measuring.train INDEX_FOLDER FILE… --out ranker.json.

INDEX_FOLDER is any index, whose compiled model is used; each FILE is a SQuAD or XQuAD-R file. The order of candidates
is fitted by listwise logistic regression (softmax over the candidates of a question; Cao et al. 2007, top one). The
probability is fitted by logistic regression on whether an answer exists, over questions of which about half have none,
and then calibrated on whether the best hit is right. The weights of the features that depend on the size of an index
are fitted last, among generated text, with all other weights fixed. The printed figures are cross-validated by article:
no question is judged with weights that saw its article.
"""

import argparse
import datetime
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import OperatingPoint, Ranker
from retrieval.encoding import models
from retrieval.encoding.encoder import CachedQuestions, open_encoder
from retrieval.index.build import build_index
from retrieval.measuring.distractors import add_distractors
from retrieval.measuring.levels import (
    WHOLE,
    Level,
    RankerResult,
    ask_level,
    build_levels,
    far_documents,
    near_documents,
)
from retrieval.measuring.metrics import calibration_error, ranking_figures, refusal_figures
from retrieval.measuring.squad import LabelledCorpus, gold_rows, read_squad
from retrieval.progress import ProgressEvent
from retrieval.store import opening
from retrieval.types import Bool, Encoder

ORDER_FEATURES = ("late", "kind", "coverage_neighbours", "coverage_window")
# Not fitted: articles of an encyclopaedia, each on one subject, cannot teach how much title and headings say. On
# manuals and rule books this weight brings most right passages to the front; more costs right sentences in articles.
FIXED_ORDER = {"window": 8.0}
CONFIDENCE_FEATURES = (
    "late",
    "coverage_text",
    "coverage_names",
    "late_window",
    "late_window_rare",
    "off_topic",
    "margin",
)
SIZE_FEATURES = ("size", "margin_size")  # 0 for a small index
CALIBRATION_LEVELS = ("far", "near")  # about half of the questions have an answer
EVIDENCE_LEVELS = (*CALIBRATION_LEVELS, "nearest")  # on nearest few have one, though the index is otherwise complete
FILLED_LEVELS = {name: f"{name}, filled" for name in CALIBRATION_LEVELS}  # the same among many more sentences
FOLDS = 8
RIDGE = 3e-3
PRECISIONS = [percent / 100 for percent in range(50, 100)]
NEUTRAL = Ranker((1.0,) * len(FEATURE_NAMES), (1.0,) * len(FEATURE_NAMES), 0.0, ())

Float64 = NDArray[np.float64]
LabelledResults = dict[str, list[tuple[int, RankerResult]]]  # by level; the number decides the fold


def main(arguments: list[str]) -> int:
    """Fit, print the cross-validated figures as JSON, and write the weights."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval.measuring.train", description="Fit the ranker's weights."
    )
    parser.add_argument("index", type=Path, help="an index folder; its compiled model encodes")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="SQuAD or XQuAD-R files")
    parser.add_argument("--language", default="en")
    parser.add_argument(
        "--sentences",
        type=int,
        default=10_000,
        help="also fit the confidence in indexes filled up to this many sentences; 0 fits it without them",
    )
    parser.add_argument("--out", type=Path, required=True, help="where to write the weights")
    options = parser.parse_args(arguments)
    fingerprint = opening.open_index(options.index).index.fingerprint
    encoder = open_encoder(models.compiled_folder(options.index, fingerprint), fingerprint, 0)
    labelled: LabelledResults = {}
    for number, file in enumerate(options.files):
        corpus = read_squad(file)
        cached = CachedQuestions(encoder)
        for level in _levels(corpus, cached, options.language, options.sentences):
            results, _ = ask_level(level, corpus.questions, cached, NEUTRAL, _print_when_done)
            # An article has the same fold in every language.
            numbered = [(number * FOLDS * 1_000 + result.question.document, result) for result in results]
            labelled.setdefault(level.name, []).extend(numbered)
    figures, points = cross_validate(labelled)
    ranker = replace(_fit_without(labelled, None), points=tuple(points))
    provenance = {
        "files": [file.name for file in options.files],
        "questions": len(labelled[WHOLE]),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "model": fingerprint,
        "cross_validated": figures,
    }
    options.out.write_text(json.dumps(as_json(ranker, provenance), indent=2) + "\n", "utf-8")
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0


def _levels(corpus: LabelledCorpus, encoder: Encoder, language: str, sentences: int) -> Iterator[Level]:
    """Yield the levels of a file, then the calibration levels filled up with generated text."""
    levels = build_levels(corpus, encoder, language, _print_when_done)
    yield from levels
    if not sentences:
        return
    index = levels[0].index
    for name, reads in (("far", far_documents(corpus)), ("near", near_documents(corpus))):
        filled = add_distractors(reads, corpus, sentences)
        index = build_index(filled, encoder, language, name, previous=index, progress=_print_when_done).index
        yield Level(FILLED_LEVELS[name], index, gold_rows(index, corpus.questions))


def as_json(ranker: Ranker, provenance: dict[str, Any]) -> dict[str, Any]:
    """Convert weights to the JSON that ranker.read_ranker reads; weights of 0 are left out."""
    return {
        "features": list(FEATURE_NAMES),
        "order": {name: weight for name, weight in zip(FEATURE_NAMES, ranker.order, strict=True) if weight},
        "confidence": {name: weight for name, weight in zip(FEATURE_NAMES, ranker.confidence, strict=True) if weight},
        "bias": ranker.bias,
        "operating_points": msgspec.to_builtins(ranker.points),
        "provenance": provenance,
    }


def cross_validate(labelled: LabelledResults) -> tuple[dict[str, Any], list[OperatingPoint]]:
    """Compute figures and operating points, each question judged by weights that never saw its article."""
    judged: dict[str, list[RankerResult]] = {level: [] for level in labelled}
    for fold in range(FOLDS):
        ranker = _fit_without(labelled, fold)
        for level, numbered in labelled.items():
            judged[level].extend(reorder(result, ranker) for number, result in numbered if number % FOLDS == fold)
    whole = judged[WHOLE]
    calibrating = [result for level in CALIBRATION_LEVELS for result in judged.get(level, [])]
    confidence, right = [result.confidence for result in calibrating], [result.right for result in calibrating]
    figures = {
        **ranking_figures([result.gold for result in whole], [result.rows for result in whole]),
        "refusal": {
            level: refusal_figures(
                [result.confidence for result in judged[level]], [result.answerable for result in judged[level]]
            )
            for level in sorted(labelled.keys() - {WHOLE})
        },
        "ece": calibration_error(confidence, right),
    }
    return figures, operating_points(calibrating)


def operating_points(results: list[RankerResult]) -> list[OperatingPoint]:
    """Measure the operating point of each precision in PRECISIONS that can be reached, lowest first."""
    confidence, right = [result.confidence for result in results], [result.right for result in results]
    points = []
    for precision in PRECISIONS:
        threshold = threshold_for(confidence, right, precision)
        if threshold < 1.0:
            answerable = [result.confidence >= threshold for result in results if result.answerable]
            unanswerable = [result.confidence >= threshold for result in results if not result.answerable]
            shares = [round(float(np.mean(answered or [False])), 4) for answered in (answerable, unanswerable)]
            points.append(OperatingPoint(precision, round(threshold, 4), *shares))
    return points


def _fit_without(labelled: LabelledResults, fold: int | None) -> Ranker:
    """Fit on everything but one fold; on everything if it is None."""
    groups = ([WHOLE], EVIDENCE_LEVELS, CALIBRATION_LEVELS, tuple(FILLED_LEVELS.values()))
    return fit(*(_results_of(labelled, levels, without=fold) for levels in groups))


def fit(
    whole: list[RankerResult],
    evidence: list[RankerResult],
    calibrating: list[RankerResult],
    filled: list[RankerResult],
) -> Ranker:
    """Fit the order on questions with an answer, then the probability on questions with and without one.

    `evidence` shows which features separate the two, `calibrating` how probable an answer is, and `filled` how that
    changes in a larger index.
    """
    order = fit_order(whole)
    ranker = Ranker(order, NEUTRAL.confidence, 0.0, ())
    features, answerable, _ = _best_hits(evidence, ranker, CONFIDENCE_FEATURES)
    weights, bias = fit_logistic(features, answerable)
    features, _, right = _best_hits(calibrating, ranker, CONFIDENCE_FEATURES)
    # Only a slope and a shift of that number are fitted to being right (Platt 1999): fitting all weights to it would
    # spend them on separating good hits from nearly good ones, and refuse worse.
    (slope,), shift = fit_logistic((features @ np.array(weights) + bias)[:, np.newaxis], right)
    fitted = dict(zip(CONFIDENCE_FEATURES, weights, strict=True))
    confidence = tuple(round(fitted.get(name, 0.0) * slope, 4) for name in FEATURE_NAMES)
    ranker = replace(ranker, confidence=confidence, bias=round(bias * slope + shift, 4))
    return _fit_size(ranker, filled) if filled else ranker


def _fit_size(ranker: Ranker, filled: list[RankerResult]) -> Ranker:
    """Add the weights of SIZE_FEATURES and leave all others as they were fitted for a small index."""
    other_names = tuple(name for name in FEATURE_NAMES if name not in SIZE_FEATURES)
    other_features, _, right = _best_hits(filled, ranker, other_names)
    weights = dict(zip(FEATURE_NAMES, ranker.confidence, strict=True))
    offset = other_features @ np.array([weights[name] for name in other_names]) + ranker.bias
    features, _, _ = _best_hits(filled, ranker, SIZE_FEATURES)
    size_weights, _ = fit_logistic(features, right, offset=offset, biased=False)
    weights |= dict(zip(SIZE_FEATURES, size_weights, strict=True))
    return replace(ranker, confidence=tuple(weights[name] for name in FEATURE_NAMES))


def _best_hits(results: list[RankerResult], ranker: Ranker, names: Sequence[str]) -> tuple[Float64, Bool, Bool]:
    """Return some features of each question's best hit, (n, len(names)), its answerability, and whether it is right."""
    judged = [reorder(result, ranker) for result in results if result.hits]
    columns = [FEATURE_NAMES.index(name) for name in names]
    features = np.array([result.hits[0].features[columns] for result in judged], np.float64)
    return features, np.array([result.answerable for result in judged]), np.array([result.right for result in judged])


def reorder(result: RankerResult, ranker: Ranker) -> RankerResult:
    """Score and order the same hits with another ranker."""
    if not result.hits:
        return result
    features = np.stack([hit.features for hit in result.hits])
    scores, probabilities = ranker.scores(features), ranker.probabilities(features)
    hits = [
        replace(hit, score=float(score), probability=float(probability))
        for hit, score, probability in zip(result.hits, scores, probabilities, strict=True)
    ]
    return replace(result, hits=sorted(hits, key=lambda hit: (-hit.score, hit.row)))


def fit_order(results: list[RankerResult]) -> tuple[float, ...]:
    """Fit the weights of ORDER_FEATURES, beside FIXED_ORDER, so that a softmax makes the right candidate most probable.

    The weights of all other features are 0.
    """
    from scipy.optimize import minimize

    usable = [result for result in results if result.gold in result.rows]
    matrices = [_columns(result, ORDER_FEATURES) for result in usable]
    fixed_weights = np.array(list(FIXED_ORDER.values()))
    fixed = np.concatenate([_columns(result, tuple(FIXED_ORDER)) @ fixed_weights for result in usable])
    scale = np.concatenate(matrices).std(axis=0) + 1e-9
    candidates = np.concatenate(matrices) / scale
    sizes = np.array([len(matrix) for matrix in matrices])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    gold = starts + np.array([result.rows.index(result.gold) for result in usable])

    def loss(weights: Float64) -> tuple[float, Float64]:
        scores = candidates @ weights + fixed
        top = np.maximum.reduceat(scores, starts)
        mass = np.exp(scores - np.repeat(top, sizes))
        total = np.add.reduceat(mass, starts)
        expected = (candidates * (mass / np.repeat(total, sizes))[:, np.newaxis]).sum(axis=0) / len(sizes)
        value = -(scores[gold] - top - np.log(total)).mean() + RIDGE * weights @ weights
        return float(value), -candidates[gold].mean(axis=0) + expected + 2 * RIDGE * weights

    fitted = minimize(loss, np.zeros(len(ORDER_FEATURES)), jac=True, method="L-BFGS-B").x / scale
    weight_of = FIXED_ORDER | dict(zip(ORDER_FEATURES, fitted, strict=True))
    return tuple(round(float(weight_of.get(name, 0.0)), 4) for name in FEATURE_NAMES)


def _columns(result: RankerResult, names: Sequence[str]) -> Float64:
    """Return some features of a question's hits, (hits, len(names))."""
    columns = [FEATURE_NAMES.index(name) for name in names]
    return np.array([hit.features[columns] for hit in result.hits], np.float64)


def fit_logistic(
    features: Float64, right: Bool, *, offset: Float64 | float = 0.0, biased: bool = True
) -> tuple[tuple[float, ...], float]:
    """Fit weights and bias of a logistic regression with a small ridge; `offset` adds known log-odds."""
    from scipy.optimize import minimize

    # The mean keeps the scale of a column that hardly varies, such as the size of an index, from being tiny.
    scale = np.maximum(features.std(axis=0), np.abs(features.mean(axis=0)) / 10) + 1e-9
    columns = np.column_stack([features / scale, np.full(len(features), float(biased))])
    sign = np.where(right, 1.0, -1.0)

    def loss(weights: Float64) -> tuple[float, Float64]:
        margin = sign * (columns @ weights + offset)
        slope = -sign / (1.0 + np.exp(np.clip(margin, -50, 50)))
        ridge = RIDGE * np.append(weights[:-1], 0.0)
        value = np.logaddexp(0.0, -margin).mean() + ridge @ weights
        return float(value), columns.T @ slope / len(columns) + 2 * ridge

    fitted = minimize(loss, np.zeros(columns.shape[1]), jac=True, method="L-BFGS-B").x
    return tuple(round(float(weight), 4) for weight in fitted[:-1] / scale), round(float(fitted[-1]), 4)


def threshold_for(confidence: list[float], right: list[bool], precision: float) -> float:
    """Find the lowest confidence from which at least `precision` of the answers are right; 1 if there is none."""
    order = np.argsort(-np.array(confidence), kind="stable")
    share = np.cumsum(np.array(right)[order]) / np.arange(1, len(order) + 1)
    precise = np.flatnonzero(share >= precision)
    return float(np.array(confidence)[order[precise[-1]]]) if len(precise) else 1.0


def _results_of(labelled: LabelledResults, levels: Sequence[str], *, without: int | None = None) -> list[RankerResult]:
    """Collect the results of some levels, without those of one fold."""
    numbered = (pair for level in levels for pair in labelled.get(level, []))
    return [result for number, result in numbered if number % FOLDS != without]


def _print_when_done(event: ProgressEvent) -> None:
    if event.finished:
        sys.stderr.write(f"{event.description}: {event.total}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
