"""Limit a question to a part of the index: to the documents of some collections or versions, or to one document.

Whatever is outside the scope can neither be found nor influence what is found. Rarity and corpus size are counted
within the scope, so that an answer from some collections equals the answer of an index with only these. Otherwise the
confidence would reveal whether documents that somebody may not see contain a word. The one exception is the mean
sentence length in BM25, which is that of the whole index.
"""

import threading
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from retrieval.concurrency import once
from retrieval.index.copies import Texts, find_texts
from retrieval.index.document_versions import DocumentVersions
from retrieval.index.equal_terms import rows_with_form
from retrieval.index.index import Column, Index
from retrieval.index.row_ranges import CountedRows, RowRanges, join_ranges, one_range
from retrieval.text.named_versions import NamedVersions, Subjects, find_in_follow_up, find_named_versions
from retrieval.types import Bool, Int64

MAX_CACHED_SCOPES = 16  # of collections and versions

Versions = tuple[frozenset[str], ...] | None  # as NamedVersions.matching; None for all, whatever their version


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of an index: the `rows` that can be found, None for all, and those that rarity is `counted` on.

    `counted` is None if all rows of the index are. `size` is the number of texts that are counted, and `texts` are
    those of the whole index.
    """

    rows: RowRanges | None
    counted: CountedRows | None
    size: int
    texts: Texts


def whole_scope(index: Index) -> Scope:
    """Make the scope of the whole index."""
    return _make_scope(find_texts(index.checksums), None, index.count)


def count_rows(index: Index, terms: Sequence[str], scope: Scope) -> int:
    """Count the rows of a scope with all of some terms; none has none of them."""
    rows = rows_with_form(index.lexical, terms) if terms else np.empty(0, np.int32)
    return len(rows) if scope.rows is None else scope.rows.count_in(rows)


class Scopes:
    """Makes and caches the scopes of one index. Safe to share between threads."""

    def __init__(self, index: Index, *, newest: bool = True) -> None:
        """`newest` leaves out the older versions of a page unless a question names them."""
        self._index = index
        self._newest = newest
        self._whole = once(lambda: whole_scope(index))
        self._lock = threading.Lock()  # no two threads make the same scope
        self._cache: dict[tuple[frozenset[str] | None, Versions], Scope] = {}
        self._known_subjects: dict[frozenset[str] | None, Subjects] = {}
        self._versions = once(lambda: DocumentVersions(index.documents))
        self._bounds = once(lambda: _document_bounds(index))

    @cached_property
    def collections(self) -> Mapping[str, int]:
        """Count the documents of each collection, sorted by name."""
        return dict(sorted(Counter(self._document_collections).items()))

    def named_versions(
        self,
        question: str,
        collections: Collection[str] | None = None,
        document: int | None = None,
        follow_up: str | None = None,
    ) -> NamedVersions:
        """Find the versions that a question names, or the follow-up that it ends with, among those of documents.

        They are the documents of some collections, by default of all, or the one whose row is given.
        """
        if not self._index.have_versions or not self._versions().exist:
            return NamedVersions(question)
        subjects = self._subjects(None if collections is None else frozenset(collections), document)
        if follow_up and question.endswith(follow_up):
            return find_in_follow_up(question, follow_up, subjects)
        return find_named_versions(question, subjects)

    def of(
        self,
        collections: Collection[str] | None = None,
        document: int | None = None,
        versions: Sequence[frozenset[str]] = (),
    ) -> Scope:
        """Return the scope of some collections, by default of all, limited to one document if its row is given.

        `versions` are what a question names, see NamedVersions.matching; without any, the scope has every version or
        the newest of each page. Unknown collection names are ignored. A document is searched whatever its version, and
        limiting to it does not change the rarity of words.
        """
        names = None if collections is None else frozenset(collections)
        if not self._index.have_versions or not self._versions().exist:
            scope = self._whole() if names is None else self._of(names, None)
        else:
            scope = self._of(names, tuple(versions) if document is None else None)
        if document is None:
            return scope
        first, end = self._index.document_range(document)
        return replace(scope, rows=(scope.rows or one_range(0, self._index.count)).within(first, end))

    @cached_property
    def _document_collections(self) -> list[str]:
        return [document.collection for document in self._index.documents]

    def _of(self, names: frozenset[str] | None, versions: Versions) -> Scope:
        with self._lock:
            key = names, versions
            scope = self._cache.get(key)
            if scope is None:
                selected = self._select(names, versions)
                is_whole = names is None and bool(selected.all())
                scope = self._whole() if is_whole else self._make(selected)
                if len(self._cache) >= MAX_CACHED_SCOPES:
                    self._cache.clear()
                self._cache[key] = scope
            return scope

    def _make(self, selected: Bool) -> Scope:
        """Make the scope of the documents that are marked, bool (documents,)."""
        bounds = self._bounds()
        rows = join_ranges(bounds[:-1][selected], bounds[1:][selected])
        return _make_scope(self._whole().texts, rows, self._index.count)

    def _subjects(self, names: frozenset[str] | None, document: int | None) -> Subjects:
        """Return the versions of the documents of some collections that a question can name, or of one of them."""
        allowed = self._select(names, None)
        if document is not None:
            return self._versions().subjects(allowed & (np.arange(len(allowed)) == document))
        subjects = self._known_subjects.get(names)
        if subjects is None:
            if len(self._known_subjects) >= MAX_CACHED_SCOPES:
                self._known_subjects.clear()  # by another thread perhaps: nothing is read back
            subjects = self._known_subjects[names] = self._versions().subjects(allowed)
        return subjects

    def _select(self, names: frozenset[str] | None, versions: Versions) -> Bool:
        """Mark the documents of some collections and versions, bool (documents,)."""
        collections = self._document_collections
        allowed = np.array([names is None or collection in names for collection in collections], np.bool_)
        if versions is None:
            return allowed
        return self._versions().select(allowed, versions, newest=self._newest)


def _document_bounds(index: Index) -> Int64:
    """Return where the rows of each document begin, int64 (documents + 1,); the last one is where they end."""
    numbers = np.arange(len(index.documents) + 1, dtype=np.int32)
    return np.searchsorted(index.table[:, Column.DOCUMENT], numbers).astype(np.int64)


def _make_scope(texts: Texts, rows: RowRanges | None, count: int) -> Scope:
    """Make a scope of an index with `count` rows."""
    counted = texts.counted(rows)
    size = (count if rows is None else rows.count) - len(counted.repeats)
    return Scope(rows, None if size == count else counted, size, texts)
