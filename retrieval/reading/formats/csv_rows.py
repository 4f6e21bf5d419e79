"""Read the records of a .csv file: questions with answers, texts with facts about them, messages, or plain rows."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence

from retrieval.reading.formats import markdown_parts
from retrieval.reading.formats.chat_messages import message_parts
from retrieval.reading.formats.chat_records import chat_of, names_chat
from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.record_fields import field_roles, record_parts
from retrieval.reading.formats.table_parts import fact_name, long_context, row_context
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.table_shape import table_shape

DELIMITERS = (",", ";", "\t", "|")
DECLARED_DELIMITER = re.compile(r"\ufeff?\"?sep=([,;\t|])\"?[ \t]*\r?\n")  # in a line for Excel, which is no row
SAMPLE_ROWS = 20
SAMPLE_ROW_LENGTH = 2_000  # characters
MAX_FIELD_LENGTH = 1_000_000  # characters


def warm() -> None:
    """Load all that Markdown in its texts needs."""
    markdown_parts.warm()


def read(content: bytes) -> Extracted:
    """Extract one or more parts of each row, numbered as in a spreadsheet. Raises RefusedError."""
    text = decode(content)
    csv.field_size_limit(MAX_FIELD_LENGTH)
    declared = DECLARED_DELIMITER.match(text)
    text = text[declared.end() :] if declared else text
    delimiter = declared[1] if declared else max(DELIMITERS, key=lambda delimiter: _fit(text, delimiter))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise RefusedError(f"not readable as a table: {error}") from None
    records = (dict(zip(rows[0], row, strict=False)) for row in rows[1:] if any(row)) if names_chat(rows[:1]) else ()
    if messages := chat_of(list(records)):
        return Extracted(tuple(message_parts(messages)), "message")
    return Extracted(tuple(_parts(rows)), "row")


def _parts(rows: Sequence[Sequence[str]]) -> list[Part]:
    """Turn rows into parts; the fields of a record have roles by their names."""
    has_texts = bool(rows) and "text" in field_roles(rows[0])
    shape = table_shape(rows, declared=True if has_texts else None)
    parts = [Part("aside", rows[number][0], at=number + 1) for number in shape.titles]
    groups: tuple[int, ...] = ()
    named: tuple[str, ...] = ()
    roles = field_roles(())
    for row in shape.rows:
        group_texts = [rows[number][0] for number in row.groups]
        if row.groups != groups:
            groups = row.groups
            parts += long_context(group_texts)
        values = rows[row.number]
        names: Sequence[str] = row.names
        if shape.are_facts and any(map(str.strip, values[1:])):
            names, values = [fact_name(values[0])], values[1:]
        context = row_context([rows[number][0] for number in shape.titles], group_texts)
        if row.names != named:  # seldom, and it takes a while to tell
            named, roles = row.names, field_roles(row.names)
        parts += record_parts(names, roles, values, row.number + 1, context)
    return parts


def _fit(text: str, delimiter: str) -> tuple[float, int]:
    """Rate a delimiter: the share of the first rows that have as many columns as most of them, and that number."""
    sample = io.StringIO(text[: SAMPLE_ROWS * SAMPLE_ROW_LENGTH], newline="")
    columns = []
    try:
        for row in csv.reader(sample, delimiter=delimiter):
            if row:
                columns.append(len(row))
            if len(columns) == SAMPLE_ROWS:
                break
    except csv.Error:
        pass
    usual, count = max(Counter(columns).items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return (count / len(columns), usual) if usual > 1 else (0.0, 0)
