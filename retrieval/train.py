"""Fit the ranker's weights: python -m retrieval.train INDEX_FOLDER FILE… --out ranker.json.

INDEX_FOLDER is any index (its compiled model is used), each FILE a SQuAD or XQuAD-R file. The order
of candidates is fitted by listwise logistic regression (softmax over the candidates of a question;
Cao et al. 2007, top one); the probability by logistic regression on whether the best hit is right,
over questions of which half cannot be answered (levels far and near). The printed figures are
cross-validated by article: no question is judged by weights that saw its article.
"""

import argparse
import datetime
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval import evaluate, model, store
from retrieval.encoder import open_encoder
from retrieval.evaluate import Asked
from retrieval.features import NAMES
from retrieval.ranker import Ranker
from retrieval.squad import read_squad

# Those that improve the order; the others only tell how likely the first hit is right.
ORDERING = ("late", "kind", "coverage_neighbours", "coverage_window")
FITTED_LEVELS = ("far", "near")
FOLDS = 8
RIDGE = 1e-3
PRECISION_WANTED = 0.85  # of the answers given when half of the questions have none
NEUTRAL = Ranker((1.0,) * len(NAMES), (1.0,) * len(NAMES), 0.0, 0.5)

Float64 = NDArray[np.float64]
Labelled = dict[str, list[tuple[int, Asked]]]  # by level; the number decides the fold


def main(arguments: list[str]) -> int:
    """Fit, print the cross-validated figures as JSON, and write the weights."""
    parser = argparse.ArgumentParser(prog="python -m retrieval.train", description="Fit the ranker's weights.")
    parser.add_argument("index", type=Path, help="an index folder; its compiled model encodes")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="SQuAD or XQuAD-R files")
    parser.add_argument("--language", default="en")
    parser.add_argument("--out", type=Path, required=True, help="where to write the weights")
    options = parser.parse_args(arguments)
    fingerprint = store.open_index(options.index).index.fingerprint
    encoder = open_encoder(model.compiled_folder(options.index, fingerprint), fingerprint, 0)
    labelled: Labelled = {}
    for number, file in enumerate(options.files):
        corpus = read_squad(file)
        cached = evaluate.CachedQuestions(encoder)
        for level in evaluate.levels(corpus, cached, options.language, _say):
            asked, _ = evaluate.ask_all(level, corpus.questions, cached, NEUTRAL, _say)
            # The same article in another language falls into the same fold.
            numbered = [(number * FOLDS * 1_000 + one.question.document, one) for one in asked]
            labelled.setdefault(level.name, []).extend(numbered)
    figures = cross_validate(labelled)
    ranker = fit(_part(labelled, ["all"]), _part(labelled, FITTED_LEVELS))
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


def as_json(ranker: Ranker, provenance: dict[str, Any]) -> dict[str, Any]:
    """Return the weights as ranker.read_ranker expects them."""
    return {
        "features": list(NAMES),
        "order": {name: weight for name, weight in zip(NAMES, ranker.order, strict=True) if weight},
        "confidence": dict(zip(NAMES, ranker.confidence, strict=True)),
        "bias": ranker.bias,
        "threshold": ranker.threshold,
        "provenance": provenance,
    }


def cross_validate(labelled: Labelled) -> dict[str, Any]:
    """Return the figures of weights that never saw the article of the question they judge."""
    judged: dict[str, list[Asked]] = {level: [] for level in labelled}
    for fold in range(FOLDS):
        ranker = fit(_part(labelled, ["all"], without=fold), _part(labelled, FITTED_LEVELS, without=fold))
        for level, numbered in labelled.items():
            judged[level].extend(reorder(one, ranker) for number, one in numbered if number % FOLDS == fold)
    refusal = {}
    for level in labelled.keys() - {"all"}:
        kept = [one.confidence for one in judged[level] if one.gold >= 0]
        lost = [one.confidence for one in judged[level] if one.gold < 0]
        refusal[level] = {"auroc": evaluate.auroc(kept, lost), "refused_at_95": evaluate.refused(kept, lost)}
    fitted = [one for level in FITTED_LEVELS for one in judged.get(level, [])]
    confidence, right = [one.confidence for one in fitted], [one.right for one in fitted]
    threshold = threshold_for(confidence, right, PRECISION_WANTED)
    answerable = [one.confidence >= threshold for one in fitted if one.gold >= 0]
    unanswerable = [one.confidence >= threshold for one in fitted if one.gold < 0]
    ranked = [[hit.row for hit in one.hits] for one in judged["all"]]
    return {
        **evaluate.ranking_figures([one.gold for one in judged["all"]], ranked),
        "refusal": dict(sorted(refusal.items())),
        "ece": evaluate.calibration_error(confidence, right),
        "operating_point": {
            "precision": PRECISION_WANTED,
            "answerable_answered": round(float(np.mean(answerable)), 4) if answerable else None,
            "unanswerable_answered": round(float(np.mean(unanswerable)), 4) if unanswerable else None,
        },
    }


def fit(whole: list[Asked], lacking: list[Asked]) -> Ranker:
    """Fit the order on questions with an answer, then the probability on those with and without."""
    order = fit_order(whole)
    ranker = Ranker(order, NEUTRAL.confidence, 0.0, 0.5)
    judged = [reorder(one, ranker) for one in lacking if one.hits]
    features = np.array([one.hits[0].features for one in judged], np.float64)
    right = np.array([one.right for one in judged])
    confidence, bias = fit_confidence(features, np.array([one.gold >= 0 for one in judged]), right)
    ranker = Ranker(order, confidence, bias, 0.5)
    probabilities = ranker.probabilities(features.astype(np.float32)).tolist()
    return replace(ranker, threshold=round(threshold_for(probabilities, right.tolist(), PRECISION_WANTED), 4))


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
    columns = [NAMES.index(name) for name in ORDERING]
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
    return tuple(round(float(found[ORDERING.index(name)]), 4) if name in ORDERING else 0.0 for name in NAMES)


def fit_confidence(
    features: Float64, answerable: NDArray[np.bool_], right: NDArray[np.bool_]
) -> tuple[tuple[float, ...], float]:
    """Return weights and bias of the probability that the best hit is right.

    What tells questions with an answer from those without is learned first; that one number is then
    calibrated against being right (Platt 1999). Learning "right" at once would spend weights on
    telling good hits from nearly good ones, and refuse worse.
    """
    weights, bias = fit_logistic(features, answerable)
    evidence = features @ np.array(weights) + bias
    (slope,), shift = fit_logistic(evidence[:, np.newaxis], right)
    return tuple(round(weight * slope, 4) for weight in weights), round(bias * slope + shift, 4)


def fit_logistic(features: Float64, right: NDArray[np.bool_]) -> tuple[tuple[float, ...], float]:
    """Return weights and bias of a logistic regression with a small ridge."""
    from scipy.optimize import minimize

    scale = features.std(axis=0) + 1e-9
    columns = np.column_stack([features / scale, np.ones(len(features))])
    sign = np.where(right, 1.0, -1.0)

    def loss(weights: Float64) -> tuple[float, Float64]:
        margin = sign * (columns @ weights)
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


def _say(task: str, done: int, total: int) -> None:
    if done == total:
        sys.stderr.write(f"{task}: {total}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
