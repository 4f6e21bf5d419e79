"""Read records in a .jsonl file: an object a line."""

import json
from typing import Any

from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.record_fields import record_parts, roles
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError

MOST_FIELDS = 200


def read(content: bytes) -> Extracted:
    """Return a part or more for each record; a row is a line of the file. Raises RefusedError."""
    parts: list[Part] = []
    for number, line in enumerate(decode(content).split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, parse_int=str, parse_float=str, parse_constant=str)  # as they are written
        except (ValueError, RecursionError):
            raise RefusedError(f"is not a JSON object a line (line {number})") from None
        if not isinstance(record, dict):
            raise RefusedError(f"is not a JSON object a line (line {number})")
        said = {str(name): _text(value) for name, value in list(record.items())[:MOST_FIELDS]}
        names = list(said)
        parts += record_parts(names, roles(names), list(said.values()), number)
    return Extracted(tuple(parts), "row")


def _text(value: Any) -> str:
    """Return a value as text; what is inside objects is not, for its names would be lost."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value))) if not any(isinstance(one, list) for one in value) else ""
    if isinstance(value, str):
        return value
    return ("yes" if value else "no") if isinstance(value, bool) else ""
