"""Read the cells of the tables of HTML, or of what trafilatura makes of it."""

from copy import deepcopy
from typing import Any

from retrieval.reading.formats.html_elements import is_hidden, tag_of
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import MAX_DATA_CELL_LENGTH

CELLS = frozenset(("td", "th", "cell"))
MAX_COLUMN_SPAN, MAX_ROW_SPAN = 100, 1_000
MAX_REPEATED_CELLS = 10_000  # in one table


def data_rows(table: Any) -> tuple[list[list[str]], bool]:
    """Return the texts of a table's cells, and whether its first row is marked as header; no rows if it is for layout.

    A table is for layout if it has a single column, paragraphs in its cells, or other tables in it.
    """
    if any(tag_of(element) == "table" for element in table.iterdescendants("{*}*")):
        return [], False
    rows = [row for row in table.iterdescendants("{*}tr", "{*}row") if not is_hidden(row)]
    cells = [_cells(row) for row in rows]
    texts = [[text for cell in row for text in _cell_texts(cell)] for row in cells]
    is_long = any(len(text) > MAX_DATA_CELL_LENGTH for row in texts for text in row)
    if max(map(len, texts), default=0) < 2 or is_long:
        return [], False
    marked = bool(cells and cells[0]) and all(
        tag_of(cell) == "th" or cell.get("role") == "head" or tag_of(cell.getparent().getparent()) == "thead"
        for cell in cells[0]
    )
    return texts, marked


def repeat_cells(table: Any) -> None:
    """Copy a cell that spans several rows into each of them, so that every cell is below the name of its column."""
    if next(table.iterdescendants("{*}table"), None) is not None:
        return
    spanning: dict[int, tuple[int, Any]] = {}  # by column: rows that are left, and the cell
    copies_left = MAX_REPEATED_CELLS
    for row in table.iterdescendants("{*}tr"):
        above, spanning = spanning, {}
        own = iter(_cells(row))
        line: list[Any] = []
        column = 0
        while True:
            rows_left, cell = above.pop(column, (0, None))
            if cell is None:
                cell = next(own, None)
                if cell is None:
                    break
                rows_left = _span(cell.attrib.pop("rowspan", "1"), MAX_ROW_SPAN)
            else:
                cell = deepcopy(cell)
                copies_left -= 1
            line.append(cell)
            if rows_left > 1 and copies_left > 0 and len("".join(cell.itertext())) <= MAX_DATA_CELL_LENGTH:
                spanning[column] = (rows_left - 1, cell)
            column += _span(cell.get("colspan") or "1", MAX_COLUMN_SPAN)
        row[:] = line


def _cells(row: Any) -> list[Any]:
    return [cell for cell in row if isinstance(cell.tag, str) and tag_of(cell) in CELLS]


def _cell_texts(cell: Any) -> list[str]:
    """Return the text of a cell, and "" for each further column that it spans."""
    columns = _span(cell.get("colspan") or cell.get("cols") or "1", MAX_COLUMN_SPAN)
    words = (text for text in cell.itertext() if text)
    return [one_line(" ".join(words)), *[""] * (columns - 1)]


def _span(value: str, limit: int) -> int:
    """Parse the number of rows or columns that a cell spans, between 1 and `limit`."""
    return min(max(int(value[:9]), 1), limit) if value.isdecimal() else 1
