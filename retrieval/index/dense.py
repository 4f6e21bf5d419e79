"""Dense search over unit vectors by inner product, with FAISS; the only module that names it.

The vectors are kept in half precision and read where they lie: FAISS gets the mapped bytes of its file.
Exact (flat) up to FLAT_ROWS rows. Above that the rows lie in LISTS lists of neighbours; those of the lists nearest to
the question are scanned in four bits for every four coordinates (product quantization: André, Kermarrec and Le
Scouarnec 2015), which is eight times less to look at, and the best of them are compared again in half precision: as
many lists and rows as it takes to find 98 % of the exact ten nearest on a sample. If it cannot, the index stays flat.
On a million vectors with the spread of real ones a quarter of the lists took 2.7 ms, all of them 6.3 and a flat index
70, and found 0.996 of the ten nearest to real questions.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from retrieval.errors import DamagedIndexError
from retrieval.types import Bool, Float32, Int64

FLAT_ROWS = 100_000
RECALL_WANTED = 0.98
RECALL_SAMPLE = 200  # stand-ins for questions: rows of the index itself, displaced by as much as they are long
PER_CODE = 4  # coordinates that share four bits
TRAINING_ROWS = 1 << 16
LISTS = 256
TRAINING_ROUNDS = 10
# What is tried, the quickest first: lists that are scanned, rows that are looked at again.
EFFORTS = ((64, 1_000), (64, 2_000), (96, 2_000), (128, 2_000), (128, 4_000), (256, 4_000), (256, 8_000))
ROWS_PER_STEP = 1 << 16
FEW = 1_000  # rows that are looked at one by one rather than left over from all
READING = threading.Lock()  # FAISS has one limit for all that are read at the same time


@dataclass(frozen=True, slots=True)
class DenseIndex:
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

        `within`, bool (n,), marks the rows to look at, `without` rows to leave out. Raises ValueError for a vector of
        another shape or type.
        """
        if vector.shape != (self.dimension,) or vector.dtype != np.float32:
            raise ValueError(f"expected float32 ({self.dimension},), got {vector.dtype} {vector.shape}")
        if self.count == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        seen = within if without is None else ~without if within is None else within & ~without
        if seen is not None and np.count_nonzero(seen) <= FEW:
            rows = np.flatnonzero(seen)
            products = self.rows(rows) @ vector
            order = np.lexsort((rows, -products))[:k]
            return rows[order], products[order]
        k = min(k, self.count)
        parameters = _parameters(self.index, k, seen)
        with _one_thread():
            scores, rows = self.index.search(vector[np.newaxis], k, params=parameters)
        found = rows[0] >= 0
        return rows[0][found], scores[0][found]

    def rows(self, rows: Int64) -> Float32:
        """Return the vectors of rows, float32 (len(rows), d), in that order."""
        if len(rows) == 0:
            return np.empty((0, self.dimension), np.float32)
        vectors: Float32 = _in_half_precision(self.index).reconstruct_batch(rows)
        return vectors


def build_dense(matrix: Float32) -> DenseIndex:
    """Index unit rows, float32 (n, d), in half precision; row i is matrix[i]. Same matrix, same index."""
    if matrix.ndim != 2 or matrix.dtype != np.float32:
        raise ValueError(f"expected float32 (n, d), got {matrix.dtype} {matrix.shape}")
    half = faiss.ScalarQuantizer.QT_fp16
    flat = faiss.IndexScalarQuantizer(matrix.shape[1], half, faiss.METRIC_INNER_PRODUCT)
    _add(flat, matrix)
    if len(matrix) <= FLAT_ROWS or matrix.shape[1] % PER_CODE:
        return DenseIndex(flat, 1.0)
    return _scanned_in_four_bits(matrix, flat) or DenseIndex(flat, 1.0)


