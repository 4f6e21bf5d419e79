"""Read a .json file: messages of chats, a list of records, or else an object whose keys are headings and names."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from retrieval.reading.formats.chat_messages import message_parts
from retrieval.reading.formats.chat_records import find_chats
from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.jsonl import MAX_FIELDS, value_text
from retrieval.reading.formats.record_fields import field_roles, record_parts
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line

MAX_DEPTH = 8  # of objects in objects whose keys are headings; what is inside deeper ones is left out
CHAT_LEVEL = 1


def read(content: bytes) -> Extracted:
    """Extract the messages, or the parts of each record; records count from 1. Raises RefusedError."""
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
    if chats := find_chats(data, people):
        parts: list[Part] = []
        for name, messages in chats:
            parts += [Part("heading", name, CHAT_LEVEL)] if name and len(chats) > 1 else []
            parts += message_parts(messages)
        return Extracted(tuple(parts), "message", chats[0][0] or None if len(chats) == 1 else None)
    if not isinstance(data, list):
        title = data.get("title") if isinstance(data, dict) else None
        return Extracted(tuple(_value(data, 0)), title=one_line(title) if isinstance(title, str) else None)
    numbered = ((number, part) for number, item in enumerate(data, 1) for part in _record(item, 0))
    return Extracted(tuple(replace(part, at=number) for number, part in numbered), "row")


def _value(value: Any, depth: int) -> Iterator[Part]:
    """Yield the parts of a value: the records of a list, or the facts of an object, one by one."""
    if isinstance(value, list):
        yield from (part for item in value for part in _record(item, depth))
        return
    if not isinstance(value, dict):
        yield from _record(value, depth)
        return
    if "text" in field_roles([str(name) for name in value]):
        yield from _record(value, depth)
        return
    for name, inner in value.items():
        if text := value_text(inner):
            yield from _without_place(record_parts([str(name)], ["fact"], [text], 0))
    yield from _inside(value, depth)


def _record(item: Any, depth: int) -> Iterator[Part]:
    """Yield the parts of an item of a list: of an object what one of its rows would be, of another value a text."""
    if not isinstance(item, dict):
        yield from [Part("text", text)] if (text := value_text(item)) else []
        return
    fields = dict(list(item.items())[:MAX_FIELDS])
    names = [str(name) for name in fields]
    yield from _without_place(record_parts(names, field_roles(names), list(map(value_text, fields.values())), 0))
    yield from _inside(fields, depth)


def _inside(fields: dict[str, Any], depth: int) -> Iterator[Part]:
    """Yield the parts of the objects and lists of objects in a record, each below a heading with the field's name."""
    for name, value in fields.items():
        is_nested = isinstance(value, dict) or (isinstance(value, list) and not value_text(value))
        if is_nested and depth < MAX_DEPTH and (parts := list(_value(value, depth + 1))):
            yield Part("heading", str(name), depth + 1)
            yield from parts


def _without_place(parts: Sequence[Part]) -> Iterator[Part]:
    return (replace(part, at=None) for part in parts)
