"""Turn a tree of HTML, or of what trafilatura makes of it, into parts.

What browsers hide is left out; navigation and captions are asides; table rows become sentences.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from retrieval.reading.formats.html_code import CODE_BLOCKS, code_text, is_line_numbers, is_listing, language_of
from retrieval.reading.formats.html_elements import (
    SKIPPED,
    is_admonition,
    is_dialog,
    is_hidden,
    is_reference,
    roles_of,
    tag_of,
    unit_of,
)
from retrieval.reading.formats.html_facts import read_facts
from retrieval.reading.formats.html_tables import read_table, repeat_cells
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.isolated.protocol import Part, PartKind
from retrieval.reading.short_lines import divide_facts
from retrieval.text.cleaning import LINE_BREAK, one_line

ASIDES = frozenset(["nav", "footer", "aside", "figcaption", "caption", "address", "menu"])
ASIDE_ROLES = frozenset((  # of web pages and e-books
    "navigation", "banner", "contentinfo", "search", "complementary", "doc-toc", "doc-bibliography", "doc-endnotes",
    "toc", "landmarks", "titlepage", "copyright-page", "bibliography", "footnotes", "rearnotes", "endnotes",
    "index", "menu", "menubar",
))  # fmt: skip
ASIDE_CLASSES = frozenset((
    "author", "byline", "date", "subtitle", "caption", "credit", "breadcrumb", "breadcrumbs", "toc", "reflist",
    "citation", "footnotes", "references",
))  # fmt: skip
BLOCKS = frozenset((
    "p", "div", "li", "dd", "blockquote", "section", "article", "main", "body", "html", "ul", "ol", "dl", "hr",
    "details", "center", "fieldset", "figure", "header", "hgroup", "item", "list", "quote", "td", "th", "tr",
    "tbody", "thead", "tfoot", "table", "row", "cell",
))  # fmt: skip
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
TERM_LEVEL = 7  # of the terms of a definition list and of summaries, as headings above their text
MAX_BOLD_LINE_LENGTH = 100
BREAK = "\x1e"  # stands for <br> until a paragraph is complete
LIST_NUMBER = re.compile(r"-?[0-9]{1,6}")
PARAGRAPH = re.compile(rf"{BREAK}\s*{BREAK}[\s{BREAK}]*")
LINK_LIST_SHARE = 0.8  # of a paragraph's characters in links, from which on it is a list of links
LISTS, ITEMS = frozenset(("ul", "ol", "list")), frozenset(("li", "item"))
Kind = tuple[PartKind, int]  # with the level of a heading
TEXT: Kind = ("text", 0)


def markup_parts(root: Any) -> list[Part]:
    """Turn an lxml element and everything below it into parts, in the order of the text.

    Changes the element: table cells that span several rows are copied into each of them.
    """
    for table in list(root.iter("{*}table")):
        repeat_cells(table)
    walker = _Walker()
    walker.walk(root, TEXT)
    walker.flush(TEXT)
    return walker.parts


@dataclass(slots=True)
class _List:
    """A list that is open: the number of its next item, and the step to the one after; both 0 if it has none."""

    number: int
    step: int


class _Walker:
    """Collects the parts of a tree; everything inside an aside is an aside."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._text: list[str] = []
        self._linked = 0  # characters in links since the last flush
        self._lists: list[_List] = []
        self._item: int | None = None  # number of an item whose first paragraph comes next

    def walk(self, element: Any, kind: Kind, *, link: bool = False) -> None:
        """Add what is in an element and below it; `kind` is that of the element around it."""
        tag = tag_of(element)
        if tag in SKIPPED or is_hidden(element) or is_reference(element, tag):
            return
        if (tag == "table" and self._add_table(element, kind)) or self._add_facts(element, tag, kind):
            return
        if kind[0] != "aside" and _is_code_block(element, tag):
            self._add_code(element, kind)
            return
        own = None if kind[0] == "aside" else _own_kind(element, tag)
        inner = own or kind
        is_block = own is not None or tag in BLOCKS
        if is_block:
            self.flush(kind)
        open_lists = len(self._lists)
        start = len(self._text)
        self._enter(element, tag)
        if tag in ("br", "lb"):
            self._text.append(BREAK)
        elif tag == "img":
            self._text.append(unit_of(element, "".join(self._text[-2:])))
        link = link or tag in ("a", "ref")
        self._add(element.text, link=link)
        for child in element:
            if isinstance(child.tag, str):
                self.walk(child, inner, link=link)
            self._add(child.tail, link=link)
        if is_block:
            self.flush(inner)
        elif inner == TEXT and self._item is None and _is_bold_line(element, tag):
            self._divide_at_bold_line(start)
        if tag in LISTS or tag in ITEMS:
            self._item = None
            del self._lists[open_lists:]

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
            if kind[0] != "text":
                self.parts.append(Part(kind[0], paragraph, kind[1]))
                continue
            is_list = linked >= LINK_LIST_SHARE * len(paragraph) and not paragraph.endswith((".", "!", "?"))
            own: PartKind = "aside" if is_list else "text" if self._item is None else "item"
            lines = list(filter(None, map(one_line, chunk.split(BREAK))))
            for text in divide_facts("\n".join(lines)) if own == "text" else [LINE_BREAK.join(lines)]:
                self.parts.append(Part(own, text, len(self._lists), number=self._item or 0))
            self._item = None

    def _divide_at_bold_line(self, start: int) -> None:
        """Make a heading of the bold line that begins with a piece of the collected text, if a paragraph begins there.

        In old pages, such a line is the heading of the lines below it.
        """
        if _ends_paragraph(self._text[:start]):
            own = self._text[start:]
            del self._text[start:]
            self.flush(TEXT)
            self._text = own
            self.flush(("heading", TERM_LEVEL))

    def _enter(self, element: Any, tag: str) -> None:
        """Open a list or begin an item, which gets the next number of its list."""
        if tag in LISTS and element.get("rend") != "dl":
            self._item = None
            self._lists.append(_open_list(element, tag))
        elif tag in ITEMS and not _is_definition(element):
            if not self._lists:  # an item without a list around it
                self._lists.append(_List(0, 0))
            current = self._lists[-1]
            if current.step:
                current.number = _integer(element.get("value"), current.number)
            self._item = max(current.number, 0)
            current.number += current.step

    def _add_table(self, table: Any, kind: Kind) -> bool:
        """Add the rows of a table of data; returns False if the table is for layout."""
        data = None if is_listing(table) else read_table(table)
        if data is None:
            return False
        self.flush(kind)
        parts = table_parts(data.grid, data.marks, caption=data.caption)
        self.parts += parts if kind[0] != "aside" else [Part("aside", part.text) for part in parts]
        return True

    def _add_facts(self, element: Any, tag: str, kind: Kind) -> bool:
        """Add the rows of an infobox or a list of facts; returns False if the element is something else."""
        facts = read_facts(element, tag) if kind == TEXT else None
        if facts is None:
            return False
        self.flush(kind)
        self.parts += table_parts(facts.grid, facts.marks, caption=facts.caption)
        return True

    def _add_code(self, element: Any, kind: Kind) -> None:
        """Add a block of code."""
        self.flush(kind)
        text = code_text(element)
        if text.strip() and not is_line_numbers(element, text):
            self.parts.append(Part("code", text, len(self._lists), language=language_of(element)))

    def _add(self, text: str | None, *, link: bool) -> None:
        if text:
            self._text.append(text)
            self._linked += len(text.strip()) if link else 0


