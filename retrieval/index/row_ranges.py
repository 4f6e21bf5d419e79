"""Sets of rows as ascending ranges, so that their cost depends on the ranges and not on the size of the index.

The rows of a document are consecutive, and so are those of a folder of documents: a collection of a million sentences
is mostly one range.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Bool, Int32, Int64, UInt8

ROWS_PER_RANGE = 8  # from which finding ranges among rows is faster than looking each row up


@dataclass(frozen=True, eq=False)
class RowRanges:
    """The rows in r half-open ranges, ascending and apart from each other: starts and ends, int32 (r,) each."""

    starts: Int32
    ends: Int32

    @cached_property
    def count(self) -> int:
        """Count the rows."""
        return int((self.ends - self.starts).sum(dtype=np.int64))

    @cached_property
    def bits(self) -> UInt8:
        """Mark the rows up to the last one, one bit each, the lowest first; computed once."""
        return _mark(self.rows())

    def rows(self) -> Int64:
        """Return all rows, ascending."""
        return _join(self.starts.astype(np.int64), self.ends.astype(np.int64))

    def contains(self, rows: NDArray[Any]) -> Bool:
        """Mark which of some rows are in a range, bool (len(rows),)."""
        if len(self.starts) == 1:
            inside: Bool = (rows >= self.starts[0]) & (rows < self.ends[0])
            return inside
        return _are_marked(self.bits, rows)

    def count_in(self, rows: Int32) -> int:
        """Count those of ascending rows that are in a range."""
        if len(rows) < ROWS_PER_RANGE * len(self.starts):
            return int(np.count_nonzero(self.contains(rows)))
        return int((rows.searchsorted(self.ends) - rows.searchsorted(self.starts)).sum())

    def places_in(self, rows: Int32) -> slice | NDArray[Any]:
        """Return the places of those of ascending rows that are in a range, as what an array can be indexed with."""
        if len(self.starts) == 1:
            return slice(int(rows.searchsorted(self.starts[0])), int(rows.searchsorted(self.ends[0])))
        if len(rows) < ROWS_PER_RANGE * len(self.starts):
            return self.contains(rows)
        return _join(rows.searchsorted(self.starts), rows.searchsorted(self.ends))

    def within(self, first: int, end: int) -> "RowRanges":
        """Return the rows that are in a half-open range as well."""
        starts, ends = self.starts.clip(first, end), self.ends.clip(first, end)
        return RowRanges(starts[starts < ends], ends[starts < ends])


@dataclass(frozen=True, eq=False)
class CountedRows:
    """The rows that the rarity of a word is counted on: one for each text of a part of an index.

    `within` has the rows of the part, None for all rows, and `repeats`, int32, ascending, those of them whose text an
    earlier one of them has.
    """

    within: RowRanges | None
    repeats: Int32

    def count_in(self, rows: Int32) -> int:
        """Count those of ascending rows that are counted."""
        inside = len(rows) if self.within is None else self.within.count_in(rows)
        if ROWS_PER_RANGE * len(self.repeats) < len(rows):
            return inside - int(np.count_nonzero(are_in(self.repeats, rows)))
        return inside - int(np.count_nonzero(_are_marked(self._repeat_bits, rows)))

    @cached_property
    def _repeat_bits(self) -> UInt8:
        return _mark(self.repeats)


def one_range(first: int, end: int) -> RowRanges:
    """Return the rows of one half-open range."""
    return RowRanges(np.array([first], np.int32), np.array([end], np.int32)).within(first, end)


def join_ranges(starts: NDArray[Any], ends: NDArray[Any]) -> RowRanges:
    """Join ascending half-open ranges, of which some may be empty or touch the next one."""
    starts, ends = starts[starts < ends], ends[starts < ends]
    begins = np.concatenate([np.ones(min(len(starts), 1), np.bool_), starts[1:] != ends[:-1]])
    stops = np.concatenate([begins[1:], np.ones(min(len(starts), 1), np.bool_)])
    return RowRanges(starts[begins].astype(np.int32), ends[stops].astype(np.int32))


def are_in(rows: NDArray[Any], others: NDArray[Any]) -> Bool:
    """Mark which of some rows are among ascending others, bool (len(rows),)."""
    if len(others) == 0:
        return np.zeros(len(rows), np.bool_)
    places = others.searchsorted(rows.astype(others.dtype, copy=False))
    inside: Bool = others[np.minimum(places, len(others) - 1)] == rows
    return inside


def _join(starts: Int64, ends: Int64) -> Int64:
    """Return the numbers in half-open ranges one after another."""
    lengths = ends - starts
    if len(lengths) == 0:
        return np.empty(0, np.int64)
    shifts = starts - (np.cumsum(lengths) - lengths)
    return np.repeat(shifts, lengths) + np.arange(int(lengths.sum()), dtype=np.int64)


def _mark(rows: NDArray[Any]) -> UInt8:
    """Mark ascending rows up to the last one, one bit each, the lowest first."""
    marks = np.zeros(int(rows[-1]) + 1 if len(rows) else 0, np.bool_)
    marks[rows] = True
    return np.packbits(marks, bitorder="little")


def _are_marked(bits: UInt8, rows: NDArray[Any]) -> Bool:
    """Look up the bit of each row, bool (len(rows),); those after the last one are not marked."""
    if len(bits) == 0:
        return np.zeros(len(rows), np.bool_)
    found = bits[np.minimum(rows >> 3, len(bits) - 1)] >> (rows & 7).astype(np.uint8) & 1
    marked: Bool = found.astype(np.bool_) & (rows < 8 * len(bits))
    return marked
