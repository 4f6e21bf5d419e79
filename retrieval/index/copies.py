"""Handle sentences with identical text: the text counts once, and each of its rows can be cited.

Without this, a passage that was copied ten thousand times would crowd all others out of the candidates and make its
words look common. Rows are copies when their sentences are equal character by character. Their surroundings can differ,
and with them the question that they answer ("It opens at nine." under two titles): that is why a few rows of each text
remain candidates.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.index.index import Index
from retrieval.index.row_ranges import CountedRows, RowRanges, are_in
from retrieval.types import Int32, Int64, UInt64

MAX_COPIES_PER_RESULT = 3  # rows of one text that become candidates; a whole last window can exceed it

Search = Callable[[int, Int64 | None], Int64]  # (k, rows to leave out, ascending) -> the k best rows, best first


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Which rows of an index have equal texts; it only knows the c rows that have copies.

    `rows`, int32 (c,), are these, ascending, and `firsts`, int32 (c,), the first row with the text of each. `grouped`
    are the same rows by text, those of a text ascending, and `groups` the first row with the text of each, ascending.
    """

    rows: Int32
    firsts: Int32
    grouped: Int32
    groups: Int32

    def numbers(self, rows: Int64) -> Int64:
        """Return the number of the text of each row, int64 (len(rows),): the first row with this text."""
        numbers = rows.copy()
        if len(self.rows):
            places = np.minimum(self.rows.searchsorted(rows.astype(np.int32)), len(self.rows) - 1)
            numbers = np.where(self.rows[places] == rows, self.firsts[places], numbers)
        return numbers

    def copies(self, number: int) -> Int64:
        """Return all rows with the text of a number, ascending."""
        first, end = self.groups.searchsorted(np.array([number, number + 1], np.int32)).tolist()
        return self.grouped[first:end].astype(np.int64) if first < end else np.array([number], np.int64)

    def counted(self, within: RowRanges | None = None) -> CountedRows:
        """Return one row of each text, the first one in the whole index or within some rows."""
        inside = slice(None) if within is None else within.places_in(self.rows)
        rows, firsts = self.rows[inside], self.firsts[inside]
        return CountedRows(within, np.delete(rows, np.unique(firsts, return_index=True)[1]))


def find_texts(checksums: UInt64) -> Texts:
    """Find the rows with equal texts by the sentence_checksum of each row."""
    ordered = np.sort(checksums)  # five times as fast as argsort, and mostly there are no copies
    if not (ordered[1:] == ordered[:-1]).any():
        return Texts(*[np.empty(0, np.int32)] * 4)
    order = np.argsort(checksums).astype(np.int32)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.append(starts, len(checksums)))
    has_copies = np.repeat(sizes > 1, sizes)
    rows, firsts = order[has_copies], np.repeat(np.minimum.reduceat(order, starts), sizes)[has_copies]
    by_text, ascending = np.lexsort((rows, firsts)), np.argsort(rows)
    return Texts(rows[ascending], firsts[ascending], rows[by_text], firsts[by_text])


def search_distinct_texts(search: Search, texts: Texts, count: int) -> Int64:
    """Find rows of the `count` best texts, best first; search on without the texts found if copies fill the result."""
    best_rows: list[int] = []
    best: set[int] = set()
    k = 2 * count
    while True:
        rows = search(k, np.sort(np.concatenate([texts.copies(text) for text in best])) if best else None)
        for row, text in zip(rows.tolist(), texts.numbers(rows).tolist(), strict=True):
            if len(best) < count:
                best.add(text)
            if text in best:
                best_rows.append(row)
        if len(best) == count or len(rows) < k:
            return np.array(best_rows, np.int64)
        k *= 2


def limit_copies(index: Index, texts: Texts, results: Sequence[Int64]) -> Int64:
    """Merge the results of several searches, rows with the best first, and drop surplus copies; return rows ascending.

    Where there are copies, rows are chosen by the window, up to MAX_COPIES_PER_RESULT rows of a text per result: a
    window contributes all its sentences whose texts are in any result, so that every copy of a passage gets the same
    features.
    """
    rows = np.array(sorted({row for result in results for row in result.tolist()}), np.int64)
    wanted = set(texts.numbers(rows).tolist())
    if len(wanted) == len(rows):
        return rows
    chosen: set[int] = set()
    for result in results:
        chosen |= _choose_by_window(index, texts, result, wanted)
    return np.array(sorted(chosen), np.int64)


def _choose_by_window(index: Index, texts: Texts, rows: Int64, wanted: set[int]) -> set[int]:
    """Choose the rows with wanted texts, window by window, in the order of `rows`: best first."""
    chosen_of_text: Counter[int] = Counter()
    chosen: set[int] = set()
    for row, text in zip(rows.tolist(), texts.numbers(rows).tolist(), strict=True):
        if row in chosen or chosen_of_text[text] >= MAX_COPIES_PER_RESULT:
            continue
        window = np.arange(*index.window_rows(row), dtype=np.int64)
        members = {
            member: other
            for member, other in zip(window.tolist(), texts.numbers(window).tolist(), strict=True)
            if other in wanted
        }
        chosen_of_text.update(members.values())
        chosen.update(members)
    return chosen


def find_copies(index: Index, texts: Texts, row: int, terms: Iterable[str], within: RowRanges | None = None) -> Int64:
    """Find the other rows that answer a question of these terms like `row` does, ascending.

    They have the same text, and their title and heading contain at least those of the terms that the row's do.
    `within` has the rows to look at.
    """
    rows = texts.copies(int(texts.numbers(np.array([row], np.int64))[0]))
    if within is not None:
        rows = rows[within.contains(rows)]
    for term in terms if len(rows) > 1 else ():
        rows_with_term, _ = index.lexical.postings(term)
        has_term = are_in(rows, rows_with_term)
        if has_term[np.searchsorted(rows, row)]:
            rows = rows[has_term]
    others: Int64 = rows[rows != row]
    return others
