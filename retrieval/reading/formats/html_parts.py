"""Turn a tree of HTML, or of what trafilatura makes of it, into parts.

What browsers hide is left out; navigation, captions and code are asides; table rows become sentences.
"""

import re
from copy import deepcopy
from typing import Any

from retrieval.reading.formats.html_elements import SKIPPED, is_dialog, is_hidden, is_reference, roles_of, tag_of
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.isolated.protocol import Part, PartKind
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import MAX_DATA_CELL_LENGTH

ASIDES = frozenset(["nav", "footer", "aside", "pre", "figcaption", "caption", "address", "menu"])
ASIDE_ROLES = frozenset((  # of web pages and e-books
    "navigation", "banner", "contentinfo", "search", "complementary", "doc-toc", "doc-bibliography", "doc-endnotes",
    "toc", "landmarks", "titlepage", "copyright-page", "bibliography", "footnotes", "rearnotes", "endnotes",
    "index", "menu", "menubar",
))  # fmt: skip
ASIDE_CLASSES = frozenset((
    "author", "byline", "date", "subtitle", "caption", "credit", "breadcrumb", "breadcrumbs", "toc", "reflist",
    "citation", "footnotes",
))  # fmt: skip
BLOCKS = frozenset((
    "p", "div", "li", "dd", "blockquote", "section", "article", "main", "body", "html", "ul", "ol", "dl", "hr",
    "details", "center", "fieldset", "figure", "header", "hgroup", "item", "list", "quote", "td", "th", "tr",
    "tbody", "thead", "tfoot", "table", "row", "cell",
))  # fmt: skip
CELLS = frozenset(("td", "th", "cell"))
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
TERM_LEVEL = 7  # of the terms of a definition list and of summaries, as headings above their text
BREAK = "\x1e"  # stands for <br> until a paragraph is complete
PARAGRAPH = re.compile(rf"{BREAK}\s*{BREAK}[\s{BREAK}]*")
MAX_COLUMN_SPAN, MAX_ROW_SPAN = 100, 1_000
MAX_REPEATED_CELLS = 10_000  # in one table
LINK_LIST_SHARE = 0.8  # of a paragraph's characters in links, from which on it is a list of links
Kind = tuple[PartKind, int]  # with the level of a heading


def markup_parts(root: Any) -> list[Part]:
    """Turn an lxml element and everything below it into parts, in the order of the text.

    Changes the element: table cells that span several rows are copied into each of them.
    """
    for table in list(root.iter("{*}table")):
        _repeat_cells(table)
    walker = _Walker()
    walker.walk(root, ("text", 0))
    walker.flush(("text", 0))
    return walker.parts


class _Walker:
    """Collects the parts of a tree; everything inside an aside is an aside."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._text: list[str] = []
        self._linked = 0  # characters in links since the last flush

    def walk(self, element: Any, kind: Kind, *, link: bool = False) -> None:
        """Add what is in an element and below it; `kind` is that of the element around it."""
        tag = tag_of(element)
        if tag in SKIPPED or is_hidden(element) or is_reference(element, tag):
            return
        if tag == "table":
            rows, marked = _data_rows(element)
            if rows:
                self.flush(kind)
                parts = table_parts(rows, marked=marked)
                self.parts += parts if kind[0] != "aside" else [Part("aside", part.text) for part in parts]
                return
        own = None if kind[0] == "aside" else _own_kind(element, tag)
        inner = own or kind
        is_block = own is not None or tag in BLOCKS
        if is_block:
            self.flush(kind)
        if tag in ("br", "lb"):
            self._text.append(BREAK)
        link = link or tag in ("a", "ref")
        self._add(element.text, link=link)
        for child in element:
            if isinstance(child.tag, str):
                self.walk(child, inner, link=link)
            self._add(child.tail, link=link)
        if is_block:
            self.flush(inner)

    def flush(self, kind: Kind) -> None:
        """Turn the text collected so far into parts of a kind."""
        text = "".join(self._text)
        linked = self._linked
        self._text, self._linked = [], 0
        if kind[0] == "aside":
            self.parts += [Part("aside", text.replace(BREAK, "\n"))] if text.strip() else []
            return
        for chunk in PARAGRAPH.split(text):
            paragraph = one_line(chunk.replace(BREAK, " "))
            if not paragraph:
                continue
            is_list = linked >= LINK_LIST_SHARE * len(paragraph) and not paragraph.endswith((".", "!", "?"))
            self.parts.append(Part("aside" if is_list and kind[0] == "text" else kind[0], paragraph, kind[1]))

    def _add(self, text: str | None, *, link: bool) -> None:
        if text:
            self._text.append(text)
            self._linked += len(text.strip()) if link else 0


def _own_kind(element: Any, tag: str) -> Kind | None:
    """Return the kind that an element gives the text in it, None if it leaves the kind as it is."""
    if tag in BLOCKS and ASIDE_CLASSES.intersection((element.get("class") or "").lower().split()):
        return "aside", 0
    if tag in BLOCKS and is_dialog(element):
        return "aside", 0
    if tag in ASIDES or ASIDE_ROLES.intersection(roles_of(element).split()):
        return "aside", 0
    if tag == "code":  # a block of code, unlike code inside a paragraph
        parent = element.getparent()
        return ("aside", 0) if parent is not None and tag_of(parent) in ("body", "code") else None
    if tag in HEADINGS:
        return "heading", HEADINGS[tag]
    if tag == "head":  # trafilatura's
        return "heading", HEADINGS.get(element.get("rend") or "", TERM_LEVEL)
    is_term = tag in ("dt", "summary") or (element.get("rend") or "").startswith("dt-")
    return ("heading", TERM_LEVEL) if is_term else None


def _data_rows(table: Any) -> tuple[list[list[str]], bool]:
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


def _repeat_cells(table: Any) -> None:
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
