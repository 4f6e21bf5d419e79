"""Read a Word file: paragraphs, headings by their style, tables as rows; what was inserted, not what was deleted.

Text boxes are read after the paragraph that they are anchored in. Foot- and endnotes stand at the end of the section
that refers to them: a sentence among them can be quoted, what only names a source or explains a word cannot.
"""

import io
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import parse_xml

from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.formats.zip_limits import member, open_archive
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import MAX_CELL_LENGTH

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BLOCKS, ROWS, CELLS = (f"{W}p", f"{W}tbl"), (f"{W}tr",), (f"{W}tc",)
WRAPPERS = tuple(f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))
LEFT_OUT = ("del", "moveFrom", "instrText", "delText", "rt")  # the last one is how to say a word
BOX, CHOICES = "txbxContent", "AlternateContent"
NOTES = ("footnote", "endnote")
OFF = ("0", "false", "off")
HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo) (\d)", re.IGNORECASE)
ASIDE = re.compile(
    r"author|^date|subtitle|header|footer|toc|table of (?:figures|authorities)|caption"
    r"|code|source|preformatted|html|index|bibliograph|macro"
)
# What tells a note that names a source from one that says something.
SOURCE = re.compile(
    r"\b(?:ibid|op\. ?cit|loc\. ?cit|ebd|vgl|cf|isbn|doi|et al)\b|\b(?:eds?|vol|hrsg)\.|\bpp?\. ?\d|https?://|www\."
    r"|\([^()]{0,40}\b[12]\d{3}[a-z]?\)|(?-i:\b[A-Z]\.[ ,A-Z])",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*$")
NOTE_WORDS = 5  # of a note that says something, at least
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
        parts=tuple(_Reader(document).parts(body)),
        unit="row",
        title=one_line(properties.title or "") or None if properties else None,
        source=one_line(properties.author or "") or None if properties else None,
        published=created.date().isoformat() if created else None,
    )


def warm() -> None:
    """Load the module that parses the dates of core properties."""
    time.strptime("2024", "%Y")


class _Reader:
    """Turns the elements of one document into parts; knows its styles and notes."""

    def __init__(self, document: Any) -> None:
        try:
            self._styles = {style.style_id: style for style in document.styles}
        except OSError:  # a document without any, for which the library would open a file of its own
            self._styles = {}
        self._notes = {name: _notes(document, name) for name in NOTES}

    def parts(self, body: Any) -> list[Part]:
        """Return the parts of a body, the notes of a section before the next heading."""
        parts: list[Part] = []
        waiting: list[Part] = []
        for element in _children(body, BLOCKS):
            found = self._block(element)
            if any(part.kind == "heading" for part in found[:1]):
                parts, waiting = parts + waiting, []
            parts += found
            waiting += self._referred(element)
        return parts + waiting

    def _block(self, element: Any) -> list[Part]:
        """Return the parts of a paragraph or table, and of the text boxes in it."""
        return self._table(element) if element.tag == f"{W}tbl" else [self._paragraph(element), *self._boxes(element)]

    def _boxes(self, element: Any) -> list[Part]:
        return [part for box in _live(element) if _tag(box) == BOX for part in self._inside(box)]

    def _inside(self, container: Any) -> list[Part]:
        return [part for element in _children(container, BLOCKS) for part in self._block(element)]

    def _paragraph(self, paragraph: Any) -> Part:
        text = _text(paragraph)
        style = self._styles.get(paragraph.style or "")
        for _ in range(10):  # a style may rest on others, in a circle too
            if style is None:
                break
            name = str(style.name or "").lower()
            match = HEADING.match(name)
            outline = next((one.get(f"{W}val") for one in style.element.iterdescendants(f"{W}outlineLvl")), "")
            if match or name == "title" or (outline or "").isdecimal():
                return Part("heading", text, int(match[1]) if match else min(int(outline or 0) + 1, 9))
            if ASIDE.search(name):
                return Part("aside", text)
            style = getattr(style, "base_style", None)
        return Part("text", text)

    def _table(self, table: Any) -> list[Part]:
        """Return the rows of a table as sentences; what is in long cells, or in tables in tables, as it is."""
        cells = [_children(row, CELLS) for row in _children(table, ROWS)]
        texts = [[" ".join(map(_text, _children(cell, BLOCKS))) for cell in row] for row in cells]
        layout = (
            any(len(text) > 2 * MAX_CELL_LENGTH for row in texts for text in row) or max(map(len, texts), default=0) < 2
        )
        if layout or next(table.iterdescendants(f"{W}tbl"), None) is not None:
            return [part for row in cells for cell in row for part in self._inside(cell)]
        marked = next(table.iterdescendants(f"{W}tblHeader"), None) is not None
        return table_parts(_grid(cells, texts), marked=marked) + self._boxes(table)

    def _referred(self, element: Any) -> list[Part]:
        """Return the notes that an element refers to; each stands where it is referred to first."""
        found: list[Part] = []
        for one in _live(element):
            name = _tag(one).removesuffix("Reference")
            note = self._notes.get(name, {}).pop(one.get(f"{W}id"), None)
            if note is not None:
                found += [_note(_text(paragraph)) for paragraph in _children(note, BLOCKS[:1])]
        return found


