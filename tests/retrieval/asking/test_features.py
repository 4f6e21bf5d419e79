"""Features: each value can be computed by hand."""

import math
from dataclasses import replace

import pytest

from retrieval.asking.candidates import find_candidates
from retrieval.asking.features import FEATURE_NAMES, NEUTRAL_COVERAGE_TEXT, compute_features
from retrieval.asking.retriever import Retriever
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

COVERAGE = ("coverage_neighbours", "coverage_window", "coverage_text")


def test_coverage_weights_terms_by_rarity_in_neighbours_window_and_text(word_encoder: WordEncoder) -> None:
    """For "library monday", the title of one document contains "library", and one of its sentences "monday"."""
    index = index_of(word_encoder)
    hits = {
        hit.row: [hit.features[FEATURE_NAMES.index(name)] for name in COVERAGE]
        for hit in Retriever(index, word_encoder, BY_LATE).rank("library monday")
    }
    library, monday = (math.log1p((5 - n + 0.5) / (n + 0.5)) for n in (3, 1))
    share = library / (library + monday)
    assert hits[3] == pytest.approx([1.0, 1.0, 1.0])
    assert hits[2] == pytest.approx([1.0, 1.0, 1.0])
    assert hits[4] == pytest.approx([share, share, 0.0])
    assert hits[0] == [0.0, 0.0, 0.0]


def test_coverage_text_is_neutral_if_the_title_covers_the_question(word_encoder: WordEncoder) -> None:
    """In a document with another title, the window itself must contain the word."""
    hits = {hit.row: hit.features for hit in Retriever(index_of(word_encoder), word_encoder, BY_LATE).rank("library")}
    column = FEATURE_NAMES.index("coverage_text")
    assert [hits[row][column] for row in (2, 4)] == pytest.approx([NEUTRAL_COVERAGE_TEXT, NEUTRAL_COVERAGE_TEXT])
    assert hits[0][column] == 0.0


def test_late_window_takes_the_best_tokens_of_the_whole_window(word_encoder: WordEncoder) -> None:
    """For "opens monday", two neighbours contain one word each: 0.5 for each, 1 for their window, which is on topic."""
    hits = {
        hit.row: hit.features for hit in Retriever(index_of(word_encoder), word_encoder, BY_LATE).rank("opens monday")
    }
    columns = [FEATURE_NAMES.index(name) for name in ("late", "late_window", "late_window_rare", "off_topic")]
    assert hits[2][columns].tolist() == hits[3][columns].tolist() == pytest.approx([0.5, 1.0, 1.0, 0.0])
    assert hits[4][columns].tolist() == pytest.approx([0.0, 0.0, 0.0, -0.5])


def test_similarities_are_on_the_models_own_scale(word_encoder: WordEncoder) -> None:
    """The mean cosine of unrelated words becomes 0, that of the same word in other contexts 1."""
    index = index_of(word_encoder)
    word_encoder.similarity_range = (0.2, 0.6)
    hits = {hit.row: hit.features[0] for hit in Retriever(index, word_encoder, BY_LATE).rank("opens monday")}
    assert hits[2] == pytest.approx((0.8 / 0.4 - 0.2 / 0.4) / 2)


def test_size_is_0_for_a_small_corpus(word_encoder: WordEncoder) -> None:
    """Up to a thousand texts it is 0, for a hundred thousand 2; margin_size is the product with the margin."""
    index = index_of(word_encoder)
    columns = [FEATURE_NAMES.index(name) for name in ("margin", "size", "margin_size")]
    for hit in Retriever(index, word_encoder, BY_LATE).rank("cat sleeps"):
        assert hit.features[columns[1:]].tolist() == [0.0, 0.0]
    candidates = find_candidates(index, "cat sleeps", word_encoder)
    small = compute_features(index, word_encoder, candidates)
    large = compute_features(index, word_encoder, replace(candidates, corpus_size=100_000))
    assert large[:, columns[1]].tolist() == [2.0] * len(candidates.rows)
    assert large[:, columns[2]].tolist() == pytest.approx((2 * large[:, columns[0]]).tolist())
    assert small.shape == large.shape


def test_margin_is_the_lead_over_the_best_other_window(word_encoder: WordEncoder) -> None:
    """Candidates in the best window are compared with the second-best one, all others with the best."""
    hits = Retriever(index_of(word_encoder), word_encoder, BY_LATE).rank("cat sleeps")
    margin = {hit.row: float(hit.features[FEATURE_NAMES.index("margin")]) for hit in hits}
    cat, sleeps = (math.log1p((5 - n + 0.5) / (n + 0.5)) for n in (1, 2))
    museum = max(sleeps, 1.0) / (max(cat, 1.0) + max(sleeps, 1.0))  # "The museum sleeps."
    assert margin[1] == pytest.approx(1 - museum)
    assert margin[4] == pytest.approx(museum - 1)
    assert margin[0] == pytest.approx(0 - museum)


def test_a_sentence_on_the_same_subject_is_not_a_rival(word_encoder: WordEncoder) -> None:
    """Two documents that give different times for the same thing have the same margin, over a third subject."""
    texts = {"a.txt": "The cat sleeps at nine.", "b.txt": "The cat sleeps at four.", "c.txt": "The museum sleeps."}
    index = index_of(word_encoder, texts)
    column = FEATURE_NAMES.index("margin")
    margins = {
        hit.row: float(hit.features[column]) for hit in Retriever(index, word_encoder, BY_LATE).rank("cat sleeps")
    }
    assert margins[0] == margins[1] > 0
    assert margins[2] == pytest.approx(-margins[0])


@pytest.mark.parametrize(
    ("question", "expected"),
    [("library", 1.0), ("is the Museum open", 1.0), ("is Paris there", 0.0), ("why 1931", 0.0)],
)
def test_names_and_numbers_are_covered_or_not(word_encoder: WordEncoder, question: str, expected: float) -> None:
    """For "The museum sleeps."; a question without names and numbers counts as covered."""
    hits = {hit.row: hit.features for hit in Retriever(index_of(word_encoder), word_encoder, BY_LATE).rank(question)}
    assert hits[4][FEATURE_NAMES.index("coverage_names")] == expected
