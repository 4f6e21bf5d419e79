"""Fit the ranker's weights: python -m retrieval.measuring.train INDEX_FOLDER FILE… --out ranker.json.

INDEX_FOLDER is any index (its compiled model is used), each FILE a SQuAD or XQuAD-R file. The order
of candidates is fitted by listwise logistic regression (softmax over the candidates of a question;
Cao et al. 2007, top one); the probability by logistic regression on whether an answer exists, over
questions of which about half have none, calibrated on whether the best hit is right. What changes
with the size of an index is fitted last, among generated text, with all other weights held. The printed
figures are cross-validated by article: no question is judged by weights that saw its article.
"""

import argparse
import datetime
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import OperatingPoint, Ranker
from retrieval.encoding import models
from retrieval.encoding.encoder import CachedQuestions, open_encoder
from retrieval.index.build import build_index
from retrieval.measuring import metrics, squad
from retrieval.measuring.distractors import fill
from retrieval.measuring.metrics import Asked, Level
from retrieval.measuring.squad import LabelledCorpus, read_squad
from retrieval.progress import ProgressEvent
from retrieval.store import publishing
from retrieval.types import Encoder

# Those that improve the order of the candidates, and those that tell whether the first of them answers.
ORDERING = ("late", "kind", "coverage_neighbours", "coverage_window")
CONFIDENCE = (
    "late",
    "coverage_text",
    "coverage_names",
    "late_window",
    "late_window_rare",
    "off_topic",
    "margin",
)
CALIBRATION_LEVELS = ("far", "near")  # how sure to be is learned where about half of the questions have an answer,
EVIDENCE_LEVELS = (*CALIBRATION_LEVELS, "nearest")  # what tells an answer from none also where few have one;
FILLED = {name: f"{name}, filled" for name in CALIBRATION_LEVELS}  # both among many more sentences, for GROWTH
GROWTH = ("size", "margin_size")  # what changes with the size of an index, and is 0 for a small one
FOLDS = 8
RIDGE = 3e-3
PRECISIONS = [percent / 100 for percent in range(50, 100)]
NEUTRAL = Ranker((1.0,) * len(FEATURE_NAMES), (1.0,) * len(FEATURE_NAMES), 0.0, ())

Float64 = NDArray[np.float64]
Labelled = dict[str, list[tuple[int, Asked]]]  # by level; the number decides the fold


