"""Where an offset of a document's text stands: page, headings, row, time, and below which header of a table."""

from bisect import bisect_right

from retrieval.text.table_rows import write_out_row
from retrieval.types import Document

BETWEEN = " › "  # headings of a path
LONGEST_HEADING = 120  # characters of each heading in a path


def table_header_at(document: Document, offset: int) -> str:
    """Return the header of the table in whose rows an offset stands, or "" where there is none."""
    number = bisect_right(document.tables, offset, key=lambda table: table.start)
    if not number:
        return ""
    table = document.tables[number - 1]
    return document.text[table.start : table.header_end] if table.header_end <= offset < table.end else ""


def standalone_text(document: Document, start: int, end: int) -> str:
    """Return a sentence as it is read: its text, of a row of a table written out with its header."""
    text, header = document.text[start:end], table_header_at(document, start)
    return write_out_row(header, text) if header else text


def heading_path(document: Document, offset: int) -> str | None:
    """Return the headings above an offset, outermost first, or None where there is none.

    The heading of a record stands above that record alone.
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
            path.append(text if len(text) <= LONGEST_HEADING else text[: LONGEST_HEADING - 1] + "…")
            level = heading.level
        if level <= 1:
            break
    return BETWEEN.join(reversed(path)) or None


def mark_at(document: Document, offset: int) -> int | str | None:
    """Return on which page, row, time or line (whichever the document's unit says) an offset stands."""
    count = bisect_right(document.marks, offset, key=lambda mark: mark.offset)
    return document.marks[count - 1].at if count else None
