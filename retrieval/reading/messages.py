"""Divide the messages of a chat into blocks that can be quoted, each below a header that says who wrote it and when.

Which messages a file holds is found elsewhere: in plain text by `plain_chat`, in other files by `formats`.
"""

import re
from collections.abc import Sequence

from retrieval.types import Block, TableSpan

MAX_PIECE_LENGTH = 400  # characters of a message that are quoted at once; a longer one is divided
MIN_PIECE_LENGTH = 200  # before which a long message is divided only where nothing else helps
MIN_WORDS = 3  # of a message without a number that says something by itself, unlike "ok" and "thank you"
BREAKS = tuple(re.compile(pattern) for pattern in (r"\n\s*", r"[.!?…][\"'”’»)]*\s+", r"[,;:]\s+", r"\s+"))
CONTEXT_LEVEL = 1  # of a header that stays in force, such as the day of the messages below it
Span = tuple[int, int]


def divide_message(text: str, start: int, end: int) -> list[Span]:
    """Divide text[start:end] into spans of at most MAX_PIECE_LENGTH, at line ends, else sentence ends, else spaces."""
    pieces: list[Span] = []
    while end - start > MAX_PIECE_LENGTH:
        stop = _last_break(text, start + MIN_PIECE_LENGTH, start + MAX_PIECE_LENGTH)
        pieces += _trimmed(text, start, stop)
        start = stop
    return pieces + _trimmed(text, start, end)


def says_something(text: str) -> bool:
    """Tell whether a message can be an answer: a few words, or a number."""
    return sum(any(map(str.isalnum, word)) for word in text.split()) >= MIN_WORDS or any(map(str.isdigit, text))


def message_tables(blocks: Sequence[Block]) -> tuple[TableSpan, ...]:
    """Make a table of the rows below each header: the pieces of a message, or the rows of a table of Markdown.

    Of several headers the last one names the rows, and the others say what they are about. A header of CONTEXT_LEVEL
    stays in force for the rows of other headers below it, until the next one.
    """
    tables: list[TableSpan] = []
    context: list[Span] = []
    headers: list[Span] = []
    end: int | None = None  # of the rows below the headers
    for block in (*blocks, Block(0, 0, "aside")):
        if block.kind == "row" and headers:
            end = block.end
            continue
        if end is not None:
            tables.append(TableSpan(*headers[-1], end, (*context, *headers[:-1])))
        if end is not None or block.kind != "header":
            headers, end = [], None
        if block.kind == "header" and block.level == CONTEXT_LEVEL:
            context = [(block.start, block.end)]
        elif block.kind == "header":
            headers.append((block.start, block.end))
    return tuple(tables)


def _last_break(text: str, first: int, limit: int) -> int:
    """Find where a long message is divided between two offsets: after the last break of the best kind, else at the end.

    Each kind is searched in a bounded piece of the text.
    """
    for pattern in BREAKS:
        ends = [match.end() for match in pattern.finditer(text, first, limit)]
        if ends:
            return ends[-1]
    return limit


def _trimmed(text: str, start: int, end: int) -> list[Span]:
    """Return a span without the white space at its ends, none if nothing is left."""
    content = text[start:end]
    first, last = end - len(content.lstrip()), start + len(content.rstrip())
    return [(first, last)] if first < last else []
