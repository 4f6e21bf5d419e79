"""Reorder the best hits with a cross-encoder, which reads each of them together with the question.

A cross-encoder scores a passage as a whole and cannot be told which of its sentences is meant. So the passage of a
sentence contains only what belongs to it alone or to all of its rivals: title and heading, which say what "it" is, and
a question right above it, which is never a candidate itself. Other neighbours are left out, because they would lend
their words to a sentence that does not answer.
"""

from collections.abc import Sequence

from retrieval.asking.neighbours import in_one_section, readable_text
from retrieval.index.index import Index
from retrieval.text.answer_types import QUESTION
from retrieval.text.sections import heading_paths
from retrieval.text.windows import section_context
from retrieval.types import CrossEncoder

RERANKED_HITS = 20  # the right one is rarely further down


def rerank(index: Index, cross_encoder: CrossEncoder, question: str, rows: Sequence[int]) -> list[int]:
    """Reorder ranked rows; return their positions in `rows`.

    The first RERANKED_HITS are ordered by falling score, ties as they were; the others keep their positions.
    """
    first = range(min(len(rows), RERANKED_HITS))
    scores = cross_encoder.scores(question, [passage_of_row(index, rows[i]) for i in first]).tolist()
    return [*sorted(first, key=lambda i: -scores[i]), *range(len(first), len(rows))]


def passage_of_row(index: Index, row: int) -> str:
    """Compose the passage that the cross-encoder reads for a row: title, heading, a question above, the sentence.

    Raises DamagedIndexError when a sentence is not in its document.
    """
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    context = section_context(document, heading_paths(document)[sentence.section])
    return f"{context}{_question_above(index, row)}{readable_text(index, row)}"


def _question_above(index: Index, row: int) -> str:
    """Return the sentence above a row and a space if it is a question in the same section, else ""."""
    if not in_one_section(index, row - 1, row) or not index.answer_types[row - 1] & QUESTION:
        return ""
    return f"{index.text(row - 1)} "
