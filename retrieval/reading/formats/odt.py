"""Read an OpenDocument text: headings, paragraphs, lists with their numbers, tables, notes.

Deleted text that a file keeps as tracked changes, comments, and text in a hidden or struck-out style are left out.
"""

import re
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.formats.typed_lists import with_typed_items
from retrieval.reading.formats.xml_parsing import parse_xml
from retrieval.reading.formats.zip_limits import open_archive, read_member
from retrieval.reading.isolated.protocol import Extracted, Part, PartKind, RefusedError
from retrieval.text.cleaning import one_line
from retrieval.text.raised_numbers import raise_number
from retrieval.text.table_rows import MAX_DATA_CELL_LENGTH

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TERM_LEVEL = 7
STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
SKIPPED = frozenset((
    "tracked-changes", "annotation", "annotation-end", "note", "table-of-content", "alphabetical-index", "bibliography",
    "illustration-index", "table-index", "hidden-text", "hidden-paragraph", "sequence-decls", "forms", "desc", "title",
))  # fmt: skip
CONTAINERS = frozenset(("section", "text-box", "frame", "text", "body", "document-content", "a", "span"))
# What paragraphs are in styles that are named in this way, or based on them, in lower case.
PARAGRAPH_KINDS: tuple[tuple[re.Pattern[str], tuple[PartKind, int]], ...] = (
    (re.compile(r"title|titel|titre"), ("heading", 1)),
    (re.compile(r"definition term.*"), ("heading", TERM_LEVEL)),
    (re.compile(r"subtitle|author|date|(?:.*\b|figure|table|image)(?:caption|beschriftung|légende)"), ("aside", 0)),
    (re.compile(r"(?:preformatted|source) (?:text|code)|source ?code|code"), ("code", 0)),
)
MAX_PARENTS = 10  # of a style
MAX_REPEATED = 100  # spaces, or columns that one cell stands for


def read(content: bytes) -> Extracted:
    """Extract the parts and metadata of a document. Raises RefusedError."""
    archive = open_archive(content)
    if "content.xml" not in archive.namelist():
        raise RefusedError("not an OpenDocument text, or damaged")
    root = parse_xml(read_member(archive, "content.xml"))
    body = next((element for element in root.iter("{*}text") if _tag(element.getparent()) == "body"), None)
    if body is None:
        raise RefusedError("not an OpenDocument text; save it as .odt, .docx or .pdf")
    meta = parse_xml(read_member(archive, "meta.xml")) if "meta.xml" in archive.namelist() else None
    names = archive.namelist()
    common = parse_xml(read_member(archive, "styles.xml")) if "styles.xml" in names else None
    return Extracted(
        parts=tuple(with_typed_items(_Reader(root, common).parts(body))),
        title=_meta(meta, "title"),
        source=_meta(meta, "initial-creator") or _meta(meta, "creator"),
        published=date_of(_meta(meta, "creation-date") or _meta(meta, "date")),
    )


