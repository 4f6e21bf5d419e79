"""Read reStructuredText with docutils, without including other files."""

import importlib
import pkgutil
import re
from typing import Any

from docutils import nodes, transforms
from docutils.core import publish_doctree
from docutils.parsers.rst import directives

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.notes import can_be_marked, mark_of, says_something
from retrieval.reading.formats.rst_directives import IS_TITLED, register_sphinx
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.isolated.protocol import Extracted, Part, PartKind, RefusedError
from retrieval.text.cleaning import one_line
from retrieval.text.raised_numbers import raise_number
from retrieval.text.table_rows import MAX_DATA_CELL_LENGTH
from retrieval.text.table_shape import RowMark

SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "_disable_config": True,
    "smart_quotes": False,
    "doctitle_xform": True,
    "syntax_highlight": "none",
    "warning_stream": False,
}
ASIDES = (
    nodes.caption, nodes.footnote, nodes.citation, nodes.docinfo, nodes.legend, nodes.math_block,
)  # fmt: skip
CODE = (nodes.literal_block, nodes.doctest_block)
LISTS = (nodes.bullet_list, nodes.enumerated_list)
BOXES = (nodes.admonition, nodes.topic, nodes.sidebar)  # with a title that is no heading of what follows them
SKIPPED = (nodes.comment, nodes.substitution_definition, nodes.target, nodes.raw, nodes.image)
TERMS = (nodes.definition_list, nodes.field_list)
TERM_LEVEL = 7  # of the terms of a definition list and of the names of fields, as headings above their text
MAX_TERM_LEVEL = 50  # of those inside each other
MISPLACED_TITLE = "Unexpected section title"
SUBSTITUTION = re.compile(r"\|[^|]+\|")  # that is not defined in the file
WARM_UP = "Title\n=====\n\nA word.\n\n- one\n\n::\n\n  x\n\n.. note:: Yes.\n\n==  ==\na   b\n==  ==\n1   2\n==  ==\n"


def warm() -> None:
    """Import the modules that docutils imports when it meets a directive or a transform."""
    for package in (directives, transforms):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    read(WARM_UP.encode())


def read(content: bytes) -> Extracted:
    """Extract the parts of a document with their lines, and its metadata. Raises RefusedError."""
    text = decode(content).removeprefix("\ufeff")
    register_sphinx(text)
    try:
        tree = publish_doctree(text, settings_overrides=SETTINGS)
    except (ValueError, AttributeError, KeyError, IndexError) as error:
        raise RefusedError(f"not readable as reStructuredText ({type(error).__name__})") from None
    _mark_references(tree)
    for raised in list(tree.findall(nodes.superscript)):
        raised.parent.replace(raised, nodes.Text(raise_number(raised.astext())))
    parts: list[Part] = []
    title = tree.get("title")
    if title:
        parts.append(Part("heading", title, 1, at=1))
    walker = _Walker(parts)
    walker.walk(tree, 1)
    fields = {type(field).__name__: field.astext() for info in tree.findall(nodes.docinfo) for field in info}
    author = one_line(fields.get("author") or fields.get("authors") or fields.get("organization") or "")
    return Extracted(tuple(parts), "line", title, author or None, date_of(fields.get("date")))


def _mark_references(tree: Any) -> None:
    """Replace the numbers of notes that say something by marks, before the notes too, and remove the other numbers."""
    marked = 0
    for reference in list(tree.findall(nodes.footnote_reference)):
        note = tree.ids.get(reference.get("refid"))
        before = reference.parent.children[: reference.parent.index(reference)]
        text = "".join(node.astext() for node in before[-2:]).rstrip()
        if not isinstance(note, nodes.footnote) or not can_be_marked(text):
            continue
        if not note.get("mark") and says_something(_text_of_note(note)):
            marked += 1
            note["mark"] = mark_of(marked)
        if note.get("mark"):
            if isinstance(before[-1], nodes.Text):
                reference.parent.replace(before[-1], nodes.Text(before[-1].astext().rstrip()))
            reference.parent.replace(reference, nodes.Text(note["mark"]))
    for reference in [*tree.findall(nodes.footnote_reference), *tree.findall(nodes.citation_reference)]:
        reference.parent.remove(reference)  # its number is not part of a sentence


