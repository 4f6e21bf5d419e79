"""Read a PowerPoint file: the titles of slides as headings, their text and lists, tables, and the speaker's notes.

Hidden slides are left out. Slides count as pages.
"""

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.formats.typed_lists import with_typed_items
from retrieval.reading.formats.xml_parsing import parse_xml
from retrieval.reading.formats.zip_limits import open_archive, read_member
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.reading.placeholders import own_time
from retrieval.text.cleaning import one_line
from retrieval.text.table_shape import RowMark

PRESENTATION = "ppt/presentation.xml"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
TITLES, SKIPPED = ("title", "ctrTitle"), ("dt", "ftr", "sldNum", "hdr", "sldImg")  # types of placeholders
BODIES = ("body", "subTitle", "obj", None)
Archive = zipfile.ZipFile


def read(content: bytes) -> Extracted:
    """Extract the parts and metadata of a presentation. Raises RefusedError."""
    archive = open_archive(content)
    names = archive.namelist()
    if PRESENTATION not in names:
        raise RefusedError("not a PowerPoint file, or damaged")
    root = parse_xml(read_member(archive, PRESENTATION))
    targets = relations(archive, PRESENTATION)
    slides = [targets[identity] for slide in root.iter("{*}sldId") if (identity := slide.get(RELATION_ID)) in targets]
    parts = [part for number, name in enumerate(slides, 1) for part in _slide(archive, name, number)]
    core = parse_xml(read_member(archive, "docProps/core.xml")) if "docProps/core.xml" in names else None
    return Extracted(
        parts=tuple(with_typed_items(parts)),
        unit="page",
        title=core_property(core, "title"),
        source=core_property(core, "creator"),
        published=date_of(own_time(core_property(core, "created"), core_property(core, "creator"))),
    )


def relations(archive: Archive, name: str, kind: str = "") -> dict[str, str]:
    """Map the ids of what a member refers to, of a kind, to the names of members. Raises RefusedError."""
    folder, base = posixpath.split(name)
    member = f"{folder}/_rels/{base}.rels"
    if member not in archive.namelist():
        return {}
    root = parse_xml(read_member(archive, member))
    return {
        relation.get("Id"): posixpath.normpath(posixpath.join("/", folder, relation.get("Target") or "")).lstrip("/")
        for relation in root.iter("{*}Relationship")
        if relation.get("TargetMode") != "External" and (relation.get("Type") or "").endswith(kind)
    }


def core_property(core: Any, name: str) -> str | None:
    """Return a property of an Office file, None if it has none."""
    if core is None:
        return None
    return next((text for element in core.iter(f"{{*}}{name}") if (text := one_line(element.text or ""))), None)


def _slide(archive: Archive, name: str, number: int) -> Iterator[Part]:
    """Yield the parts of a slide and then of its notes; none of a hidden slide."""
    root = parse_xml(read_member(archive, name))
    if root.get("show") in ("0", "false"):
        return
    shapes = list(root.iter("{*}sp", "{*}graphicFrame"))
    titles = [shape for shape in shapes if _placeholder(shape) in TITLES]
    for title in titles:
        if text := " ".join(filter(None, (one_line(_text(paragraph)) for paragraph in title.iter(f"{DRAWING}p")))):
            yield Part("heading", text, 1, number)
    for shape in shapes:
        if shape not in titles and _placeholder(shape) not in SKIPPED:
            yield from _shape(shape, number)
    for notes in relations(archive, name, "/notesSlide").values():
        page = parse_xml(read_member(archive, notes))
        for shape in page.iter("{*}sp"):
            if _placeholder(shape) == "body":
                yield from (Part("text", _text(paragraph), at=number) for paragraph in shape.iter(f"{DRAWING}p"))


def _shape(shape: Any, number: int) -> Iterator[Part]:
    """Yield the paragraphs of a shape, those of a list as items, or the rows of its table."""
    for table in shape.iter(f"{DRAWING}tbl"):
        rows = [[" ".join(map(_text, cell.iter(f"{DRAWING}p"))) for cell in row.iter(f"{DRAWING}tc")] for row in
                table.iter(f"{DRAWING}tr")]  # fmt: skip
        named = next(
            (properties.get("firstRow") in ("1", "true") for properties in table.iter(f"{DRAWING}tblPr")), False
        )
        marks: list[RowMark] = ["header" if named and row == 0 else "" for row in range(len(rows))]
        yield from (Part(part.kind, part.text, part.level, number) for part in table_parts(rows, marks))
    if next(shape.iter(f"{DRAWING}tbl"), None) is not None:
        return
    paragraphs = [paragraph for paragraph in shape.iter(f"{DRAWING}p") if _text(paragraph).strip()]
    is_body = _placeholder(shape) in BODIES and len(paragraphs) > 1 and _has_placeholder(shape)
    counts: dict[int, int] = {}
    for paragraph in paragraphs:
        properties = paragraph.find(f"{DRAWING}pPr")
        level = int(properties.get("lvl") or 0) + 1 if properties is not None else 1
        has = {str(child.tag).rpartition("}")[2] for child in properties} if properties is not None else set()
        counts = {inner: count for inner, count in counts.items() if inner <= level}
        counts[level] = counts.get(level, 0) + 1 if "buAutoNum" in has else 0
        if "buNone" not in has and (is_body or has & {"buChar", "buAutoNum"}):
            yield Part("item", _text(paragraph), level, number, number=counts[level])
        else:
            yield Part("text", _text(paragraph), at=number)


def _has_placeholder(shape: Any) -> bool:
    return next(shape.iter("{*}ph"), None) is not None


def _placeholder(shape: Any) -> str | None:
    """Return the type of placeholder that a shape fills; None if the slide's layout does not say."""
    placeholder = next(shape.iter("{*}ph"), None)
    return placeholder.get("type") if placeholder is not None else None


def _text(paragraph: Any) -> str:
    """Join the runs of a paragraph, except for those that are struck out."""
    pieces = []
    for element in paragraph:
        tag = str(element.tag).rpartition("}")[2]
        struck = next((run.get("strike") for run in element.iter(f"{DRAWING}rPr")), None)
        if tag in ("r", "fld") and struck in (None, "noStrike"):
            pieces.append("".join(text.text or "" for text in element.iter(f"{DRAWING}t")))
        elif tag == "br":
            pieces.append(" ")
    return "".join(pieces)
