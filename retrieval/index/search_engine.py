"""What an engine for the search does: the seam between asking and wherever the rows of a generation are searched.

The three searches look at the same n rows; row i is the same sentence in each of them. A part of the rows is given as
ranges, and rows to leave out by their numbers: nothing that is asked for has the size of the index. What a search
finds, its scores and their order do not depend on the engine, as long as it is exact; tests hold all engines to that.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from retrieval.index.row_ranges import CountedRows, RowRanges
from retrieval.types import Float32, Int32, Int64, UInt16

TermPostings = tuple[Int32, Float32]  # the rows that contain a term, ascending, and their scores


class DenseSearch(Protocol):
    """Finds the rows whose vectors are nearest to that of a question."""

    @property
    def count(self) -> int:
        """Return n."""

    @property
    def dimension(self) -> int:
        """Return the length d of a vector."""

    def search(
        self, vector: Float32, k: int, within: RowRanges | None = None, without: Int64 | None = None
    ) -> tuple[Int64, Float32]:
        """Find the up to k rows with the largest inner products with a vector, float32 (d,); best first.

        `within` has the rows to search, `without`, int64, ascending, the rows to leave out. Raises ValueError if the
        vector has another shape or type.
        """


class LexicalSearch(Protocol):
    """Finds the rows that contain the terms of a question."""

    @property
    def count(self) -> int:
        """Return n."""

    @property
    def mean_length(self) -> float:
        """Return the mean number of terms in a row, 0 without rows."""

    def lengths_of(self, rows: Int32) -> Int32:
        """Return the number of terms in each of some rows."""

    def postings(self, term: str) -> TermPostings:
        """Return the rows that contain a term, ascending, and their scores."""

    def occurrences(self, term: str) -> tuple[Int32, UInt16]:
        """Return the rows that contain a term, ascending, and how often each does."""

    def frequency(self, term: str, counted: CountedRows | None = None) -> int:
        """Count the rows that contain a term, by default among all rows, else among those that are counted."""

    def search(
        self,
        terms: Iterable[str],
        k: int,
        within: RowRanges | None = None,
        rarities: Mapping[str, float] | None = None,
        without: Int64 | None = None,
        united: Mapping[str, TermPostings] | None = None,
    ) -> tuple[Int64, Float32]:
        """Find the up to k rows with the highest BM25 scores for some terms, best first, ties by row.

        The score is the sum over the distinct terms (Robertson and Zaragoza 2009, with Lucene's non-negative idf,
        k1 = 1.2, b = 0.75); rows without any of the terms are not found. `within` has the rows to search, `without`,
        ascending, the rows to leave out. `rarities` replaces the idf of each term, `united` the postings of some terms.
        """


class TokenVectors(Protocol):
    """Has the token vectors of each row."""

    @property
    def count(self) -> int:
        """Return n."""

    def similarities(self, question: Float32, rows: Int64) -> Float32:
        """Compute the highest cosine of each of a question's t tokens, float32 (t, k), with the tokens of each row.

        Returns float32 (t, len(rows)). Raises DamagedIndexError if a row is damaged.
        """
