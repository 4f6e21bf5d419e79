"""Locate an offset of a document's text: its page, row or time, its headings, and the header of its table."""

from bisect import bisect_right

from retrieval.text.table_rows import write_out_row
from retrieval.types import Document

HEADING_SEPARATOR = " › "
MAX_HEADING_LENGTH = 120  # characters of each heading in a path


def table_header_at(document: Document, offset: int) -> str:
    """Return the header of the table whose rows an offset is in, or "" outside of such tables."""
    count = bisect_right(document.tables, offset, key=lambda table: table.start)
    if not count:
        return ""
    table = document.tables[count - 1]
    return document.text[table.start : table.header_end] if table.header_end <= offset < table.end else ""


def readable_text_at(document: Document, start: int, end: int) -> str:
    """Return a sentence as people read it: its text, or a table row written out with its header."""
    text, header = document.text[start:end], table_header_at(document, start)
    return write_out_row(header, text) if header else text


def heading_path(document: Document, offset: int) -> str | None:
    """Join the headings above an offset, outermost first; None if there are none.

    The heading of a record applies to that record alone.
    """
    row = mark_at(document, offset) if document.unit == "row" else None
    count = bisect_right(document.headings, offset, key=lambda heading: heading.start)
    path: list[str] = []
    level = 0
    for heading in reversed(document.headings[:count]):
        if row is not None and mark_at(document, heading.start) not in (row, None):
            break
        if not path or heading.level < level:
            text = " ".join(document.text[heading.start : heading.end].split())
            path.append(text if len(text) <= MAX_HEADING_LENGTH else text[: MAX_HEADING_LENGTH - 1] + "…")
            level = heading.level
        if level <= 1:
            break
    return HEADING_SEPARATOR.join(reversed(path)) or None


def mark_at(document: Document, offset: int) -> int | str | None:
    """Return the page, row, time or line of an offset, in the document's unit; None if it is unknown."""
    count = bisect_right(document.marks, offset, key=lambda mark: mark.offset)
    return document.marks[count - 1].at if count else None