def main(arguments: list[str]) -> int:
    """Fit, print the cross-validated figures as JSON, and write the weights."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval.measuring.train", description="Fit the ranker's weights."
    )
    parser.add_argument("index", type=Path, help="an index folder; its compiled model encodes")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="SQuAD or XQuAD-R files")
    parser.add_argument("--language", default="en")
    parser.add_argument(
        "--sentences", type=int, default=10_000, help="learn the confidence also among so many sentences; 0: do not"
    )
    parser.add_argument("--out", type=Path, required=True, help="where to write the weights")
    options = parser.parse_args(arguments)
    fingerprint = publishing.open_index(options.index).index.fingerprint
    encoder = open_encoder(models.compiled_folder(options.index, fingerprint), fingerprint, 0)
    labelled: Labelled = {}
    for number, file in enumerate(options.files):
        corpus = read_squad(file)
        cached = CachedQuestions(encoder)
        for level in _levels(corpus, cached, options.language, options.sentences):
            asked, _ = metrics.ask_all(level, corpus.questions, cached, NEUTRAL, _say)
            # The same article in another language falls into the same fold.
            numbered = [(number * FOLDS * 1_000 + one.question.document, one) for one in asked]
            labelled.setdefault(level.name, []).extend(numbered)
    figures, points = cross_validate(labelled)
    ranker = replace(_fit_without(labelled, None), points=tuple(points))
    provenance = {
        "files": [file.name for file in options.files],
        "questions": len(labelled["all"]),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "model": fingerprint,
        "cross_validated": figures,
    }
    options.out.write_text(json.dumps(as_json(ranker, provenance), indent=2) + "\n", "utf-8")
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0


def _levels(corpus: LabelledCorpus, encoder: Encoder, language: str, sentences: int) -> Iterator[Level]:
    """Yield the levels of a file, then those that are filled up with text that answers nothing."""
    levels = metrics.levels(corpus, encoder, language, _say)
    yield from levels
    whole = levels[0].index
    for level, reads in (("far", squad.far(corpus)), ("near", squad.near(corpus))) if sentences else ():
        filled = fill(reads, corpus, sentences)
        whole = build_index(filled, encoder, language, level, previous=whole, progress=_say).index
        yield Level(FILLED[level], whole, squad.gold_rows(whole, corpus.questions))


def as_json(ranker: Ranker, provenance: dict[str, Any]) -> dict[str, Any]:
    """Return the weights as ranker.read_ranker expects them."""
    return {
        "features": list(FEATURE_NAMES),
        "order": {name: weight for name, weight in zip(FEATURE_NAMES, ranker.order, strict=True) if weight},
        "confidence": {name: weight for name, weight in zip(FEATURE_NAMES, ranker.confidence, strict=True) if weight},
        "bias": ranker.bias,
        "operating_points": [asdict(point) for point in ranker.points],
        "provenance": provenance,
    }


def cross_validate(labelled: Labelled) -> tuple[dict[str, Any], list[OperatingPoint]]:
    """Return figures and operating points of weights that never saw the article of the question they judge."""
    judged: dict[str, list[Asked]] = {level: [] for level in labelled}
    for fold in range(FOLDS):
        ranker = _fit_without(labelled, fold)
        for level, numbered in labelled.items():
            judged[level].extend(reorder(one, ranker) for number, one in numbered if number % FOLDS == fold)
    refusal = {}
    for level in labelled.keys() - {"all"}:
        kept = [one.confidence for one in judged[level] if one.gold >= 0]
        lost = [one.confidence for one in judged[level] if one.gold < 0]
        refusal[level] = {"auroc": metrics.auroc(kept, lost), "refused_at_95": metrics.refused(kept, lost)}
    calibrated = [one for level in CALIBRATION_LEVELS for one in judged.get(level, [])]
    ranked = [[hit.row for hit in one.hits] for one in judged["all"]]
    figures = {
        **metrics.ranking_figures([one.gold for one in judged["all"]], ranked),
        "refusal": dict(sorted(refusal.items())),
        "ece": metrics.calibration_error([one.confidence for one in calibrated], [one.right for one in calibrated]),
    }
    return figures, operating_points(calibrated)


def operating_points(asked: list[Asked]) -> list[OperatingPoint]:
    """Return what each of PRECISIONS costs, where it can be reached at all, lowest first."""
    confidence, right = [one.confidence for one in asked], [one.right for one in asked]
    points = []
    for precision in PRECISIONS:
        threshold = threshold_for(confidence, right, precision)
        if threshold < 1.0:
            answerable = [one.confidence >= threshold for one in asked if one.gold >= 0]
            unanswerable = [one.confidence >= threshold for one in asked if one.gold < 0]
            shares = (float(np.mean(answerable or [False])), float(np.mean(unanswerable or [False])))
            points.append(OperatingPoint(precision, round(threshold, 4), round(shares[0], 4), round(shares[1], 4)))
    return points


def _fit_without(labelled: Labelled, fold: int | None) -> Ranker:
    """Fit on everything but one fold."""
    levels = (["all"], EVIDENCE_LEVELS, CALIBRATION_LEVELS, tuple(FILLED.values()))
    return fit(*(_part(labelled, level, without=fold) for level in levels))


def fit(whole: list[Asked], lacking: list[Asked], calibrating: list[Asked], filled: list[Asked]) -> Ranker:
    """Fit the order on questions with an answer, then the probability on those with and without one.

    `lacking` teaches what tells the two apart, `calibrating` how sure to be, `filled` what of that
    changes in a larger index.
    """
    order = fit_order(whole)
    ranker = Ranker(order, NEUTRAL.confidence, 0.0, ())
    features, answerable, _ = _tops(lacking, ranker, CONFIDENCE)
    weights, bias = fit_logistic(features, answerable)
    features, _, right = _tops(calibrating, ranker, CONFIDENCE)
    # One number is then calibrated against being right (Platt 1999). Learning "right" at once would
    # spend weights on telling good hits from nearly good ones, and refuse worse.
    (slope,), shift = fit_logistic((features @ np.array(weights) + bias)[:, np.newaxis], right)
    fitted = dict(zip(CONFIDENCE, weights, strict=True))
    confidence = tuple(round(fitted.get(name, 0.0) * slope, 4) for name in FEATURE_NAMES)
    ranker = replace(ranker, confidence=confidence, bias=round(bias * slope + shift, 4))
    return _grown(ranker, filled) if filled else ranker


def _grown(ranker: Ranker, filled: list[Asked]) -> Ranker:
    """Add the weights of GROWTH, with all others as they are: what was fitted for a small index stays."""
    names = tuple(name for name in FEATURE_NAMES if name not in GROWTH)
    known, _, right = _tops(filled, ranker, names)
    weights = dict(zip(FEATURE_NAMES, ranker.confidence, strict=True))
    offset = known @ np.array([weights[name] for name in names]) + ranker.bias
    features, _, _ = _tops(filled, ranker, GROWTH)
    grown, _ = fit_logistic(features, right, offset=offset, biased=False)
    weights |= dict(zip(GROWTH, grown, strict=True))
    return replace(ranker, confidence=tuple(weights[name] for name in FEATURE_NAMES))


def _tops(
    asked: list[Asked], ranker: Ranker, names: Sequence[str]
) -> tuple[Float64, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return of each question's best hit some features, whether an answer exists, and whether it is it."""
    judged = [reorder(one, ranker) for one in asked if one.hits]
    columns = [FEATURE_NAMES.index(name) for name in names]
    features = np.array([one.hits[0].features[columns] for one in judged], np.float64)
    return features, np.array([one.gold >= 0 for one in judged]), np.array([one.right for one in judged])


