"""Read a Word file: paragraphs, headings by their style, table rows.

Insertions are read, deletions and struck-out text are not. Text boxes come after the paragraph that anchors them.
Footnotes and endnotes come at the end of the section that refers to them: a note that is a sentence can be quoted; one
that only names a source or explains a word is an aside.
"""

import io
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import parse_xml

from retrieval.reading.formats.raised_numbers import raise_number
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.formats.zip_limits import open_archive, read_member
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import MAX_DATA_CELL_LENGTH
from retrieval.text.table_shape import RowMark

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
PARAGRAPH, TABLE, ROW, CELL = f"{W}p", f"{W}tbl", f"{W}tr", f"{W}tc"
BLOCKS = (PARAGRAPH, TABLE)
WRAPPERS = tuple(f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))
LEFT_OUT = ("del", "moveFrom", "instrText", "delText", "rt")  # rt gives the pronunciation of a word
UNREAD = ("vanish", "strike", "dstrike")  # properties of a run that is hidden or no longer holds
TEXT_BOX, ALTERNATIVES = "txbxContent", "AlternateContent"
NOTES = ("footnote", "endnote")
OFF = ("0", "false", "off")
HEADING_STYLE = re.compile(r"(?:heading|überschrift|titre|título|titolo) (\d)", re.IGNORECASE)
ASIDE_STYLE = re.compile(
    r"author|^date|subtitle|header|footer|toc|table of (?:figures|authorities)|caption"
    r"|code|source|preformatted|html|index|bibliograph|macro"
)
MAX_STYLE_DEPTH = 10  # of styles based on each other, which may go in a circle
MAX_HEADING_LEVEL = 9
# What a note that names a source contains, unlike one that says something.
SOURCE_NOTE = re.compile(
    r"\b(?:ibid|op\. ?cit|loc\. ?cit|ebd|vgl|cf|isbn|doi|et al)\b|\b(?:eds?|vol|hrsg)\.|\bpp?\. ?\d|https?://|www\."
    r"|\([^()]{0,40}\b[12]\d{3}[a-z]?\)|(?-i:\b[A-Z]\.[ ,A-Z])",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"[.!?…][\"'”’»)\]]*$")
MIN_NOTE_WORDS = 5  # of a note that says something
MAX_COLUMN_SPAN = 100
DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)


def warm() -> None:
    """Load the module that parses the dates of core properties."""
    time.strptime("2024", "%Y")


def read(content: bytes) -> Extracted:
    """Extract the parts of a document and its core properties. Raises RefusedError."""
    archive = open_archive(content)
    names = [name for name in archive.namelist() if name.endswith((".xml", ".rels"))]
    if any(DOCTYPE.search(read_member(archive, name)) for name in names):
        raise RefusedError("declares XML entities, which are not allowed")
    try:
        document = docx.Document(io.BytesIO(content))
    except (PackageNotFoundError, KeyError, ValueError):
        raise RefusedError("not a Word document, or damaged") from None
    has_properties = any(name.lower().endswith("core.xml") for name in names)  # or the library would make some up
    properties = document.core_properties if has_properties else None
    created = properties.created if properties else None
    return Extracted(
        parts=tuple(_Reader(document).parts(document.element.body)),
        unit="row",
        title=one_line(properties.title or "") or None if properties else None,
        source=one_line(properties.author or "") or None if properties else None,
        published=created.date().isoformat() if created else None,
    )


class _Reader:
    """Turns the elements of one document into parts; knows its styles and notes."""

    def __init__(self, document: Any) -> None:
        try:
            self._styles = {style.style_id: style for style in document.styles}
        except OSError:  # the document has no styles, and the library would open a file of its own for them
            self._styles = {}
        self._notes = {name: _notes(document, name) for name in NOTES}

    def parts(self, body: Any) -> list[Part]:
        """Return the parts of a body, with the notes of a section before the next heading."""
        parts: list[Part] = []
        notes: list[Part] = []
        for element in _children(body, *BLOCKS):
            block = self._block(element)
            if block[:1] and block[0].kind == "heading":
                parts, notes = parts + notes, []
            parts += block
            notes += self._notes_in(element)
        return parts + notes

    def _block(self, element: Any) -> list[Part]:
        """Return the parts of a paragraph or table, and of the text boxes in it."""
        return self._table(element) if element.tag == TABLE else [self._paragraph(element), *self._text_boxes(element)]

    def _text_boxes(self, element: Any) -> list[Part]:
        return [part for box in _live(element) if _tag(box) == TEXT_BOX for part in self._inside(box)]

    def _inside(self, container: Any) -> list[Part]:
        return [part for element in _children(container, *BLOCKS) for part in self._block(element)]

    def _paragraph(self, paragraph: Any) -> Part:
        """Return a paragraph as heading, aside or text, by its style or one that this is based on."""
        text = _text(paragraph)
        style = self._styles.get(paragraph.style or "")
        for _ in range(MAX_STYLE_DEPTH):
            if style is None:
                break
            name = str(style.name or "").lower()
            match = HEADING_STYLE.match(name)
            outline = next((level.get(f"{W}val") for level in style.element.iterdescendants(f"{W}outlineLvl")), "")
            if match or name == "title" or (outline or "").isdecimal():
                return Part("heading", text, int(match[1]) if match else min(int(outline or 0) + 1, MAX_HEADING_LEVEL))
            if ASIDE_STYLE.search(name):
                return Part("aside", text)
            style = getattr(style, "base_style", None)
        return Part("text", text)

    def _table(self, table: Any) -> list[Part]:
        """Return the rows of a table of data as sentences; what is in a table for layout as it is.

        A table is for layout if it has a single column, paragraphs in its cells, or other tables in it.
        """
        cells = [_children(row, CELL) for row in _children(table, ROW)]
        texts = [[" ".join(map(_text, _children(cell, *BLOCKS))) for cell in row] for row in cells]
        is_long = any(len(text) > MAX_DATA_CELL_LENGTH for row in texts for text in row)
        is_nested = next(table.iterdescendants(TABLE), None) is not None
        if is_long or is_nested or max(map(len, texts), default=0) < 2:
            return [part for row in cells for cell in row for part in self._inside(cell)]
        marks = list(map(_mark, _children(table, ROW), cells))
        return table_parts(_grid(cells, texts), marks) + self._text_boxes(table)

    def _notes_in(self, element: Any) -> list[Part]:
        """Return the notes that an element is the first to refer to."""
        parts: list[Part] = []
        for reference in _live(element):
            name = _tag(reference).removesuffix("Reference")
            note = self._notes.get(name, {}).pop(reference.get(f"{W}id"), None)
            if note is not None:
                parts += [_note(_text(paragraph)) for paragraph in _children(note, PARAGRAPH)]
        return parts


