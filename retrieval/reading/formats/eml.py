"""Read a saved e-mail: its text, without what it quotes from others; a newsletter as the web page that it is.

Attachments are left out; save them beside it.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import groupby

from msgspec.structs import replace

from retrieval.reading.formats import webpage
from retrieval.reading.formats.encodings import decode, decode_markup
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line

HEADERS = ("from", "date", "subject", "received", "message-id", "to")
MIN_HEADERS = 2
QUOTED = re.compile(r"\s*>")
INTRODUCTION = re.compile(  # of a quoted message
    r"(?:on|am|le|el|il)\b.{4,200}\b(?:wrote|schrieb\b.{0,80}|a écrit|escribió|ha scritto) ?:$"
    r"|-{2,} ?(?:original message|ursprüngliche nachricht|forwarded message)\b.*",
    re.IGNORECASE,
)
QUOTED_HEADER = re.compile(r"\*?(?:from|von|de|da):\*? ", re.IGNORECASE)  # of a message below, as Outlook writes it
QUOTED_HEADERS = re.compile(
    r"\*?(?:sent|date|to|subject|gesendet|datum|an|betreff|envoyé|date|à|objet|enviado|para|asunto):\*?", re.IGNORECASE
)
MIN_SHARED_WORDS = 0.3  # of a page's words that the text beside it has; else the text is only a note about the page
HEADER_LINES = 3  # of a quoted message, which follow each other
SIGNATURE = re.compile(
    r"^(?:-- ?|(?:sent from my|von meinem|gesendet von|envoyé de mon|enviado desde mi) [^\n]{2,60})$",
    re.MULTILINE | re.IGNORECASE,
)
ITEM = re.compile(r"(?:[-*•]|(\d{1,3})[.)])\s+(?=\S)")
WARM_UP = (
    b"From: a@b.example\nSubject: =?utf-8?q?x?=\nDate: Mon, 1 Jan 2024 10:00:00 +0000\nContent-Type: text/html\n\n<p>A."
)


def warm() -> None:
    """Load all that web pages, headers and transfer encodings need."""
    webpage.warm()
    read(WARM_UP)
    message_from_bytes(b"Content-Transfer-Encoding: base64\n\nQQ==").get_payload(decode=True)


def read(content: bytes) -> Extracted:
    """Extract the parts of a message and its subject, sender and date. Raises RefusedError."""
    message = message_from_bytes(content, policy=policy.default)
    if sum(name in message for name in HEADERS) < MIN_HEADERS:
        raise RefusedError("not an e-mail: it has no headers")
    if not isinstance(message, EmailMessage):
        raise RefusedError("contains no text")
    extracted = _body(message)
    return replace(
        extracted,
        title=_header(message, "subject") or extracted.title,
        source=re.sub(r"\s*<[^<>]*>$", "", _header(message, "from") or "").strip('"') or None,
        published=_date(message),
    )


def _body(message: EmailMessage) -> Extracted:
    """Read the text of a message, or its page where the text is missing or hardly says what the page says.

    Raises RefusedError.
    """
    text = _content(message, "plain")
    if text is None:
        return _page(message)
    with suppress(RefusedError):
        page = _page(message)
        words = _words(" ".join(part.text for part in page.parts if part.kind != "aside"))
        if len(words & _words(text)) < MIN_SHARED_WORDS * len(words):
            return page
    return Extracted(tuple(_without_quoted(_parts(text))))


def _page(message: EmailMessage) -> Extracted:
    """Read a message that is a web page. Raises RefusedError."""
    markup = _content(message, "html")
    if markup is None:
        raise RefusedError("contains no text")
    page = webpage.read_page(markup)
    return replace(page, parts=tuple(_without_quoted(page.parts)))


def _content(message: EmailMessage, kind: str) -> str | None:
    """Decode the body of a message of a kind, "plain" or "html"; None if it has none. Raises RefusedError."""
    body = message.get_body((kind,))
    payload = body.get_payload(decode=True) if body is not None else None
    if body is None or not isinstance(payload, bytes):
        return None
    charset = body.get_content_charset()
    return decode(payload, charset) if charset not in (None, "us-ascii", "ascii") else decode_markup(payload)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _without_quoted(parts: Sequence[Part]) -> list[Part]:
    """Make asides of a message below, from the lines on that say who sent it and when; not if nothing is above it."""
    for number, part in enumerate(parts):
        lines = [line for following in parts[number : number + HEADER_LINES] for line in following.text.split("\n")]
        if QUOTED_HEADER.match(part.text) and any(map(QUOTED_HEADERS.match, lines[1:])):
            if not any(before.kind != "aside" for before in parts[:number]):
                break
            below = [Part("aside", after.text, at=after.at) for after in parts[number:]]
            return [*parts[:number], *below]
    return list(parts)


def _parts(text: str) -> list[Part]:
    """Divide plain text into paragraphs and items; what it quotes, and the signature, are asides."""
    signature = SIGNATURE.search(text)
    body = text[: signature.start()] if signature else text
    parts = [part for paragraph in re.split(r"\n\s*\n", body) for part in _paragraph(paragraph.split("\n"))]
    return [*parts, *([Part("aside", text[signature.end() :])] if signature else [])]


def _paragraph(lines: list[str]) -> Iterator[Part]:
    """Yield the parts of lines without an empty one between them; answers may stand between what they quote."""
    filled = [line for line in lines if line.strip()]
    for is_quoted, members in groupby(filled, lambda line: QUOTED.match(line) is not None):
        run = list(members)
        if is_quoted or INTRODUCTION.fullmatch(one_line(" ".join(run))):
            yield Part("aside", "\n".join(run))
            continue
        pieces: list[str] = []
        for line in run:
            if not pieces or ITEM.match(line.strip()):
                pieces.append(line)
            else:
                pieces[-1] += f"\n{line}"
        yield from map(_part, pieces)


def _part(text: str) -> Part:
    item = ITEM.match(text.strip())
    return Part("item", text.strip()[item.end() :], 1, number=int(item[1] or 0)) if item else Part("text", text)


def _header(message: EmailMessage, name: str) -> str | None:
    """Return a header on one line; None if there is none or it cannot be parsed."""
    try:
        return one_line(str(message[name] or "")) or None
    except (ValueError, IndexError, AttributeError, TypeError):  # the parser of headers fails on some hostile ones
        return None


def _date(message: EmailMessage) -> str | None:
    try:
        moment = message["date"].datetime
        return moment.date().isoformat() if moment else None
    except (ValueError, IndexError, AttributeError, TypeError, OverflowError):
        return None
