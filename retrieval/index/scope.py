"""Which part of an index a question may look at: documents of some collections, or one document.

What is left out can neither be found nor change anything that is found: rarity and size are counted among what may be
seen, so that an answer within some collections is the answer of an index of these alone. Otherwise the confidence would
tell whether documents that somebody may not see hold a word. Only the mean length of all sentences, which decides a
little of what the lexical search looks at, is that of the whole index.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from retrieval.index.copies import mark_first_rows, number_texts
from retrieval.index.index import Column, Index
from retrieval.types import Bool, Int32

MOST_KEPT = 16  # scopes of collections; each holds two bytes a sentence


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of an index of n sentences.

    `rows` bool (n,) marks what can be found, `counted` bool (n,) one row for each text among which rarity is counted;
    None marks all. `size` is how many texts these are; `texts` int32 (n,) is the first row of the same text.
    """

    rows: Bool | None
    counted: Bool | None
    size: int
    texts: Int32


def whole_scope(index: Index) -> Scope:
    """Return the scope that leaves nothing out."""
    return _scope(number_texts(index.checksums), None)


class Scopes:
    """The scopes of one index, made when they are first needed. Safe to share between threads."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._kept: dict[frozenset[str], Scope] = {}

    @cached_property
    def collections(self) -> Mapping[str, int]:
        """Return the collections and how many documents each has, by name."""
        return dict(sorted(Counter(self._collections).items()))

    def of(self, collections: Collection[str] | None = None, document: int | None = None) -> Scope:
        """Return the scope of some collections, None for all, and of one document of them if its row is given.

        A name that there is not adds nothing. In one document words are as rare as in the collections.
        """
        scope = self._whole if collections is None else self._of(frozenset(collections))
        if document is None:
            return scope
        rows = self._index.table[:, Column.DOCUMENT] == document
        return replace(scope, rows=rows if scope.rows is None else rows & scope.rows)

    @cached_property
    def _whole(self) -> Scope:
        return whole_scope(self._index)

    @cached_property
    def _collections(self) -> list[str]:
        return [document.collection for document in self._index.documents]

    def _of(self, names: frozenset[str]) -> Scope:
        kept = self._kept.get(names)
        if kept is None:
            allowed = np.array([one in names for one in self._collections], np.bool_)
            kept = _scope(self._whole.texts, allowed[self._index.table[:, Column.DOCUMENT]])
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[names] = kept
        return kept


def _scope(texts: Int32, rows: Bool | None) -> Scope:
    counted = mark_first_rows(texts, rows)
    size = int(np.count_nonzero(counted))
    return Scope(rows, None if size == len(texts) else counted, size, texts)
