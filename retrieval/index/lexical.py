"""Lexical search: BM25 over an inverted index in numpy arrays.

In a large index a search starts with the rarest terms, and stops adding rows when the other terms together cannot lift
a new row into the best k (Turtle and Flood 1995); the result equals that of an exhaustive search.

The existing engines did not fit: tantivy writes a lock file to open an index, so it cannot read from a read-only disk,
and gives its files random names; importing bm25s takes 0.4 s. The tests compare the scores with those of bm25s.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np

from retrieval.errors import DamagedIndexError
from retrieval.index.row_ranges import CountedRows, RowRanges, are_in
from retrieval.index.search_engine import TermPostings
from retrieval.text.terms import split_terms, term_id
from retrieval.types import Float32, Int32, Int64, UInt16, UInt64

K1, B = 1.2, 0.75  # the usual parameters of BM25
MAX_EXHAUSTIVE_ROWS = 30_000  # up to which adding up all postings is faster
SUM_TOLERANCE = 1 - 1e-5  # sums of float32 in another order differ by a smaller factor

# Per term: its rows, their scores, and a factor for the scores.
Postings = Sequence[tuple[Int32, Float32, np.float32]]


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """An inverted index of n sentences with v distinct terms.

    `vocabulary`, uint64 (v,), holds the term ids, ascending. The postings of term i are at offsets[i]:offsets[i + 1]:
    the `rows` with the term, ascending, their `scores`, that is the term's part of the BM25 score, and `counts`, the
    number of occurrences. `peaks`, float32 (v,), holds the largest score of each term, `lengths`, int32 (n,), the
    number of terms in each row.
    """

    vocabulary: UInt64
    offsets: Int64
    rows: Int32
    scores: Float32
    counts: UInt16
    lengths: Int32
    peaks: Float32
    mean_length: float = field(init=False)  # of the rows

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean_length", float(self.lengths.mean()) if self.count else 0.0)
        is_consistent = (
            self.offsets.shape == (len(self.vocabulary) + 1,)
            and self.peaks.shape == self.vocabulary.shape
            and self.rows.shape == self.scores.shape == self.counts.shape == (int(self.offsets[-1]),)
            and (len(self.rows) == 0 or int(self.rows.max()) < self.count)
        )
        if not is_consistent:
            raise DamagedIndexError("the parts of the lexical index contradict each other")

    @property
    def count(self) -> int:
        """Return n."""
        return len(self.lengths)

    def lengths_of(self, rows: Int32) -> Int32:
        """Return the number of terms in each of some rows."""
        return self.lengths[rows]

    def postings(self, term: str) -> TermPostings:
        """Return the rows that contain a term, ascending, and their scores."""
        span = self._span(term)
        return self.rows[span], self.scores[span]

    def occurrences(self, term: str) -> tuple[Int32, UInt16]:
        """Return the rows that contain a term, ascending, and how often each does."""
        span = self._span(term)
        return self.rows[span], self.counts[span]

    def frequency(self, term: str, counted: CountedRows | None = None) -> int:
        """Count the rows that contain a term, by default among all rows, else among those that are counted."""
        rows, _ = self.postings(term)
        return len(rows) if counted is None else counted.count_in(rows)

    def search(
        self,
        terms: Iterable[str],
        k: int,
        within: RowRanges | None = None,
        rarities: Mapping[str, float] | None = None,
        without: Int64 | None = None,
        united: Mapping[str, TermPostings] | None = None,
    ) -> tuple[Int64, Float32]:
        """Find the up to k rows with the highest BM25 scores, see LexicalSearch."""
        own = {term: self.postings(term) for term in sorted(set(terms))} | dict(united or {})
        known = {term: postings for term, postings in own.items() if len(postings[0])}
        postings = [(rows, scores, self._factor(term, len(rows), rarities)) for term, (rows, scores) in known.items()]
        if self.count <= MAX_EXHAUSTIVE_ROWS:
            return top_positions(_sum_all(postings, self.count, within, without), k, above=0.0)
        peaks = [float(self._peak(term, united) * factor) for term, (_, _, factor) in zip(known, postings, strict=True)]
        rows = _promising_rows(postings, peaks, k, self.count, within, without)
        positions, scores = top_positions(_sum_of_rows(postings, rows), k, above=0.0)
        return rows[positions].astype(np.int64), scores

    def _term_number(self, term: str) -> int | None:
        """Return the position of a term in the vocabulary, None if no row contains it."""
        wanted = np.uint64(term_id(term))
        number = int(np.searchsorted(self.vocabulary, wanted))
        return number if number < len(self.vocabulary) and self.vocabulary[number] == wanted else None

    def _span(self, term: str) -> slice:
        """Return where the postings of a term are; an empty slice if no row contains it."""
        number = self._term_number(term)
        return slice(0, 0) if number is None else slice(int(self.offsets[number]), int(self.offsets[number + 1]))

    def _peak(self, term: str, united: Mapping[str, TermPostings] | None) -> np.float32:
        """Return the largest score of a term that occurs."""
        number = self._term_number(term)
        if number is None or (united and term in united):
            largest: np.float32 = united[term][1].max() if united else np.float32(0)
            return largest
        peak: np.float32 = self.peaks[number]
        return peak

    def _factor(self, term: str, frequency: int, rarities: Mapping[str, float] | None) -> np.float32:
        """Compute the factor that replaces the idf in the scores of a term with so many rows."""
        if rarities is None:
            return np.float32(1.0)
        return np.float32(rarities[term] / idf(frequency, self.count))


def _sum_all(postings: Postings, count: int, within: RowRanges | None, without: Int64 | None) -> Float32:
    """Add up the scores of all rows, float32 (count,); rows outside of `within` and those in `without` get 0."""
    total = np.zeros(count, np.float32)
    for term_rows, term_scores, factor in postings:
        rows, scores = _rows_within(term_rows, term_scores, within)
        total[rows] += scores * factor
    if without is not None:
        total[without] = 0.0
    return total


def _rows_within(rows: Int32, scores: Float32, within: RowRanges | None) -> tuple[Int32, Float32]:
    """Return those of a term's rows that are in some ranges, and their scores."""
    if within is None:
        return rows, scores
    places = within.places_in(rows)
    return rows[places], scores[places]


