"""Lexical search: BM25 over an inverted index in six numpy arrays.

Among many rows a search looks at rare terms first and takes no more rows as soon as those of the terms that are left
cannot come among the best any more (Turtle and Flood 1995): what it finds is what adding everything up would find.

Written out because the engines at hand did not fit: tantivy writes a lock file to open an index, so
it cannot read a read-only disk, and names files at random; bm25s costs 0.4 s to import. The tests
hold the scores against bm25s.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from retrieval.errors import DamagedIndexError
from retrieval.text.terms import split_terms, term_id
from retrieval.types import Bool, Float32, Int32, Int64, UInt16, UInt64

K1, B = 1.2, 0.75
FEW_ROWS = 30_000  # among them adding everything up is quicker
SLACK = 1 - 1e-5  # float32 sums differ by less in another order


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
        place = self._place(term)
        return (self.rows[:0], self.scores[:0]) if place is None else self._span(place)

    def frequency(self, term: str, counted: Bool | None = None) -> int:
        """Return how many rows hold a term; with `counted`, bool (n,), how many of those that it marks."""
        rows, _ = self.postings(term)
        return len(rows) if counted is None else int(np.count_nonzero(counted[rows]))

    def search(
        self,
        terms: Iterable[str],
        k: int,
        within: Bool | None = None,
        rarities: Mapping[str, float] | None = None,
        without: Bool | None = None,
    ) -> tuple[Int64, Float32]:
        """Return up to k rows that hold a term and their BM25 scores, best first, ties by row.

        The score is the sum of the postings' scores of the distinct terms (Robertson and Zaragoza
        2009, with the non-negative idf of Lucene, k1 = 1.2, b = 0.75). `within`, bool (n,), marks the rows that can be
        found, `without` those that cannot; `rarities` holds another idf for each of the terms.
        """
        known = [(term, place) for term in sorted(set(terms)) if (place := self._place(term)) is not None]
        postings = [(*self._span(place), self._weight(term, place, rarities)) for term, place in known]
        if without is not None:
            within = ~without if within is None else within & ~without
        if self.count <= FEW_ROWS:
            return top_positions(_all_sums(postings, self.count, within), k, above=0.0)
        peaks = [float(self.peaks[place] * weight) for (_, place), (_, _, weight) in zip(known, postings, strict=True)]
        rows = _promising(postings, peaks, k, self.count, within)
        places, scores = top_positions(_sums(postings, rows), k, above=0.0)
        return rows[places].astype(np.int64), scores

    def _place(self, term: str) -> int | None:
        """Return the number of a term, None if no row holds it."""
        wanted = np.uint64(term_id(term))
        place = int(np.searchsorted(self.vocabulary, wanted))
        return place if place < len(self.vocabulary) and self.vocabulary[place] == wanted else None

    def _span(self, place: int) -> tuple[Int32, Float32]:
        """Return the rows that hold a term, and their scores, by the term's number."""
        span = slice(int(self.offsets[place]), int(self.offsets[place + 1]))
        return self.rows[span], self.scores[span]

    def _weight(self, term: str, place: int, rarities: Mapping[str, float] | None) -> np.float32:
        """Return what gives the scores of a term another rarity."""
        if rarities is None:
            return np.float32(1.0)
        return np.float32(rarities[term] / idf(int(self.offsets[place + 1] - self.offsets[place]), self.count))


Postings = Sequence[tuple[Int32, Float32, np.float32]]  # of each term: rows, their scores, and what these are times


def _all_sums(postings: Postings, count: int, within: Bool | None) -> Float32:
    """Return the sum of the scores of every row, float32 (count,), 0 where it is not in `within`, bool (count,)."""
    total = np.zeros(count, np.float32)
    for held, scores, weight in postings:
        total[held] += scores * weight
    if within is not None:
        total[~within] = 0.0
    return total


def _promising(postings: Postings, peaks: Sequence[float], k: int, count: int, within: Bool | None) -> Int32:
    """Return rows, ascending, among which are the k best of those in `within`, bool (n,), by default of all.

    No score of postings i, with its weight, is over peaks[i].
    """
    order = sorted(range(len(postings)), key=lambda i: -peaks[i])
    left = [*accumulate((peaks[i] for i in reversed(order)), initial=0.0)][::-1]  # the most that order[i:] can add
    total = np.zeros(count, np.float32)
    rows = np.empty(0, np.int32)
    for done, i in enumerate(order):
        held, scores, weight = postings[i]
        if left[done] < left[0] - left[done] and left[done] < (least := _least(total[rows], k)):
            # No other row can reach the k best; of these, some may still change places.
            rows = np.sort(rows[total[rows] + left[done] >= least])
            mine, theirs = _common(rows, held)
            total[rows[mine]] += scores[theirs] * weight
        else:
            new = held[total[held] == 0]
            rows = np.concatenate([rows, new if within is None else new[within[new]]])
            total[held] += scores * weight
    return np.sort(rows[total[rows] >= _least(total[rows], k)])


def _least(scores: Float32, k: int) -> float:
    """Return a score that the k-th best certainly reaches, below all where there are fewer."""
    if len(scores) < k:
        return -np.inf
    return float(np.partition(scores, len(scores) - k)[len(scores) - k]) * SLACK


def _sums(postings: Postings, rows: Int32) -> Float32:
    """Return the sum of the scores of ascending rows, float32 (len(rows),), added in the order of the postings."""
    total = np.zeros(len(rows), np.float32)
    for held, scores, weight in postings:
        mine, theirs = _common(rows, held)
        total[mine] += scores[theirs] * weight
    return total


def _common(first: Int32, second: Int32) -> tuple[Int64, Int64]:
    """Return where the numbers stand that two ascending lists have in common, in the first and in the second."""
    if len(first) > len(second):
        return _common(second, first)[::-1]
    places = np.searchsorted(second, first)
    here = np.flatnonzero(places < len(second))
    here = here[second[places[here]] == first[here]]
    return here, places[here]


def top_positions(scores: Float32, k: int, above: float = -np.inf) -> tuple[Int64, Float32]:
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
