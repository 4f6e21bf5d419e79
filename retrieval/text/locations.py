"""Where an offset of a document's text stands: page, headings, row, time, and below which header of a table."""

from bisect import bisect_right

from retrieval.text.table_rows import write_out_row
from retrieval.types import Document

BETWEEN = " › "  # headings of a path
LONGEST_HEADING = 120  # characters of each heading in a path


def header_at(document: Document, offset: int) -> str:
    """Return the header of the table in whose rows an offset stands, or "" where there is none."""
    last = bisect_right(document.tables, offset, key=lambda one: one[0])
    if not last:
        return ""
    start, end, below = document.tables[last - 1]
    return document.text[start:end] if end <= offset < below else ""


def read_at(document: Document, start: int, end: int) -> str:
    """Return a sentence as it is read: its text, of a row of a table written out with its header."""
    text, header = document.text[start:end], header_at(document, start)
    return write_out_row(header, text) if header else text


def heading_path(document: Document, offset: int) -> str | None:
    """Return the headings above an offset, outermost first, or None where there is none.

    The heading of a record stands above that record alone.
    """
    row = mark_at(document, offset) if document.unit == "row" else None
    last = bisect_right(document.headings, offset, key=lambda one: one[0])
    path: list[str] = []
    level = 0
    for start, end, depth in reversed(document.headings[:last]):
        if row is not None and mark_at(document, start) not in (row, None):
            break
        if not path or depth < level:
            heading = " ".join(document.text[start:end].split())
            path.append(heading if len(heading) <= LONGEST_HEADING else heading[: LONGEST_HEADING - 1] + "…")
            level = depth
        if level <= 1:
            break
    return BETWEEN.join(reversed(path)) or None


def mark_at(document: Document, offset: int) -> int | str | None:
    """Return on which page, row, time or line (whichever the document's unit says) an offset stands."""
    last = bisect_right(document.marks, offset, key=lambda one: one[0])
    return document.marks[last - 1][1] if last else None
