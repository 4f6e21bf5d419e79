"""Limit a question to a part of the index: to the documents of some collections, or to one document.

Whatever is outside the scope can neither be found nor influence what is found. Rarity and corpus size are counted
within the scope, so that an answer from some collections equals the answer of an index with only these. Otherwise the
confidence would reveal whether documents that somebody may not see contain a word. The one exception is the mean
sentence length in BM25, which is that of the whole index.
"""

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from retrieval.concurrency import once
from retrieval.index.copies import mark_first_rows, number_texts
from retrieval.index.index import Column, Index
from retrieval.types import Bool, Int32

MAX_CACHED_SCOPES = 16  # of collections; each takes two bytes per sentence


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of an index with n sentences.

    `rows`, bool (n,), marks the rows that can be found, and `counted`, bool (n,), one row per text, which rarity is
    counted on; None marks all rows. `size` is the number of texts. `texts`, int32 (n,), numbers the texts of the whole
    index (see `copies`).
    """

    rows: Bool | None
    counted: Bool | None
    size: int
    texts: Int32


def whole_scope(index: Index) -> Scope:
    """Make the scope of the whole index."""
    return _make_scope(number_texts(index.checksums), None)


class Scopes:
    """Makes and caches the scopes of one index. Safe to share between threads."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._whole = once(lambda: whole_scope(index))
        self._lock = threading.Lock()  # a scope takes a second in a large index: no two threads make the same
        self._cache: dict[frozenset[str], Scope] = {}

    @cached_property
    def collections(self) -> Mapping[str, int]:
        """Count the documents of each collection, sorted by name."""
        return dict(sorted(Counter(self._document_collections).items()))

    def of(self, collections: Collection[str] | None = None, document: int | None = None) -> Scope:
        """Return the scope of some collections, by default of all, limited to one document if its row is given.

        Unknown collection names are ignored. Limiting to a document does not change the rarity of words.
        """
        scope = self._whole() if collections is None else self._of(frozenset(collections))
        if document is None:
            return scope
        rows = self._index.table[:, Column.DOCUMENT] == document
        return replace(scope, rows=rows if scope.rows is None else rows & scope.rows)

    @cached_property
    def _document_collections(self) -> list[str]:
        return [document.collection for document in self._index.documents]

    def _of(self, names: frozenset[str]) -> Scope:
        with self._lock:
            scope = self._cache.get(names)
            if scope is None:
                allowed = np.array([collection in names for collection in self._document_collections], np.bool_)
                scope = _make_scope(self._whole().texts, allowed[self._index.table[:, Column.DOCUMENT]])
                if len(self._cache) >= MAX_CACHED_SCOPES:
                    self._cache.clear()
                self._cache[names] = scope
            return scope


def _make_scope(texts: Int32, rows: Bool | None) -> Scope:
    counted = mark_first_rows(texts, rows)
    size = int(np.count_nonzero(counted))
    return Scope(rows, None if size == len(texts) else counted, size, texts)
