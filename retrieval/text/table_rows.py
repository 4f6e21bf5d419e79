"""Write the rows of tables and records as sentences: "Day: Monday; Opens: 9:00."."""

import re
from collections.abc import Sequence
from functools import lru_cache

from retrieval.text.cleaning import one_line
from retrieval.text.column_names import combine_names

MAX_CELL_LENGTH = 200  # characters; a longer text is a paragraph, not a value
MAX_DATA_CELL_LENGTH = 2 * MAX_CELL_LENGTH  # a table with a longer cell holds paragraphs, not data
CONTEXT_SEPARATOR = " — "
SUB_ROW_MARKS = ("~", "-", "–", "—", "•", "·", "→", "↳")  # before the names of the rows in a group
BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
OUTER_PIPE = re.compile(r"^[\s>]*\|?")
RULER = re.compile(r"[\s>|:-]*-[\s>|:-]*")
CELL_BORDER = re.compile(r"(?<!\\)\|")


def record_text(names: Sequence[str], values: Sequence[str]) -> str:
    """Write a record as one sentence; a value without a name stands alone, empty values are left out."""
    text = _join_fields(names, values)
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def _join_fields(names: Sequence[str], values: Sequence[str]) -> str:
    fields = []
    for column, cell in enumerate(values):
        value = one_line(cell)
        name = names[column] if column < len(names) else ""
        if value:
            fields.append(f"{name}: {value}" if name and name != value else value)
    return "; ".join(fields)


def readable_row(headers: Sequence[str], row: str) -> str:
    """Write a row of a Markdown table for people: "Ground floor — Room: Hall; Beds: 4".

    `headers` are those above it in order: names of the table and of the group, and the names of its columns, or of the
    fact that the row is. A message of several lines, which is a row without cells, keeps them.
    """
    columns = next((header for header in reversed(headers) if names_columns(header)), headers[-1] if headers else "")
    context = [plain_cell(header).rstrip(" .:") for header in headers if header is not columns]
    if "\n" in row:
        return with_context(context, ": ".join(filter(None, (*_header_names(columns)[:1], row))))
    return with_context(context, _join_fields(_header_names(columns), split_cells(row)))


def names_columns(header: str) -> bool:
    """Tell whether a header has more than its first cell, or several lines, unlike the name of a fact or a group."""
    return "\n" in header or any(split_cells(header)[1:])


def write_out_row(header: str, row: str) -> str:
    """Write a row of a Markdown table as a sentence: "Day | Opens", "Monday | 9:00" → "Day: Monday; Opens: 9:00."."""
    return record_text(_header_names(header), split_cells(row))


@lru_cache(maxsize=256)
def _header_names(header: str) -> tuple[str, ...]:
    """Return the names of the columns below a header, which may take several lines with a ruler between them."""
    first, *lines = header.split("\n")
    rows = [first, *(OUTER_PIPE.sub("", line) for line in lines if not RULER.fullmatch(line))]
    cells = [[plain_cell(cell) for cell in split_cells(row.rstrip("| \t"))] for row in rows]
    width = max(map(len, cells))
    return combine_names([row + [""] * (width - len(row)) for row in cells])


def plain_cell(cell: str) -> str:
    """Return the text of a cell without the marks of bold letters around all of it."""
    match = BOLD.fullmatch(cell)
    return match[2] if match else cell


def split_cells(row: str) -> list[str]:
    """Split a row without its outer pipes into cells: "a | b" → ["a", "b"], "| b" → ["", "b"]."""
    return [cell.strip().replace("\\|", "|") for cell in CELL_BORDER.split(row)]


def with_context(context: Sequence[str], text: str) -> str:
    """Put what a row is about before it: "Ground floor — Room: Attic."."""
    return CONTEXT_SEPARATOR.join([*context, text])
