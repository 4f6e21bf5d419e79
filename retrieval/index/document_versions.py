"""The versions of the documents of an index: which documents are the newest of their page, or of versions by name.

Which documents are the same page is decided when they are read, see `retrieval.reading.version_pages`.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from retrieval.text.named_versions import Subjects
from retrieval.text.version_names import version_order
from retrieval.types import Bool, Document, Int32

NO_PAGE = -1  # of documents without a version
WORD = re.compile(r"[^\W\d_]+")


class DocumentVersions:
    """The versions of n documents. Safe to share between threads."""

    def __init__(self, documents: Sequence[Document]) -> None:
        """Take n documents: number their pages, and their versions in order."""
        self._names = [document.version for document in documents]
        self._labels = {  # of each document with a version: what says what the version is of
            row: f"{document.source or ''} {document.collection} {document.id.rpartition('/')[0]}"
            for row, document in enumerate(documents)
            if document.version
        }
        versions = set(filter(None, self._names))
        orders = sorted({version_order(version) for version in versions})
        place_of = {order: place for place, order in enumerate(orders)}
        places = {version: place_of[version_order(version)] for version in versions}
        pages: dict[str, int] = {}
        self._pages: Int32 = np.array(
            [pages.setdefault(d.page, len(pages)) if d.version else NO_PAGE for d in documents], np.int32
        )
        self._places: Int32 = np.array([places.get(name, -1) for name in self._names], np.int32)

    @property
    def exist(self) -> bool:
        """Tell whether any document has a version."""
        return bool(self._labels)

    def subjects(self, allowed: Bool) -> Subjects:
        """Return the versions of the documents that `allowed`, bool (n,), marks, with the words for their subjects."""
        labels: defaultdict[str, set[str]] = defaultdict(set)
        for row, label in self._labels.items():
            if allowed[row]:
                labels[self._names[row]].add(label)
        return {name: frozenset(WORD.findall(" ".join(own).casefold())) for name, own in labels.items()}

    def select(self, allowed: Bool, matching: Sequence[frozenset[str]], *, newest: bool) -> Bool:
        """Select among the documents that `allowed`, bool (n,), marks; returns bool (n,).

        Those without a version are always among them: they hold for every version, as a changelog does. With
        `matching`, only those of each set of versions besides, of each page the newest one of the set; without, of
        each page the newest one, if only the `newest` are wanted. What is not allowed has no influence.
        """
        if not matching:
            return self._newest(allowed) if newest else allowed
        selected: Bool = allowed & (self._pages == NO_PAGE)
        for versions in matching:
            selected |= self._newest(allowed & np.array([name in versions for name in self._names], np.bool_))
        return selected

    def _newest(self, allowed: Bool) -> Bool:
        """Select the documents without a version, and of each page those of its newest version."""
        pages, places = self._pages[allowed], self._places[allowed]
        highest = np.full(len(self._pages) + 1, -1, np.int32)  # the last one for NO_PAGE
        np.maximum.at(highest, pages, places)
        highest[-1] = -1
        selected: Bool = np.zeros(len(allowed), np.bool_)
        selected[np.flatnonzero(allowed)] = places == highest[pages]
        return selected
