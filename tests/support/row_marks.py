"""Rows that are marked one by one, as tests find them easier to read, and as ranges."""

import numpy as np

from retrieval.index.row_ranges import RowRanges, join_ranges
from retrieval.types import Bool


def ranges(marked: Bool) -> RowRanges:
    """Return the marked rows, bool (n,), as ranges."""
    rows = np.flatnonzero(marked)
    return join_ranges(rows, rows + 1)
