"""Training: weights are found that were put in, and what is written can be read."""

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
from retrieval.measuring.train import as_json, cross_validate, fit, fit_logistic, operating_points, threshold_for
from retrieval.types import Hit

DECIDING = FEATURE_NAMES.index("coverage_neighbours")


def made_up(count: int, seed: int) -> list[RankerResult]:
    """Return questions whose right hit is the one with the largest value of one feature."""
    rng = np.random.default_rng(seed)
    asked = []
    for _ in range(count):
        features = rng.random((8, len(FEATURE_NAMES))).astype(np.float32)
        hits = [Hit(row, 0.0, 0.0, features[row]) for row in range(8)]
        asked.append(
            RankerResult(LabelledQuestion("q", 0, 0, 0, first=False), hits, int(features[:, DECIDING].argmax()))
        )
    return asked


def test_the_feature_that_decides_gets_the_weight() -> None:
    """With one feature that tells right from wrong, the order rests on it, on unseen questions too."""
    groups = list(enumerate(made_up(400, 1)))
    asked = [one for _, one in groups]
    ranker = fit(asked, asked, asked, [])
    assert int(np.argmax(np.abs(ranker.order))) == DECIDING
    figures, points = cross_validate({"all": groups, "near": groups})
    assert figures["p_at_1"] > 0.95
    assert [point.threshold for point in points] == sorted(point.threshold for point in points)


def test_logistic_regression_finds_the_odds() -> None:
    """Labels drawn with known odds give those odds back, within sampling error and what the ridge takes."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(20_000, 2))
    right = rng.random(20_000) < 1 / (1 + np.exp(-(1.5 * features[:, 0] - 0.5)))
    weights, bias = fit_logistic(features, right)
    assert weights == pytest.approx((1.5, 0.0), abs=0.15)
    assert bias == pytest.approx(-0.5, abs=0.1)


def test_known_odds_are_left_and_only_what_is_new_is_fitted() -> None:
    """With the log-odds of one feature given, the other's weight is found, and no bias where none is wanted."""
    rng = np.random.default_rng(4)
    features = rng.normal(size=(20_000, 2))
    right = rng.random(20_000) < 1 / (1 + np.exp(-(1.5 * features[:, 0] + features[:, 1])))
    weights, bias = fit_logistic(features[:, 1:], right, offset=1.5 * features[:, 0], biased=False)
    assert weights == pytest.approx((1.0,), abs=0.1)
    assert bias == 0.0


def test_a_larger_index_changes_only_what_depends_on_its_size() -> None:
    """Weights for a small index stay as they are when questions of a filled one are added."""
    asked = made_up(200, 1)
    small, grown = fit(asked, asked, asked, []), fit(asked, asked, asked, made_up(200, 2))
    changed = {name for name, a, b in zip(FEATURE_NAMES, small.confidence, grown.confidence, strict=True) if a != b}
    assert changed == {"size", "margin_size"}
    assert (small.order, small.bias) == (grown.order, grown.bias)


def test_the_threshold_is_the_lowest_with_the_wanted_precision() -> None:
    """Of the best four three are right; asking for more than can be had means never to answer."""
    confidence = [0.9, 0.8, 0.7, 0.6, 0.5]
    right = [True, True, False, True, False]
    assert threshold_for(confidence, right, 0.75) == 0.6
    assert threshold_for(confidence, right, 1.0) == 0.8
    assert threshold_for([0.9], [False], 0.5) == 1.0


def test_written_weights_are_read_back_and_others_refused(tmp_path: Path) -> None:
    """Weights for other features than this version computes would rank at random."""
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


def test_operating_points_are_what_a_threshold_does() -> None:
    """Of five answers, best first, right are 1, 2 and 4; the fifth question has no answer."""
    features = np.zeros(len(FEATURE_NAMES), np.float32)
    question = LabelledQuestion("q", 0, 0, 0, first=False)
    confidence = [(0.9, 0), (0.8, 0), (0.7, 1), (0.6, 0), (0.5, -1)]
    asked = [RankerResult(question, [Hit(0, 0.0, one, features)], gold) for one, gold in confidence]
    points = {point.precision: point for point in operating_points(asked)}
    assert points[0.75] == OperatingPoint(0.75, 0.6, 1.0, 0.0)
    assert points[0.76] == OperatingPoint(0.76, 0.8, 0.5, 0.0)
    assert points[0.6] == OperatingPoint(0.6, 0.5, 1.0, 1.0)
