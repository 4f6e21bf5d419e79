"""Measuring a file: what each baseline finds, what the curves hold, and why a case went wrong."""

import json
from pathlib import Path

import pytest

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import Ranker
from retrieval.measuring import squad
from retrieval.measuring.baselines import BaselineResult
from retrieval.measuring.curves import (
    CalibrationBin,
    CurvePoint,
    calibration_bins,
    measure_operating_point,
    precision_curve,
)
from retrieval.measuring.measure import Measurement, baseline_figures, measure
from retrieval.measuring.metrics import calibration_error
from retrieval.measuring.wrong_answers import overconfident_cases, wrong_cases
from retrieval.progress import silent
from tests.support.small_index import ARTICLES, BACKWARDS, BY_LATE
from tests.support.word_encoder import WordEncoder

OUTCOMES = [
    BaselineResult([1], 0.95, 1),
    BaselineResult([1], 0.85, 1),
    BaselineResult([1], 0.85, 2),
    BaselineResult([1], 0.35, -1),
]


def measured(folder: Path, words: WordEncoder, ranker: Ranker = BY_LATE) -> Measurement:
    (folder / "squad.json").write_text(json.dumps(ARTICLES))
    return measure(squad.read_squad(folder / "squad.json"), words, ranker, "en", silent)


def test_each_baseline_ranks_by_its_own_search(tmp_path: Path, words: WordEncoder) -> None:
    """Dense: cosines of the words shared; BM25: only rows that share a term; both over the same rows."""
    found = measured(tmp_path, words).baselines
    assert {name: [one.rows[0] for one in levels["all"]] for name, levels in found.items()} == {
        "dense": [0, 1, 2, 3],
        "BM25": [0, 1, 2, 3],
    }
    cat = {name: levels["all"][2] for name, levels in found.items()}
    # "cat sleeps" against "The cat sleeps.": two of three words, at lengths √2 and √3
    assert cat["dense"].confidence == pytest.approx(2 / (2**0.5 * 3**0.5), abs=5e-4)  # half precision
    assert (len(cat["dense"].rows), cat["BM25"].rows) == (4, [2])
    assert [one.rows for one in found["BM25"]["near"]][2] == []  # the cat's paragraph is not in that index


def test_baseline_figures_are_the_rankers_without_calibration_and_latency(tmp_path: Path, words: WordEncoder) -> None:
    """A score of the first row is no probability."""
    figures = baseline_figures(measured(tmp_path, words))
    assert list(figures) == ["dense", "BM25"]
    assert all(set(one) == {"p_at_1", "r_at_5", "mrr_at_10", "refusal"} for one in figures.values())
    assert (figures["BM25"]["p_at_1"], figures["BM25"]["refusal"]["near"]["auroc"]) == (1.0, 1.0)


def test_the_curve_has_a_point_for_every_distinct_confidence() -> None:
    """One of one, two of three, two of four right."""
    assert precision_curve(OUTCOMES) == [
        CurvePoint(0.95, 0.25, 1.0),
        CurvePoint(0.85, 0.75, 2 / 3),
        CurvePoint(0.35, 1.0, 0.5),
    ]
    assert precision_curve([]) == []


def test_the_operating_point_counts_from_the_threshold_on() -> None:
    """At 0.85 three of four are answered, two of them rightly; every answerable one, no other."""
    found = measure_operating_point(OUTCOMES, 0.85)
    assert (found.point, found.answerable, found.unanswerable) == (CurvePoint(0.85, 0.75, 2 / 3), 1.0, 0.0)


def test_the_bins_add_up_to_the_calibration_error() -> None:
    """Bin 0.8 holds two, one right; the error is the bins' gaps weighted by their counts."""
    bins = calibration_bins(OUTCOMES)
    assert bins[8] == CalibrationBin(0.8, 0.9, 2, 0.85, 0.5)
    assert sum(one.count for one in bins) == 4
    error = sum(one.count * abs(one.confidence - one.right) for one in bins) / 4
    assert calibration_error([one.confidence for one in OUTCOMES], [one.right for one in OUTCOMES]) == round(error, 4)


def test_a_wrong_case_says_what_was_expected_and_what_decided(tmp_path: Path, words: WordEncoder) -> None:
    """With the weight turned round the worst candidate comes first; contributions add up to the scores."""
    found = measured(tmp_path, words, BACKWARDS)
    cases = {case.question: case for case in wrong_cases(found, BACKWARDS)}
    case = cases["ferry price"]
    assert case.expected is not None
    assert (case.expected.text, case.expected.title, case.expected.paragraph) == (
        "The ferry has a price of four.",
        "Ferry",
        1,
    )
    assert case.rank == 4
    (late,) = case.contributions
    assert (late.feature, late.weight) == (FEATURE_NAMES[BY_LATE.order.index(1.0)], -1.0)
    hits = found.results["all"][3].hits
    assert (late.given, late.expected) == pytest.approx((hits[0].score, hits[3].score))
    assert late.difference == pytest.approx(hits[0].score - hits[3].score)


def test_answers_to_the_unanswerable_come_with_the_missing_sentence(tmp_path: Path, words: WordEncoder) -> None:
    """On the near level only the cat's paragraph is missing."""
    (case,) = overconfident_cases(measured(tmp_path, words), BY_LATE)
    assert (case.question, case.rank) == ("cat sleeps", None)
    assert case.expected is not None
    assert case.expected.text == "The cat sleeps."
    assert [one.expected for one in case.contributions] == [None]
