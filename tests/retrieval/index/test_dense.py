"""Dense search: FAISS finds what numpy finds."""

import io

import numpy as np
import pytest

from retrieval.errors import DamagedIndexError
from retrieval.index import dense
from retrieval.index.dense import build_dense, read_dense, write_dense
from retrieval.index.row_ranges import one_range
from retrieval.types import Float32
from tests.support.row_marks import ranges


def unit(n: int, d: int, seed: int = 0) -> Float32:
    matrix = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    rows: Float32 = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return rows


def rounded_to_half(matrix: Float32) -> Float32:
    """Round to half precision and back."""
    return matrix.astype(np.float16).astype(np.float32)


def test_three_vectors_by_hand() -> None:
    """Scores are inner products of vectors in half precision; the best come first."""
    index = build_dense(np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32))
    rows, scores = index.search(np.array([1, 0], np.float32), 3)
    assert rows.tolist() == [0, 2, 1]
    assert scores.tolist() == pytest.approx([1.0, float(np.float16(0.6)), 0.0])


def test_search_equals_numpy() -> None:
    """Rows and scores are those of sorting query @ vectors.T."""
    matrix, queries = unit(500, 32), unit(20, 32, 1)
    index = build_dense(matrix)
    matrix = rounded_to_half(matrix)
    for query in queries:
        expected = np.argsort(-(matrix @ query), kind="stable")[:10]
        rows, scores = index.search(query, 10)
        assert rows.tolist() == expected.tolist()
        np.testing.assert_allclose(scores, (matrix @ query)[expected], atol=1e-6)


def test_a_search_for_more_rows_than_exist_returns_all_of_them() -> None:
    """FAISS fills up with row -1, which must not get out."""
    assert build_dense(unit(3, 4)).search(unit(1, 4)[0], 50)[0].size == 3
    assert build_dense(np.empty((0, 4), np.float32)).search(unit(1, 4)[0], 5)[0].tolist() == []


@pytest.mark.parametrize("query", [np.zeros(5, np.float32), np.zeros((1, 4), np.float32), np.zeros(4, np.float64)])
def test_a_vector_of_another_shape_or_type_is_an_error(query: Float32) -> None:
    """The message names the expected and the actual shape and type."""
    with pytest.raises(ValueError, match=r"expected float32 \(4,\), got"):
        build_dense(unit(3, 4)).search(query, 1)


def test_an_index_is_the_same_after_writing_and_reading() -> None:
    """It has the same rows; truncated bytes are an error."""
    matrix = unit(50, 8)
    buffer = io.BytesIO()
    write_dense(build_dense(matrix), buffer.write)
    index = read_dense(buffer.getvalue(), 1.0)
    np.testing.assert_array_equal(index.rows(np.array([7, 3, 7])), rounded_to_half(matrix)[[7, 3, 7]])
    again = build_dense(index.rows(np.arange(50)))
    np.testing.assert_array_equal(again.rows(np.arange(50)), index.rows(np.arange(50)))
    with pytest.raises(DamagedIndexError, match="FAISS cannot read"):
        read_dense(buffer.getvalue()[:30], 1.0)


