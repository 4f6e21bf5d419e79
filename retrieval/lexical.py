"""Lexical search: BM25 over an inverted index in six numpy arrays.

Written out because the engines at hand did not fit: tantivy writes a lock file to open an index, so
it cannot read a read-only disk, and names files at random; bm25s costs 0.4 s to import. The tests
hold the scores against bm25s.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.errors import DamagedIndexError
from retrieval.records import Float32, Int32, Int64, UInt16, UInt64
from retrieval.terms import split_terms, term_id

K1, B = 1.2, 0.75


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """An inverted index of n sentences over v terms.

    `vocabulary` uint64 (v,), ascending term ids; the postings of term i are
    rows[offsets[i]:offsets[i+1]], ascending, with their share of the BM25 score in `scores`, never more than peaks[i],
    and how often the row holds the term in `counts`. `lengths` int32 (n,): the terms of each row.
    """

    vocabulary: UInt64
    offsets: Int64
    rows: Int32
    scores: Float32
    counts: UInt16
    lengths: Int32
    peaks: Float32

    def __post_init__(self) -> None:
        whole = (
            self.offsets.shape == (len(self.vocabulary) + 1,)
            and self.peaks.shape == self.vocabulary.shape
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

    def search(self, terms: Iterable[str], k: int, within: Int64 | None = None) -> tuple[Int64, Float32]:
        """Return up to k rows that hold a term and their BM25 scores, best first, ties by row; only those in `within`.

        The score is the sum of the postings' scores of the distinct terms (Robertson and Zaragoza
        2009, with the non-negative idf of Lucene, k1 = 1.2, b = 0.75).
        """
        total = np.zeros(self.count, np.float32)
        for term in sorted(set(terms)):
            rows, scores = self.postings(term)
            total[rows] += scores
        if within is not None:
            places, scores = best(total[within], k, above=0.0)
            return within[places], scores
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
    # Typed: of a million texts, lists of numbers would take gigabytes.
    terms, rows, counts, lengths = array("Q"), array("i"), array("H"), array("i")
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
    vocabulary, numbers = np.unique(np.array(terms, np.uint64), return_inverse=True)
    return _index(vocabulary, numbers, np.array(rows, np.int32), np.array(counts), np.array(lengths, np.int32))


def merge_lexical(first: LexicalIndex, second: LexicalIndex, take: Int64) -> LexicalIndex:
    """Return the index of the rows of `first`, then of `second`, that `take` names, in its order.

    The same as building it from their texts, without looking at these.
    """
    new_rows = np.full(first.count + second.count, -1, np.int32)
    new_rows[take] = np.arange(len(take), dtype=np.int32)
    rows = np.concatenate([new_rows[first.rows], new_rows[first.count :][second.rows]])
    kept = rows >= 0
    vocabulary = np.union1d(first.vocabulary, second.vocabulary)
    numbers = [np.repeat(np.searchsorted(vocabulary, one.vocabulary), np.diff(one.offsets)) for one in (first, second)]
    counts = np.concatenate([first.counts, second.counts])
    lengths = np.concatenate([first.lengths, second.lengths])[take]
    return _index(vocabulary, np.concatenate(numbers)[kept], rows[kept], counts[kept], lengths)


def _index(vocabulary: UInt64, numbers: Int64, rows: Int32, counts: UInt16, lengths: Int32) -> LexicalIndex:
    """Sort postings by the number of their term, then row, and give each its share of the score."""
    order = np.argsort(numbers * max(len(lengths), 1) + rows, kind="stable")  # quick where runs are sorted already
    numbers, rows, counts = numbers[order], rows[order], counts[order]
    frequency = np.bincount(numbers, minlength=len(vocabulary))
    held = frequency > 0
    vocabulary, frequency = vocabulary[held], frequency[held]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(frequency, dtype=np.int64)])
    weights = np.log1p((len(lengths) - frequency + 0.5) / (frequency + 0.5))
    length = lengths.astype(np.float64)
    norm = K1 * (1 - B + B * length / max(length.mean() if len(lengths) else 0.0, 1e-9))
    tf = counts.astype(np.float64)
    scores = (np.repeat(weights, frequency) * tf / (tf + norm[rows])).astype(np.float32)
    peaks = np.maximum.reduceat(scores, offsets[:-1]) if len(scores) else scores
    return LexicalIndex(vocabulary, offsets, rows, scores, counts, lengths, peaks)
