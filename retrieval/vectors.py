"""Dense search over unit vectors by inner product, with FAISS; the only module that names it.

The vectors are kept in half precision and read where they lie: FAISS gets the mapped bytes of its file.
Exact (flat) up to FLAT_ROWS rows. Above that an inverted file, whose probes are doubled until it
finds 98 % of the exact ten nearest on a sample; if it cannot, the index stays flat.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from retrieval.errors import DamagedIndexError
from retrieval.records import Bool, Float32, Int64

FLAT_ROWS = 200_000
RECALL_WANTED = 0.98
RECALL_SAMPLE = 200  # questions stand-ins: rows of the index itself, a little displaced
TRAINING_ROWS_PER_LIST = 40
ROWS_PER_STEP = 1 << 16
READING = threading.Lock()  # FAISS has one limit for all that are read at the same time


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """A FAISS index of n unit vectors of d dimensions, and its recall@10 against exact search.

    `memory` is what the index reads its vectors from, when that is not its own.
    """

    index: Any
    recall: float
    memory: object = None

    @property
    def count(self) -> int:
        """Return n."""
        return int(self.index.ntotal)

    @property
    def dimension(self) -> int:
        """Return d."""
        return int(self.index.d)

    def search(
        self, vector: Float32, k: int, within: Bool | None = None, without: Bool | None = None
    ) -> tuple[Int64, Float32]:
        """Return up to k rows and their inner products with a vector (d,), best first.

        With `within`, bool (n,), only the rows that it marks are looked at, each of them: an inverted file then probes
        all of its lists, for those that are near may hold none of them. `without` marks rows to leave out. Raises
        ValueError for a vector of another shape or type.
        """
        if vector.shape != (self.dimension,) or vector.dtype != np.float32:
            raise ValueError(f"expected float32 ({self.dimension},), got {vector.dtype} {vector.shape}")
        if self.count == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        parameters = self._only(within, without)
        scores, rows = self.index.search(vector[np.newaxis], min(k, self.count), params=parameters)
        found = rows[0] >= 0
        return rows[0][found], scores[0][found]

    def _only(self, within: Bool | None, without: Bool | None) -> Any:
        """Return the parameters of a search that sees some rows only, None where it sees all."""
        if within is None and without is None:
            return None
        seen = np.ones(self.count, np.bool_) if within is None else within
        seen = seen if without is None else seen & ~without
        wrapped: Any = faiss  # whose own type hints know only the arguments of C++
        selector = wrapped.IDSelectorBitmap(np.packbits(seen, bitorder="little"))
        if isinstance(self.index, faiss.IndexIVF):
            probes = self.index.nprobe if within is None else self.index.nlist
            return wrapped.SearchParametersIVF(sel=selector, nprobe=probes)
        return wrapped.SearchParameters(sel=selector)

    def rows(self, rows: Int64) -> Float32:
        """Return the vectors of rows, float32 (len(rows), d), in that order."""
        if len(rows) == 0:
            return np.empty((0, self.dimension), np.float32)
        vectors: Float32 = self.index.reconstruct_batch(rows)
        return vectors


def build_vectors(matrix: Float32) -> VectorIndex:
    """Index unit rows, float32 (n, d), in half precision; row i is matrix[i]. Same matrix, same index."""
    if matrix.ndim != 2 or matrix.dtype != np.float32:
        raise ValueError(f"expected float32 (n, d), got {matrix.dtype} {matrix.shape}")
    half = faiss.ScalarQuantizer.QT_fp16
    flat = faiss.IndexScalarQuantizer(matrix.shape[1], half, faiss.METRIC_INNER_PRODUCT)
    _add(flat, matrix)
    if len(matrix) <= FLAT_ROWS:
        return VectorIndex(flat, 1.0)
    inverted = _inverted_file(matrix, flat)
    return inverted or VectorIndex(flat, 1.0)


def _inverted_file(matrix: Float32, flat: Any) -> VectorIndex | None:
    """Return an inverted file with enough recall, or None."""
    lists = int(4 * np.sqrt(len(matrix)))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(matrix.shape[1]), matrix.shape[1], lists,
        faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False,  # not the residuals: rows() gives the same
    )  # fmt: skip
    rng = np.random.default_rng(0)
    sample = rng.choice(len(matrix), min(len(matrix), TRAINING_ROWS_PER_LIST * lists), replace=False)
    index.train(matrix[np.sort(sample)])
    _add(index, matrix)
    index.make_direct_map(True)
    queries = matrix[np.sort(rng.choice(len(matrix), RECALL_SAMPLE, replace=False))]
    queries = queries + rng.normal(0, 0.5 / np.sqrt(matrix.shape[1]), queries.shape).astype(np.float32)
    exact = flat.search(queries, 10)[1]
    probes = 8
    while probes <= lists // 2:
        index.nprobe = probes
        found = index.search(queries, 10)[1]
        recall = float(
            np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact.tolist(), found.tolist(), strict=True)])
        )
        if recall >= RECALL_WANTED:
            return VectorIndex(index, recall)
        probes *= 2
    return None


def _add(index: Any, matrix: Float32) -> None:
    """Add rows that are rounded here, since FAISS rounds otherwise on other processors."""
    for first in range(0, len(matrix), ROWS_PER_STEP):
        index.add(matrix[first : first + ROWS_PER_STEP].astype(np.float16).astype(np.float32))


def write_vectors(vectors: VectorIndex, write: Callable[[bytes], object]) -> None:
    """Write an index through a callable that takes bytes."""

    def write_all(data: bytes) -> int:
        write(data)
        return len(data)

    faiss.write_index(vectors.index, faiss.PyCallbackIOWriter(write_all))  # type: ignore[attr-defined]


def read_vectors(data: bytes | memoryview, recall: float) -> VectorIndex:
    """Read an index where it lies, from bytes whose checksum was verified before and that never change.

    Raises DamagedIndexError when FAISS cannot make sense of them.
    """
    memory = np.frombuffer(data, np.uint8)
    try:
        with READING:
            faiss.set_deserialization_vector_byte_limit(max(len(memory), 1 << 20))
            reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(memory), len(memory))  # type: ignore[attr-defined]
            return VectorIndex(faiss.read_index(reader), recall, memory)
    except (RuntimeError, AssertionError) as error:
        raise DamagedIndexError(f"FAISS cannot read the vectors: {str(error)[:200]}") from None
