"""Locate an offset of a document's text: its page, row or time, its headings, and the header of its table."""

import re
from bisect import bisect_right

from retrieval.text.file_suffixes import is_plain
from retrieval.text.sections import open_headings
from retrieval.text.table_rows import SUB_ROW_MARKS, plain_cell, with_context, write_out_row
from retrieval.types import Document, TableSpan

ROW_START = re.compile(r"[^\s|>]")
LINE_PLACE = "{line}"  # in the address of a document
HEADING_SEPARATOR = " › "
MAX_HEADING_LENGTH = 120  # characters of each heading in a path


def table_header_at(document: Document, offset: int) -> str:
    """Return the header of the table whose rows an offset is in, or "" outside of such tables."""
    table = _table_at(document, offset)
    return document.text[table.start : table.header_end] if table else ""


def table_context_at(document: Document, offset: int) -> list[tuple[int, int]]:
    """Return the spans that say what a row at an offset means: names of its table and group, header; in order."""
    table = _table_at(document, offset)
    if table is None:
        return []
    header = [(table.start, table.header_end)] if table.header_end > table.start else []
    return sorted([*_groups_at(document, table, offset), *header])


def readable_text_at(document: Document, start: int, end: int) -> str:
    """Return a sentence as people read it: its text, or a table row written out with its header and group."""
    text, table = document.text[start:end], _table_at(document, start)
    if table is None:
        return text
    groups = [
        plain_cell(document.text[slice(*group)].strip("| \t")).rstrip(" .:")
        for group in _groups_at(document, table, start)
    ]
    return with_context(groups, write_out_row(document.text[table.start : table.header_end], text))


def _table_at(document: Document, offset: int) -> TableSpan | None:
    """Find the table whose rows an offset is in."""
    count = bisect_right(document.tables, offset, key=lambda table: table.start)
    table = document.tables[count - 1] if count else None
    return table if table and table.header_end <= offset < table.end else None


def _groups_at(document: Document, table: TableSpan, offset: int) -> list[tuple[int, int]]:
    """Find the cells that name a table and the group of the row at an offset."""
    first = bisect_right(table.groups, table.start, key=lambda group: group[1])
    titles = list(table.groups[:first])
    named: list[tuple[int, int]] = []
    below = offset
    for number in range(bisect_right(table.groups, offset, key=lambda group: group[1]) - 1, first - 1, -1):
        group = table.groups[number]
        if named and any(map(str.isalnum, document.text[group[1] : below])):
            break
        named.insert(0, group)
        below = group[0]
    mark = ROW_START.search(document.text, named[-1][1]) if named else None
    if mark and mark[0] in SUB_ROW_MARKS and not document.text.startswith(mark[0], offset):
        return titles  # the group ends with the last row that has the mark
    return [*titles, *named]


def heading_path(document: Document, offset: int) -> str | None:
    """Join the headings above an offset, outermost first; None if there are none.

    The heading of a record applies to that record alone.
    """
    row = mark_at(document, offset) if document.unit == "row" else None
    count = bisect_right(document.headings, offset, key=lambda heading: heading.start)
    path: list[str] = []
    for heading in open_headings(document.headings[:count]):
        if row is not None and mark_at(document, heading.start) not in (row, None):
            break
        text = " ".join(document.text[heading.start : heading.end].split())
        path.append(text if len(text) <= MAX_HEADING_LENGTH else text[: MAX_HEADING_LENGTH - 1] + "…")
        if heading.level <= 1:
            break
    return HEADING_SEPARATOR.join(reversed(path)) or None


def address_at(document: Document, line: int | None) -> str | None:
    """Return the address of a document, with the line of a quote where "{line}" stands; None if there is none.

    Only of text and Markdown, and where a format has marks of lines, are lines those of the file. Without one, the part
    of the address behind "#" that asks for it is left out; elsewhere in it, the line is 1.
    """
    if not document.url or LINE_PLACE not in document.url:
        return document.url
    if line is not None and (document.unit == "line" or is_plain(document.id)):
        return document.url.replace(LINE_PLACE, str(line))
    page, _, fragment = document.url.partition("#")
    page = page.replace(LINE_PLACE, "1")
    return f"{page}#{fragment}" if fragment and LINE_PLACE not in fragment else page


def mark_at(document: Document, offset: int) -> int | str | None:
    """Return the page, row, time or line of an offset, in the document's unit; None if it is unknown."""
    count = bisect_right(document.marks, offset, key=lambda mark: mark.offset)
    return document.marks[count - 1].at if count else None
