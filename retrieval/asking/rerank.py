"""The second stage: read the best hits again, each together with the question, and order them by that.

A cross-encoder scores a passage as a whole and cannot be told which of its sentences is meant. So a
sentence is read with what belongs to it alone or to all of its rivals: its title and heading, which
say what "it" is, and a question right above it, which is never a candidate itself. Other neighbours
are left out: they would lend their words to a sentence that does not hold the answer.
"""

from collections.abc import Sequence

from retrieval.asking.neighbours import read_out
from retrieval.index.index import Index
from retrieval.text.answer_types import QUESTION
from retrieval.text.windows import section_context
from retrieval.types import CrossEncoder, Document

READ_AGAIN = 20  # hits; the right one is hardly ever further down


def reordered(index: Index, cross_encoder: CrossEncoder, question: str, rows: Sequence[int]) -> list[int]:
    """Return the places of ranked rows in their new order: the first READ_AGAIN by score, ties as they were."""
    first = range(min(len(rows), READ_AGAIN))
    scores = cross_encoder.scores(question, [passage(index, rows[place]) for place in first]).tolist()
    return [*sorted(first, key=lambda place: -scores[place]), *range(len(first), len(rows))]


def passage(index: Index, row: int) -> str:
    """Return what is read of a row: title, heading, a question right above it, and the sentence.

    Raises DamagedIndexError when a sentence is not in its document.
    """
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    context = section_context(document, _heading(document, sentence.section))
    return f"{context}{_question_above(index, row)}{read_out(index, row)}"


def _question_above(index: Index, row: int) -> str:
    """Return the question right before a row in the same section, closed by a space, or ""."""
    if row == 0 or not index.kinds[row - 1] & QUESTION:
        return ""
    above, below = index.sentence(row - 1), index.sentence(row)
    if (above.document, above.section) != (below.document, below.section):
        return ""
    return f"{index.text(row - 1)} "


def _heading(document: Document, section: int) -> str:
    """Return the heading of a section on one line, or "" for what stands before all headings."""
    if not 0 < section <= len(document.headings):
        return ""
    heading = document.headings[section - 1]
    return " ".join(document.text[heading.start : heading.end].split())
