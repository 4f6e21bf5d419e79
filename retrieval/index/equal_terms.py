"""Unite the postings of terms that a glossary calls equal, so that each counts like the other in BM25.

A term comes in with the forms that mean the same, each a tuple of terms; the rows of the term and those with all terms
of a form go out, with BM25 scores as if all of them had the same term.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from retrieval.index.lexical import K1, B, idf
from retrieval.index.search_engine import LexicalSearch, TermPostings
from retrieval.types import Int32, Int64

EqualForms = Mapping[str, Sequence[tuple[str, ...]]]  # term -> the terms of each form that means the same


def unite_postings(index: LexicalSearch, equal: EqualForms) -> dict[str, TermPostings]:
    """Return the united postings of each term: its rows and those of the forms that mean the same."""
    return {term: _unite(index, [(term,), *forms]) for term, forms in equal.items()}


def rows_with_form(index: LexicalSearch, form: Iterable[str]) -> Int32:
    """Return the rows that contain every term of a form, ascending."""
    rows, _ = _rows_and_counts(index, tuple(form))
    return rows


def _unite(index: LexicalSearch, forms: Sequence[tuple[str, ...]]) -> TermPostings:
    """Score the rows with any of the forms by how often they occur there altogether."""
    found = [_rows_and_counts(index, form) for form in forms]
    rows, places = np.unique(np.concatenate([rows for rows, _ in found]), return_inverse=True)
    tf = np.bincount(places, np.concatenate([counts for _, counts in found]), len(rows))
    norm = K1 * (1 - B + B * index.lengths_of(rows) / max(index.mean_length, 1e-9))
    scores = idf(len(rows), index.count) * tf / (tf + norm)
    return rows.astype(np.int32), scores.astype(np.float32)


def _rows_and_counts(index: LexicalSearch, form: tuple[str, ...]) -> tuple[Int32, Int64]:
    """Return the rows with every term of a form, ascending, and how often the rarest of its terms is in each."""
    first, *others = (index.occurrences(term) for term in form)
    rows, counts = first[0], first[1].astype(np.int64)
    for other_rows, other_counts in others:
        rows, in_rows, in_other = np.intersect1d(rows, other_rows, assume_unique=True, return_indices=True)
        counts = np.minimum(counts[in_rows], other_counts[in_other])
    return rows, counts
