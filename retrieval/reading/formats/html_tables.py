"""Read the cells of the tables of HTML, or of what trafilatura makes of it."""

import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from retrieval.reading.formats.html_elements import SKIPPED, is_hidden, is_reference, tag_of, unit_of
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import MAX_DATA_CELL_LENGTH
from retrieval.text.table_shape import RowMark

CELLS = frozenset(("td", "th", "cell"))
MAX_COLUMN_SPAN, MAX_ROW_SPAN = 100, 1_000
MAX_LAYOUT_ROWS = 3
MAX_REPEATED_CELLS = 10_000  # in one table
INLINE = frozenset((
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "hi", "i", "img", "ins", "kbd",
    "mark", "q", "ref", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
))  # fmt: skip
TABLE_MARK = "\u27e6table {}\u27e7"
MARKED_TABLE = re.compile("\u27e6table ([0-9]{1,6})\u27e7")


class HtmlTable(NamedTuple):
    """The cells of a table, the marks of its rows, and its caption."""

    grid: list[list[str | None]]
    marks: list[RowMark]
    caption: str


def read_table(table: Any) -> HtmlTable | None:
    """Read a table of data; None if it is for layout.

    A table is for layout if it has a single column, a long text in a cell, or other tables in it; so is one of few
    rows, without names, that has several paragraphs in a cell.
    """
    if any(tag_of(element) == "table" for element in table.iterdescendants("{*}*")):
        return None
    rows = [row for row in table.iterdescendants("{*}tr", "{*}row") if not is_hidden(row)]
    rows = [*(row for row in rows if not _is_in(row, "tfoot")), *(row for row in rows if _is_in(row, "tfoot"))]
    cells = [_cells(row) for row in rows]
    grid = [[text for cell in row for text in _cell_texts(cell)] for row in cells]
    is_long = any(len(text or "") > MAX_DATA_CELL_LENGTH for row in grid for text in row)
    if max(map(len, grid), default=0) < 2 or is_long:
        return None
    inner = [cell for row in cells for cell in row]
    is_named = any(tag_of(cell) == "th" for cell in inner)
    if len(cells) <= MAX_LAYOUT_ROWS and not is_named and any(map(_has_paragraphs, inner)):
        return None
    captions = [one_line(shown_text(element)) for element in table.iterchildren("{*}caption") if not is_hidden(element)]
    return HtmlTable(grid, [_mark(row) for row in cells], next(filter(None, captions), ""))


def mark_tables(page: Any) -> None:
    """Write the number of each table into its text: trafilatura keeps neither captions nor merged cells."""
    for number, table in enumerate(page.iter("{*}table")):
        cell = next(table.iter("{*}td", "{*}th"), None)
        if cell is not None:
            cell.text = f"{TABLE_MARK.format(number)}{cell.text or ''}"


def restore_tables(article: Any, tables: Sequence[Any]) -> None:
    """Put those of `tables` back into an article of trafilatura's whose numbers are in its text.

    One inside another table comes back with it: trafilatura puts it behind the other one.
    """
    numbers = {table: number for number, table in enumerate(tables)}
    restored: set[int] = set()
    for table in list(article.iter("{*}table")):
        match = MARKED_TABLE.search("".join(table.itertext()))
        number = int(match[1]) if match else len(tables)
        if number in restored:
            table.getparent().remove(table)
        elif number < len(tables):
            original = deepcopy(tables[number])
            original.tail = table.tail
            table.getparent().replace(table, original)
            restored |= {numbers[inner] for inner in tables[number].iter("{*}table")}
    for element in article.iter("{*}*"):  # also where a table has become text
        element.text, element.tail = (MARKED_TABLE.sub("", text or "") for text in (element.text, element.tail))


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


def _cell_texts(cell: Any) -> list[str | None]:
    """Return the text of a cell, and None for each further column that it spans."""
    columns = _span(cell.get("colspan") or cell.get("cols") or "1", MAX_COLUMN_SPAN)
    return [one_line(shown_text(cell)), *[None] * (columns - 1)]


def _has_paragraphs(cell: Any) -> bool:
    """Tell whether a cell has a heading, several paragraphs, or an empty line."""
    if next(cell.iterdescendants("{*}h1", "{*}h2", "{*}h3", "{*}h4", "{*}head"), None) is not None:
        return True
    if sum(1 for _ in cell.iterchildren("{*}p")) > 1:
        return True
    for line_break in cell.iterdescendants("{*}br", "{*}lb"):
        after = line_break.getnext()
        if after is not None and tag_of(after) in ("br", "lb") and not (line_break.tail or "").strip():
            return True
    return False


def shown_text(element: Any) -> str:
    """Return the text of an element that a browser shows, its lines and paragraphs separated by spaces."""
    pieces = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            tag = tag_of(child)
            is_shown = tag not in SKIPPED and not is_hidden(child) and not is_reference(child, tag)
            text = unit_of(child, "".join(pieces[-2:])) if tag == "img" else shown_text(child) if is_shown else ""
            pieces.append(text if tag in INLINE else f" {text} ")
        pieces.append(child.tail or "")
    return "".join(pieces)


def _mark(cells: Sequence[Any]) -> RowMark:
    """Tell which cells of a row are names: header cells, those in bold letters, and the rows of a table's head."""
    filled = [cell for cell in cells if shown_text(cell).strip()]
    names = [_is_name(cell) for cell in filled]
    if names and (all(names) or _is_in(cells[0].getparent(), "thead")):
        return "header"
    return "fact" if names and names[0] and not any(names[1:]) and filled[0] is cells[0] else ""


def _is_name(cell: Any) -> bool:
    if tag_of(cell) == "th" or cell.get("role") == "head":
        return True
    text = one_line(shown_text(cell))
    return any(one_line(shown_text(element)) == text for element in cell.iterchildren("{*}b", "{*}strong"))


def _is_in(row: Any, tag: str) -> bool:
    return row.getparent() is not None and tag_of(row.getparent()) == tag


def _span(value: str, limit: int) -> int:
    """Parse the number of rows or columns that a cell spans, between 1 and `limit`."""
    return min(max(int(value[:9]), 1), limit) if value.isdecimal() else 1
