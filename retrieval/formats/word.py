"""Read a Word file: paragraphs, headings by their style, tables as rows; what was inserted, not what was deleted."""

import io
import re
import time
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError

from retrieval.formats.archive import member, open_archive
from retrieval.formats.extracted import Extracted, Part, RefusedError, one_line
from retrieval.formats.tables import LONGEST_CELL, table_parts

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
LEFT_OUT = ("del", "moveFrom", "txbxContent", "Fallback", "instrText", "delText", "footnoteReference")
HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo) (\d)", re.IGNORECASE)
ASIDE = re.compile(
    r"author|^date|subtitle|header|footer|toc|table of (?:figures|authorities)|caption"
    r"|code|source|preformatted|html|index|bibliograph|macro"
)
DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)


def read(content: bytes) -> Extracted:
    """Return the parts of a document and its core properties. Raises RefusedError."""
    archive = open_archive(content)
    names = [name for name in archive.namelist() if name.endswith((".xml", ".rels"))]
    if any(DOCTYPE.search(member(archive, name)) for name in names):
        raise RefusedError("declares XML entities, which no document needs")
    try:
        document = docx.Document(io.BytesIO(content))
    except (PackageNotFoundError, KeyError, ValueError):
        raise RefusedError("is no Word document, or a damaged one") from None
    body = document.element.body
    told = any(name.lower().endswith("core.xml") for name in names)  # otherwise the library makes some up
    properties = document.core_properties if told else None
    created = properties.created if properties else None
    return Extracted(
        parts=tuple(_parts(body, document)),
        unit="row",
        title=one_line(properties.title or "") or None if properties else None,
        source=one_line(properties.author or "") or None if properties else None,
        published=created.date().isoformat() if created else None,
    )


def _parts(body: Any, document: Any) -> list[Part]:
    try:
        styles = {style.style_id: style for style in document.styles}
    except OSError:  # a document without any, for which the library would open a file of its own
        styles = {}
    parts: list[Part] = []
    for element in _blocks(body):
        if element.tag == f"{W}tbl":
            parts += _table(element)
        else:
            parts.append(_paragraph(element, styles))
    return parts


def _blocks(container: Any) -> list[Any]:
    """Return the paragraphs and tables of a container in order, through content controls and insertions."""
    found = []
    for child in container:
        if child.tag in (f"{W}p", f"{W}tbl"):
            found.append(child)
        elif child.tag in (f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}customXml", f"{W}smartTag"):
            found += _blocks(child)
    return found


def _paragraph(paragraph: Any, styles: dict[str, Any]) -> Part:
    text = _text(paragraph)
    style = styles.get(paragraph.style or "")
    level = 0
    for _ in range(10):  # a style may rest on others, in a circle too
        if style is None:
            break
        name = str(style.name or "").lower()
        match = HEADING.match(name)
        outline = next((one.get(f"{W}val") for one in style.element.iterdescendants(f"{W}outlineLvl")), "")
        if match or name == "title" or (outline or "").isdecimal():
            level = int(match[1]) if match else min(int(outline or 0) + 1, 9)
            break
        if ASIDE.search(name):
            return Part("aside", text)
        style = getattr(style, "base_style", None)
    return Part("heading", text, level) if level else Part("text", text)


def _text(element: Any) -> str:
    """Return the text of an element as it reads now: with what was inserted and without what was deleted."""
    words: list[str] = []
    for child in element:
        if not isinstance(child.tag, str):
            continue
        tag = child.tag.rpartition("}")[2]
        if tag == "t":
            words.append(child.text or "")
        elif tag in ("tab", "br", "cr"):
            words.append(" ")
        elif tag == "noBreakHyphen":
            words.append("-")
        elif tag not in LEFT_OUT and not tag.endswith("Pr"):
            words.append(_text(child))
    return "".join(words)


def _table(table: Any) -> list[Part]:
    """Return the rows of a table as sentences; long cells, and tables in tables, are read as paragraphs."""
    rows = [[cell for cell in row if cell.tag == f"{W}tc"] for row in table if row.tag == f"{W}tr"]
    texts = [[" ".join(map(_text, cell.iterdescendants(f"{W}p"))) for cell in row] for row in rows]
    layout = any(len(text) > 2 * LONGEST_CELL for row in texts for text in row) or max(map(len, texts), default=0) < 2
    if layout or next(table.iterdescendants(f"{W}tbl"), None) is not None:
        return [Part("text", text) for row in texts for text in row]
    marked = bool(rows) and next(table.iterdescendants(f"{W}tblHeader"), None) is not None
    wide = [[text for cell, text in zip(row, said, strict=True) for text in _spread(cell, text)]
            for row, said in zip(rows, texts, strict=True)]  # fmt: skip
    return table_parts(wide, marked=marked)


def _spread(cell: Any, text: str) -> list[str]:
    """Return a cell's text, and an empty one for each further column that it spans."""
    span = next((one.get(f"{W}val") or "1" for one in cell.iterdescendants(f"{W}gridSpan")), "1")
    wide = min(int(span), 100) if span.isdecimal() else 1
    return [text, *[""] * (wide - 1)]


time.strptime("2024", "%Y")  # loads what the dates of properties need, for nothing can be opened later on
