"""Lexical search: BM25 over an inverted index in six numpy arrays.

Written out because the engines at hand did not fit: tantivy writes a lock file to open an index, so
it cannot read a read-only disk, and names files at random; bm25s costs 0.4 s to import. The tests
hold the scores against bm25s.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.errors import DamagedIndexError
from retrieval.records import Bool, Float32, Int32, Int64, UInt16, UInt64
from retrieval.terms import split_terms, term_id

K1, B = 1.2, 0.75


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """An inverted index of n sentences over v terms.

    `vocabulary` uint64 (v,), ascending term ids; the postings of term i are
    rows[offsets[i]:offsets[i+1]], ascending, with their share of the BM25 score in `scores` and how often the row
    holds the term in `counts`. `lengths` int32 (n,): the terms of each row.
    """

    vocabulary: UInt64
    offsets: Int64
    rows: Int32
    scores: Float32
    counts: UInt16
    lengths: Int32

    def __post_init__(self) -> None:
        whole = (
            self.offsets.shape == (len(self.vocabulary) + 1,)
            and self.rows.shape == self.scores.shape == self.counts.shape == (int(self.offsets[-1]),)
            and (len(self.rows) == 0 or int(self.rows.max()) < self.count)
        )
        if not whole:
            raise DamagedIndexError("the lexical index contradicts itself")

    @property
    def count(self) -> int:
        """Return n."""
        return len(self.lengths)

    def postings(self, term: str) -> tuple[Int32, Float32]:
        """Return the rows that hold a term, ascending, and their scores; both empty if none does."""
        wanted = np.uint64(term_id(term))
        place = int(np.searchsorted(self.vocabulary, wanted))
        if place == len(self.vocabulary) or self.vocabulary[place] != wanted:
            return self.rows[:0], self.scores[:0]
        span = slice(int(self.offsets[place]), int(self.offsets[place + 1]))
        return self.rows[span], self.scores[span]

    def frequency(self, term: str, counted: Bool | None = None) -> int:
        """Return how many rows hold a term; with `counted`, bool (n,), how many of those that it marks."""
        rows, _ = self.postings(term)
        return len(rows) if counted is None else int(np.count_nonzero(counted[rows]))

    def search(
        self,
        terms: Iterable[str],
        k: int,
        within: Bool | None = None,
        counted: Bool | None = None,
        without: Bool | None = None,
    ) -> tuple[Int64, Float32]:
        """Return up to k rows that hold a term and their BM25 scores, best first, ties by row.

        The score is the sum of the postings' scores of the distinct terms (Robertson and Zaragoza
        2009, with the non-negative idf of Lucene, k1 = 1.2, b = 0.75). `within`, bool (n,), marks the rows that can be
        found, `without` those that cannot; `counted` those among which a term is as rare as its weight says.
        """
        total = np.zeros(self.count, np.float32)
        size = self.count if counted is None else int(np.count_nonzero(counted))
        for term in sorted(set(terms)):
            rows, scores = self.postings(term)
            if counted is not None:
                weight = idf(self.frequency(term, counted), size) / idf(len(rows), self.count)
                scores = scores * np.float32(weight)
            total[rows] += scores
        if within is not None:
            total[~within] = 0
        if without is not None:
            total[without] = 0
        return best(total, k, above=0.0)


def best(scores: Float32, k: int, above: float = -np.inf) -> tuple[Int64, Float32]:
    """Return the k positions of the highest scores over `above`, best first, ties by position."""
    if k < len(scores):
        cut = np.partition(scores, len(scores) - k)[len(scores) - k]
        places = np.flatnonzero((scores >= cut) & (scores > above))
    else:
        places = np.flatnonzero(scores > above)
    places = places[np.lexsort((places, -scores[places]))][:k]
    return places.astype(np.int64), scores[places]


def idf(frequency: float, count: int) -> float:
    """Return the inverse document frequency of a term in `frequency` of `count` sentences."""
    return float(np.log1p((count - frequency + 0.5) / (frequency + 0.5)))


def build_lexical(texts: Sequence[str], language: str) -> LexicalIndex:
    """Index texts; row i is texts[i]."""
    ids: dict[str, int] = {}
    terms, rows, counts, lengths = [], [], [], []
    for row, text in enumerate(texts):
        found = split_terms(text, language)
        lengths.append(len(found))
        for term, count in Counter(found).items():
            number = ids.get(term)
            if number is None:
                number = ids[term] = term_id(term)
            terms.append(number)
            rows.append(row)
            counts.append(count)
    return _index(
        np.array(terms, np.uint64), np.array(rows, np.int32), np.array(counts, np.uint16), np.array(lengths, np.int32)
    )


def merge_lexical(first: LexicalIndex, second: LexicalIndex, take: Int64) -> LexicalIndex:
    """Return the index of the rows of `first`, then of `second`, that `take` names, in its order.

    The same as building it from their texts, without looking at these.
    """
    new_rows = np.full(first.count + second.count, -1, np.int32)
    new_rows[take] = np.arange(len(take), dtype=np.int32)
    rows = np.concatenate([new_rows[first.rows], new_rows[second.rows + first.count]])
    kept = rows >= 0
    terms = np.concatenate([np.repeat(one.vocabulary, np.diff(one.offsets)) for one in (first, second)])
    counts = np.concatenate([first.counts, second.counts])
    lengths = np.concatenate([first.lengths, second.lengths])[take]
    return _index(terms[kept], rows[kept], counts[kept], lengths)


def _index(terms: UInt64, rows: Int32, counts: UInt16, lengths: Int32) -> LexicalIndex:
    """Sort postings by term, then row, and give each its share of the score."""
    order = np.lexsort((rows, terms))
    terms, rows, counts = terms[order], rows[order], counts[order]
    starts = np.flatnonzero(np.concatenate([np.ones(min(len(terms), 1), np.bool_), terms[1:] != terms[:-1]]))
    offsets = np.append(starts, len(terms)).astype(np.int64)
    frequency = np.diff(offsets).astype(np.float64)
    weights = np.log1p((len(lengths) - frequency + 0.5) / (frequency + 0.5))
    length = lengths.astype(np.float64)
    norm = K1 * (1 - B + B * length / max(length.mean() if len(lengths) else 0.0, 1e-9))
    tf = counts.astype(np.float64)
    scores = np.repeat(weights, np.diff(offsets)) * tf / (tf + norm[rows])
    return LexicalIndex(terms[starts], offsets, rows, scores.astype(np.float32), counts, lengths)
