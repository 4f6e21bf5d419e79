"""Read the records of a .jsonl file, one JSON object a line: rows, or the messages of a chat."""

import json
from typing import Any

from retrieval.reading.formats import markdown_parts
from retrieval.reading.formats.chat_messages import message_parts
from retrieval.reading.formats.chat_records import find_chats
from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.json_records import numbered_parts
from retrieval.reading.isolated.protocol import Extracted, RefusedError


def warm() -> None:
    """Load all that Markdown in its values needs."""
    markdown_parts.warm()


def read(content: bytes) -> Extracted:
    """Extract one or more parts of each record; rows are lines of the file. Raises RefusedError."""
    return read_records(decode(content))


def read_records(text: str) -> Extracted:
    """Extract the records of a decoded file. Raises RefusedError."""
    records: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)  # as they are written
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise RefusedError(f"line {number} is not a JSON object")
        records.append((number, record))
    if chats := find_chats([record for _, record in records]):
        return Extracted(tuple(part for _, messages in chats for part in message_parts(messages)), "message")
    return Extracted(tuple(numbered_parts(records)), "row")
