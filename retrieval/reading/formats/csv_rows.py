"""Read the records of a .csv file: questions with answers, texts with facts about them, or plain rows."""

import csv
import io

from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.record_fields import field_roles, record_parts
from retrieval.reading.formats.table_parts import row_parts
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.table_rows import looks_like_header

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_ROWS = 20
SAMPLE_ROW_LENGTH = 2_000  # characters
MAX_FIELD_LENGTH = 1_000_000  # characters


def read(content: bytes) -> Extracted:
    """Extract one or more parts of each row, numbered as in a spreadsheet. Raises RefusedError."""
    text = decode(content)
    csv.field_size_limit(MAX_FIELD_LENGTH)
    delimiter = max(DELIMITERS, key=lambda delimiter: _fit(text, delimiter))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise RefusedError(f"not readable as a table: {error}") from None
    if not rows:
        return Extracted((), "row")
    header = rows[0]
    if not looks_like_header(header):
        return Extracted(tuple(row_parts(None, rows, 1)), "row")
    roles = field_roles(header)
    parts: list[Part] = []
    for number, row in enumerate(rows[1:], 2):
        parts += record_parts(header, roles, row, number)
    return Extracted(tuple(parts), "row")


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    """Rate a delimiter: the share of the first rows that have as many columns as the first row, and their number."""
    sample = io.StringIO(text[: SAMPLE_ROWS * SAMPLE_ROW_LENGTH], newline="")
    columns = []
    try:
        for row in csv.reader(sample, delimiter=delimiter):
            columns.append(len(row))
            if len(columns) == SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    if not columns or columns[0] < 2:
        return 0.0, 0
    return columns.count(columns[0]) / len(columns), columns[0]
