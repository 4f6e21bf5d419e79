"""The second stage: read the best hits again, each together with the question, and order them by that.

A cross-encoder scores a passage as a whole and cannot be told which of its sentences is meant. So a
sentence is read with what belongs to it alone or to all of its rivals: its title and heading, which
say what "it" is, and a question right above it, which is never a candidate itself. Other neighbours
are left out: they would lend their words to a sentence that does not hold the answer.
"""

from collections.abc import Sequence

import numpy as np

from retrieval.index import Index
from retrieval.kinds import QUESTION
from retrieval.records import CrossEncoder
from retrieval.windows import section_context

READ_AGAIN = 20  # hits; the right one is hardly ever further down
LONGEST_CONTEXT = 300  # characters of title and heading; sentences are never longer than 1,000


def reordered(index: Index, cross_encoder: CrossEncoder, question: str, rows: Sequence[int]) -> list[int]:
    """Return the places of ranked rows in their new order: the first READ_AGAIN by score, ties as they were."""
    first = range(min(len(rows), READ_AGAIN))
    scores = cross_encoder.scores(question, [passage(index, rows[place]) for place in first]).tolist()
    return [*sorted(first, key=lambda place: -scores[place]), *range(len(first), len(rows))]


def passage(index: Index, row: int) -> str:
    """Return what is read of a row: title, heading, a question right above it, and the sentence.

    Raises DamagedIndexError when a sentence is not in its document.
    """
    document = index.documents[index.sentence(row).document]
    context = section_context(document, _heading(index, document.text, row))[:LONGEST_CONTEXT]
    return f"{context}{_question_above(index, row)}{index.text(row)}"


def _question_above(index: Index, row: int) -> str:
    """Return the question right before a row in the same section, closed by a space, or ""."""
    if row == 0 or not index.kinds[row - 1] & QUESTION or (index.table[row - 1, :2] != index.table[row, :2]).any():
        return ""
    return f"{index.text(row - 1)} "


def _heading(index: Index, text: str, row: int) -> str:
    """Return the heading of a row's section on one line, or "".

    The index holds no headings, so it is looked for between the section and the sentence before it:
    the last line that is marked as a heading, else the last line that says something. Of one over
    several lines it is the last.
    """
    document, section = index.table[row, :2]
    if section == 0:
        return ""
    start, end = np.searchsorted(index.table[:, 0], [document, document + 1])
    first = start + np.searchsorted(index.table[start:end, 1], section)
    after = index.table[first - 1, 5] if first > start else 0
    above, _, _ = text[after : index.table[first, 4]].rpartition("\n")
    lines = [line.strip() for line in above.splitlines() if any(map(str.isalpha, line))]
    marked = [line for line in lines if line.startswith("#")]
    return " ".join((marked or lines or [""])[-1].strip("# \t").split())