class _Reader:
    """Turns the elements of one document into parts; knows which styles are not read, and which lists count."""

    def __init__(self, root: Any, common: Any) -> None:
        styles = [style for tree in (root, common) if tree is not None for style in tree.iter(f"{STYLE}style")]
        self._unread = {style.get(f"{STYLE}name") for style in styles if _is_unread(style)}
        self._raised = {style.get(f"{STYLE}name") for style in styles if _is_raised(style)}
        self._parents = {style.get(f"{STYLE}name"): style.get(f"{STYLE}parent-style-name") for style in styles}
        self._numbered = {
            style.get(f"{STYLE}name") for style in root.iter(f"{TEXT}list-style") if _first_level_counts(style)
        }
        self._notes: list[Part] = []

    def parts(self, body: Any) -> list[Part]:
        """Return the parts of the body, with the notes of a section before the next heading."""
        parts: list[Part] = []
        for part in self._inside(body, 0):
            if part.kind == "heading" and part.level != TERM_LEVEL:
                parts += self._notes
                self._notes = []
            if part.kind == "code" and parts and parts[-1].kind == "code":  # each of its lines is a paragraph
                part = replace(part, text=f"{parts.pop().text}\n{part.text}")
            parts.append(part)
        return parts + self._notes

    def _inside(self, container: Any, level: int) -> Iterator[Part]:
        """Yield the parts of the elements in a container, which is in a number of lists."""
        for element in container:
            tag = _tag(element)
            if tag in SKIPPED:
                continue
            if tag == "h":
                yield Part("heading", self._text(element), _integer(element.get(f"{TEXT}outline-level"), 1))
            elif tag == "p":
                kind, heading_level = self._kind(element.get(f"{TEXT}style-name"))
                yield Part(kind, self._text(element), heading_level or level)
                yield from (part for box in element.iter("{*}text-box") for part in self._inside(box, level))
            elif tag == "list":
                yield from self._list(element, level + 1)
            elif tag == "table":
                yield from self._table(element)
            elif tag in CONTAINERS:
                yield from self._inside(element, level)

    def _kind(self, style: str | None) -> tuple[PartKind, int]:
        """Return the kind of a paragraph in a style, and its level as a heading or 0, by what the style is based on."""
        for _ in range(MAX_PARENTS):
            if style is None:
                break
            name = style.replace("_20_", " ").lower()
            if kind := next((kind for pattern, kind in PARAGRAPH_KINDS if pattern.fullmatch(name)), None):
                return kind
            style = self._parents.get(style)
        return "text", 0

    def _list(self, element: Any, level: int) -> Iterator[Part]:
        """Yield the items of a list; the first paragraph of each has its number."""
        counts = element.get(f"{TEXT}style-name") in self._numbered
        number = 0
        for item in element:
            if _tag(item) not in ("list-item", "list-header"):
                continue
            number = _integer(item.get(f"{TEXT}start-value"), number + 1)
            is_first = _tag(item) == "list-item"
            for part in self._inside(item, level):
                if is_first and part.kind == "text" and part.level == level and part.text.strip():
                    yield Part("item", part.text, level, number=number if counts else 0)
                    is_first = False
                else:
                    yield part

    def _table(self, table: Any) -> Iterator[Part]:
        """Yield the rows of a table of data as sentences, and what is in a table for layout as it is."""
        rows = [row for row in table.iter(f"{TABLE}table-row") if _table_of(row) is table]
        cells = [[cell for cell in row if _tag(cell) in ("table-cell", "covered-table-cell")] for row in rows]
        grid: list[list[str | None]] = []
        for row in cells:
            line: list[str | None] = []
            for cell in row:
                text = " ".join(self._text(paragraph) for paragraph in cell if _tag(paragraph) in ("p", "h"))
                repeated = min(_integer(cell.get(f"{TABLE}number-columns-repeated"), 1), MAX_REPEATED)
                line += [_covered(cell, grid, len(line)) if _tag(cell).startswith("covered") else text] * repeated
            grid.append(line)
        is_long = any(len(text or "") > MAX_DATA_CELL_LENGTH for line in grid for text in line)
        is_nested = any(inner is not table for inner in table.iter(f"{TABLE}table"))
        if is_long or is_nested or max(map(len, grid), default=0) < 2:
            yield from (part for row in cells for cell in row for part in self._inside(cell, 0))
            return
        headers = {row for head in table.iter(f"{TABLE}table-header-rows") for row in head}
        yield from table_parts(grid, ["header" if row in headers else "" for row in rows])

    def _text(self, element: Any) -> str:
        """Join the text of a paragraph; its notes come at the end of the section."""
        pieces = [element.text or ""]
        for child in element:
            tag = _tag(child)
            if tag == "note":
                body = next(child.iter(f"{TEXT}note-body"), None)
                self._notes += [Part("text", self._text(note)) for note in body] if body is not None else []
            elif tag == "s":
                pieces.append(" " * min(_integer(child.get(f"{TEXT}c"), 1), MAX_REPEATED))
            elif tag in ("tab", "line-break"):
                pieces.append(" ")
            elif tag not in SKIPPED and tag != "frame" and child.get(f"{TEXT}style-name") not in self._unread:
                text = self._text(child)
                pieces.append(raise_number(text) if child.get(f"{TEXT}style-name") in self._raised else text)
            pieces.append(child.tail or "")
        return "".join(pieces)


def _is_unread(style: Any) -> bool:
    """Tell whether the text of a style is hidden or struck out."""
    for properties in style.iter(f"{STYLE}text-properties"):
        struck = properties.get(f"{STYLE}text-line-through-style") or properties.get(f"{STYLE}text-line-through-type")
        if properties.get(f"{TEXT}display") == "none" or (struck or "none") != "none":
            return True
    return False


def _is_raised(style: Any) -> bool:
    """Tell whether the text of a style is raised: "super 58%" or "33% 58%"."""
    positions = [properties.get(f"{STYLE}text-position") or "" for properties in style.iter(f"{STYLE}text-properties")]
    return any(position.startswith("super") or re.match(r"[1-9]", position) is not None for position in positions)


def _first_level_counts(style: Any) -> bool:
    return any(_tag(level) == "list-level-style-number" for level in list(style)[:1])


def _table_of(row: Any) -> Any:
    return next(row.iterancestors(f"{TABLE}table"), None)


def _covered(cell: Any, grid: list[list[str | None]], column: int) -> str | None:
    """Return what a covered cell repeats: None beside the cell that covers it, else the text of the cell above."""
    before = cell.getprevious()
    beside = before is not None and (
        _tag(before) == "covered-table-cell" or _integer(before.get(f"{TABLE}number-columns-spanned"), 1) > 1
    )
    return None if beside or not grid or column >= len(grid[-1]) else grid[-1][column]


def _meta(meta: Any, name: str) -> str | None:
    if meta is None:
        return None
    return next((text for element in meta.iter(f"{{*}}{name}") if (text := one_line(element.text or ""))), None)


def _integer(value: str | None, default: int) -> int:
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 7 else default


def _tag(element: Any) -> str:
    """Return the name of an element without its namespace, "" for a comment."""
    return str(element.tag).rpartition("}")[2] if element is not None and isinstance(element.tag, str) else ""
