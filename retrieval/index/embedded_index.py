"""The index whose searches run in this process: FAISS, BM25 in numpy arrays, and mapped token vectors.

It can be built, merged and written to files; what only answers questions makes do with an Index.
"""

from dataclasses import dataclass

from retrieval.index.dense import DenseIndex
from retrieval.index.index import Index
from retrieval.index.late_interaction import LateIndex
from retrieval.index.lexical import LexicalIndex


@dataclass(frozen=True, slots=True)
class EmbeddedIndex(Index):
    """An index that has its vectors, terms and token vectors itself."""

    dense: DenseIndex
    lexical: LexicalIndex
    late: LateIndex
