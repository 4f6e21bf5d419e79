"""Turn a tree of HTML, or of what trafilatura makes of it, into parts.

What cannot be seen is left out; navigation, captions and code are asides; rows of tables become sentences.
"""

import re
from copy import deepcopy
from typing import Any

from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.isolated.protocol import Part, PartKind
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import MAX_CELL_LENGTH

SKIPPED = frozenset((
    "script", "style", "noscript", "template", "svg", "math", "form", "button", "select", "input", "textarea",
    "iframe", "object", "canvas", "title", "audio", "video", "datalist", "dialog", "graphic",
))  # fmt: skip
ASIDES = frozenset(["nav", "footer", "aside", "pre", "figcaption", "caption", "address", "menu"])
ASIDE_ROLES = frozenset((  # of the web, and of e-books
    "navigation", "banner", "contentinfo", "search", "complementary", "doc-toc", "doc-bibliography", "doc-endnotes",
    "toc", "landmarks", "titlepage", "copyright-page", "bibliography", "footnotes", "rearnotes", "endnotes",
    "index", "menu", "menubar",
))  # fmt: skip
DIALOGS = frozenset(("dialog", "alertdialog"))
CONSENT = re.compile(r"(?:cookie|gdpr|consent)[-_]?(?:banner|consent|notice|popup)|onetrust-(?:banner|consent|pc)")
CONTENT = frozenset(("html", "body", "main", "article"))  # whose classes tell what else is on the page
BREAK = "\x1e"  # stands for <br> until a paragraph is whole
PARAGRAPH = re.compile(rf"{BREAK}\s*{BREAK}[\s{BREAK}]*")
ASIDE_CLASSES = frozenset((
    "author", "byline", "date", "subtitle", "caption", "credit", "breadcrumb", "breadcrumbs", "toc", "reflist",
    "citation", "footnotes",
))  # fmt: skip
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
DEEPEST = 7  # of what is asked above what is said: a term, a summary
CELLS = frozenset(("td", "th", "cell"))
MOST_COLUMNS, MOST_ROWS = 100, 1_000  # that a cell may span
MOST_REPEATED = 10_000  # cells of a table
Kind = tuple[PartKind, int]  # with the level of a heading
BLOCKS = frozenset((
    "p", "div", "li", "dd", "blockquote", "section", "article", "main", "body", "html", "ul", "ol", "dl", "hr",
    "details", "center", "fieldset", "figure", "header", "hgroup", "item", "list", "quote", "td", "th", "tr",
    "tbody", "thead", "tfoot", "table", "row", "cell",
))  # fmt: skip
HIDDEN = ("display:none", "visibility:hidden")
MOSTLY = 0.8  # of a paragraph's characters, from which on it is a list of links


def markup_parts(root: Any) -> list[Part]:
    """Return the parts of an lxml element and everything below it, in the order of the text.

    Changes it: a cell of a table that stands in several rows is put into each of them.
    """
    for table in list(root.iter("{*}table")):
        _repeat_cells(table)
    walker = _Walker()
    walker.walk(root, ("text", 0))
    walker.flush(("text", 0))
    return walker.parts


def is_hidden(element: Any) -> bool:
    """Return whether a browser would not show an element: what nobody sees is not quoted."""
    style = re.sub(r"\s", "", element.get("style") or "").lower()
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or any(hidden in style for hidden in HIDDEN)
    )


def is_dialog(element: Any) -> bool:
    """Return whether an element stands before the page until it is answered: it asks for consent, mostly."""
    if tag_of(element) in CONTENT:
        return False
    named = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
    return (element.get("role") or "") in DIALOGS or CONSENT.search(named) is not None


