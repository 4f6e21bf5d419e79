"""The same text in many places: it counts once, but each place can be cited.

A passage that was copied ten thousand times must neither crowd all others out of the candidates nor decide how rare a
word is. Rows are copies when their sentences are the same to the letter. What stands around them may differ, and so may
what they answer ("It opens at nine." under two titles): so the best few places of a text remain candidates.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from retrieval.index.index import Index
from retrieval.types import Bool, Int32, Int64, UInt64

PLACES = 3  # of one text that each search may bring

Search = Callable[[int, Bool | None], Int64]  # the k best rows without those that are marked, best first


def number_texts(checks: UInt64) -> Int32:
    """Return for each row, int32 (n,), the first row of the same text, from their quote_check (n,)."""
    texts = np.arange(len(checks), dtype=np.int32)
    ordered = np.sort(checks)  # without the rows, which takes a fifth of the time
    new = np.concatenate([np.ones(min(len(checks), 1), np.bool_), ordered[1:] != ordered[:-1]])
    if not new.all():
        order = np.argsort(checks)
        starts = np.flatnonzero(new)
        first = np.minimum.reduceat(order, starts)
        texts[order] = np.repeat(first, np.diff(np.append(starts, len(checks))))
    return texts


def first_of_each(texts: Int32, rows: Bool | None = None) -> Bool:
    """Return which rows, bool (n,), are the first of their text, among those that `rows` marks."""
    places = np.arange(len(texts)) if rows is None else np.flatnonzero(rows)
    first = np.full(len(texts), -1, np.int64)
    first[texts[places[::-1]]] = places[::-1]
    marked = np.zeros(len(texts), np.bool_)
    marked[first[first >= 0]] = True
    return marked


def distinct(index: Index, texts: Int32, found: Sequence[Int64]) -> Int64:
    """Return the rows, ascending, of what searches found (see best_texts), each text in its best PLACES windows.

    Where there are copies, a chosen window brings all its sentences whose text was found, so that the places of one
    passage are alike.
    """
    every = np.array(sorted({row for rows in found for row in rows.tolist()}), np.int64)
    if len(set(texts[every].tolist())) == len(every):
        return every
    wanted = set(texts[every].tolist())
    chosen: set[int] = set()
    for rows in found:
        chosen |= _best_places(index, texts, rows.tolist(), wanted)
    return np.array(sorted(chosen), np.int64)


def copies(index: Index, texts: Int32, row: int, terms: Iterable[str], within: Bool | None = None) -> Int64:
    """Return the rows, ascending, that say the same as a row in answer to a question of some terms, itself left out.

    They have the same text, and hold in title and heading all that the row holds of the terms.
    """
    same = texts == texts[row]
    if within is not None:
        same &= within
    rows = np.flatnonzero(same)
    for term in terms if len(rows) > 1 else ():
        holding, _ = index.lexical.postings(term)
        held = np.isin(rows, holding)
        if held[np.searchsorted(rows, row)]:
            rows = rows[held]
    others: Int64 = rows[rows != row].astype(np.int64)
    return others


def best_texts(search: Search, texts: Int32, count: int) -> Int64:
    """Return rows of the best `count` texts of a search, best first; where copies fill it, it goes on without them."""
    found: list[int] = []
    held: set[int] = set()
    k = 2 * count
    while True:
        rows = search(k, np.isin(texts, list(held)) if held else None)
        for row, text in zip(rows.tolist(), texts[rows].tolist(), strict=True):
            if len(held) < count:
                held.add(text)
            if text in held:
                found.append(row)
        if len(held) == count or len(rows) < k:
            return np.array(found, np.int64)
        k *= 2


def _best_places(index: Index, texts: Int32, rows: Sequence[int], wanted: set[int]) -> set[int]:
    """Return the rows of wanted texts in the best PLACES windows of each text; `rows` come best first."""
    held: Counter[int] = Counter()
    chosen: set[int] = set()
    for row in rows:
        if row in chosen or held[int(texts[row])] >= PLACES:
            continue
        start, end = index.window_rows(row)
        members = [one for one in range(start, end) if int(texts[one]) in wanted]
        held.update(texts[members].tolist())
        chosen.update(members)
    return chosen
