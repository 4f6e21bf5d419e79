"""What the ranker is held against: each of the two searches alone, over the same index.

Both read what the index reads: sentence vectors from windows, terms with title and heading. The
score of the first row stands for the confidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retrieval.index.index import Index
from retrieval.text.answer_types import QUESTION
from retrieval.text.terms import split_terms
from retrieval.types import Encoder, Float32, Int64

DEPTH = 50

Search = Callable[[Index, str, Encoder], tuple[Int64, Float32]]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search alone found: rows, best first, the first one's score, and the right row or -1."""

    rows: list[int]
    confidence: float
    gold: int

    @property
    def right(self) -> bool:
        """Return whether the first row is the right sentence."""
        return bool(self.rows) and self.rows[0] == self.gold


def dense(index: Index, question: str, encoder: Encoder) -> tuple[Int64, Float32]:
    """Return rows and cosines of the sentence vectors nearest to the question's, best first."""
    return index.dense.search(encoder.encode_question(question).vector, DEPTH)


def bm25(index: Index, question: str, encoder: Encoder) -> tuple[Int64, Float32]:  # noqa: ARG001 - one signature for both
    """Return rows and BM25 scores of the sentences that share terms with the question, best first."""
    return index.lexical.search(split_terms(question, index.language), DEPTH)


SEARCHES: dict[str, Search] = {"dense": dense, "BM25": bm25}


def search_all(
    search: Search, index: Index, questions: Sequence[str], gold: Sequence[int], encoder: Encoder
) -> list[Found]:
    """Search an index for every question; item i belongs to questions[i] and gold[i].

    Questions in a document are left out, as the ranker leaves them out.
    """
    found = []
    for question, row in zip(questions, gold, strict=True):
        rows, scores = search(index, question, encoder)
        quotable = index.kinds[rows] & QUESTION == 0
        rows, scores = rows[quotable], scores[quotable]
        found.append(Found(rows.tolist(), float(scores[0]) if len(scores) else 0.0, row))
    return found
