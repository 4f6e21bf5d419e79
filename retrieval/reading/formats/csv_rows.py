"""Read a table of records in a .csv file: questions and answers, texts with what is known of them, or plain rows."""

import csv
import io

from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.record_fields import record_parts, roles
from retrieval.reading.formats.table_parts import row_parts
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.table_rows import looks_like_header

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 20  # rows
LONGEST_FIELD = 1_000_000  # characters


def read(content: bytes) -> Extracted:
    """Return a part or more for each row; rows count as a spreadsheet counts them. Raises RefusedError."""
    text = decode(content)
    csv.field_size_limit(LONGEST_FIELD)
    delimiter = max(DELIMITERS, key=lambda one: _columns(text, one))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise RefusedError(f"is no table that can be read: {error}") from None
    if not rows:
        return Extracted((), "row")
    header = rows[0]
    if not looks_like_header(header):
        return Extracted(tuple(row_parts(None, rows, 1)), "row")
    columns = roles(header)
    parts: list[Part] = []
    for number, row in enumerate(rows[1:], 2):
        parts += record_parts(header, columns, row, number)
    return Extracted(tuple(parts), "row")


def _columns(text: str, delimiter: str) -> tuple[float, int]:
    """Return how many of the first rows have as many columns as the first one, and how many those are."""
    sample = io.StringIO(text[: SAMPLE * 2_000], newline="")
    rows = []
    try:
        for row in csv.reader(sample, delimiter=delimiter):
            rows.append(len(row))
            if len(rows) == SAMPLE:
                break
    except csv.Error:
        pass
    if not rows or rows[0] < 2:
        return 0.0, 0
    return sum(one == rows[0] for one in rows) / len(rows), rows[0]
