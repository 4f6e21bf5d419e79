"""Read a .json file: threads, chats, a list of records, or else an object whose keys are headings and names."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from retrieval.reading.formats import jsonl, markdown_parts
from retrieval.reading.formats.chat_messages import message_parts
from retrieval.reading.formats.chat_records import find_chats
from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.json_records import numbered_parts, value_parts
from retrieval.reading.formats.json_threads import find_threads
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line

CHAT_LEVEL = 1
SEVERAL_OBJECTS = re.compile(r"\s*\{[^\n]*\}[ \t]*\n\s*\{")  # one a line, as in .jsonl


def warm() -> None:
    """Load all that Markdown in its values needs."""
    markdown_parts.warm()


def read(content: bytes) -> Extracted:
    """Extract the messages, or the parts of each record; records count from 1. Raises RefusedError."""
    text = decode(content)
    if SEVERAL_OBJECTS.match(text):
        with suppress(RefusedError):
            return jsonl.read_records(text)
    return extract_json(parse_json(content), {})


def parse_json(content: bytes) -> Any:
    """Parse a file, with numbers as they are written. Raises RefusedError."""
    try:
        return json.loads(decode(content), parse_int=str, parse_float=str, parse_constant=str)  # as they are written
    except (ValueError, RecursionError) as error:
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise RefusedError(f"invalid JSON{line}") from None


def extract_json(data: Any, people: Mapping[str, str]) -> Extracted:
    """Extract the parts of a decoded document; `people` are the names of those whom messages call by an id."""
    if threads := find_threads(data):
        parts = [
            part for thread in threads for part in (Part("heading", thread.title, 1), *message_parts(thread.posts))
        ]
        only = threads[0] if len(threads) == 1 else None
        return Extracted(tuple(parts), "message", only and only.title, url=only and only.url)
    if chats := find_chats(data, people):
        parts = []
        for name, messages in chats:
            parts += [Part("heading", name, CHAT_LEVEL)] if name and len(chats) > 1 else []
            parts += message_parts(messages)
        return Extracted(tuple(parts), "message", chats[0][0] or None if len(chats) == 1 else None)
    if isinstance(data, list):
        return Extracted(tuple(numbered_parts(list(enumerate(data, 1)))), "row")
    title = (
        next((data[key] for key in ("title", "name") if isinstance(data.get(key), str)), None)
        if isinstance(data, dict)
        else None
    )
    return Extracted(tuple(value_parts(data)), title=one_line(title) if title else None)
