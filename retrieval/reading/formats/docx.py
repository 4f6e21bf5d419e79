"""Read a Word file: paragraphs, headings by their style, items of lists, code, table rows.

Insertions are read, deletions and struck-out text are not. Text boxes come after the paragraph that anchors them.
Footnotes and endnotes come at the end of the section that refers to them: a note that is a sentence can be quoted; one
that only names a source or explains a word is an aside.
"""

import io
import itertools
import re
import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import parse_xml

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.docx_elements import OFF, TEXT_BOX, W, children_of, has_text, live, tag_of, text_of
from retrieval.reading.formats.docx_lists import Lists
from retrieval.reading.formats.docx_styles import Styles
from retrieval.reading.formats.notes import can_be_marked, mark_of, says_something
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.formats.typed_lists import with_typed_items
from retrieval.reading.formats.zip_limits import open_archive, read_member
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.reading.placeholders import own_time
from retrieval.reading.short_lines import divide_facts
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import MAX_DATA_CELL_LENGTH
from retrieval.text.table_shape import RowMark

PARAGRAPH, TABLE, ROW, CELL = f"{W}p", f"{W}tbl", f"{W}tr", f"{W}tc"
BLOCKS = (PARAGRAPH, TABLE)
NOTES = ("footnote", "endnote")
MAX_CODE_SHARE = 0.5  # of the paragraphs in a monospaced font, above which it is the font of the whole document
MAX_COLUMN_SPAN = 100
DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)


def warm() -> None:
    """Load the module that parses the dates of core properties."""
    time.strptime("2024", "%Y")


TYPED_BULLET = re.compile(r"\s*[•‣▪◦●○■·]\s+(?=\S)")  # of an item that is no list to Word


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
        parts=tuple(with_typed_items(_Reader(document).parts())),
        unit="row",
        title=one_line(properties.title or "") or None if properties else None,
        source=one_line(properties.author or "") or None if properties else None,
        published=date_of(own_time(created.isoformat(), properties.author)) if properties and created else None,
    )


class _Reader:
    """Turns the elements of one document into parts; knows its styles and notes."""

    def __init__(self, document: Any) -> None:
        self._styles = Styles(document)
        self._lists = Lists(document)
        self._body = document.element.body
        self._notes = {name: _notes(document, name) for name in NOTES}
        self._marks = _mark_references(self._body, self._notes)

    def parts(self) -> list[Part]:
        """Return the parts of the body, with the notes of a section before the next heading."""
        parts: list[Part] = []
        notes: list[Part] = []
        for element in children_of(self._body, *BLOCKS):
            block = self._block(element)
            if block[:1] and block[0].kind == "heading":
                parts, notes = parts + notes, []
            parts += block
            notes += self._notes_in(element)
        return _join_code(parts + notes)

    def _block(self, element: Any) -> list[Part]:
        """Return the parts of a paragraph or table, and of the text boxes in it."""
        return self._table(element) if element.tag == TABLE else [*self._paragraph(element), *self._text_boxes(element)]

    def _text_boxes(self, element: Any) -> list[Part]:
        return [part for box in live(element) if tag_of(box) == TEXT_BOX for part in self._inside(box)]

    def _inside(self, container: Any) -> list[Part]:
        return [part for element in children_of(container, *BLOCKS) for part in self._block(element)]

    def _paragraph(self, paragraph: Any) -> list[Part]:
        """Return a paragraph as heading, aside, code, item or text, by its style, its list and its font.

        Lines of a text that are facts are parts of their own.
        """
        style = self._styles.of(paragraph)
        place = self._lists.place_of(paragraph, style)
        level = place.level if place else 0
        if style.kind in ("heading", "aside"):
            return [Part(style.kind, text_of(paragraph), style.level)]
        if style.kind == "text" and place and place.number is not None:
            return [Part("item", text_of(paragraph), level, number=place.number)]
        if style.kind == "code" or (self._styles.is_monospaced(paragraph) and self._code_is_monospaced):
            return [Part("code", text_of(paragraph, tab="\t", line_break="\n"), level)]
        typed = TYPED_BULLET.match(text_of(paragraph)) if style.kind == "text" else None
        if typed:
            return [Part("item", text_of(paragraph)[typed.end() :], max(level, 1))]
        facts = divide_facts(text_of(paragraph, tab="\t", line_break="\n").strip())
        return [Part("text", text, level) for text in facts]

    @cached_property
    def _code_is_monospaced(self) -> bool:
        """Tell whether a font whose letters have one width is that of code, not of the whole document."""
        paragraphs = [paragraph for paragraph in self._body.iter(PARAGRAPH) if has_text(paragraph)]
        return sum(map(self._styles.is_monospaced, paragraphs)) <= MAX_CODE_SHARE * len(paragraphs)

    def _table(self, table: Any) -> list[Part]:
        """Return the rows of a table of data as sentences; what is in a table for layout as it is.

        A table is for layout if it has a single column, paragraphs in its cells, or other tables in it.
        """
        cells = [children_of(row, CELL) for row in children_of(table, ROW)]
        texts = [[" ".join(map(text_of, children_of(cell, *BLOCKS))) for cell in row] for row in cells]
        is_long = any(len(text) > MAX_DATA_CELL_LENGTH for row in texts for text in row)
        is_nested = next(table.iterdescendants(TABLE), None) is not None
        if is_long or is_nested or max(map(len, texts), default=0) < 2:
            return [part for row in cells for cell in row for part in self._inside(cell)]
        marks = list(map(_mark, children_of(table, ROW), cells))
        return table_parts(_grid(cells, texts), marks) + self._text_boxes(table)

    def _notes_in(self, element: Any) -> list[Part]:
        """Return the notes that an element is the first to refer to."""
        parts: list[Part] = []
        for reference in live(element):
            name = tag_of(reference).removesuffix("Reference")
            note = self._notes.get(name, {}).pop(reference.get(f"{W}id"), None)
            if note is not None:
                mark = self._marks[name].get(reference.get(f"{W}id"), "")
                texts = [text_of(paragraph) for paragraph in children_of(note, PARAGRAPH)]
                parts += [_note(text, "" if number else mark) for number, text in enumerate(filter(str.strip, texts))]
        return parts


