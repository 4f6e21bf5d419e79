"""Answer with the reply to a message that asks or reports the trouble a question is about, and show both.

In a chat, the message most like "the bot is down" is the one of somebody whose bot was down. What answers is the reply
to it: that whose reference names the message, else the next message of somebody else soon after it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

import numpy as np

from retrieval.asking.message_links import (
    answered_message,
    conversation_after,
    direct_replies,
    message_at,
    rows_of_message,
)
from retrieval.asking.neighbours import table_header
from retrieval.asking.section_blocks import Section, Span
from retrieval.index.index import Column, Index
from retrieval.text.announcements import corrects
from retrieval.text.answer_types import COMPLAINT, QUESTION
from retrieval.text.complaints import answers_nothing, tells_of_oneself
from retrieval.text.message_dates import published_at
from retrieval.text.terms import split_terms
from retrieval.types import Hit

TIME_WORDS = frozenset(("", "am", "pm", "at", "utc", "today", "yesterday"))
MAX_ROWS_BETWEEN = 6  # sentences after a message in which its reply is sought
MAX_DAYS_BETWEEN = 3  # a message and a reply without a reference to it: a weekend
MAX_LINKED_SURENESS = 0.8  # chosen, not fitted
MAX_REPLIED_MESSAGES = 2  # that are shown above a reply
MAX_SUPPLEMENTS = 3  # that are shown below a message
MAX_SHOWN_LENGTH = 600  # characters of a message that is shown with another one


def answer_by_replies(index: Index, hits: Sequence[Hit], question: str) -> list[Hit]:
    """Replace the hits that ask or report trouble by their replies; those without one are left out.

    A reply keeps the score, since the question is that of the message. How sure it is lies halfway between what the
    message and the reply are by themselves. By a reference, and if the message has all words of the question, it is as
    sure as the message, up to MAX_LINKED_SURENESS, so that a reader has a look at it; a message that asks needs both.
    Best first, as before.
    """
    documents = np.unique(index.table[[hit.row for hit in hits], Column.DOCUMENT]).tolist()
    if not any(index.documents[document].unit == "message" for document in documents):
        return list(hits)
    own = {hit.row: hit for hit in hits}
    terms = frozenset(split_terms(question, index.language))
    answers: dict[int, Hit] = {}
    for hit in hits:
        row: int | None = hit.row
        asks = index.answer_types[hit.row] & QUESTION
        if asks or index.answer_types[hit.row] & COMPLAINT or _tells_more(index, hit.row):
            row = reply_row(index, hit.row)
        if row is None or row in answers:
            continue
        is_same = row != hit.row and terms <= frozenset(split_terms(index.text(hit.row), index.language))
        is_linked = is_same and _reference(index, row) is not None
        if asks and not is_linked:
            continue
        alone = own[row].probability if row in own else 0.0
        linked = min(hit.probability, MAX_LINKED_SURENESS) if is_linked else 0.0
        probability = max(alone, (hit.probability + alone) / 2, linked)
        answers[row] = replace(hit, row=row, probability=probability) if row != hit.row else hit
    return list(answers.values())


def _tells_more(index: Index, row: int) -> bool:
    """Tell whether a message answers what somebody asked back: "3 MB" after "how big is it?" tells of the trouble."""
    author, document = _author(index, row), index.sentence(row).document
    if not author or row == 0 or index.sentence(row - 1).document != document:
        return False
    answered = _reference(index, row)
    if answered not in (None, message_at(index.documents[document], index.sentence(row - 1).start)):
        return False
    if _author(index, row - 1) == author or not index.answer_types[row - 1] & QUESTION:
        return False
    before = range(row - 2, max(row - 2 - MAX_ROWS_BETWEEN, -1), -1)
    own = next((other for other in before if _author(index, other) == author), None)
    asks = own is not None and index.answer_types[own] & (COMPLAINT | QUESTION)
    return bool(asks) and own is not None and index.sentence(own).document == document


def has_reply(index: Index, row: int) -> bool:
    """Tell whether the reference of some message names that of a row."""
    document = index.documents[index.sentence(row).document]
    number = message_at(document, index.sentence(row).start)
    return number is not None and any(True for _ in direct_replies(document, number))


def reply_row(index: Index, row: int) -> int | None:
    """Find the first row of the reply to a message: of somebody else, and says something; None without one.

    References decide. Without them it is the next such message that comes soon after and replies to no other one.
    Whoever asks back replies after that.
    """
    sentence = index.sentence(row)
    document = index.documents[sentence.document]
    number = message_at(document, sentence.start)
    linked = () if number is None else conversation_after(document, number)
    first_rows = (rows[0] for reply in linked if (rows := rows_of_message(index, sentence.document, reply)))
    explicit = next((other for other in first_rows if _replies(index, row, other)), None)
    if explicit is not None:
        return explicit
    for other in range(row + 1, min(row + 1 + MAX_ROWS_BETWEEN, index.count)):
        if index.sentence(other).document != sentence.document:
            return None
        if _replies(index, row, other) and _may_reply(index, row, other):
            return other
    return None


def _replies(index: Index, row: int, other: int) -> bool:
    """Tell whether a message says something, and somebody else wrote it."""
    asks = index.answer_types[other] & (COMPLAINT | QUESTION)
    return _author(index, other) != _author(index, row) and not asks and not answers_nothing(index.text(other))


def _may_reply(index: Index, row: int, other: int) -> bool:
    """Tell whether a message has no reference, and comes soon after another one, as far as their dates are known."""
    document = index.documents[index.sentence(row).document]
    starts = [index.sentence(each).start for each in (row, other)]
    if _reference(index, other) is not None:
        return False
    days = [published_at(document, start) for start in starts]
    first, second = (date.fromisoformat(day) if day and len(day) == len("YYYY-MM-DD") else None for day in days)
    return first is None or second is None or abs((second - first).days) <= MAX_DAYS_BETWEEN


def replied_spans(section: Section) -> Iterator[Span]:
    """Yield the spans of what the message of a row of a chat replies to, with who wrote it.

    By references, those are up to MAX_REPLIED_MESSAGES. Without one it is a message that asks or complains.
    """
    index, row, sentence = section.index, section.row, section.sentence
    document = index.documents[sentence.document]
    if document.unit != "message":
        return
    number = message_at(document, sentence.start)
    answered = list(islice(_answered_messages(index, sentence.document, number), MAX_REPLIED_MESSAGES))
    for other_number in sorted(answered):
        yield from _message_spans(section, rows_of_message(index, sentence.document, other_number))
    for other in range(row - 1, max(row - 1 - MAX_ROWS_BETWEEN, -1), -1) if not answered else ():
        before = index.sentence(other)
        if (before.document, before.section) != (sentence.document, sentence.section):
            return
        if not index.answer_types[other] & (COMPLAINT | QUESTION) or _author(index, other) == _author(index, row):
            continue
        if reply_row(index, other) == row:
            yield from _message_spans(section, (other,))
            return


def supplement_spans(section: Section) -> Iterator[Span]:
    """Yield the spans of what supplements the message of a row: its author's replies to it, and corrections.

    What somebody tells of themselves, and the first post of a thread, has the first answer of somebody else below it.
    """
    index, sentence = section.index, section.sentence
    document = index.documents[sentence.document]
    number = message_at(document, sentence.start)
    shown = 0
    waits = number is not None and _waits_for_answer(section)
    for reply in () if number is None else direct_replies(document, number):
        rows = rows_of_message(index, sentence.document, reply)
        if shown == MAX_SUPPLEMENTS or not rows or index.answer_types[rows[0]] & (COMPLAINT | QUESTION):
            continue
        answers = waits and _replies(index, section.row, rows[0])
        if answers or _author(index, rows[0]) == _author(index, section.row) or corrects(index.text(rows[0])):
            waits = waits and not answers
            shown += 1
            yield from _message_spans(section, rows)


def _waits_for_answer(section: Section) -> bool:
    """Tell whether a message that replies to none opens a thread, below its title, or tells of its author."""
    if _reference(section.index, section.row) is not None:
        return False
    headers = sum(block.kind == "header" for block in section.blocks[: section.at])
    opens_thread = section.heading is not None and headers == 1
    return opens_thread or tells_of_oneself(section.index.text(section.row))


def _answered_messages(index: Index, document: int, number: int | None) -> Iterator[int]:
    """Yield the message that a message replies to, then the one that this replies to, and so on."""
    seen = {number}
    while number is not None:
        number = answered_message(index.documents[document], number)
        if number is None or number in seen:
            return
        seen.add(number)
        yield number


def _message_spans(section: Section, rows: Iterable[int]) -> Iterator[Span]:
    """Yield the spans of rows of a message, up to MAX_SHOWN_LENGTH characters, after that of its header."""
    length = 0
    for place, row in enumerate(rows):
        sentence = section.index.sentence(row)
        length += sentence.end - sentence.start
        if place and length > MAX_SHOWN_LENGTH:
            return
        block = section.block_at(sentence.paragraph - section.first)
        header = section.block_at(sentence.paragraph - section.first - 1)
        yield from [(header.start, header.end)] if header.kind == "header" else []
        yield block.start, block.end


def _reference(index: Index, row: int) -> int | None:
    """Return the message that the one of a row replies to by its reference, or None."""
    document = index.documents[index.sentence(row).document]
    number = message_at(document, index.sentence(row).start)
    return None if number is None else answered_message(document, number)


def _author(index: Index, row: int) -> tuple[str, ...]:
    """Return the words of the name above the message of a row, none if it is no message; times begin with a digit."""
    words = (word.strip("[]()<>,:—–-") for word in table_header(index, row).split())
    return tuple(word for word in words if not word[:1].isdigit() and word.casefold() not in TIME_WORDS)
