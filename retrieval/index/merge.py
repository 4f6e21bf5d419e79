"""Merge the rows of unchanged documents from the previous index with new rows, in the order of the documents.

Rows are copied in bulk: the text of an unchanged document is neither split nor hashed again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.index.index import BlockColumn, Column
from retrieval.index.late_interaction import LateIndex, merge_late
from retrieval.index.lexical import LexicalIndex, merge_lexical
from retrieval.types import Float32, Int8, Int32, Int64, UInt8, UInt64


@dataclass(frozen=True, slots=True)
class Rows:
    """The parts of an index with a row per sentence, its blocks and its window keys; `vectors` is float32 (n, d)."""

    table: Int32
    blocks: Int32
    checksums: UInt64
    answer_types: UInt8
    window_keys: UInt64
    window_vectors: Int8
    vectors: Float32
    lexical: LexicalIndex
    late: LateIndex


def merge(previous: EmbeddedIndex, unchanged: Sequence[int | None], new: Rows) -> Rows:
    """Merge the rows of all documents: document i is document unchanged[i] of `previous`, or a new one if that is None.

    The new table numbers its documents by their position in `unchanged`.
    """
    take, counts = _rows_to_take(previous.table[:, Column.DOCUMENT], new.table[:, Column.DOCUMENT], previous, unchanged)
    is_old = take < previous.count
    table = np.concatenate([previous.table, new.table])[take]
    table[:, Column.DOCUMENT] = np.repeat(np.arange(len(unchanged), dtype=np.int32), counts)
    windows = np.where(is_old, table[:, Column.WINDOW], table[:, Column.WINDOW] + len(previous.window_keys))
    first = np.flatnonzero(np.concatenate([np.ones(min(len(take), 1), np.bool_), windows[1:] != windows[:-1]]))
    window_lengths = np.diff(np.append(first, len(take)))
    table[:, Column.WINDOW] = np.repeat(np.arange(len(first), dtype=np.int32), window_lengths)
    vectors = np.empty((len(take), previous.dense.dimension), np.float32)
    vectors[is_old] = previous.dense.rows(take[is_old])
    vectors[~is_old] = new.vectors[take[~is_old] - previous.count]
    return Rows(
        table=table,
        blocks=_merge_blocks(previous, unchanged, new.blocks),
        checksums=np.concatenate([previous.checksums, new.checksums])[take],
        answer_types=np.concatenate([previous.answer_types, new.answer_types])[take],
        window_keys=np.concatenate([previous.window_keys, new.window_keys])[windows[first]],
        window_vectors=np.concatenate([previous.window_vectors, new.window_vectors])[windows[first]],
        vectors=vectors,
        lexical=merge_lexical(previous.lexical, new.lexical, take),
        late=merge_late(previous.late, new.late, take),
    )


def _merge_blocks(previous: EmbeddedIndex, unchanged: Sequence[int | None], new: Int32) -> Int32:
    """Merge the block tables, numbering the documents by their position in `unchanged`."""
    documents = previous.blocks[:, BlockColumn.DOCUMENT], new[:, BlockColumn.DOCUMENT]
    take, counts = _rows_to_take(*documents, previous, unchanged)
    blocks: Int32 = np.concatenate([previous.blocks, new])[take]
    blocks[:, BlockColumn.DOCUMENT] = np.repeat(np.arange(len(unchanged), dtype=np.int32), counts)
    return blocks


def _rows_to_take(
    old_documents: Int32, new_documents: Int32, previous: EmbeddedIndex, unchanged: Sequence[int | None]
) -> tuple[Int64, Int64]:
    """Locate each merged row of a table in the previous rows followed by the new ones; count each document's rows.

    `old_documents` and `new_documents` are the table's columns of documents, ascending.
    """
    old = np.searchsorted(old_documents, np.arange(len(previous.documents) + 1))
    added = np.searchsorted(new_documents, np.arange(len(unchanged) + 1)) + len(old_documents)
    bounds = [(added[i], added[i + 1]) if row is None else (old[row], old[row + 1]) for i, row in enumerate(unchanged)]
    ranges = [np.arange(start, end, dtype=np.int64) for start, end in bounds]
    take = np.concatenate(ranges) if ranges else np.empty(0, np.int64)
    return take, np.array([len(rows) for rows in ranges], np.int64)
