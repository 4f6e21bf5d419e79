"""Make citation ids, and find the sentence of an id."""

import base64
import hashlib
import re
from collections import Counter

import numpy as np

from retrieval.index.index import Column, Index
from retrieval.text.locations import readable_text_at

CITATION_ID = re.compile("[a-z2-7]{10}")


def citation_id(document_id: str, text: str, repeats_before: int = 0) -> str:
    """Make the citation id of a sentence: ten letters and digits that depend only on its document's id and its text.

    `repeats_before` counts the earlier sentences of the document with the same text, so that each has an id of its own.
    """
    suffix = f"\0{repeats_before}" if repeats_before else ""
    digest = hashlib.sha256(f"{document_id}\0{text}{suffix}".encode()).digest()
    return base64.b32encode(digest[:10])[:10].decode().lower()


class CitationLookup:
    """Finds the rows of an index by their citation ids. Safe to share between threads."""

    def __init__(self, index: Index) -> None:
        """Compute the id of every sentence: a few microseconds and twelve bytes each."""
        keys = np.empty(index.count, np.uint64)
        for number, document in enumerate(index.documents):
            text = document.text  # decoded once for all its sentences
            repeats: Counter[int] = Counter()
            rows = index.document_rows(number)
            spans = index.table[rows][:, [Column.START, Column.END]].tolist()
            for row, checksum, (start, end) in zip(rows.tolist(), index.checksums[rows].tolist(), spans, strict=True):
                sentence = readable_text_at(document, start, end) if document.tables else text[start:end]
                keys[row] = _key(citation_id(document.id, sentence, repeats[checksum]))
                repeats[checksum] += 1
        order = np.argsort(keys, kind="stable")
        self._rows = order.astype(np.int32)
        self._keys = keys[order]

    def row(self, citation: str) -> int | None:
        """Find the first row with a citation id; None if there is none or the id is malformed."""
        if not CITATION_ID.fullmatch(citation):
            return None
        key = _key(citation)
        position = int(np.searchsorted(self._keys, np.uint64(key)))
        exists = position < len(self._keys) and int(self._keys[position]) == key
        return int(self._rows[position]) if exists else None


def _key(citation: str) -> int:
    """Decode the fifty bits of a citation id to a number."""
    return int.from_bytes(base64.b32decode(f"{citation.upper()}AAAAAA")) >> 30
