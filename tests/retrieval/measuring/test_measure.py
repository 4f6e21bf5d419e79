"""Measuring a file: its figures, the results of each baseline, the numbers of the plots, and the wrong answers."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import Ranker
from retrieval.measuring.baselines import BaselineResult
from retrieval.measuring.curves import (
    CalibrationBin,
    CurvePoint,
    calibration_bins,
    measure_operating_point,
    precision_curve,
)
from retrieval.measuring.measure import Measurement, baseline_figures, eval_figures, measure
from retrieval.measuring.metrics import calibration_error
from retrieval.measuring.squad import read_squad
from retrieval.measuring.wrong_answers import overconfident_cases, wrong_cases
from retrieval.progress import silent
from retrieval.types import CrossEncoder
from tests.support.small_index import ARTICLES, BACKWARDS, BY_LATE
from tests.support.word_encoder import CountingCrossEncoder, WordEncoder

RESULTS = [
    BaselineResult([1], 0.95, 1),
    BaselineResult([1], 0.85, 1),
    BaselineResult([1], 0.85, 2),
    BaselineResult([1], 0.35, -1),
]


def measure_articles(
    folder: Path, words: WordEncoder, ranker: Ranker = BY_LATE, cross_encoder: CrossEncoder | None = None
) -> Measurement:
    """Measure ARTICLES."""
    (folder / "squad.json").write_text(json.dumps(ARTICLES))
    return measure(read_squad(folder / "squad.json"), words, ranker, "en", silent, cross_encoder)


def test_questions_in_the_words_of_their_sentences_are_all_answered(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """The right sentence comes first for each of the four; there are figures for every level."""
    figures = eval_figures(measure_articles(tmp_path, word_encoder))
    assert (figures["questions"], figures["p_at_1"], figures["mrr_at_10"]) == (4, 1.0, 1.0)
    assert set(figures) == {"questions", "p_at_1", "r_at_5", "mrr_at_10", "refusal", "ece", "latency_ms"}
    assert set(figures["refusal"]) == {"far", "near", "nearest"}


def test_a_question_without_an_answer_counts_as_unanswerable(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """It lowers no figure about ranking and is no wrong case; on each level it is asked in vain."""
    content: Any = copy.deepcopy(ARTICLES)
    content["data"][1]["paragraphs"][0]["qas"].append({"question": "ferry monday", "answers": []})
    (tmp_path / "squad.json").write_text(json.dumps(content))
    measured = measure(read_squad(tmp_path / "squad.json"), word_encoder, BY_LATE, "en", silent)
    figures = eval_figures(measured)
    assert (figures["questions"], figures["p_at_1"], figures["mrr_at_10"]) == (5, 1.0, 1.0)
    assert [results[-1].answerable for results in measured.results.values()] == [False] * 4
    assert wrong_cases(measured, BY_LATE) == []
    (case,) = [case for case in overconfident_cases(measured, BY_LATE) if case.question == "ferry monday"]
    assert case.expected is None


def test_a_cross_encoder_is_measured_too(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """One that prefers "cat" puts that sentence first for every question, which is right for one of four."""
    figures = eval_figures(measure_articles(tmp_path, word_encoder, cross_encoder=CountingCrossEncoder("cat")))
    assert (figures["p_at_1"], figures["r_at_5"]) == (0.25, 1.0)


def test_each_baseline_ranks_by_its_own_search(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """Dense ranks all rows by the cosine of shared words; BM25 finds only rows that share a term."""
    baselines = measure_articles(tmp_path, word_encoder).baselines
    assert {name: [result.rows[0] for result in levels["all"]] for name, levels in baselines.items()} == {
        "dense": [0, 1, 2, 3],
        "BM25": [0, 1, 2, 3],
    }
    cat = {name: levels["all"][2] for name, levels in baselines.items()}
    # "cat sleeps" and "The cat sleeps." share two words, at lengths √2 and √3
    assert cat["dense"].confidence == pytest.approx(2 / (2**0.5 * 3**0.5), abs=5e-4)  # half precision
    assert (len(cat["dense"].rows), cat["BM25"].rows) == (4, [2])
    assert baselines["BM25"]["near"][2].rows == []  # this level lacks the paragraph about the cat


def test_baselines_have_figures_about_ranking_and_refusal_only(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """There is no calibration error, because the score of the first row is not a probability, and no latency."""
    figures = baseline_figures(measure_articles(tmp_path, word_encoder))
    assert list(figures) == ["dense", "BM25"]
    assert all(set(baseline) == {"p_at_1", "r_at_5", "mrr_at_10", "refusal"} for baseline in figures.values())
    assert (figures["BM25"]["p_at_1"], figures["BM25"]["refusal"]["near"]["auroc"]) == (1.0, 1.0)


def test_the_curve_has_a_point_for_every_distinct_confidence() -> None:
    """One of one, two of three, two of four are right."""
    assert precision_curve(RESULTS) == [
        CurvePoint(0.95, 0.25, 1.0),
        CurvePoint(0.85, 0.75, 2 / 3),
        CurvePoint(0.35, 1.0, 0.5),
    ]
    assert precision_curve([]) == []


def test_the_operating_point_counts_answers_from_the_threshold_on() -> None:
    """At 0.85, three of four are answered, two of them rightly: all answerable ones and no other."""
    measured = measure_operating_point(RESULTS, 0.85)
    assert (measured.point, measured.answerable, measured.unanswerable) == (CurvePoint(0.85, 0.75, 2 / 3), 1.0, 0.0)


def test_the_bins_add_up_to_the_calibration_error() -> None:
    """Bin 0.8 has two results, one of them right; the error is the mean gap, weighted by the counts."""
    bins = calibration_bins(RESULTS)
    assert bins[8] == CalibrationBin(0.8, 0.9, 2, 0.85, 0.5)
    assert sum(group.count for group in bins) == 4
    error = sum(group.count * abs(group.confidence - group.right) for group in bins) / 4
    confidence, right = [result.confidence for result in RESULTS], [result.right for result in RESULTS]
    assert calibration_error(confidence, right) == round(error, 4)


def test_a_wrong_case_shows_both_sentences_and_what_decided(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """With the weight negated, the worst candidate comes first; the contributions add up to the scores."""
    measurement = measure_articles(tmp_path, word_encoder, BACKWARDS)
    cases = {case.question: case for case in wrong_cases(measurement, BACKWARDS)}
    case = cases["ferry price"]
    assert case.expected is not None
    assert (case.expected.text, case.expected.title, case.expected.paragraph) == (
        "The ferry has a price of four.",
        "Boats",
        1,
    )
    assert case.rank == 4
    (late,) = case.contributions
    assert (late.feature, late.weight) == (FEATURE_NAMES[BY_LATE.order.index(1.0)], -1.0)
    hits = measurement.results["all"][3].hits
    assert (late.given, late.expected) == pytest.approx((hits[0].score, hits[3].score))
    assert late.difference == pytest.approx(hits[0].score - hits[3].score)


def test_an_overconfident_case_shows_the_sentence_that_the_level_lacks(
    tmp_path: Path, word_encoder: WordEncoder
) -> None:
    """The near level lacks only the paragraph about the cat."""
    (case,) = overconfident_cases(measure_articles(tmp_path, word_encoder), BY_LATE)
    assert (case.question, case.rank) == ("cat sleeps", None)
    assert case.expected is not None
    assert case.expected.text == "The cat sleeps."
    assert [contribution.expected for contribution in case.contributions] == [None]
