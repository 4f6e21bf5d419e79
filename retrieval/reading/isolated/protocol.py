"""What the child process sends to its parent: the text of a file in parts with their places, or why it was refused.

Readers build these records, and the parent checks every field of what it receives.
"""

import json
from typing import Annotated, Literal, NamedTuple

import msgspec

from retrieval.text.cleaning import one_line

PartKind = Literal["text", "item", "code", "heading", "aside", "header", "row"]
Unit = Literal["", "page", "row", "time", "line", "message"]
Clock = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,4}:[0-9]{2}:[0-9]{2}\Z")]  # h:mm:ss
LibraryName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_]{0,100}\Z")]  # of a top-level package, without dots
At = int | Clock | None
Count = Annotated[int, msgspec.Meta(ge=0)]
Pages = tuple[Annotated[int, msgspec.Meta(ge=1)], ...]
READ_BY_OCR, PICTURES = "read by OCR: ", "pictures of text: "  # before the pages of a file, in its `unread`
LEFT_OUT = "left out: "  # before the namespaces of a wiki whose pages are not read, in `unread`
MAX_REASON_LENGTH = 300  # characters
NO_RESULT = "its reader ended without a valid result"


class RefusedError(Exception):
    """Why a file is not read, in words for people, and the name of a library that is missing for that, if any.

    `scanned` are its pages that are pictures of text.
    """

    def __init__(self, reason: str, missing_library: str = "", scanned: Pages = ()) -> None:
        super().__init__(reason)
        self.missing_library = missing_library
        self.scanned = scanned


class Turn(NamedTuple):
    """From character `offset` of a part on, the text is on page, row, time or line `at`; see retrieval.types.Mark."""

    offset: int
    at: At


class Part(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):  # arrays, since rows are many
    """A paragraph, list item, block of code, heading, aside or row of a table.

    A paragraph or item is one line, or several that LINE_BREAK of retrieval.text.cleaning ends; a message, which is a
    row, has the lines in which it was written. A header says who wrote the rows below it and when.

    `level`, `number` and `language` are those of retrieval.types.Block; the language is as the file names it. An item
    has no marker in its text, and code its lines as they are. A heading without text ends others, as there. The part
    begins on page, row, time or line `at`; each of `turns` moves on from there.
    """

    kind: PartKind
    text: str
    level: Count = 0
    at: At = None
    turns: tuple[Turn, ...] = ()
    number: Count = 0
    language: str = ""


class Extracted(msgspec.Struct, frozen=True, tag="extracted", forbid_unknown_fields=True):
    """The parts of a file in reading order; `unit` is what their `at` counts. Dates are YYYY, YYYY-MM or YYYY-MM-DD.

    `unread` names what could not be read, such as "page 3", in words for people; "" if all of the file was read. An
    archive has no parts but `members`: the documents in it, with their paths there. `scanned` are the pages, from 1,
    that are pictures of text which nobody has recognized.
    """

    parts: tuple[Part, ...]
    unit: Unit = ""
    title: str | None = None
    source: str | None = None
    published: str | None = None
    url: str | None = None
    unread: str = ""
    members: tuple[tuple[str, "Extracted"], ...] = ()
    scanned: Pages = ()


class Refusal(msgspec.Struct, frozen=True, tag="refusal", forbid_unknown_fields=True):
    """Why a file is not read, in words for people, and the name of a library that is missing for that, if any."""

    reason: str
    missing_library: LibraryName = ""
    scanned: Pages = ()


def dumps(reply: Extracted | Refusal) -> bytes:
    """Encode what a child process sends, as JSON; lone surrogates become question marks."""
    text = json.dumps(msgspec.to_builtins(reply), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def loads(content: bytes) -> Extracted:
    """Decode what a child process sent.

    Raises RefusedError with the reason that the child gives, or if it sent anything but a valid reply.
    """
    try:
        reply = msgspec.json.decode(content, type=Extracted | Refusal)
    except (msgspec.DecodeError, RecursionError):
        raise RefusedError(NO_RESULT) from None
    if isinstance(reply, Refusal):
        raise RefusedError(one_line(reply.reason)[:MAX_REASON_LENGTH], reply.missing_library, reply.scanned)
    members = [member for _, member in reply.members]
    parts = [part for extracted in (reply, *members) for part in extracted.parts]
    is_nested = any(member.members for member in members)
    if is_nested or any(not 0 <= turn.offset <= len(part.text) for part in parts for turn in part.turns):
        raise RefusedError(NO_RESULT)
    return msgspec.structs.replace(reply, unread=one_line(reply.unread)[:MAX_REASON_LENGTH])
