"""Training: known weights are recovered, and written weights are read back."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import OperatingPoint, Ranker, read_ranker
from retrieval.errors import DataError
from retrieval.measuring.levels import RankerResult
from retrieval.measuring.squad import LabelledQuestion
from retrieval.measuring.train import (
    FIXED_ORDER,
    as_json,
    cross_validate,
    fit,
    fit_logistic,
    operating_points,
    threshold_for,
)
from retrieval.types import Hit

QUESTION = LabelledQuestion("q", 0, 0, 0, first=False)
DECISIVE = FEATURE_NAMES.index("coverage_neighbours")


def random_results(count: int, seed: int) -> list[RankerResult]:
    """Draw results of eight hits each, of which the one with the highest value of the decisive feature is right."""
    rng = np.random.default_rng(seed)
    results = []
    for _ in range(count):
        features = rng.random((8, len(FEATURE_NAMES))).astype(np.float32)
        features[:, [FEATURE_NAMES.index(name) for name in FIXED_ORDER]] = 0.0  # their weights are not fitted
        hits = [Hit(row, 0.0, 0.0, features[row]) for row in range(8)]
        results.append(RankerResult(QUESTION, hits, int(features[:, DECISIVE].argmax())))
    return results


def test_the_decisive_feature_gets_the_weight() -> None:
    """If one feature decides what is right, the order is based on it, also for unseen questions."""
    results = random_results(400, 1)
    ranker = fit(results, results, results, [])
    assert int(np.argmax(np.abs(ranker.order))) == DECISIVE
    numbered = list(enumerate(results))
    figures, points = cross_validate({"all": numbered, "near": numbered})
    assert figures["p_at_1"] > 0.95
    assert [point.threshold for point in points] == sorted(point.threshold for point in points)


def test_logistic_regression_recovers_the_odds() -> None:
    """The known weights of random labels are found, within sampling error and the effect of the ridge."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(20_000, 2))
    right = rng.random(20_000) < 1 / (1 + np.exp(-(1.5 * features[:, 0] - 0.5)))
    weights, bias = fit_logistic(features, right)
    assert weights == pytest.approx((1.5, 0.0), abs=0.15)
    assert bias == pytest.approx(-0.5, abs=0.1)


def test_known_odds_are_kept_and_only_the_rest_is_fitted() -> None:
    """Given the log-odds of one feature, the weight of the other is found, without a bias if none is wanted."""
    rng = np.random.default_rng(4)
    features = rng.normal(size=(20_000, 2))
    right = rng.random(20_000) < 1 / (1 + np.exp(-(1.5 * features[:, 0] + features[:, 1])))
    weights, bias = fit_logistic(features[:, 1:], right, offset=1.5 * features[:, 0], biased=False)
    assert weights == pytest.approx((1.0,), abs=0.1)
    assert bias == 0.0


def test_a_larger_index_changes_only_the_weights_of_size_features() -> None:
    """All other weights stay as they were fitted for a small index."""
    results = random_results(200, 1)
    small, large = fit(results, results, results, []), fit(results, results, results, random_results(200, 2))
    changed = {name for name, a, b in zip(FEATURE_NAMES, small.confidence, large.confidence, strict=True) if a != b}
    assert changed == {"size", "margin_size"}
    assert (small.order, small.bias) == (large.order, large.bias)


def test_the_threshold_is_the_lowest_that_reaches_a_precision() -> None:
    """Of the best four, three are right; a precision that no threshold reaches means 1."""
    confidence = [0.9, 0.8, 0.7, 0.6, 0.5]
    right = [True, True, False, True, False]
    assert threshold_for(confidence, right, 0.75) == 0.6
    assert threshold_for(confidence, right, 1.0) == 0.8
    assert threshold_for([0.9], [False], 0.5) == 1.0


def test_written_weights_are_read_back_and_others_refused(tmp_path: Path) -> None:
    """Weights for features other than this version's would rank at random."""
    weights = tuple(float(place) for place in range(len(FEATURE_NAMES)))
    ranker = Ranker(weights, weights, -1.0, (OperatingPoint(0.8, 0.4, 0.9, 0.1), OperatingPoint(0.9, 0.6, 0.7, 0.0)))
    path = tmp_path / "ranker.json"
    path.write_text(json.dumps(as_json(ranker, {"date": "2026-01-01"})))
    assert read_ranker(path) == ranker
    path.write_text(json.dumps(as_json(ranker, {}) | {"features": ["other"]}))
    with pytest.raises(DataError, match="train the ranker again"):
        read_ranker(path)
    path.write_text(json.dumps(as_json(replace(ranker, points=()), {})))
    with pytest.raises(DataError, match="has no operating points"):
        read_ranker(path)
    path.write_text("{}")
    with pytest.raises(DataError, match="cannot read the ranker's weights"):
        read_ranker(path)


def test_operating_points_are_measured_at_the_threshold_of_each_precision() -> None:
    """Of five answers by falling confidence, 1, 2 and 4 are right; the fifth question has no answer."""
    features = np.zeros(len(FEATURE_NAMES), np.float32)
    answers = [(0.9, 0), (0.8, 0), (0.7, 1), (0.6, 0), (0.5, -1)]
    results = [RankerResult(QUESTION, [Hit(0, 0.0, confidence, features)], gold) for confidence, gold in answers]
    points = {point.precision: point for point in operating_points(results)}
    assert points[0.75] == OperatingPoint(0.75, 0.6, 1.0, 0.0)
    assert points[0.76] == OperatingPoint(0.76, 0.8, 0.5, 0.0)
    assert points[0.6] == OperatingPoint(0.6, 0.5, 1.0, 1.0)
