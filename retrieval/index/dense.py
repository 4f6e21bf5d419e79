"""Dense search over unit vectors by inner product, with FAISS; the only module that imports it.

Vectors are stored in half precision and used in place: FAISS reads the mapped bytes of the file. An index of up to
MAX_FLAT_ROWS rows is flat, that is exact. A larger one has a coarse stage: the rows are assigned to LISTS lists of
neighbours, and a search scans the lists nearest to the question with four bits for every four coordinates (product
quantization: André, Kermarrec and Le Scouarnec 2015), which reads an eighth of the bytes, and then compares the best
rows again in half precision. The numbers of lists and rows are the first of SEARCH_EFFORTS that find 98 % of the ten
nearest rows of a sample; if none do, the index stays flat. With a million vectors that are distributed like
real ones, a quarter of the lists took 2.7 ms, all lists 6.3 ms and a flat index 70 ms, and the search found 0.996 of
the ten rows nearest to real questions.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from retrieval.errors import DamagedIndexError
from retrieval.index.row_ranges import RowRanges, are_in
from retrieval.types import Float32, Int64

MAX_FLAT_ROWS = 100_000
MIN_RECALL = 0.98
RECALL_SAMPLE_ROWS = 200  # stand-ins for questions: rows of the index plus random vectors of the same length
COORDINATES_PER_CODE = 4
TRAINING_ROWS = 1 << 16
TRAINING_ROUNDS = 10
LISTS = 256
# (lists to scan, rows to compare again), the fastest first.
SEARCH_EFFORTS = ((64, 1_000), (64, 2_000), (96, 2_000), (128, 2_000), (128, 4_000), (256, 4_000), (256, 8_000))
ROWS_PER_ADD = 1 << 16
MAX_BRUTE_FORCE_ROWS = 1_000  # up to which comparing rows one by one is faster than filtering a search of all rows
READ_LOCK = threading.Lock()  # the size limit for reading an index is global to FAISS


@dataclass(frozen=True, slots=True)
class DenseIndex:
    """A FAISS index of n unit vectors with d dimensions, and its recall@10 against exact search.

    `memory` is the buffer that the index reads its vectors from, unless it owns them.
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
        self, vector: Float32, k: int, within: RowRanges | None = None, without: Int64 | None = None
    ) -> tuple[Int64, Float32]:
        """Find the up to k rows with the largest inner products, see DenseSearch."""
        if vector.shape != (self.dimension,) or vector.dtype != np.float32:
            raise ValueError(f"expected float32 ({self.dimension},), got {vector.dtype} {vector.shape}")
        if self.count == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if within is not None and without is not None:
            without = without[within.contains(without)]
        left = (self.count if within is None else within.count) - (0 if without is None else len(without))
        if left <= MAX_BRUTE_FORCE_ROWS and not (within is None and without is None):
            rows = np.arange(self.count, dtype=np.int64) if within is None else within.rows()
            if without is not None:
                rows = rows[~are_in(rows, without)]
            products = self.rows(rows) @ vector
            order = np.lexsort((rows, -products))[:k]
            return rows[order], products[order]
        k = min(k, self.count)
        parameters = _search_parameters(self.index, k, _selector(self.count, within, without))
        with _one_thread():
            scores, rows = self.index.search(vector[np.newaxis], k, params=parameters)
        exists = rows[0] >= 0  # FAISS fills up with -1
        return rows[0][exists], scores[0][exists]

    def rows(self, rows: Int64) -> Float32:
        """Return the vectors of rows, float32 (len(rows), d), in that order."""
        if len(rows) == 0:
            return np.empty((0, self.dimension), np.float32)
        vectors: Float32 = _half_precision_part(self.index).reconstruct_batch(rows)
        return vectors


def build_dense(matrix: Float32) -> DenseIndex:
    """Index unit rows, float32 (n, d), in half precision; row i is matrix[i]. Equal matrices give equal indexes."""
    if matrix.ndim != 2 or matrix.dtype != np.float32:
        raise ValueError(f"expected float32 (n, d), got {matrix.dtype} {matrix.shape}")
    half = faiss.ScalarQuantizer.QT_fp16
    flat = faiss.IndexScalarQuantizer(matrix.shape[1], half, faiss.METRIC_INNER_PRODUCT)
    _add(flat, matrix)
    if len(matrix) <= MAX_FLAT_ROWS or matrix.shape[1] % COORDINATES_PER_CODE:
        return DenseIndex(flat, 1.0)
    return _add_coarse_stage(matrix, flat) or DenseIndex(flat, 1.0)