def reorder(asked: Asked, ranker: Ranker) -> Asked:
    """Return the same hits as a ranker scores and orders them."""
    if not asked.hits:
        return asked
    features = np.stack([hit.features for hit in asked.hits])
    scores, probabilities = ranker.scores(features), ranker.probabilities(features)
    hits = [
        replace(hit, score=float(score), probability=float(probability))
        for hit, score, probability in zip(asked.hits, scores, probabilities, strict=True)
    ]
    return replace(asked, hits=sorted(hits, key=lambda hit: (-hit.score, hit.row)))


def fit_order(asked: list[Asked]) -> tuple[float, ...]:
    """Return the weights of ORDERING that make the right candidate most probable under a softmax, 0 for the rest."""
    from scipy.optimize import minimize

    usable = [one for one in asked if any(hit.row == one.gold for hit in one.hits)]
    columns = [FEATURE_NAMES.index(name) for name in ORDERING]
    matrices = [np.array([hit.features[columns] for hit in one.hits], np.float64) for one in usable]
    right = [next(i for i, hit in enumerate(one.hits) if hit.row == one.gold) for one in usable]
    scale = np.concatenate(matrices).std(axis=0) + 1e-9
    everything = np.concatenate(matrices) / scale
    sizes = np.array([len(matrix) for matrix in matrices])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    gold = starts + np.array(right)

    def loss(weights: Float64) -> tuple[float, Float64]:
        scores = everything @ weights
        top = np.maximum.reduceat(scores, starts)
        mass = np.exp(scores - np.repeat(top, sizes))
        total = np.add.reduceat(mass, starts)
        expected = (everything * (mass / np.repeat(total, sizes))[:, np.newaxis]).sum(axis=0) / len(sizes)
        value = -(scores[gold] - top - np.log(total)).mean() + RIDGE * weights @ weights
        return float(value), -everything[gold].mean(axis=0) + expected + 2 * RIDGE * weights

    found = minimize(loss, np.zeros(len(columns)), jac=True, method="L-BFGS-B").x / scale
    return tuple(round(float(found[ORDERING.index(name)]), 4) if name in ORDERING else 0.0 for name in FEATURE_NAMES)


def fit_logistic(
    features: Float64, right: NDArray[np.bool_], *, offset: Float64 | float = 0.0, biased: bool = True
) -> tuple[tuple[float, ...], float]:
    """Return weights and bias of a logistic regression with a small ridge, on log-odds that are known already."""
    from scipy.optimize import minimize

    # A column that hardly varies, such as the size of an index, is no reason for steps of another order.
    scale = np.maximum(features.std(axis=0), np.abs(features.mean(axis=0)) / 10) + 1e-9
    columns = np.column_stack([features / scale, np.full(len(features), float(biased))])
    sign = np.where(right, 1.0, -1.0)

    def loss(weights: Float64) -> tuple[float, Float64]:
        margin = sign * (columns @ weights + offset)
        slope = -sign / (1.0 + np.exp(np.clip(margin, -50, 50)))
        ridge = RIDGE * np.append(weights[:-1], 0.0)
        value = np.logaddexp(0.0, -margin).mean() + ridge @ weights
        return float(value), columns.T @ slope / len(columns) + 2 * ridge

    found = minimize(loss, np.zeros(columns.shape[1]), jac=True, method="L-BFGS-B").x
    return tuple(round(float(weight), 4) for weight in found[:-1] / scale), round(float(found[-1]), 4)


def threshold_for(confidence: list[float], right: list[bool], precision: float) -> float:
    """Return the lowest confidence from which at least `precision` of the answers are right, at most 1."""
    order = np.argsort(-np.array(confidence), kind="stable")
    share = np.cumsum(np.array(right)[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(share >= precision)
    return float(np.array(confidence)[order[good[-1]]]) if len(good) else 1.0


def _part(labelled: Labelled, levels: Sequence[str], *, without: int | None = None) -> list[Asked]:
    """Return the questions of some levels, without those of one fold."""
    chosen = (pair for level in levels for pair in labelled.get(level, []))
    return [one for number, one in chosen if number % FOLDS != without]


def _say(event: ProgressEvent) -> None:
    if event.finished:
        sys.stderr.write(f"{event.description}: {event.total}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
