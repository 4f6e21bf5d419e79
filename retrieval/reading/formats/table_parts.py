"""Turn the rows of a table into parts: one sentence for each row, with the names of the columns."""

from collections.abc import Sequence

from retrieval.reading.isolated.protocol import Part
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import looks_like_header, record_text


def row_parts(header: Sequence[str] | None, rows: Sequence[Sequence[str]], first: int) -> list[Part]:
    """Make a part of each row that is not empty; `first` is the number of the first row."""
    names = [one_line(name).rstrip(" :") for name in header or ()]
    parts = []
    for number, row in enumerate(rows, first):
        text = record_text(names, row)
        if text:
            parts.append(Part("row", text, at=number))
    return parts


def table_parts(rows: Sequence[Sequence[str]], *, marked: bool = False) -> list[Part]:
    """Make the parts of a table whose first row may be its header; `marked` if its markup says so."""
    filled = [row for row in rows if any(map(str.strip, row))]
    if len(filled) > 1 and max(map(len, filled)) > 1 and (marked or looks_like_header(filled[0])):
        header = Part("aside", "; ".join(filter(None, map(one_line, filled[0]))))
        return [header, *row_parts(filled[0], filled[1:], 2)]
    return row_parts(None, filled, 1)