class _Walker:
    """Collects parts; what is inside an aside is one."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._text: list[str] = []
        self._linked = 0  # characters of the text so far

    def walk(self, element: Any, kind: Kind, *, link: bool = False) -> None:
        """Add what is in an element and below it; kind is what it stands in."""
        tag = tag_of(element)
        if tag in SKIPPED or is_hidden(element) or is_reference(element, tag):
            return
        if tag == "table":
            rows, marked = _rows(element)
            if rows:
                self.flush(kind)
                found = table_parts(rows, marked=marked)
                self.parts += found if kind[0] != "aside" else [Part("aside", part.text) for part in found]
                return
        own = None if kind[0] == "aside" else _role(element, tag)
        inner = own or kind
        block = own is not None or tag in BLOCKS
        if block:
            self.flush(kind)
        if tag in ("br", "lb"):
            self._text.append(BREAK)
        link = link or tag in ("a", "ref")
        self._add(element.text, link=link)
        for child in element:
            if isinstance(child.tag, str):
                self.walk(child, inner, link=link)
            self._add(child.tail, link=link)
        if block:
            self.flush(inner)

    def flush(self, kind: Kind) -> None:
        """End the paragraph that was collected."""
        text = "".join(self._text)
        linked = self._linked
        self._text, self._linked = [], 0
        if kind[0] == "aside":
            self.parts += [Part("aside", text.replace(BREAK, "\n"))] if text.strip() else []
            return
        for paragraph in PARAGRAPH.split(text):
            said = one_line(paragraph.replace(BREAK, " "))
            if not said:
                continue
            links = linked >= MOSTLY * len(said) and not said.endswith((".", "!", "?"))
            self.parts.append(Part("aside" if links and kind[0] == "text" else kind[0], said, kind[1]))

    def _add(self, text: str | None, *, link: bool) -> None:
        if text:
            self._text.append(text)
            self._linked += len(text.strip()) if link else 0


def tag_of(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2].lower()


def _role(element: Any, tag: str) -> Kind | None:
    """Return what an element makes of the text in it, None where it stays what it is."""
    if tag in BLOCKS and ASIDE_CLASSES.intersection((element.get("class") or "").lower().split()):
        return "aside", 0
    if tag in BLOCKS and is_dialog(element):
        return "aside", 0
    said = f"{element.get('role') or ''} {element.get('{http://www.idpf.org/2007/ops}type') or ''}".split()
    if tag in ASIDES or ASIDE_ROLES.intersection(said):
        return "aside", 0
    if tag == "code":  # a block of code, and no word of a paragraph
        parent = element.getparent()
        return ("aside", 0) if parent is not None and tag_of(parent) in ("body", "code") else None
    if tag in HEADINGS:
        return "heading", HEADINGS[tag]
    if tag == "head":  # trafilatura's
        return "heading", HEADINGS.get(element.get("rend") or "", DEEPEST)
    asked = tag in ("dt", "summary") or (element.get("rend") or "").startswith("dt-")
    return ("heading", DEEPEST) if asked else None


def is_reference(element: Any, tag: str) -> bool:
    """Return whether an element is the number of a note, or leads back from one: no word of the sentence."""
    if tag not in ("a", "sup"):
        return False
    said = f"{element.get('role') or ''} {element.get('{http://www.idpf.org/2007/ops}type') or ''}"
    if tag == "a" and ("noteref" in said or "backlink" in said):
        return True
    text = "".join(element.itertext()).strip()
    if not re.fullmatch(r"\[?\d{1,3}\]?|↩\ufe0e?", text):
        return False
    links = element.iter("{*}a", "{*}ref") if tag == "sup" else [element]
    raised = tag == "sup" or any(tag_of(one) == "sup" for one in element.iter("{*}*")) or text.startswith("↩")
    return raised and any("#" in (one.get("href") or one.get("target") or "") for one in links)


def _rows(table: Any) -> tuple[list[list[str]], bool]:
    """Return the cells of a table of data and whether its header is marked as such; none where it is layout."""
    if any(tag_of(one) == "table" for one in table.iterdescendants("{*}*")):
        return [], False
    rows = [one for one in table.iterdescendants("{*}tr", "{*}row") if not is_hidden(one)]
    cells = [[cell for cell in row if isinstance(cell.tag, str) and tag_of(cell) in CELLS] for row in rows]
    texts = [[text for cell in row for text in _cell(cell)] for row in cells]
    if max(map(len, texts), default=0) < 2 or any(len(text) > 2 * MAX_CELL_LENGTH for row in texts for text in row):
        return [], False
    marked = bool(cells and cells[0]) and all(
        tag_of(cell) == "th" or cell.get("role") == "head" or tag_of(cell.getparent().getparent()) == "thead"
        for cell in cells[0]
    )
    return texts, marked


def _repeat_cells(table: Any) -> None:
    """Put a cell that stands in several rows into each of them, so that every cell is below the name of its column."""
    if next(table.iterdescendants("{*}table"), None) is not None:
        return
    standing: dict[int, tuple[int, Any]] = {}  # by column: in how many more rows a cell stands
    room = MOST_REPEATED
    for row in table.iterdescendants("{*}tr"):
        above, standing = standing, {}
        own = iter([cell for cell in row if isinstance(cell.tag, str) and tag_of(cell) in CELLS])
        line: list[Any] = []
        column = 0
        while True:
            left, cell = above.pop(column, (0, None))
            if cell is None:
                cell = next(own, None)
                if cell is None:
                    break
                left = _span(cell.attrib.pop("rowspan", "1"), MOST_ROWS)
            else:
                cell = deepcopy(cell)
                room -= 1
            line.append(cell)
            if left > 1 and room > 0 and len("".join(cell.itertext())) <= 2 * MAX_CELL_LENGTH:
                standing[column] = (left - 1, cell)
            column += _span(cell.get("colspan") or "1", MOST_COLUMNS)
        row[:] = line


def _cell(cell: Any) -> list[str]:
    """Return the text of a cell, and an empty one for each further column that it spans."""
    wide = _span(cell.get("colspan") or cell.get("cols") or "1", MOST_COLUMNS)
    words = (text for text in cell.itertext() if text)
    return [one_line(" ".join(words)), *[""] * (wide - 1)]


def _span(said: str, most: int) -> int:
    """Return how many rows or columns a cell stands in."""
    return min(max(int(said[:9]), 1), most) if said.isdecimal() else 1
