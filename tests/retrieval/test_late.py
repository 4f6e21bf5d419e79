"""Late interaction: the largest cosine for each token of the question, over checked bytes."""

import numpy as np
import pytest

from retrieval.errors import DamagedIndexError
from retrieval.late import LateIndex, build_late, quantize
from retrieval.records import Float32


def unit(n: int, k: int, seed: int) -> Float32:
    matrix = np.random.default_rng(seed).normal(size=(n, k)).astype(np.float32)
    rows: Float32 = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return rows


def test_similarities_by_hand() -> None:
    """Two sentences, two question tokens: each takes its best partner."""
    rows = [np.array([[1, 0], [0, 1]], np.float32), np.array([[0.6, 0.8]], np.float32)]
    index = build_late([quantize(row) for row in rows])
    found = index.similarities(np.array([[1, 0], [0.6, 0.8]], np.float32), np.array([0, 1]))
    np.testing.assert_allclose(found, [[1.0, 0.6], [0.8, 1.0]], atol=0.01)
    np.testing.assert_allclose(
        index.similarities(np.array([[1, 0]], np.float32), np.array([1, 0])), [[0.6, 1.0]], atol=0.01
    )


def test_bytes_lose_little_against_floats() -> None:
    """The difference to the same in float32 is within the rounding of two vectors of 96 bytes."""
    sentences, question = [unit(n, 96, n) for n in (3, 40, 1)], unit(12, 96, 99)
    found = build_late([quantize(one) for one in sentences]).similarities(question, np.arange(3))
    expected = np.stack([(question @ one.T).max(axis=1) for one in sentences], axis=1)
    assert float(np.abs(found - expected).max()) < 0.02


def test_no_rows_and_no_tokens_give_empty_results() -> None:
    """Shapes hold at the edges."""
    index = build_late([quantize(unit(2, 4, 1))])
    assert index.similarities(unit(3, 4, 2), np.array([], np.int64)).shape == (3, 0)
    assert index.similarities(np.empty((0, 4), np.float32), np.array([0])).shape == (0, 1)


def test_a_flipped_byte_is_noticed_when_its_sentence_is_used() -> None:
    """Only the damaged row raises."""
    good = build_late([quantize(unit(4, 8, seed)) for seed in (1, 2)])
    tokens = good.tokens.copy()
    tokens[5, 3] ^= 1
    damaged = LateIndex(tokens, good.offsets, good.checks)
    assert damaged.similarities(unit(1, 8, 3), np.array([0])).shape == (1, 1)
    with pytest.raises(DamagedIndexError, match="token vectors of sentence 1 are damaged"):
        damaged.similarities(unit(1, 8, 3), np.array([0, 1]))


def test_counts_that_disagree_are_refused() -> None:
    """Offsets, tokens and checksums belong together."""
    good = build_late([quantize(unit(4, 8, 1))])
    with pytest.raises(DamagedIndexError):
        LateIndex(good.tokens[:-1], good.offsets, good.checks)
