"""Candidates for a question, and the features that rank them.

cosine                similarity of the question and the sentence inside its window
coverage_sentence     share of the question's terms that the sentence, or the title, holds
coverage_neighbours   the same for the sentence and the ones beside it in its window
coverage_window       the same for the whole window
Terms are weighted by rarity (idf), those that the index has never seen as the rarest.
"""

import numpy as np

from retrieval.index import Index
from retrieval.lexical import idf
from retrieval.records import Encoded, Float32, Int32, Int64
from retrieval.terms import split_terms

NAMES = ("cosine", "coverage_sentence", "coverage_neighbours", "coverage_window")
CANDIDATES = 50  # from each of the two searches


def candidates(index: Index, question: str, encoded: Encoded) -> tuple[Int64, Float32]:
    """Return the candidate rows, ascending, and their features, float32 (len(rows), len(NAMES))."""
    terms = sorted(set(split_terms(question, index.language)))
    dense, _ = index.vectors.search(encoded.vector, CANDIDATES)
    lexical, _ = index.lexical.search(terms, CANDIDATES)
    rows = np.union1d(dense, lexical).astype(np.int64)
    cosine = index.vectors.rows(rows) @ encoded.vector
    columns = [cosine, *_coverage(index, terms, rows)]
    return rows, np.stack(columns, axis=1).astype(np.float32)


def _coverage(index: Index, terms: list[str], rows: Int64) -> list[Float32]:
    """Return the three coverage columns, each float32 (len(rows),), 0 to 1."""
    windows = index.table[:, 6]
    starts = np.searchsorted(windows, windows[rows], "left")
    ends = np.searchsorted(windows, windows[rows], "right")
    ranges = [
        (rows, rows + 1),
        (np.maximum(rows - 1, starts), np.minimum(rows + 2, ends)),
        (starts, ends),
    ]
    covered = np.zeros((3, len(rows)))
    total = 0.0
    for term in terms:
        found, _ = index.lexical.postings(term)
        weight = idf(len(found), index.count)
        total += weight
        for column, (first, end) in enumerate(ranges):
            covered[column] += weight * _holds(found, first, end)
    return list((covered / (total or 1.0)).astype(np.float32))


def _holds(postings: Int32, first: Int64, end: Int64) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return for each half-open range of rows whether an ascending list of rows meets it."""
    return np.searchsorted(postings, first, "left") < np.searchsorted(postings, end, "left")