def _text_of_note(note: Any) -> str:
    return " ".join(child.astext() for child in note.children if not isinstance(child, nodes.label))


class _Walker:
    """Collects the parts of a tree."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self._depth = 0  # lists that are open
        self._item: int | None = None  # number of an item whose first paragraph comes next
        self._terms = 0  # terms, names of fields and titles of directives that are open

    def walk(self, parent: Any, level: int) -> None:
        """Add the parts of the children of a node in a section of some level."""
        terms = self._terms
        for node in parent.children:
            if isinstance(node, (*SKIPPED, nodes.Text)):
                continue
            at = _line(node)
            if isinstance(node, nodes.title):
                self._add_title(node, level, at)
            elif isinstance(node, nodes.subtitle):  # the only section of the document, as its authors see it
                level += 1
                self.parts.append(Part("heading", node.astext(), level, at))
            elif isinstance(node, nodes.system_message):
                for title in _misplaced_titles(node):
                    self._add_term(title, terms, at)
            elif isinstance(node, nodes.footnote) and node.get("mark"):
                self.parts.append(Part("text", f"{node['mark']} {_text_of_note(node)}", at=at))
            elif isinstance(node, ASIDES) or _is_navigation(node):
                self.parts.append(Part("aside", node.astext(), at=at))
            elif isinstance(node, CODE):
                self.parts.append(Part("code", node.astext(), self._depth, at, language=_language(node)))
            elif isinstance(node, nodes.table) and _is_data(node):
                self.parts += [Part(part.kind, part.text, at=at) for part in _table(node)]
            elif isinstance(node, nodes.term | nodes.field_name | nodes.rubric):
                self._add_term(_heading(node), terms, at)
            elif isinstance(node, nodes.section):
                self.walk(node, level + 1)
            elif isinstance(node, LISTS):
                self._add_list(node, level)
            elif isinstance(node, nodes.option_list_item):
                self._add_option(node, level)
            elif isinstance(node, nodes.TextElement) and not isinstance(node, nodes.classifier):
                self._add_text(node.astext(), at)
            elif isinstance(node, nodes.Element):
                self.walk(node, level)
                if isinstance(node, TERMS) or node.get(IS_TITLED):
                    self.parts.append(Part("heading", "", min(TERM_LEVEL + self._terms, MAX_TERM_LEVEL)))
        self._terms = terms

    def _add_term(self, text: str, above: int, at: int | None) -> None:
        """Add a heading that is no section's, below `above` others of its kind."""
        self.parts.append(Part("heading", text, min(TERM_LEVEL + above, MAX_TERM_LEVEL), at))
        self._terms = above + 1

    def _add_text(self, text: str, at: int | None) -> None:
        """Add a paragraph, which is an item if it is the first of one; nothing but a name to substitute is an aside."""
        kind: PartKind = "text" if self._item is None else "item"
        kind = "aside" if SUBSTITUTION.fullmatch(text) else kind
        self.parts.append(Part(kind, text, self._depth, at, number=self._item or 0))
        self._item = None

    def _add_title(self, title: Any, level: int, at: int | None) -> None:
        """Add the title of a section or a box, or of a table, where it is a caption."""
        if isinstance(title.parent, BOXES):
            self._add_text(title.astext(), at)
        elif isinstance(title.parent, nodes.table):
            self.parts.append(Part("aside", title.astext(), at=at))
        elif title.parent.parent is not None:  # the title of the document is the first part already
            self.parts.append(Part("heading", title.astext(), level, at))

    def _add_list(self, items: Any, level: int) -> None:
        """Add the items of a list; an ordered one counts from its start."""
        self._depth += 1
        is_ordered = isinstance(items, nodes.enumerated_list)
        for number, item in enumerate(items.children, items.get("start", 1)):
            self._item = max(number, 0) if is_ordered else 0
            self.walk(item, level)
        self._item = None
        self._depth -= 1

    def _add_option(self, item: Any, level: int) -> None:
        """Add an option of a command with its description as an item."""
        group, description = item.children
        options = ", ".join(option.astext() for option in group.children)
        first, *rest = description.children or [nodes.paragraph()]
        self._depth += 1
        self._item = 0
        if isinstance(first, nodes.paragraph):
            self._add_text(f"{options} {first.astext()}", _line(item))
        else:
            self._add_text(options, _line(item))
            rest = [first, *rest]
        self.walk(nodes.container("", *rest), level)
        self._depth -= 1