def _is_bold_line(element: Any, tag: str) -> bool:
    """Tell whether bold letters are a short line of their own, which is no sentence, above another line."""
    if tag not in ("b", "strong") and not (tag == "hi" and element.get("rend") == "#b"):
        return False
    text = one_line("".join(element.itertext()))
    after = element.getnext()
    is_line = not (element.tail or "").strip() and after is not None and tag_of(after) in ("br", "lb")
    is_short = 0 < len(text) <= MAX_BOLD_LINE_LENGTH and not text.endswith((".", ",", ";", ":"))
    has_text = any(map(str.isalpha, text)) and next(element.iter("a"), None) is None
    return is_line and is_short and has_text and bool((after.tail or "").strip())


def _ends_paragraph(pieces: Sequence[str]) -> bool:
    """Tell whether collected text ends with a paragraph, or there is none."""
    breaks = 0
    for piece in reversed(pieces):
        if piece.strip(f"{BREAK} \t\n\xa0"):
            return breaks > 1
        breaks += piece.count(BREAK)
    return True


def _open_list(element: Any, tag: str) -> _List:
    """Return the list that an element opens, with the number of its first item."""
    if tag != "ol" and element.get("rend") != "ol":
        return _List(0, 0)
    if element.get("reversed") is None:
        return _List(_integer(element.get("start"), 1), 1)
    count = sum(isinstance(child.tag, str) and tag_of(child) in ITEMS and not is_hidden(child) for child in element)
    return _List(_integer(element.get("start"), count), -1)


def _integer(value: str | None, default: int) -> int:
    """Parse a number of an ordered list."""
    return int(value) if value and LIST_NUMBER.fullmatch(value) else default


def _is_definition(item: Any) -> bool:
    """Tell whether an item of trafilatura's is a term or its definition."""
    return (item.get("rend") or "").startswith(("dt-", "dd-"))


def _is_code_block(element: Any, tag: str) -> bool:
    """Tell whether an element is a block of code, unlike code inside a paragraph.

    Trafilatura calls both alike: a block is one that stands alone in an element that can have several paragraphs.
    """
    if tag != "code":
        return tag in CODE_BLOCKS
    parent = element.getparent()
    around = tag_of(parent) if parent is not None else ""
    if around in ("item", "quote"):
        before = element.getprevious()
        leading = parent.text if before is None else before.tail
        return "\n" in "".join(element.itertext()) and not f"{leading or ''}{element.tail or ''}".strip()
    return around in ("body", "code")


def _own_kind(element: Any, tag: str) -> Kind | None:
    """Return the kind that an element gives the text in it, None if it leaves the kind as it is."""
    if tag in BLOCKS and ASIDE_CLASSES.intersection((element.get("class") or "").lower().split()):
        return "aside", 0
    if tag in BLOCKS and is_dialog(element):
        return "aside", 0
    if (tag in ASIDES and not is_admonition(element)) or ASIDE_ROLES.intersection(roles_of(element).split()):
        return "aside", 0
    if tag in HEADINGS:
        return "heading", HEADINGS[tag]
    if tag == "head":  # trafilatura's
        return "heading", HEADINGS.get(element.get("rend") or "", TERM_LEVEL)
    is_term = tag in ("dt", "summary") or (element.get("rend") or "").startswith("dt-")
    return ("heading", TERM_LEVEL) if is_term else None
