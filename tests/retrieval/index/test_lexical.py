"""BM25: held against a library, against a calculation by hand, and clamped."""

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
from retrieval.text.terms import split_terms
from retrieval.types import Float32, Int32

TEXTS = ["The cat sleeps.", "The cat and the other cat play on.", "A ferry crosses.", "Nothing here matters much, dog."]


def test_a_score_worked_out_by_hand() -> None:
    """Idf · tf / (tf + k1 · (1 - b + b · length / mean length)), summed over the terms."""
    lengths = [len(split_terms(text, "en")) for text in TEXTS]
    mean = sum(lengths) / 4
    idf = math.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    expected = [idf * tf / (tf + 1.2 * (0.25 + 0.75 * lengths[row] / mean)) for row, tf in ((0, 1), (1, 2))]
    rows, scores = build_lexical(TEXTS, "en").search(["cat"], 10)
    assert sorted(zip(rows.tolist(), scores.tolist(), strict=True)) == [
        (0, pytest.approx(expected[0])),
        (1, pytest.approx(expected[1])),
    ]


@pytest.mark.parametrize("few", [0, lexical.FEW_ROWS])
def test_scores_are_those_of_bm25s(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On generated documents every score equals the library's (its variant "lucene")."""
    import bm25s

    monkeypatch.setattr(lexical, "FEW_ROWS", few)
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


def summed(index: LexicalIndex, terms: list[str], k: int) -> tuple[list[int], list[float]]:
    """Return what adding up every posting finds."""
    total = np.zeros(index.count, np.float32)
    for term in sorted(set(terms)):
        rows, scores = index.postings(term)
        total[rows] += scores
    places, found = top_positions(total, k, above=0.0)
    return places.tolist(), found.tolist()


WORDS = [f"w{n}x" for n in range(12)]


@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=9), max_size=60),
    st.lists(st.sampled_from([*WORDS, "w99x"]), max_size=8),
    st.integers(1, 12),
)
def test_search_finds_what_adding_everything_up_finds(texts: list[list[str]], terms: list[str], k: int) -> None:
    """Few rows or many: the same with the same scores to the last bit, ties and all, and so among some of them."""
    index = build_lexical([" ".join(text) for text in texts], "xx")
    within = np.arange(len(texts)) % 3 == 0
    everything = dict(zip(*summed(index, terms, len(texts)), strict=True))
    expected = sorted((row for row in everything if row % 3 == 0), key=lambda row: (-everything[row], row))[:k]
    for few in (0, lexical.FEW_ROWS):
        with mock.patch.object(lexical, "FEW_ROWS", few):
            rows, scores = index.search(terms, k)
            assert (rows.tolist(), scores.tolist()) == summed(index, terms, k)
            for marked in ((within, None), (None, ~within), (within, ~within)):
                rows, scores = index.search(terms, k, marked[0], None, marked[1])
                assert (rows.tolist(), scores.tolist()) == (expected, [everything[row] for row in expected])


def test_search_of_many_rows_leaves_most_of_them_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 20,000 texts it finds what adding everything up finds, and few are looked at to the end."""
    rng = np.random.default_rng(3)
    index = build_lexical([" ".join(f"w{n}x" for n in rng.zipf(1.2, 12) % 5_000) for _ in range(20_000)], "xx")
    looked: list[int] = []
    real = lexical._sums

    def counting(postings: lexical.Postings, rows: Int32) -> Float32:
        looked.append(len(rows))
        return real(postings, rows)

    monkeypatch.setattr(lexical, "_sums", counting)
    monkeypatch.setattr(lexical, "FEW_ROWS", 0)
    for _ in range(100):
        terms = [f"w{n}x" for n in rng.zipf(1.2, 6) % 5_000]
        rows, scores = index.search(terms, 50)
        assert (rows.tolist(), scores.tolist()) == summed(index, terms, 50)
    assert np.median(looked) < 500


def test_unknown_terms_and_an_empty_index_find_nothing() -> None:
    """No row is made up where nothing matches."""
    assert build_lexical(TEXTS, "en").search(["zebra"], 5)[0].tolist() == []
    assert build_lexical([], "en").search(["cat"], 5)[0].tolist() == []


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), max_size=20), st.integers(1, 25))
def test_best_is_the_stable_sort_cut_at_k(scores: list[float], k: int) -> None:
    """The k best are what sorting by falling score, then by position, gives."""
    rows, found = top_positions(np.array(scores, np.float32), k)
    expected = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:k]
    assert rows.tolist() == expected
    assert found.tolist() == [scores[i] for i in expected]


def test_arrays_that_contradict_each_other_are_refused() -> None:
    """A posting beyond the last row would cite a sentence that is not there."""
    good = build_lexical(TEXTS, "en")
    with pytest.raises(DamagedIndexError):
        replace(good, lengths=good.lengths[:1])
    with pytest.raises(DamagedIndexError):
        replace(good, offsets=good.offsets[:-1])


def test_a_search_among_some_rows_scores_as_if_there_were_no_others() -> None:
    """With the same mean length, rows and scores are those of an index of the marked texts alone."""
    texts = ["cat sleeps", "dog sleeps", "cat plays", "ferry crosses"] * 2
    within = np.array([True, True, True, False, False, False, False, True])
    alone = build_lexical([text for text, kept in zip(texts, within, strict=True) if kept], "en")
    places = np.flatnonzero(within)
    index = build_lexical(texts, "en")
    for terms in (["cat"], ["cat", "sleep"], ["ferri", "dog", "zebra"]):
        rarities = {term: idf(index.frequency(term, within), int(within.sum())) for term in terms}
        rows, scores = index.search(terms, 8, within, rarities)
        expected, wanted = alone.search(terms, 8)
        assert rows.tolist() == places[expected].tolist()
        assert scores.tolist() == pytest.approx(wanted.tolist())
