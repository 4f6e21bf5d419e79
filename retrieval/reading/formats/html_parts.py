"""Turn a tree of HTML, or of what trafilatura makes of it, into parts.

What browsers hide is left out; navigation, captions and code are asides; table rows become sentences.
"""

import re
from typing import Any

from retrieval.reading.formats.html_elements import SKIPPED, is_dialog, is_hidden, is_reference, roles_of, tag_of
from retrieval.reading.formats.html_tables import data_rows, repeat_cells
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.isolated.protocol import Part, PartKind
from retrieval.text.cleaning import one_line

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
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
TERM_LEVEL = 7  # of the terms of a definition list and of summaries, as headings above their text
BREAK = "\x1e"  # stands for <br> until a paragraph is complete
PARAGRAPH = re.compile(rf"{BREAK}\s*{BREAK}[\s{BREAK}]*")
LINK_LIST_SHARE = 0.8  # of a paragraph's characters in links, from which on it is a list of links
Kind = tuple[PartKind, int]  # with the level of a heading


def markup_parts(root: Any) -> list[Part]:
    """Turn an lxml element and everything below it into parts, in the order of the text.

    Changes the element: table cells that span several rows are copied into each of them.
    """
    for table in list(root.iter("{*}table")):
        repeat_cells(table)
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
            rows, marked = data_rows(element)
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
