"""Late interaction: the largest cosine for each token of the question, over checked bytes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoding.token_quantizer import dequantize, quantize
from retrieval.errors import DamagedIndexError
from retrieval.files import FileFacts
from retrieval.index.late_interaction import (
    MOST_SEGMENTS,
    LateIndex,
    Segment,
    build_late,
    merge_late,
)
from retrieval.types import Float32


def unit(n: int, k: int, seed: int) -> Float32:
    matrix = np.random.default_rng(seed).normal(size=(n, k)).astype(np.float32)
    rows: Float32 = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return rows


def test_similarities_by_hand() -> None:
    """Two sentences, two question tokens: each takes its best partner; signs alone survive two bits."""
    half = np.float32(0.5)
    rows = [half * np.array([[1, 1, 1, 1], [1, -1, 1, -1]], np.float32), half * np.array([[1, 1, -1, -1]], np.float32)]
    index = build_late([quantize(row) for row in rows])
    question = np.array([[1, 1, 1, 1], [0.6, 0.6, -0.2, -0.2]], np.float32)
    question /= np.linalg.norm(question, axis=1, keepdims=True)
    expected = [[1.0, 0.0], [0.4 / np.sqrt(0.8), 0.8 / np.sqrt(0.8)]]
    np.testing.assert_allclose(index.similarities(question, np.array([0, 1])), expected, atol=1e-6)
    np.testing.assert_allclose(index.similarities(question[:1], np.array([1, 0])), [[0.0, 1.0]], atol=1e-6)


def test_two_bits_lose_little_against_floats() -> None:
    """A random row keeps a cosine of 0.91 or more with itself, and cosines between rows hardly move."""
    rows, question = unit(400, 384, 1), unit(12, 384, 99)
    kept = dequantize(quantize(rows))
    np.testing.assert_allclose(np.linalg.norm(kept, axis=1), 1.0, atol=1e-5)
    assert float((rows * kept).sum(axis=1).min()) > 0.91
    found = build_late([quantize(one) for one in (rows[:3], rows[3:])]).similarities(question, np.arange(2))
    exact = np.stack([(question @ one.T).max(axis=1) for one in (rows[:3], rows[3:])], axis=1)
    assert float(np.abs(found - exact).max()) < 0.08


def test_no_rows_and_no_tokens_give_empty_results() -> None:
    """Shapes hold at the edges."""
    index = build_late([quantize(unit(2, 4, 1))])
    assert index.similarities(unit(3, 4, 2), np.array([], np.int64)).shape == (3, 0)
    assert index.similarities(np.empty((0, 4), np.float32), np.array([0])).shape == (0, 1)


def test_a_flipped_byte_is_noticed_when_its_sentence_is_used() -> None:
    """Only the damaged row raises."""
    good = build_late([quantize(unit(4, 8, seed)) for seed in (1, 2)])
    tokens = good.segments[0].tokens.copy()
    tokens[5, 1] ^= 1
    damaged = replace(good, segments=(Segment(tokens),))
    assert damaged.similarities(unit(1, 8, 3), np.array([0])).shape == (1, 1)
    with pytest.raises(DamagedIndexError, match="token vectors of sentence 1 are damaged"):
        damaged.similarities(unit(1, 8, 3), np.array([0, 1]))


def test_counts_that_disagree_are_refused() -> None:
    """Places, tokens and checksums belong together; no row reaches from one segment into the next."""
    good = build_late([quantize(unit(4, 8, 1))])
    tokens = good.segments[0].tokens
    for other in (
        {"segments": (Segment(tokens[:-1]),)},
        {"segments": (Segment(tokens[:2]), Segment(tokens[2:]))},
        {"sizes": good.sizes[:0]},
        {"starts": good.starts - 1},
    ):
        with pytest.raises(DamagedIndexError):
            replace(good, **other)


def stored(index: LateIndex) -> LateIndex:
    """Return an index as if each segment had been read from a file."""
    facts = FileFacts(size=0, sha256="")
    segments = [Segment(one.tokens, (Path(f"{n}"), facts)) for n, one in enumerate(index.segments)]
    return replace(index, segments=tuple(segments))


def test_stored_segments_stay_as_they_are_while_enough_of_them_is_used() -> None:
    """What is new is a segment of its own; a third of one may be dead, a half may not."""
    rows = [quantize(unit(2, 8, seed)) for seed in range(8)]
    first, second = stored(build_late(rows[:6])), build_late(rows[6:])
    merged = merge_late(first, second, np.array([0, 6, 1, 2, 7, 3]))
    assert merged.segments[0] is first.segments[0]
    assert [len(one.tokens) for one in merged.segments] == [12, 4]
    for row, wanted in enumerate((0, 6, 1, 2, 7, 3)):
        np.testing.assert_array_equal(merged.row(row), rows[wanted])
    again = merge_late(stored(merged), build_late([]), np.array([3, 1, 0]))
    assert [len(one.tokens) for one in again.segments] == [6]
    for row, wanted in enumerate((2, 6, 0)):
        np.testing.assert_array_equal(again.row(row), rows[wanted])


def test_many_small_segments_become_one() -> None:
    """After twenty additions there are no more than eight and a new one, and the large one was never copied."""
    rows = [quantize(unit(1, 8, seed)) for seed in range(60)]
    index = first = stored(build_late(rows[:40]))
    for seed in range(40, 60):
        index = stored(merge_late(index, build_late([rows[seed]]), np.arange(seed + 1)))
        assert len(index.segments) <= MOST_SEGMENTS
        assert index.segments[0].tokens is first.segments[0].tokens
    for row, wanted in enumerate(rows):
        np.testing.assert_array_equal(index.row(row), wanted)
