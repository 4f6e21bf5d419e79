"""From the id of a citation back to its sentence."""

import base64
import hashlib
import re
from collections import Counter

import numpy as np

from retrieval.index.index import Column, Index
from retrieval.text.locations import read_at

CITATION_ID = re.compile("[a-z2-7]{10}")


def citation_id(document_id: str, text: str, repeats_before: int = 0) -> str:
    """Make the ten letters and digits that name a sentence for as long as its document and its text stay the same.

    `repeats_before` counts the sentences of the document that come before it with the same text.
    """
    suffix = f"\0{repeats_before}" if repeats_before else ""
    digest = hashlib.sha256(f"{document_id}\0{text}{suffix}".encode()).digest()
    return base64.b32encode(digest[:10])[:10].decode().lower()


class CitationLookup:
    """Finds the rows of one index by the ids of their citations. Safe to share between threads."""

    def __init__(self, index: Index) -> None:
        """Compute every id, a few microseconds and twelve bytes for each sentence."""
        keys = np.empty(index.count, np.uint64)
        for number, document in enumerate(index.documents):
            text = document.text  # decoded once for all its sentences
            said: Counter[int] = Counter()
            for row in index.document_rows(number).tolist():
                start, end = index.table[row, [Column.START, Column.END]].tolist()
                read = read_at(document, start, end) if document.tables else text[start:end]
                check = int(index.checksums[row])
                keys[row] = _key(citation_id(document.id, read, said[check]))
                said[check] += 1
        order = np.argsort(keys, kind="stable")
        self._rows = order.astype(np.int32)
        self._keys = keys[order]

    def row(self, citation: str) -> int | None:
        """Return the first row that an id names, None for an id of no sentence or of no form."""
        if not CITATION_ID.fullmatch(citation):
            return None
        key = _key(citation)
        place = int(np.searchsorted(self._keys, np.uint64(key)))
        found = place < len(self._keys) and int(self._keys[place]) == key
        return int(self._rows[place]) if found else None


def _key(citation: str) -> int:
    """Return the fifty bits of an id as a number."""
    return int.from_bytes(base64.b32decode(f"{citation.upper()}AAAAAA")) >> 30
