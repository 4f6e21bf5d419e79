"""Follow the references of an exported chat: which message replies to which.

The marks of a chat say how many messages back is the one that a message replies to. Messages are numbered as their
tables are, from 0. How far a reference goes is limited, since what a file says is not to be trusted.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator

import numpy as np

from retrieval.index.index import Column, Index
from retrieval.text.locations import mark_at
from retrieval.types import Document

MAX_MESSAGES_BETWEEN = 150  # a message and a reply to it
MAX_REPLIES = 10  # in a conversation that is followed


def message_at(document: Document, offset: int) -> int | None:
    """Return the number of the message of a chat at an offset; None if there is none."""
    if document.unit != "message":
        return None
    number = bisect_right(document.tables, offset, key=lambda table: table.start) - 1
    return number if number >= 0 and offset < document.tables[number].end else None


def answered_message(document: Document, number: int) -> int | None:
    """Return the message that a message replies to, by its reference; None without one."""
    back = mark_at(document, document.tables[number].start)
    if not isinstance(back, int) or not 0 < abs(back) <= MAX_MESSAGES_BETWEEN:
        return None
    answered = number - back
    return answered if 0 <= answered < len(document.tables) else None


def direct_replies(document: Document, number: int) -> Iterator[int]:
    """Yield the messages whose references name a message, in the order of the chat."""
    if not document.marks:
        return
    first, last = number - MAX_MESSAGES_BETWEEN, number + MAX_MESSAGES_BETWEEN
    for other in range(max(first, 0), min(last + 1, len(document.tables))):
        if other != number and answered_message(document, other) == number:
            yield other


def conversation_after(document: Document, number: int) -> Iterator[int]:
    """Yield the replies to a message, then the replies to these, and so on, up to MAX_REPLIES."""
    seen, waiting = {number}, deque([number])
    while waiting:
        for reply in direct_replies(document, waiting.popleft()):
            if reply not in seen and len(seen) <= MAX_REPLIES:
                seen.add(reply)
                waiting.append(reply)
                yield reply


def rows_of_message(index: Index, document: int, number: int) -> range:
    """Return the rows of a message."""
    first, end = index.document_range(document)
    table = index.documents[document].tables[number]
    starts = index.table[first:end, Column.START]
    bounds = np.searchsorted(starts, np.array([table.header_end, table.end], starts.dtype))
    return range(first + int(bounds[0]), first + int(bounds[1]))