def _join_code(parts: Sequence[Part]) -> list[Part]:
    """Join blocks of code that follow each other: in Word each line is a paragraph."""
    joined: list[Part] = []
    for part in parts:
        if joined and joined[-1].kind == part.kind == "code" and joined[-1].level == part.level:
            joined[-1] = Part("code", f"{joined[-1].text}\n{part.text}", part.level)
        else:
            joined.append(part)
    return joined


def _notes(document: Any, name: str) -> dict[str, Any]:
    """Collect the footnotes or endnotes of a document by their ids."""
    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{name}s") and not relation.is_external:
            root = parse_xml(relation.target_part.blob)
            notes = [note for note in root.iter(f"{W}{name}") if note.get(f"{W}type") in (None, "normal")]
            return {note.get(f"{W}id"): note for note in notes}
    return {}


def _mark_references(body: Any, notes: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Write the mark of each note that says something behind the word that refers to it; returns the marks.

    Footnotes and endnotes are counted together, in the order of their references.
    """
    marks: dict[str, dict[str, str]] = {name: {} for name in notes}
    numbers = itertools.count(1)
    before = ""  # in the paragraph
    for element in list(live(body)):
        tag = tag_of(element)
        if element.tag == PARAGRAPH or tag == "t":
            before = element.text or before if tag == "t" else ""
            continue
        name, key = tag.removesuffix("Reference"), element.get(f"{W}id")
        note = notes.get(name, {}).get(key) if tag != name else None
        if note is None or not can_be_marked(before):
            continue
        if key not in marks[name]:
            says = says_something(" ".join(text_of(paragraph) for paragraph in children_of(note, PARAGRAPH)))
            marks[name][key] = mark_of(next(numbers)) if says else ""
        if marks[name][key]:
            mark = element.makeelement(f"{W}t")
            mark.text = marks[name][key]
            element.addnext(mark)
    return marks


def _note(text: str, mark: str) -> Part:
    """Make a note a text if it is a sentence, else an aside, with its mark before it."""
    return Part("text" if says_something(text) else "aside", f"{mark} {text}" if mark else text)


def _mark(row: Any, cells: Sequence[Any]) -> RowMark:
    """Tell which cells of a row are names: those in bold letters, and all in a row that Word repeats on each page."""
    if any(mark.get(f"{W}val") not in OFF for mark in row.iterfind(f"{W}trPr/{W}tblHeader")):
        return "header"
    filled = [cell for cell in cells if text_of(cell).strip()]
    bold = list(map(_is_bold, filled))
    if bold and all(bold):
        return "header"
    return "fact" if bold and bold[0] and not any(bold[1:]) and filled[0] is cells[0] else ""


def _is_bold(cell: Any) -> bool:
    runs = [run for run in live(cell) if tag_of(run) == "r" and text_of(run).strip()]
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
