"""Handle sentences with identical text: the text counts once, and each of its rows can be cited.

Without this, a passage that was copied ten thousand times would crowd all others out of the candidates and make its
words look common. Rows are copies when their sentences are equal character by character. Their surroundings can differ,
and with them the question that they answer ("It opens at nine." under two titles): that is why a few rows of each text
remain candidates.

Throughout this module `texts`, int32 (n,), numbers the texts: rows have equal numbers if and only if they are copies.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from retrieval.index.index import Index
from retrieval.types import Bool, Int32, Int64, UInt64

MAX_COPIES_PER_RESULT = 3  # rows of one text that become candidates; a whole last window can exceed it

Search = Callable[[int, Bool | None], Int64]  # (k, excluded rows) -> the k best of the other rows, best first


def number_texts(checksums: UInt64) -> Int32:
    """Compute the text number of each row, int32 (n,), from its sentence_checksum: the first row with that text."""
    texts = np.arange(len(checksums), dtype=np.int32)
    ordered = np.sort(checksums)  # five times as fast as argsort, and mostly there are no copies
    is_new = np.concatenate([np.ones(min(len(checksums), 1), np.bool_), ordered[1:] != ordered[:-1]])
    if not is_new.all():
        order = np.argsort(checksums)
        starts = np.flatnonzero(is_new)
        first_rows = np.minimum.reduceat(order, starts)
        texts[order] = np.repeat(first_rows, np.diff(np.append(starts, len(checksums))))
    return texts


def mark_first_rows(texts: Int32, within: Bool | None = None) -> Bool:
    """Mark the first row of each text, bool (n,); with `within`, bool (n,), the first of the rows that it marks."""
    rows = np.arange(len(texts)) if within is None else np.flatnonzero(within)
    first_rows = np.full(len(texts), -1, np.int64)
    first_rows[texts[rows[::-1]]] = rows[::-1]  # the last assignment wins
    marked = np.zeros(len(texts), np.bool_)
    marked[first_rows[first_rows >= 0]] = True
    return marked


def search_distinct_texts(search: Search, texts: Int32, count: int) -> Int64:
    """Find rows of the `count` best texts, best first; search on without the texts found if copies fill the result."""
    best_rows: list[int] = []
    best: set[int] = set()
    k = 2 * count
    while True:
        rows = search(k, np.isin(texts, list(best)) if best else None)
        for row, text in zip(rows.tolist(), texts[rows].tolist(), strict=True):
            if len(best) < count:
                best.add(text)
            if text in best:
                best_rows.append(row)
        if len(best) == count or len(rows) < k:
            return np.array(best_rows, np.int64)
        k *= 2


def limit_copies(index: Index, texts: Int32, results: Sequence[Int64]) -> Int64:
    """Merge the results of several searches, rows with the best first, and drop surplus copies; return rows ascending.

    Where there are copies, rows are chosen by the window, up to MAX_COPIES_PER_RESULT rows of a text per result: a
    window contributes all its sentences whose texts are in any result, so that every copy of a passage gets the same
    features.
    """
    rows = np.array(sorted({row for result in results for row in result.tolist()}), np.int64)
    wanted = set(texts[rows].tolist())
    if len(wanted) == len(rows):
        return rows
    chosen: set[int] = set()
    for result in results:
        chosen |= _choose_by_window(index, texts, result.tolist(), wanted)
    return np.array(sorted(chosen), np.int64)


def _choose_by_window(index: Index, texts: Int32, rows: Sequence[int], wanted: set[int]) -> set[int]:
    """Choose the rows with wanted texts, window by window, in the order of `rows`: best first."""
    chosen_of_text: Counter[int] = Counter()
    chosen: set[int] = set()
    for row in rows:
        if row in chosen or chosen_of_text[int(texts[row])] >= MAX_COPIES_PER_RESULT:
            continue
        start, end = index.window_rows(row)
        members = [member for member in range(start, end) if int(texts[member]) in wanted]
        chosen_of_text.update(texts[members].tolist())
        chosen.update(members)
    return chosen


def find_copies(index: Index, texts: Int32, row: int, terms: Iterable[str], within: Bool | None = None) -> Int64:
    """Find the other rows that answer a question of these terms like `row` does, ascending.

    They have the same text, and their title and heading contain at least those of the terms that the row's do.
    `within`, bool (n,), marks the rows to look at.
    """
    is_copy = texts == texts[row]
    if within is not None:
        is_copy &= within
    rows = np.flatnonzero(is_copy)
    for term in terms if len(rows) > 1 else ():
        rows_with_term, _ = index.lexical.postings(term)
        has_term = np.isin(rows, rows_with_term)
        if has_term[np.searchsorted(rows, row)]:
            rows = rows[has_term]
    others: Int64 = rows[rows != row].astype(np.int64)
    return others
