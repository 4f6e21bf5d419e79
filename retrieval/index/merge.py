"""Put the rows of documents that stayed as they were together with those of the others, in the order of the documents.

What is copied is copied in bulk: no text of a kept document is split, hashed or looked at again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.index.index import Column, Index
from retrieval.index.late_interaction import LateIndex, merge_late
from retrieval.index.lexical import LexicalIndex, merge_lexical
from retrieval.types import Float32, Int32, Int64, UInt8, UInt64


@dataclass(frozen=True, slots=True)
class Rows:
    """The parts of an index that have a row for each sentence, and its window keys; vectors float32 (n, d)."""

    table: Int32
    checksums: UInt64
    kinds: UInt8
    window_keys: UInt64
    vectors: Float32
    lexical: LexicalIndex
    late: LateIndex


def merge(previous: Index, kept: Sequence[int | None], fresh: Rows) -> Rows:
    """Return the rows of all documents: document i is row kept[i] of the previous index, or where that is None fresh.

    The fresh table counts its documents as `kept` does.
    """
    take, counts = _places(previous, kept, fresh)
    old = take < previous.count
    table = np.concatenate([previous.table, fresh.table])[take]
    table[:, Column.DOCUMENT] = np.repeat(np.arange(len(kept), dtype=np.int32), counts)
    windows = np.where(old, table[:, Column.WINDOW], table[:, Column.WINDOW] + len(previous.window_keys))
    first = np.flatnonzero(np.concatenate([np.ones(min(len(take), 1), np.bool_), windows[1:] != windows[:-1]]))
    table[:, Column.WINDOW] = np.repeat(np.arange(len(first), dtype=np.int32), np.diff(np.append(first, len(take))))
    vectors = np.empty((len(take), previous.dense.dimension), np.float32)
    vectors[old] = previous.dense.rows(take[old])
    vectors[~old] = fresh.vectors[take[~old] - previous.count]
    return Rows(
        table=table,
        checksums=np.concatenate([previous.checksums, fresh.checksums])[take],
        kinds=np.concatenate([previous.kinds, fresh.kinds])[take],
        window_keys=np.concatenate([previous.window_keys, fresh.window_keys])[windows[first]],
        vectors=vectors,
        lexical=merge_lexical(previous.lexical, fresh.lexical, take),
        late=merge_late(previous.late, fresh.late, take),
    )


def _places(previous: Index, kept: Sequence[int | None], fresh: Rows) -> tuple[Int64, Int64]:
    """Return each new row's place among the previous rows and then the fresh ones, and each document's count."""
    old = np.searchsorted(previous.table[:, Column.DOCUMENT], np.arange(len(previous.documents) + 1))
    new = np.searchsorted(fresh.table[:, Column.DOCUMENT], np.arange(len(kept) + 1)) + previous.count
    bounds = [(old[row], old[row + 1]) if row is not None else (new[i], new[i + 1]) for i, row in enumerate(kept)]
    places = [np.arange(start, end, dtype=np.int64) for start, end in bounds]
    take = np.concatenate(places) if places else np.empty(0, np.int64)
    return take, np.array([len(one) for one in places], np.int64)
