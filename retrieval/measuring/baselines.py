"""Run each of the two searches alone over the same index, to compare the ranker with.

Both search what the index contains: sentence vectors made from windows, terms with title and heading. The score of the
first row serves as the confidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retrieval.index.index import Index
from retrieval.measuring.levels import Level
from retrieval.text.answer_types import QUESTION
from retrieval.text.terms import split_terms
from retrieval.types import Encoder, Float32, Int64

MAX_ROWS = 50

BaselineSearch = Callable[[Index, str, Encoder], tuple[Int64, Float32]]


@dataclass(frozen=True, slots=True)
class BaselineResult:
    """The rows for a question, best first, the first one's score, and the right row, negative where there is none."""

    rows: list[int]
    confidence: float
    gold: int

    @property
    def answerable(self) -> bool:
        """Return whether the index contains the right sentence."""
        return self.gold >= 0

    @property
    def right(self) -> bool:
        """Return whether the first row is the right sentence."""
        return bool(self.rows) and self.rows[0] == self.gold


def search_dense(index: Index, question: str, encoder: Encoder) -> tuple[Int64, Float32]:
    """Find the sentence vectors nearest to the question's; return rows and cosines, best first."""
    return index.dense.search(encoder.encode_question(question).vector, MAX_ROWS)


def search_bm25(index: Index, question: str, encoder: Encoder) -> tuple[Int64, Float32]:  # noqa: ARG001 - a BaselineSearch
    """Find the sentences that share terms with the question; return rows and BM25 scores, best first."""
    return index.lexical.search(split_terms(question, index.language), MAX_ROWS)


BASELINES: dict[str, BaselineSearch] = {"dense": search_dense, "BM25": search_bm25}


def run_baseline(
    search: BaselineSearch, level: Level, questions: Sequence[str], encoder: Encoder
) -> list[BaselineResult]:
    """Search a level for every question; result i belongs to questions[i].

    Rows that are questions themselves are left out, as the ranker leaves them out.
    """
    index = level.index
    results = []
    for question, gold in zip(questions, level.gold, strict=True):
        rows, scores = search(index, question, encoder)
        quotable = index.answer_types[rows] & QUESTION == 0
        rows, scores = rows[quotable], scores[quotable]
        results.append(BaselineResult(rows.tolist(), float(scores[0]) if len(scores) else 0.0, gold))
    return results