def _notes(document: Any, name: str) -> dict[str, Any]:
    """Collect the footnotes or endnotes of a document by their ids."""
    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{name}s") and not relation.is_external:
            root = parse_xml(relation.target_part.blob)
            notes = [note for note in root.iter(f"{W}{name}") if note.get(f"{W}type") in (None, "normal")]
            return {note.get(f"{W}id"): note for note in notes}
    return {}


def _note(text: str) -> Part:
    """Make a note a text if it is a sentence, else an aside."""
    line = one_line(text)
    is_sentence = (
        len(line.split()) >= MIN_NOTE_WORDS and SENTENCE_END.search(line[-20:]) and not SOURCE_NOTE.search(line)
    )
    return Part("text" if is_sentence else "aside", text)


def _children(container: Any, *tags: str) -> list[Any]:
    """Return the children of a container with some tags in order, through content controls and insertions."""
    children = []
    for child in container:
        if child.tag in tags:
            children.append(child)
        elif child.tag in WRAPPERS:
            children += _children(child, *tags)
    return children


def _live(element: Any) -> Iterator[Any]:
    """Yield the descendants of an element as it reads now: with insertions, without what is deleted or hidden.

    Goes no deeper than the content element of a text box, and takes the first of alternatives: the others repeat it for
    older programs.
    """
    for child in element:
        tag = _tag(child)
        if tag in LEFT_OUT or tag.endswith("Pr") or (tag == "r" and _is_left_out(child)):
            continue
        if tag == ALTERNATIVES:
            yield from _live(next(child.iterchildren("{*}Choice", "{*}Fallback"), ()))
            continue
        yield child
        if tag != TEXT_BOX:
            yield from _live(child)


def _tag(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _is_left_out(run: Any) -> bool:
    """Tell whether a run of text is hidden or struck out."""
    return any(mark.get(f"{W}val") not in OFF for tag in UNREAD for mark in run.iterfind(f"{W}rPr/{W}{tag}"))


def _is_raised(run: Any) -> bool:
    return any(place.get(f"{W}val") == "superscript" for place in run.iterfind(f"{W}rPr/{W}vertAlign"))


def _text(element: Any) -> str:
    """Return the text of an element as it reads now, without that of text boxes."""
    words: list[str] = []
    for child in _live(element):
        tag = _tag(child)
        if tag == "t":
            text = child.text or ""
            words.append(raise_number(text) if _is_raised(child.getparent()) else text)
        elif tag in ("tab", "ptab", "br", "cr"):
            words.append(" ")
        elif tag == "noBreakHyphen":
            words.append("-")
    return "".join(words)


def _mark(row: Any, cells: Sequence[Any]) -> RowMark:
    """Tell which cells of a row are names: those in bold letters, and all in a row that Word repeats on each page."""
    if any(mark.get(f"{W}val") not in OFF for mark in row.iterfind(f"{W}trPr/{W}tblHeader")):
        return "header"
    filled = [cell for cell in cells if _text(cell).strip()]
    bold = list(map(_is_bold, filled))
    if bold and all(bold):
        return "header"
    return "fact" if bold and bold[0] and not any(bold[1:]) and filled[0] is cells[0] else ""


def _is_bold(cell: Any) -> bool:
    runs = [run for run in _live(cell) if _tag(run) == "r" and _text(run).strip()]
    return bool(runs) and all(any(b.get(f"{W}val") not in OFF for b in run.iterfind(f"{W}rPr/{W}b")) for run in runs)


def _grid(cells: Sequence[Sequence[Any]], texts: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """Put texts into their columns, repeating the text of a cell that spans rows; None where one spans columns.

    In Word's format every row has all of its cells; those that continue the cell above say so.
    """
    grid: list[list[str | None]] = []
    for row, row_texts in zip(cells, texts, strict=True):
        line: list[str | None] = []
        for cell, text in zip(row, row_texts, strict=True):
            span = next((span.get(f"{W}val") or "1" for span in cell.iterfind(f"{W}tcPr/{W}gridSpan")), "1")
            continues = any(merge.get(f"{W}val") != "restart" for merge in cell.iterfind(f"{W}tcPr/{W}vMerge"))
            repeated = grid[-1][len(line)] if continues and grid and len(line) < len(grid[-1]) else text
            line += [repeated, *[None] * (min(int(span), MAX_COLUMN_SPAN) - 1 if span.isdecimal() else 0)]
        grid.append(line)
    return grid
