"""Write the rows of tables for people: one line for each row, without pipes and padding."""

from collections.abc import Sequence
from typing import NamedTuple

from retrieval.text.table_rows import names_columns, readable_row
from retrieval.types import PassagePart


class TableLine(NamedTuple):
    """A row of a table; `is_marked` if it is the one that was found, `after_gap` if rows before it are left out."""

    text: str
    is_marked: bool
    after_gap: bool


def table_lines(parts: Sequence[PassagePart], start: int) -> list[TableLine]:
    """Write the headers and rows of a passage, which follow each other, as lines; `start` is that of the found row.

    A row of a format other than Markdown has no header, and is a sentence already. Headers without a row below them
    make no line.
    """
    lines: list[TableLine] = []
    headers: list[PassagePart] = []
    before: PassagePart | None = None
    after_gap = False
    for part, following in zip(parts, [*parts[1:], None], strict=False):
        after_gap |= part.after_gap and bool(lines)
        if part.kind == "header":
            headers = [*_still_above(headers, before, part, following), part]
        else:
            text = readable_row([header.text for header in headers], part.text) if headers else part.text
            lines.append(TableLine(text, part.start <= start < part.end, after_gap))
            after_gap = False
        before = part
    return lines


def _still_above(
    headers: Sequence[PassagePart], before: PassagePart | None, header: PassagePart, following: PassagePart | None
) -> list[PassagePart]:
    """Return those of the headers so far that a new one does not replace."""
    columns = [number for number, above in enumerate(headers) if names_columns(above.text)]
    if names_columns(header.text):
        return [] if columns else [*headers]
    if before is None or before.kind == "header":
        return [*headers]
    if columns:  # a group replaces the last one
        return [*headers[: columns[-1] + 1]]
    is_group = following is not None and following.kind == "header"  # of facts, else the name of a fact
    return [*headers[: -2 if is_group else -1]]