def _add_coarse_stage(matrix: Float32, flat: Any) -> DenseIndex | None:
    """Put a coarse scan in four bits before a flat index of the same rows; None if its recall is too low."""
    rng = np.random.default_rng(0)
    d = matrix.shape[1]
    codes = d // COORDINATES_PER_CODE
    coarse = faiss.IndexIVFPQFastScan(faiss.IndexFlatIP(d), d, LISTS, codes, 4, faiss.METRIC_INNER_PRODUCT)
    coarse.by_residual = False
    coarse.cp.niter = TRAINING_ROUNDS
    coarse.cp.spherical = True
    coarse.train(matrix[np.sort(rng.choice(len(matrix), min(len(matrix), TRAINING_ROWS), replace=False))])
    _add(coarse, matrix)
    index = faiss.IndexRefine(coarse, flat)
    questions = matrix[np.sort(rng.choice(len(matrix), min(len(matrix), RECALL_SAMPLE_ROWS), replace=False))]
    questions = questions + rng.normal(0, 1 / np.sqrt(d), questions.shape).astype(np.float32)
    exact = flat.search(questions, 10)[1].tolist()
    for coarse.nprobe, rows_again in SEARCH_EFFORTS:
        index.k_factor = rows_again / 10  # per row, for ten rows; see _search_parameters
        approximate = index.search(questions, 10, params=_search_parameters(index, 10))[1].tolist()
        recall = float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, approximate, strict=True)]))
        if recall >= MIN_RECALL:
            return DenseIndex(index, recall)
    return None


def _half_precision_part(index: Any) -> Any:
    """Return the part of an index that stores the vectors."""
    return faiss.downcast_index(index.refine_index) if isinstance(index, faiss.IndexRefine) else index


@contextmanager
def _one_thread() -> Iterator[None]:
    """Search in the calling thread alone: FAISS does not divide a single question, and its threads cost 3 ms."""
    untyped: Any = faiss
    before = untyped.omp_get_max_threads()
    untyped.omp_set_num_threads(1)  # of the calling thread
    try:
        yield
    finally:
        untyped.omp_set_num_threads(before)


def _selector(count: int, within: RowRanges | None, without: Int64 | None) -> Any:
    """Make what tells FAISS which of `count` rows can be found, None for all; `without` is a part of `within`."""
    untyped: Any = faiss  # its type hints know only the C++ arguments
    if without is None or len(without) == 0:
        if within is None:
            return None
        if len(within.starts) == 1:
            return untyped.IDSelectorRange(int(within.starts[0]), int(within.ends[0]))
        return untyped.IDSelectorBitmap(within.bits)
    bits = np.full(count // 8 + 1, 255, np.uint8) if within is None else within.bits.copy()
    np.bitwise_and.at(bits, without // 8, ~(1 << without % 8).astype(np.uint8))
    return untyped.IDSelectorBitmap(bits)


def _search_parameters(index: Any, k: int, selector: Any = None) -> Any:
    """Make the parameters of a search for k rows among those of a selector."""
    untyped: Any = faiss
    if not isinstance(index, faiss.IndexRefine):
        return untyped.SearchParameters(sel=selector) if selector else None
    lists: Any = faiss.downcast_index(index.base_index)
    rows_again = index.k_factor * 10
    # A search among some rows only, or for many, can end far from the question: it scans all lists.
    probes = lists.nlist if selector or k > rows_again / 10 else lists.nprobe
    coarse = untyped.SearchParametersIVF(sel=selector, nprobe=probes)
    return untyped.IndexRefineSearchParameters(k_factor=max(rows_again / k, 1.0), base_index_params=coarse)


def _add(index: Any, matrix: Float32) -> None:
    """Add rows, rounded to half precision here because FAISS rounds differently from one processor to another."""
    for first in range(0, len(matrix), ROWS_PER_ADD):
        index.add(matrix[first : first + ROWS_PER_ADD].astype(np.float16).astype(np.float32))


def write_dense(dense: DenseIndex, write: Callable[[bytes], object]) -> None:
    """Serialize an index through a callable that takes bytes."""

    def write_all(data: bytes) -> int:
        write(data)
        return len(data)

    faiss.write_index(dense.index, faiss.PyCallbackIOWriter(write_all))  # type: ignore[attr-defined]


def read_dense(data: bytes | memoryview, recall: float) -> DenseIndex:
    """Open a serialized index in place; the bytes must be verified, and must never change.

    Raises DamagedIndexError if FAISS cannot read them.
    """
    memory = np.frombuffer(data, np.uint8)
    try:
        with READ_LOCK:
            faiss.set_deserialization_vector_byte_limit(max(len(memory), 1 << 20))
            reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(memory), len(memory))  # type: ignore[attr-defined]
            return DenseIndex(faiss.read_index(reader), recall, memory)
    except (RuntimeError, AssertionError) as error:
        raise DamagedIndexError(f"FAISS cannot read the vectors: {str(error)[:200]}") from None