def _scanned_in_four_bits(matrix: Float32, flat: Any) -> DenseIndex | None:
    """Return an index with enough recall that looks at all rows coarsely, at the best in half precision, or None."""
    rng = np.random.default_rng(0)
    d = matrix.shape[1]
    coarse = faiss.IndexIVFPQFastScan(faiss.IndexFlatIP(d), d, LISTS, d // PER_CODE, 4, faiss.METRIC_INNER_PRODUCT)
    coarse.by_residual = False
    coarse.cp.niter = TRAINING_ROUNDS
    coarse.cp.spherical = True
    coarse.train(matrix[np.sort(rng.choice(len(matrix), min(len(matrix), TRAINING_ROWS), replace=False))])
    _add(coarse, matrix)
    index = faiss.IndexRefine(coarse, flat)
    questions = matrix[np.sort(rng.choice(len(matrix), min(len(matrix), RECALL_SAMPLE), replace=False))]
    questions = questions + rng.normal(0, 1 / np.sqrt(d), questions.shape).astype(np.float32)
    exact = flat.search(questions, 10)[1].tolist()
    for coarse.nprobe, again in EFFORTS:
        index.k_factor = again / 10  # for ten rows; see _parameters
        found = index.search(questions, 10, params=_parameters(index, 10))[1].tolist()
        recall = float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, found, strict=True)]))
        if recall >= RECALL_WANTED:
            return DenseIndex(index, recall)
    return None


def _in_half_precision(index: Any) -> Any:
    """Return the part of an index that holds the vectors."""
    return faiss.downcast_index(index.refine_index) if isinstance(index, faiss.IndexRefine) else index


@contextmanager
def _one_thread() -> Iterator[None]:
    """Search with the calling thread alone: one question is not shared, and waiting for others took 3 ms of it."""
    wrapped: Any = faiss
    before = wrapped.omp_get_max_threads()
    wrapped.omp_set_num_threads(1)  # of the calling thread
    try:
        yield
    finally:
        wrapped.omp_set_num_threads(before)


def _parameters(index: Any, k: int, seen: Bool | None = None) -> Any:
    """Return the parameters of a search for k rows, only among those that `seen`, bool (n,), marks, if it is given."""
    wrapped: Any = faiss  # whose own type hints know only the arguments of C++
    selector = None if seen is None else wrapped.IDSelectorBitmap(np.packbits(seen, bitorder="little"))
    if not isinstance(index, faiss.IndexRefine):
        return wrapped.SearchParameters(sel=selector) if selector else None
    lists: Any = faiss.downcast_index(index.base_index)
    again = index.k_factor * 10
    # What is sought among some rows only, or in great number, may lie far from the question.
    probes = lists.nlist if selector or k > again / 10 else lists.nprobe
    coarse = wrapped.SearchParametersIVF(sel=selector, nprobe=probes)
    return wrapped.IndexRefineSearchParameters(k_factor=max(again / k, 1.0), base_index_params=coarse)


def _add(index: Any, matrix: Float32) -> None:
    """Add rows that are rounded here, since FAISS rounds otherwise on other processors."""
    for first in range(0, len(matrix), ROWS_PER_STEP):
        index.add(matrix[first : first + ROWS_PER_STEP].astype(np.float16).astype(np.float32))


def write_dense(vectors: DenseIndex, write: Callable[[bytes], object]) -> None:
    """Write an index through a callable that takes bytes."""

    def write_all(data: bytes) -> int:
        write(data)
        return len(data)

    faiss.write_index(vectors.index, faiss.PyCallbackIOWriter(write_all))  # type: ignore[attr-defined]


def read_dense(data: bytes | memoryview, recall: float) -> DenseIndex:
    """Read an index where it lies, from bytes whose checksum was verified before and that never change.

    Raises DamagedIndexError when FAISS cannot make sense of them.
    """
    memory = np.frombuffer(data, np.uint8)
    try:
        with READING:
            faiss.set_deserialization_vector_byte_limit(max(len(memory), 1 << 20))
            reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(memory), len(memory))  # type: ignore[attr-defined]
            return DenseIndex(faiss.read_index(reader), recall, memory)
    except (RuntimeError, AssertionError) as error:
        raise DamagedIndexError(f"FAISS cannot read the vectors: {str(error)[:200]}") from None
