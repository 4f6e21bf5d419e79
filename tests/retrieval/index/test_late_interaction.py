"""Late interaction: the largest cosine for each question token, over verified bytes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoding.token_quantizer import dequantize, quantize
from retrieval.errors import DamagedIndexError
from retrieval.files import FileFacts
from retrieval.index.late_interaction import (
    MAX_SEGMENTS,
    LateIndex,
    Segment,
    SegmentFile,
    build_late,
    merge_late,
)
from retrieval.types import Float32


def unit(n: int, k: int, seed: int) -> Float32:
    matrix = np.random.default_rng(seed).normal(size=(n, k)).astype(np.float32)
    rows: Float32 = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    return rows


def test_similarities_computed_by_hand() -> None:
    """Each of two question tokens takes the best token of each of two sentences; two bits are enough for signs."""
    half = np.float32(0.5)
    rows = [half * np.array([[1, 1, 1, 1], [1, -1, 1, -1]], np.float32), half * np.array([[1, 1, -1, -1]], np.float32)]
    index = build_late([quantize(row) for row in rows])
    question = np.array([[1, 1, 1, 1], [0.6, 0.6, -0.2, -0.2]], np.float32)
    question /= np.linalg.norm(question, axis=1, keepdims=True)
    expected = [[1.0, 0.0], [0.4 / np.sqrt(0.8), 0.8 / np.sqrt(0.8)]]
    np.testing.assert_allclose(index.similarities(question, np.array([0, 1])), expected, atol=1e-6)
    np.testing.assert_allclose(index.similarities(question[:1], np.array([1, 0])), [[0.0, 1.0]], atol=1e-6)


def test_two_bits_lose_little_compared_with_floats() -> None:
    """Random rows have a cosine of at least 0.91 with their quantized form, and cosines between rows change little."""
    rows, question = unit(400, 384, 1), unit(12, 384, 99)
    restored = dequantize(quantize(rows))
    np.testing.assert_allclose(np.linalg.norm(restored, axis=1), 1.0, atol=1e-5)
    assert float((rows * restored).sum(axis=1).min()) > 0.91
    sentences = (rows[:3], rows[3:])
    approximate = build_late([quantize(tokens) for tokens in sentences]).similarities(question, np.arange(2))
    exact = np.stack([(question @ tokens.T).max(axis=1) for tokens in sentences], axis=1)
    assert float(np.abs(approximate - exact).max()) < 0.08


def test_no_rows_and_no_tokens_give_empty_results() -> None:
    """Their shapes are right all the same."""
    index = build_late([quantize(unit(2, 4, 1))])
    assert index.similarities(unit(3, 4, 2), np.array([], np.int64)).shape == (3, 0)
    assert index.similarities(np.empty((0, 4), np.float32), np.array([0])).shape == (0, 1)


def test_a_damaged_row_is_noticed_when_it_is_used() -> None:
    """Other rows of the index can still be used."""
    good = build_late([quantize(unit(4, 8, seed)) for seed in (1, 2)])
    tokens = good.segments[0].tokens.copy()
    tokens[5, 1] ^= 1
    damaged = replace(good, segments=(Segment(tokens),))
    assert damaged.similarities(unit(1, 8, 3), np.array([0])).shape == (1, 1)
    with pytest.raises(DamagedIndexError, match="token vectors of sentence 1 are damaged"):
        damaged.similarities(unit(1, 8, 3), np.array([0, 1]))


def test_arrays_that_contradict_each_other_are_an_error() -> None:
    """Starts, sizes and checksums must have equal lengths, and no row may extend beyond its segment."""
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


def with_files(index: LateIndex) -> LateIndex:
    """Give each segment of an index a file, as if it had been stored."""
    facts = FileFacts(size=0, sha256="")
    segments = tuple(Segment(part.tokens, SegmentFile(Path(f"{n}"), facts)) for n, part in enumerate(index.segments))
    return replace(index, segments=segments)


def test_a_stored_segment_stays_as_it_is_while_enough_of_it_is_used() -> None:
    """New rows become a segment; a third of a segment may be unused, but not half of it."""
    rows = [quantize(unit(2, 8, seed)) for seed in range(8)]
    first, second = with_files(build_late(rows[:6])), build_late(rows[6:])
    merged = merge_late(first, second, np.array([0, 6, 1, 2, 7, 3]))
    assert merged.segments[0] is first.segments[0]
    assert [len(segment.tokens) for segment in merged.segments] == [12, 4]
    for row, source in enumerate((0, 6, 1, 2, 7, 3)):
        np.testing.assert_array_equal(merged.row(row), rows[source])
    again = merge_late(with_files(merged), build_late([]), np.array([3, 1, 0]))
    assert [len(segment.tokens) for segment in again.segments] == [6]
    for row, source in enumerate((2, 6, 0)):
        np.testing.assert_array_equal(again.row(row), rows[source])


def test_many_small_segments_are_merged() -> None:
    """During twenty additions there are never more than eight segments, and the large one is never copied."""
    rows = [quantize(unit(1, 8, seed)) for seed in range(60)]
    index = first = with_files(build_late(rows[:40]))
    for seed in range(40, 60):
        index = with_files(merge_late(index, build_late([rows[seed]]), np.arange(seed + 1)))
        assert len(index.segments) <= MAX_SEGMENTS
        assert index.segments[0].tokens is first.segments[0].tokens
    for row, tokens in enumerate(rows):
        np.testing.assert_array_equal(index.row(row), tokens)