def _promising_rows(
    postings: Postings,
    peaks: Sequence[float],
    k: int,
    count: int,
    within: RowRanges | None,
    without: Int64 | None,
) -> Int32:
    """Find rows, ascending, that include the best k of those `within` some ranges, `without` others.

    peaks[i] is the largest score in postings[i], times its factor.
    """
    order = sorted(range(len(postings)), key=lambda i: -peaks[i])
    # remaining[done] is the most that the terms in order[done:] can add to a row.
    remaining = [*accumulate((peaks[i] for i in reversed(order)), initial=0.0)][::-1]
    total = np.zeros(count, np.float32)  # memory is only used where a row is written
    rows = np.empty(0, np.int32)
    for done, i in enumerate(order):
        factor = postings[i][2]
        if remaining[done] < remaining[0] - remaining[done] and remaining[done] < (least := _least(total[rows], k)):
            # No other row can reach the best k, but these rows can still change their order.
            rows = np.sort(rows[total[rows] + remaining[done] >= least])
            in_rows, in_term = _common_positions(rows, postings[i][0])
            total[rows[in_rows]] += postings[i][1][in_term] * factor
        else:
            term_rows, scores = _rows_within(*postings[i][:2], within)
            new = term_rows[total[term_rows] == 0]
            rows = np.concatenate([rows, new if without is None else new[~are_in(new, without)]])
            total[term_rows] += scores * factor
    return np.sort(rows[total[rows] >= _least(total[rows], k)])


def _least(scores: Float32, k: int) -> float:
    """Return a lower bound of the k-th best score, -inf if there are fewer."""
    if len(scores) < k:
        return -np.inf
    return float(np.partition(scores, len(scores) - k)[len(scores) - k]) * SUM_TOLERANCE


def _sum_of_rows(postings: Postings, rows: Int32) -> Float32:
    """Add up the scores of ascending rows, float32 (len(rows),), in the order of the postings."""
    total = np.zeros(len(rows), np.float32)
    for term_rows, scores, factor in postings:
        in_rows, in_term = _common_positions(rows, term_rows)
        total[in_rows] += scores[in_term] * factor
    return total