def _notes(document: Any, name: str) -> dict[str, Any]:
    """Return the footnotes or endnotes of a document by their ids."""
    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{name}s") and not relation.is_external:
            root = parse_xml(relation.target_part.blob)
            return {
                one.get(f"{W}id"): one for one in root.iter(f"{W}{name}") if one.get(f"{W}type") in (None, "normal")
            }
    return {}


def _note(text: str) -> Part:
    """Return a note as text where it is a sentence, else as an aside."""
    said = one_line(text)
    sentence = len(said.split()) >= NOTE_WORDS and SENTENCE_END.search(said[-20:]) and not SOURCE.search(said)
    return Part("text" if sentence else "aside", text)


def _children(container: Any, tags: tuple[str, ...]) -> list[Any]:
    """Return the children of a container with some tags in order, through content controls and insertions."""
    found = []
    for child in container:
        if child.tag in tags:
            found.append(child)
        elif child.tag in WRAPPERS:
            found += _children(child, tags)
    return found


def _live(element: Any) -> Iterator[Any]:
    """Yield what is in an element as it reads now: with what was inserted, without what was deleted or is hidden.

    Of a text box only its content's element; of alternatives the first one, which the others repeat for old programs.
    """
    for child in element:
        tag = _tag(child)
        if tag in LEFT_OUT or tag.endswith("Pr") or (tag == "r" and _is_hidden(child)):
            continue
        if tag == CHOICES:
            yield from _live(next(child.iterchildren("{*}Choice", "{*}Fallback"), ()))
            continue
        yield child
        if tag != BOX:
            yield from _live(child)


def _tag(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _is_hidden(run: Any) -> bool:
    return any(one.get(f"{W}val") not in OFF for one in run.iterfind(f"{W}rPr/{W}vanish"))


def _text(element: Any) -> str:
    """Return the text of an element as it reads now, without that of text boxes."""
    words: list[str] = []
    for child in _live(element):
        tag = _tag(child)
        if tag == "t":
            words.append(child.text or "")
        elif tag in ("tab", "ptab", "br", "cr"):
            words.append(" ")
        elif tag == "noBreakHyphen":
            words.append("-")
    return "".join(words)


def _grid(cells: Sequence[Sequence[Any]], texts: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return texts in their columns: a cell over several rows stands in each, one over several columns in the first."""
    grid: list[list[str]] = []
    for row, said in zip(cells, texts, strict=True):
        line: list[str] = []
        for cell, text in zip(row, said, strict=True):
            span = next((one.get(f"{W}val") or "1" for one in cell.iterfind(f"{W}tcPr/{W}gridSpan")), "1")
            merged = any(one.get(f"{W}val") != "restart" for one in cell.iterfind(f"{W}tcPr/{W}vMerge"))
            above = grid[-1][len(line)] if merged and grid and len(line) < len(grid[-1]) else text
            line += [above, *[""] * (min(int(span), 100) - 1 if span.isdecimal() else 0)]
        grid.append(line)
    return grid
