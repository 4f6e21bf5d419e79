"""Turn the messages of an exported chat into parts: who wrote each and when, then its text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from retrieval.reading.isolated.protocol import Part
from retrieval.reading.messages import divide_message, says_something
from retrieval.text.cleaning import INVISIBLE, one_line

ISO_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d| UTC)?")
EPOCH = re.compile(r"(1\d{9})(\d{3})?(?:\.\d+)?")  # seconds since 1970, or milliseconds; from 2001 to 2033
MAX_NAME_LENGTH, MAX_TIME_LENGTH = 80, 60  # characters
TAB_SIZE = 4


class ChatMessage(NamedTuple):
    """A message; its author and time may be "" if the file does not give them.

    `ids` are what the file may call it by, `replies_to` is the id of the message that it replies to, "" if unknown.
    """

    author: str
    time: str
    text: str
    ids: tuple[str, ...] = ()
    replies_to: str = ""


def as_thread(posts: Sequence[ChatMessage], accepted: int = 0) -> list[ChatMessage]:
    """Let the posts of others reply to the first one of a thread; the accepted one, if it is not the first, comes next.

    What its author adds replies to nobody. A post without an author and a time would seem to be of the one above it.
    """
    order = [posts[0]]
    order += [posts[accepted]] if accepted else []
    order += [post for at, post in enumerate(posts) if at not in (0, accepted)]
    first = posts[0].author
    return [
        post._replace(ids=(str(at),), replies_to="0" if at and post.author != first else "")
        for at, post in enumerate(order)
        if post.author or post.time
    ]


def message_parts(messages: Iterable[ChatMessage]) -> Iterator[Part]:
    """Yield a header and one or more rows for each message with a text; one that says nothing by itself is an aside.

    A part of a reply is `at` the number of messages with rows from the one that it replies to up to it.
    """
    texts = [(message, "\n".join(filter(None, map(_own_line, message.text.split("\n"))))) for message in messages]
    spoken = [message for message, text in texts if text and says_something(text)]
    places = {name: place for place, message in enumerate(spoken) for name in message.ids}
    place = -1
    for message, text in texts:
        pieces = divide_message(text, 0, len(text))
        header = ", ".join(filter(None, (_name(message.author), format_time(message.time))))
        kept = says_something(text)
        place += bool(pieces) and kept
        back = place - places.get(message.replies_to, place) if kept else 0
        if pieces and header:
            yield Part("header", header, at=back or None)
        for start, end in pieces:
            yield Part("row" if kept else "aside", text[start:end], at=back or None)


def format_time(time: str) -> str:
    """Format a time of a file for people: ISO 8601 and seconds since 1970 to the minute, others as they stand there."""
    line = one_line(time)
    if match := ISO_TIME.fullmatch(line):
        return f"{match[1]} {match[2]}"
    if match := EPOCH.fullmatch(line):
        return f"{datetime.fromtimestamp(int(match[1]), UTC):%Y-%m-%d %H:%M}"
    return line[:MAX_TIME_LENGTH]


def _own_line(line: str) -> str:
    """Clean a line of a message, with its indentation, which code needs; a single space is none."""
    written = INVISIBLE.sub("", line.expandtabs(TAB_SIZE)).rstrip()
    text = written.lstrip()
    indent = len(written) - len(text)
    return " " * indent + text if indent > 1 else text


def _name(author: str) -> str:
    """Return a name without what would divide it from the message, or be taken for the border of a cell."""
    return one_line(author.replace("|", "/"))[:MAX_NAME_LENGTH].rstrip(":,")
