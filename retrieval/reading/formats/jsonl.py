"""Read the records of a .jsonl file, one JSON object a line: rows, or the messages of a chat."""

import json
from typing import Any

from retrieval.reading.formats.chat_messages import message_parts
from retrieval.reading.formats.chat_records import chat_of
from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.record_fields import field_roles, record_parts
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError

MAX_FIELDS = 200


def read(content: bytes) -> Extracted:
    """Extract one or more parts of each record; rows are lines of the file. Raises RefusedError."""
    records: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(decode(content).split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)  # as they are written
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise RefusedError(f"line {number} is not a JSON object")
        records.append((number, record))
    if messages := chat_of([record for _, record in records]):
        return Extracted(tuple(message_parts(messages)), "message")
    parts: list[Part] = []
    for number, record in records:
        fields = {str(name): value_text(value) for name, value in list(record.items())[:MAX_FIELDS]}
        names = list(fields)
        parts += record_parts(names, field_roles(names), list(fields.values()), number)
    return Extracted(tuple(parts), "row")


def value_text(value: Any) -> str:
    """Write a value as text; nested objects are left out, since their names would be lost."""
    if isinstance(value, list):
        is_nested = any(isinstance(item, list) for item in value)
        return "" if is_nested else ", ".join(filter(None, map(value_text, value)))
    if isinstance(value, str):
        return value
    return ("yes" if value else "no") if isinstance(value, bool) else ""
