"""Rows in ranges: the same sets as marks on every row, without one number for each row of the index."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retrieval.index.row_ranges import CountedRows, are_in, join_ranges, one_range
from tests.support.row_marks import ranges

marks = st.lists(st.booleans(), max_size=40)


def test_ranges_that_touch_are_joined_and_empty_ones_left_out() -> None:
    """Documents 0 to 5, 5 to 5, 5 to 7 and 9 to 10 have two ranges of rows."""
    joined = join_ranges(np.array([0, 5, 5, 9]), np.array([5, 5, 7, 10]))
    assert (joined.starts.tolist(), joined.ends.tolist(), joined.count) == ([0, 9], [7, 10], 8)
    assert joined.rows().tolist() == [0, 1, 2, 3, 4, 5, 6, 9]


def test_a_range_cuts_others() -> None:
    """Of 0 to 7 and 9 to 10, the rows 6 to 20 are 6 to 7 and 9 to 10; an empty range leaves nothing."""
    joined = join_ranges(np.array([0, 9]), np.array([7, 10]))
    assert joined.within(6, 20).rows().tolist() == [6, 9]
    assert joined.within(7, 7).rows().tolist() == []
    assert one_range(3, 3).count == 0


@given(marks, st.lists(st.integers(0, 45), unique=True))
def test_ranges_are_the_marked_rows(marked: list[bool], numbers: list[int]) -> None:
    """Count, membership, places and bits are those of the marks, for few and for many rows."""
    mask = np.array(marked, np.bool_)
    within, rows = ranges(mask), np.array(sorted(numbers), np.int32)
    inside = [row < len(mask) and bool(mask[row]) for row in rows.tolist()]
    assert within.rows().tolist() == np.flatnonzero(mask).tolist()
    assert within.contains(rows).tolist() == inside
    assert within.count_in(rows) == sum(inside)
    assert rows[within.places_in(rows)].tolist() == rows[inside].tolist()
    bits = np.unpackbits(within.bits, bitorder="little")
    assert np.flatnonzero(bits).tolist() == np.flatnonzero(mask).tolist()


@given(marks, marks)
def test_counted_rows_are_those_within_without_repeats(marked: list[bool], repeated: list[bool]) -> None:
    """A row is counted if it is in a range and repeats no earlier one; without ranges, all that repeat none are."""
    size = min(len(marked), len(repeated))
    mask = np.array(marked[:size], np.bool_)
    repeats = mask & np.array(repeated[:size], np.bool_)
    rows = np.arange(0, size, 2, dtype=np.int32)
    numbers = np.flatnonzero(repeats).astype(np.int32)
    assert CountedRows(ranges(mask), numbers).count_in(rows) == np.count_nonzero((mask & ~repeats)[rows])
    assert CountedRows(None, numbers).count_in(rows) == np.count_nonzero(~repeats[rows])


def test_membership_in_other_rows() -> None:
    """Rows of another type, rows after the last one, and no others at all."""
    assert are_in(np.array([1, 3, 9]), np.array([3, 4], np.int32)).tolist() == [False, True, False]
    assert are_in(np.array([1, 3]), np.empty(0, np.int32)).tolist() == [False, False]
