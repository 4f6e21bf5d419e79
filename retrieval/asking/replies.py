"""Answer with the reply to a message that reports the trouble a question is about, and show both.

In a chat, the message most like "the bot is down" is the one of somebody whose bot was down. What answers is the next
message of somebody else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from retrieval.asking.neighbours import table_header
from retrieval.asking.section_blocks import Section, Span
from retrieval.index.index import Column, Index
from retrieval.text.answer_types import COMPLAINT, QUESTION
from retrieval.text.complaints import answers_nothing
from retrieval.types import Hit

TIME_WORDS = frozenset(("", "am", "pm", "at", "utc", "today", "yesterday"))
MAX_ROWS_BETWEEN = 6  # sentences after a message in which its reply is sought


def answer_by_replies(index: Index, hits: Sequence[Hit]) -> list[Hit]:
    """Replace the hits that report trouble by their replies; those without one are left out.

    A reply keeps the score, since the question is that of the message. How sure it is lies halfway between what the
    message and the reply are by themselves. Best first, as before.
    """
    documents = np.unique(index.table[[hit.row for hit in hits], Column.DOCUMENT]).tolist()
    if not any(index.documents[document].unit == "message" for document in documents):
        return list(hits)
    own = {hit.row: hit for hit in hits}
    answers: dict[int, Hit] = {}
    for hit in hits:
        row: int | None = hit.row
        if index.answer_types[hit.row] & COMPLAINT or _tells_more(index, hit.row):
            row = reply_row(index, hit.row)
        if row is None or row in answers:
            continue
        alone = own[row].probability if row in own else 0.0
        probability = max(alone, (hit.probability + alone) / 2)
        answers[row] = replace(hit, row=row, probability=probability) if row != hit.row else hit
    return list(answers.values())


def _tells_more(index: Index, row: int) -> bool:
    """Tell whether a message answers what somebody asked back: "3 MB" after "how big is it?" tells of the trouble."""
    author, document = _author(index, row), index.sentence(row).document
    if not author or row == 0 or index.sentence(row - 1).document != document:
        return False
    if _author(index, row - 1) == author or not index.answer_types[row - 1] & QUESTION:
        return False
    before = range(row - 2, max(row - 2 - MAX_ROWS_BETWEEN, -1), -1)
    own = next((other for other in before if _author(index, other) == author), None)
    asks = own is not None and index.answer_types[own] & (COMPLAINT | QUESTION)
    return bool(asks) and own is not None and index.sentence(own).document == document


def reply_row(index: Index, row: int) -> int | None:
    """Find the first row of the reply to a message: the next message of somebody else that says something.

    Whoever asks back replies after that. None if there is no such message near.
    """
    author, document = _author(index, row), index.sentence(row).document
    for other in range(row + 1, min(row + 1 + MAX_ROWS_BETWEEN, index.count)):
        if index.sentence(other).document != document:
            return None
        asks = index.answer_types[other] & (COMPLAINT | QUESTION)
        if _author(index, other) != author and not asks and not answers_nothing(index.text(other)):
            return other
    return None


def replied_spans(section: Section) -> Iterator[Span]:
    """Yield the spans of the message that a row of a chat replies to, if it asks or complains, with its author."""
    index, row = section.index, section.row
    if index.documents[section.sentence.document].unit != "message":
        return
    for other in range(row - 1, max(row - 1 - MAX_ROWS_BETWEEN, -1), -1):
        sentence = index.sentence(other)
        if (sentence.document, sentence.section) != (section.sentence.document, section.sentence.section):
            return
        if not index.answer_types[other] & (COMPLAINT | QUESTION) or _author(index, other) == _author(index, row):
            continue
        if reply_row(index, other) == row:
            number = sentence.paragraph - section.first
            header, block = section.block_at(number - 1), section.block_at(number)
            yield from [(header.start, header.end)] if header.kind == "header" else []
            yield block.start, block.end
            return


def _author(index: Index, row: int) -> tuple[str, ...]:
    """Return the words of the name above the message of a row, none if it is no message; times begin with a digit."""
    words = (word.strip("[]()<>,:—–-") for word in table_header(index, row).split())
    return tuple(word for word in words if not word[:1].isdigit() and word.casefold() not in TIME_WORDS)