def test_a_large_index_is_scanned_coarsely_with_measured_recall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its recall against exact search is at least 0.98; rows, scores and bytes are reproducible."""
    monkeypatch.setattr(dense, "MAX_FLAT_ROWS", 1_000)
    matrix = unit(5_000, 16)
    index = build_dense(matrix)
    assert type(index.index).__name__ == "IndexRefine"
    assert 0.98 <= index.recall <= 1.0
    buffer = io.BytesIO()
    write_dense(index, buffer.write)
    again = read_dense(buffer.getvalue(), index.recall)
    np.testing.assert_array_equal(again.rows(np.arange(5_000)), rounded_to_half(matrix))
    rows, scores = again.search(matrix[42], 10)
    assert rows[0] == 42
    np.testing.assert_allclose(scores, rounded_to_half(matrix)[rows] @ matrix[42], atol=1e-6)
    assert len(again.search(matrix[42], 5_000)[0]) == 5_000
    other = io.BytesIO()
    write_dense(build_dense(matrix), other.write)
    assert other.getvalue() == buffer.getvalue()


@pytest.mark.parametrize("flat_rows", [1_000, 10_000])
@pytest.mark.parametrize("count", [0, 3, 1_500])
def test_only_some_rows_are_searched(monkeypatch: pytest.MonkeyPatch, flat_rows: int, count: int) -> None:
    """With few or many rows marked, flat or not, the search finds the best of these."""
    monkeypatch.setattr(dense, "MAX_FLAT_ROWS", flat_rows)
    matrix = unit(5_000, 16)
    within = np.zeros(5_000, np.bool_)
    within[np.random.default_rng(4).choice(5_000, count, replace=False)] = True
    rows, scores = build_dense(matrix).search(matrix[42], 5, ranges(within))
    expected = np.sort(rounded_to_half(matrix)[within] @ matrix[42])[::-1][:5]
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    assert within[rows].all()


def test_without_enough_recall_the_index_stays_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """If no search effort reaches the recall, search stays exact."""
    monkeypatch.setattr(dense, "MAX_FLAT_ROWS", 1_000)
    monkeypatch.setattr(dense, "MIN_RECALL", 1.1)
    index = build_dense(unit(2_000, 8))
    assert (type(index.index).__name__, index.recall) == ("IndexScalarQuantizer", 1.0)


@pytest.mark.parametrize("flat_rows", [10_000, 500], ids=["flat", "coarse"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.9, 1.0])
def test_a_search_among_some_rows_equals_an_exhaustive_one(
    flat_rows: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numpy over the marked rows finds the same; a coarse scan of more than a thousand may miss one of fifty."""
    monkeypatch.setattr(dense, "MAX_FLAT_ROWS", flat_rows)
    matrix, queries = unit(3_000, 16), unit(20, 16, 1)
    index = build_dense(matrix)
    kind = "IndexScalarQuantizer" if flat_rows > 3_000 else "IndexRefine"
    assert type(index.index).__name__ == kind
    matrix = index.rows(np.arange(3_000))  # in half precision
    within = np.random.default_rng(2).random(3_000) < share
    allowed = np.flatnonzero(within)
    for query in queries:
        expected = allowed[np.argsort(-(matrix[allowed] @ query), kind="stable")][:50]
        rows, scores = index.search(query, 50, ranges(within))
        tolerated = 0 if kind == "IndexScalarQuantizer" or len(allowed) <= dense.MAX_BRUTE_FORCE_ROWS else 1
        assert len(set(rows.tolist()) & set(expected.tolist())) >= len(expected) - tolerated
        assert within[rows].all()
        np.testing.assert_allclose(scores, (matrix @ query)[rows], atol=1e-6)
        assert (np.diff(scores) <= 0).all()


def test_rows_left_out_make_room_for_the_next_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the ten best rows, the next ten come; with rows left out, a coarse scan looks at all lists."""
    for flat_rows in (10_000, 500):
        monkeypatch.setattr(dense, "MAX_FLAT_ROWS", flat_rows)
        matrix = unit(3_000, 16)
        index = build_dense(matrix)
        shared = 0
        for query in unit(20, 16, 1):
            best, _ = index.search(query, 20, one_range(0, 3_000))
            shared += len(set(index.search(query, 10)[0].tolist()) & set(best[:10].tolist()))
            without = np.sort(best[:10])
            others = ranges(~np.isin(np.arange(3_000), without))
            assert index.search(query, 10, None, without)[0].tolist() == best[10:].tolist()
            assert index.search(query, 10, others, without)[0].tolist() == index.search(query, 10, others)[0].tolist()
        assert shared >= dense.MIN_RECALL * 10 * 20  # the nearest lists alone contain enough of the best rows
