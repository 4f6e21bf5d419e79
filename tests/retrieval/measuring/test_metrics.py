"""Figures: each by a calculation that fits on a line."""

import json
from pathlib import Path

import pytest

from retrieval.errors import DataError
from retrieval.measuring import squad
from retrieval.measuring.levels import build_levels
from retrieval.measuring.measure import eval_figures, measure
from retrieval.measuring.metrics import auroc, calibration_error, ranking_figures, refused_share
from retrieval.progress import silent
from tests.support.small_index import ARTICLES, BY_LATE
from tests.support.word_encoder import CountingCrossEncoder, WordEncoder


def test_ranking_figures_of_four_rankings() -> None:
    """Ranks 1, 2, 7 and absent."""
    ranked = [[5, 1], [1, 5], [1, 2, 3, 4, 6, 7, 5], [1]]
    assert ranking_figures([5, 5, 5, 5], ranked) == {
        "p_at_1": 0.25,
        "r_at_5": 0.5,
        "mrr_at_10": round((1 + 1 / 2 + 1 / 7) / 4, 4),
    }


def test_auroc_counts_pairs_with_ties_half() -> None:
    """Of six pairs three are won and two tied: 4 / 6."""
    assert auroc([0.9, 0.5, 0.2], [0.5, 0.2]) == round((1 + 0.5 + 0 + 1 + 1 + 0.5) / 6, 4)


def test_refused_is_counted_under_the_threshold_that_keeps_95_percent() -> None:
    """With 20 answerable questions the lowest one may be lost."""
    kept = [i / 20 for i in range(1, 21)]
    assert refused_share(kept, [0.04, 0.07, 0.099, 0.1, 0.5]) == 0.6


def test_calibration_error_of_two_bins() -> None:
    """Bin 0.9: two of four right, off by 0.4; bin 0.1: none of one, off by 0.1."""
    error = calibration_error([0.9, 0.9, 0.9, 0.9, 0.1], [True, True, False, False, False])
    assert error == pytest.approx(round((4 * 0.4 + 0.1) / 5, 4))


def test_a_squad_file_is_read_split_and_measured(tmp_path: Path, words: WordEncoder) -> None:
    """Four questions that name the words of their sentence: all first; the levels lack what they should."""
    path = tmp_path / "squad.json"
    path.write_text(json.dumps(ARTICLES))
    corpus = squad.read_squad(path)
    levels = {level.name: level for level in build_levels(corpus, words, "en", silent)}
    assert {name: level.gold for name, level in levels.items()} == {
        "all": [0, 1, 2, 3],
        "far": [0, 1, 2, -1],
        "near": [0, 1, -1, 2],
        "nearest": [-1, 0, -1, -1],
    }
    figures = eval_figures(measure(corpus, words, BY_LATE, "en", silent))
    assert (figures["questions"], figures["p_at_1"], figures["mrr_at_10"]) == (4, 1.0, 1.0)
    assert set(figures) == {"questions", "p_at_1", "r_at_5", "mrr_at_10", "refusal", "ece", "latency_ms"}
    assert set(figures["refusal"]) == {"far", "near", "nearest"}


def test_a_second_stage_is_measured_too(tmp_path: Path, words: WordEncoder) -> None:
    """One that wants "cat" puts its sentence first for every question: one of four is right."""
    path = tmp_path / "squad.json"
    path.write_text(json.dumps(ARTICLES))
    corpus = squad.read_squad(path)
    figures = eval_figures(measure(corpus, words, BY_LATE, "en", silent, CountingCrossEncoder("cat")))
    assert (figures["p_at_1"], figures["r_at_5"]) == (0.25, 1.0)


@pytest.mark.parametrize("content", ["[]", '{"data": [{}]}', "nothing", '{"data": [{"title": "a", "paragraphs": 3}]}'])
def test_what_is_no_squad_file_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    """Any other JSON, or none, is a DataError."""
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(DataError, match="is not a SQuAD file"):
        squad.read_squad(tmp_path / "x.json")