def _common_positions(first: Int32, second: Int32) -> tuple[Int64, Int64]:
    """Return the positions, in each of two ascending arrays, of the numbers that are in both."""
    if len(first) > len(second):
        return _common_positions(second, first)[::-1]
    positions = np.searchsorted(second, first)
    in_first = np.flatnonzero(positions < len(second))
    in_first = in_first[second[positions[in_first]] == first[in_first]]
    return in_first, positions[in_first]


def top_positions(scores: Float32, k: int, above: float = -np.inf) -> tuple[Int64, Float32]:
    """Find the positions of the k highest scores over `above`, best first, ties by position; return both."""
    if k < len(scores):
        cut = np.partition(scores, len(scores) - k)[len(scores) - k]
        positions = np.flatnonzero((scores >= cut) & (scores > above))
    else:
        positions = np.flatnonzero(scores > above)
    positions = positions[np.lexsort((positions, -scores[positions]))][:k]
    return positions.astype(np.int64), scores[positions]


def idf(frequency: float, count: int) -> float:
    """Compute the inverse document frequency of a term that occurs in `frequency` of `count` sentences."""
    return float(np.log1p((count - frequency + 0.5) / (frequency + 0.5)))


def build_lexical(texts: Sequence[str], language: str) -> LexicalIndex:
    """Index texts; row i is texts[i]."""
    ids: dict[str, int] = {}
    # Typed arrays: for a million texts, lists of numbers would take gigabytes.
    terms, rows, counts, lengths = array("Q"), array("i"), array("H"), array("i")
    for row, text in enumerate(texts):
        terms_of_row = split_terms(text, language)
        lengths.append(len(terms_of_row))
        for term, count in Counter(terms_of_row).items():
            number = ids.get(term)
            if number is None:
                number = ids[term] = term_id(term)
            terms.append(number)
            rows.append(row)
            counts.append(count)
    vocabulary, numbers = np.unique(np.array(terms, np.uint64), return_inverse=True)
    return _make_index(vocabulary, numbers, np.array(rows, np.int32), np.array(counts), np.array(lengths, np.int32))


def merge_lexical(first: LexicalIndex, second: LexicalIndex, take: Int64) -> LexicalIndex:
    """Merge two indexes: row i is row take[i] of the rows of `first` followed by those of `second`.

    The result equals an index built from the texts, which are not needed.
    """
    new_rows = np.full(first.count + second.count, -1, np.int32)
    new_rows[take] = np.arange(len(take), dtype=np.int32)
    rows = np.concatenate([new_rows[first.rows], new_rows[first.count :][second.rows]])
    is_taken = rows >= 0
    vocabulary = np.union1d(first.vocabulary, second.vocabulary)
    numbers = np.concatenate(
        [np.repeat(np.searchsorted(vocabulary, index.vocabulary), np.diff(index.offsets)) for index in (first, second)]
    )
    counts = np.concatenate([first.counts, second.counts])
    lengths = np.concatenate([first.lengths, second.lengths])[take]
    return _make_index(vocabulary, numbers[is_taken], rows[is_taken], counts[is_taken], lengths)


def _make_index(vocabulary: UInt64, numbers: Int64, rows: Int32, counts: UInt16, lengths: Int32) -> LexicalIndex:
    """Sort postings by the number of their term, then by row, and compute their scores."""
    order = np.argsort(numbers * max(len(lengths), 1) + rows, kind="stable")  # fast on sorted runs
    numbers, rows, counts = numbers[order], rows[order], counts[order]
    frequency = np.bincount(numbers, minlength=len(vocabulary))
    occurs = frequency > 0
    vocabulary, frequency = vocabulary[occurs], frequency[occurs]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(frequency, dtype=np.int64)])
    idfs = np.log1p((len(lengths) - frequency + 0.5) / (frequency + 0.5))
    length = lengths.astype(np.float64)
    norm = K1 * (1 - B + B * length / max(length.mean() if len(lengths) else 0.0, 1e-9))
    tf = counts.astype(np.float64)
    scores = (np.repeat(idfs, frequency) * tf / (tf + norm[rows])).astype(np.float32)
    peaks = np.maximum.reduceat(scores, offsets[:-1]) if len(scores) else scores
    return LexicalIndex(vocabulary, offsets, rows, scores, counts, lengths, peaks)
