"""BM25: compared with a library, a calculation by hand and an exhaustive search."""

import math
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import DamagedIndexError
from retrieval.index import lexical
from retrieval.index.lexical import LexicalIndex, build_lexical, idf, top_positions
from retrieval.index.row_ranges import CountedRows
from retrieval.text.terms import split_terms
from retrieval.types import Float32, Int32
from tests.support.row_marks import ranges

TEXTS = ["The cat sleeps.", "The cat and the other cat play on.", "A ferry crosses.", "Nothing here matters much, dog."]


def test_a_score_computed_by_hand() -> None:
    """The score of a term is idf · tf / (tf + k1 · (1 - b + b · length / mean length))."""
    lengths = [len(split_terms(text, "en")) for text in TEXTS]
    mean = sum(lengths) / 4
    idf = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    expected = [idf * tf / (tf + 1.2 * (0.25 + 0.75 * lengths[row] / mean)) for row, tf in ((0, 1), (1, 2))]
    rows, scores = build_lexical(TEXTS, "en").search(["cat"], 10)
    assert sorted(zip(rows.tolist(), scores.tolist(), strict=True)) == [
        (0, pytest.approx(expected[0])),
        (1, pytest.approx(expected[1])),
    ]


@pytest.mark.parametrize("max_exhaustive", [0, lexical.MAX_EXHAUSTIVE_ROWS])
def test_scores_are_those_of_bm25s(max_exhaustive: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """For generated documents, every score equals that of the library's variant "lucene"."""
    import bm25s

    monkeypatch.setattr(lexical, "MAX_EXHAUSTIVE_ROWS", max_exhaustive)
    rng = np.random.default_rng(5)
    words = [f"w{n}x" for n in range(50)]
    documents = [[words[i] for i in rng.zipf(1.3, rng.integers(3, 30)) % 50] for _ in range(300)]
    library = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    library.index(documents, show_progress=False)
    ours = build_lexical([" ".join(document) for document in documents], "xx")
    for query in (["w1x"], ["w2x", "w3x"], ["w40x", "w7x", "w13x"]):
        expected = library.get_scores(query)
        rows, scores = ours.search(query, 300)
        assert set(rows.tolist()) == set(np.flatnonzero(expected > 0).tolist())
        np.testing.assert_allclose(scores, expected[rows], rtol=1e-5)


def exhaustive_search(index: LexicalIndex, terms: list[str], k: int) -> tuple[list[int], list[float]]:
    """Find the best k rows by adding up all postings."""
    total = np.zeros(index.count, np.float32)
    for term in sorted(set(terms)):
        rows, scores = index.postings(term)
        total[rows] += scores
    positions, best_scores = top_positions(total, k, above=0.0)
    return positions.tolist(), best_scores.tolist()


WORDS = [f"w{n}x" for n in range(12)]


@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=9), max_size=60),
    st.lists(st.sampled_from([*WORDS, "w99x"]), max_size=8),
    st.integers(1, 12),
)
def test_a_search_finds_what_an_exhaustive_one_finds(texts: list[list[str]], terms: list[str], k: int) -> None:
    """Rows and scores are equal to the last bit, ties included, in small and large indexes, among all rows or some."""
    index = build_lexical([" ".join(text) for text in texts], "xx")
    within = np.arange(len(texts)) % 3 == 0
    others = np.flatnonzero(~within)
    everything = dict(zip(*exhaustive_search(index, terms, len(texts)), strict=True))
    expected = sorted((row for row in everything if row % 3 == 0), key=lambda row: (-everything[row], row))[:k]
    for max_exhaustive in (0, lexical.MAX_EXHAUSTIVE_ROWS):
        with mock.patch.object(lexical, "MAX_EXHAUSTIVE_ROWS", max_exhaustive):
            rows, scores = index.search(terms, k)
            assert (rows.tolist(), scores.tolist()) == exhaustive_search(index, terms, k)
            for allowed, excluded in ((ranges(within), None), (None, others), (ranges(within), others)):
                rows, scores = index.search(terms, k, allowed, None, excluded)
                assert (rows.tolist(), scores.tolist()) == (expected, [everything[row] for row in expected])


def test_a_search_of_many_rows_skips_most_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Among 20,000 texts it finds what an exhaustive search finds, and computes the scores of few."""
    rng = np.random.default_rng(3)
    index = build_lexical([" ".join(f"w{n}x" for n in rng.zipf(1.2, 12) % 5_000) for _ in range(20_000)], "xx")
    scored: list[int] = []
    sum_of_rows = lexical._sum_of_rows

    def counting(postings: lexical.Postings, rows: Int32) -> Float32:
        scored.append(len(rows))
        return sum_of_rows(postings, rows)

    monkeypatch.setattr(lexical, "_sum_of_rows", counting)
    monkeypatch.setattr(lexical, "MAX_EXHAUSTIVE_ROWS", 0)
    for _ in range(100):
        terms = [f"w{n}x" for n in rng.zipf(1.2, 6) % 5_000]
        rows, scores = index.search(terms, 50)
        assert (rows.tolist(), scores.tolist()) == exhaustive_search(index, terms, 50)
    assert np.median(scored) < 500


def test_unknown_terms_and_an_empty_index_find_nothing() -> None:
    """A row without a matching term is never found."""
    assert build_lexical(TEXTS, "en").search(["zebra"], 5)[0].tolist() == []
    assert build_lexical([], "en").search(["cat"], 5)[0].tolist() == []


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), max_size=20), st.integers(1, 25))
def test_top_positions_are_the_first_k_of_a_stable_sort(scores: list[float], k: int) -> None:
    """They come by descending score, then by position."""
    positions, best_scores = top_positions(np.array(scores, np.float32), k)
    expected = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:k]
    assert positions.tolist() == expected
    assert best_scores.tolist() == [scores[i] for i in expected]


def test_arrays_that_contradict_each_other_are_an_error() -> None:
    """A posting after the last row would cite a sentence that does not exist."""
    good = build_lexical(TEXTS, "en")
    with pytest.raises(DamagedIndexError):
        replace(good, lengths=good.lengths[:1])
    with pytest.raises(DamagedIndexError):
        replace(good, offsets=good.offsets[:-1])


def test_scores_among_some_rows_do_not_depend_on_the_others() -> None:
    """If the mean length is the same, rows and scores equal those of an index with only the marked texts."""
    texts = ["cat sleeps", "dog sleeps", "cat plays", "ferry crosses"] * 2
    within = np.array([True, True, True, False, False, False, False, True])
    alone = build_lexical([text for text, is_within in zip(texts, within, strict=True) if is_within], "en")
    rows_within = np.flatnonzero(within)
    index = build_lexical(texts, "en")
    for terms in (["cat"], ["cat", "sleep"], ["ferri", "dog", "zebra"]):
        counted = CountedRows(ranges(within), np.empty(0, np.int32))
        rarities = {term: idf(index.frequency(term, counted), int(within.sum())) for term in terms}
        rows, scores = index.search(terms, 8, ranges(within), rarities)
        expected_rows, expected_scores = alone.search(terms, 8)
        assert rows.tolist() == rows_within[expected_rows].tolist()
        assert scores.tolist() == pytest.approx(expected_scores.tolist())
