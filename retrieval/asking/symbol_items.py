"""Prefer the item or row that explains the symbol of a question: "what does ^ do?" is answered by "^ A trap.".

Neither search sees symbols, so that the items of a legend are sought beside what the searches found: in its sections.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from retrieval.asking.candidates import Candidates
from retrieval.index.index import Index
from retrieval.text.asked_symbols import asked_symbol, explains_symbol
from retrieval.types import Hit

NEAR_ROWS = 100  # on each side of a row that was found, in its section
ONE_MEANING_PROBABILITY, MEANINGS_PROBABILITY = 0.8, 0.5  # at least, that an item answers, by how many there are


def add_symbol_items(index: Index, candidates: Candidates, symbol: str) -> Candidates:
    """Add the rows that explain a symbol in the sections of the candidates. Raises DamagedIndexError."""
    near = {row for found in candidates.rows.tolist() for row in _section_rows(index, found)}
    items = [row for row in sorted(near) if explains_symbol(index.text(row), symbol)]
    return replace(candidates, rows=np.union1d(candidates.rows, np.array(items, np.int64)))


def prefer_symbol_item(index: Index, hits: Sequence[Hit], symbol: str) -> list[Hit]:
    """Move the hits to the front that explain a symbol, in order; the first becomes more probable.

    Raises DamagedIndexError.
    """
    items = [hit for hit in hits if explains_symbol(index.text(hit.row), symbol)]
    if not items:
        return list(hits)
    are_one = len({index.text(hit.row) for hit in items}) == 1
    least = ONE_MEANING_PROBABILITY if are_one else MEANINGS_PROBABILITY
    best = max(hit.score for hit in hits)
    raised = [replace(hit, score=best, probability=max(hit.probability, least)) for hit in items]
    return [*raised, *(hit for hit in hits if hit not in items)]


def is_symbol_item(index: Index, hits: Sequence[Hit], symbol: str) -> bool:
    """Tell whether the first hit explains a symbol. Raises DamagedIndexError."""
    return bool(hits) and explains_symbol(index.text(hits[0].row), symbol)


def find_symbol_items(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Find the hits that explain the symbol of a question, if the first one does. Raises DamagedIndexError."""
    symbol = asked_symbol(question)
    if symbol is None or not is_symbol_item(index, hits, symbol):
        return []
    return [hit for hit in hits if explains_symbol(index.text(hit.row), symbol)]


def _section_rows(index: Index, row: int) -> Iterator[int]:
    """Yield a row and the rows around it in its section, up to NEAR_ROWS on each side."""
    sentence = index.sentence(row)
    for step in (1, -1):
        for other in range(row, row + step * NEAR_ROWS, step):
            if not 0 <= other < index.count:
                break
            there = index.sentence(other)
            if (there.document, there.section) != (sentence.document, sentence.section):
                break
            yield other