def _misplaced_titles(message: Any) -> list[str]:
    """Return the title of a section inside a directive, where docutils allows none; no other message is read."""
    if MISPLACED_TITLE not in message.astext():
        return []
    lines = [line.strip() for block in message.findall(nodes.literal_block) for line in block.astext().split("\n")]
    return [line for line in lines if any(map(str.isalnum, line))]


def _is_navigation(node: Any) -> bool:
    """Tell whether a node is a table of contents."""
    return isinstance(node, nodes.topic) and "contents" in node["classes"]


def _language(block: Any) -> str:
    """Return the language of a block of code, which docutils keeps among its classes."""
    if isinstance(block, nodes.doctest_block):
        return "python"
    classes = [name for name in block["classes"] if name != "code"]
    return str(block.get("language") or (classes[0] if classes else ""))


def _heading(node: Any) -> str:
    """Return a term with its classifiers, or the name of a field."""
    classifiers = [sibling.astext() for sibling in node.parent.children if isinstance(sibling, nodes.classifier)]
    return " : ".join([node.astext(), *(classifiers if isinstance(node, nodes.term) else ())])


def _line(node: Any) -> int | None:
    """Return the line of a node, or of the nearest one around it that has a line."""
    while node is not None:
        if node.line:
            return int(node.line)
        node = node.parent
    return None


def _is_data(table: Any) -> bool:
    """Tell whether a table holds values, neither paragraphs nor other tables."""
    nested = len(list(table.findall(nodes.table))) > 1
    return not nested and all(len(entry.astext()) <= MAX_DATA_CELL_LENGTH for entry in table.findall(nodes.entry))


def _table(table: Any) -> list[Part]:
    """Turn a table into parts, repeating a cell that spans rows in each of them, but not one that spans columns."""
    grid: list[list[str | None]] = []
    marks: list[RowMark] = []
    spanning: dict[int, tuple[int, int, str]] = {}  # by column: rows that are left, further columns, and the text
    has_names = any(column.get("stub") for column in table.findall(nodes.colspec))
    for row in table.findall(nodes.row):
        line: list[str | None] = []
        entries = iter(row.children)
        while True:
            rows_left, more_columns, text = spanning.pop(len(line), (0, 0, ""))
            if not rows_left:
                entry = next(entries, None)
                if entry is None:
                    break
                rows_left, text = entry.get("morerows", 0) + 1, entry.astext()
                more_columns = entry.get("morecols", 0)
            if rows_left > 1:
                spanning[len(line)] = (rows_left - 1, more_columns, text)
            line += [text, *[None] * more_columns]
        grid.append(line)
        marks.append("header" if isinstance(row.parent, nodes.thead) else "fact" if has_names else _mark(row))
    caption = next((title.astext() for title in table.children if isinstance(title, nodes.title)), "")
    return table_parts(grid, marks, declared=None if "header" in marks else False, caption=caption)


def _mark(row: Any) -> RowMark:
    """Tell which cells of a row are names by their bold letters."""
    filled = [entry for entry in row.children if entry.astext().strip()]
    bold = ["".join(strong.astext() for strong in entry.findall(nodes.strong)) == entry.astext() for entry in filled]
    if bold and all(bold):
        return "header"
    return "fact" if bold and bold[0] and not any(bold[1:]) and filled[0] is row.children[0] else ""
