"""Read reStructuredText with docutils, without including other files; the text of Sphinx's own markup is kept."""

import importlib
import pkgutil
import re
from typing import Any

from docutils import nodes, transforms
from docutils.core import publish_doctree
from docutils.parsers.rst import Directive, directives, roles

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.encodings import decode
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line
from retrieval.text.table_rows import MAX_DATA_CELL_LENGTH

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
    nodes.literal_block, nodes.doctest_block, nodes.caption, nodes.footnote, nodes.citation, nodes.topic, nodes.sidebar,
    nodes.docinfo, nodes.legend, nodes.math_block, nodes.option_list, nodes.rubric,
    nodes.subtitle,
)  # fmt: skip
SKIPPED = (nodes.comment, nodes.system_message, nodes.substitution_definition, nodes.target, nodes.raw, nodes.image)
SPHINX_PROSE = ("versionadded", "versionchanged", "deprecated", "seealso", "describe", "glossary")
SPHINX_LEFT_OUT = (
    "code-block", "sourcecode", "highlight", "toctree", "autoclass", "automodule", "autofunction", "index",
    "literalinclude",
)  # fmt: skip
SPHINX_ROLES = (
    "ref", "doc", "term", "func", "class", "meth", "mod", "attr", "data", "exc", "file", "envvar", "option",
    "command", "program", "numref", "any", "obj", "const",
)  # fmt: skip
ROLE_TARGET = re.compile(r"(.+?)\s*<[^<>]+>$")
TERM_LEVEL = 7  # of the terms of a definition list and of the names of fields, as headings above their text
WARM_UP = "Title\n=====\n\nA word.\n\n- one\n\n::\n\n  x\n\n.. note:: Yes.\n\n==  ==\na   b\n==  ==\n1   2\n==  ==\n"


class _Prose(Directive):  # type: ignore[misc]  # docutils ships no types
    """A Sphinx directive with prose inside."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        container = nodes.container()
        container.line = self.lineno
        _, _, news = (self.arguments or [""])[0].partition("\n")  # after a version number
        if news:
            container += nodes.paragraph("", " ".join(news.split()))
        self.state.nested_parse(self.content, self.content_offset, container)
        return [container]


class _LeftOut(_Prose):
    """A Sphinx directive without prose."""

    def run(self) -> list[nodes.Node]:
        return []


def _register_sphinx() -> None:
    """Teach docutils the directives and roles of Sphinx."""
    for name in SPHINX_PROSE:
        directives.register_directive(name, _Prose)
    for name in SPHINX_LEFT_OUT:
        directives.register_directive(name, _LeftOut)
    for name in SPHINX_ROLES:
        roles.register_local_role(name, _role)


def _role(_name: str, rawtext: str, text: str, *_: Any, **__: Any) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """Reduce a reference to its text: "title <target>" to title, "~package.name" to package.name."""
    match = ROLE_TARGET.match(text)
    return [nodes.inline(rawtext, match[1] if match else text.lstrip("~!").removeprefix("."))], []


def warm() -> None:
    """Import the modules that docutils imports when it meets a directive or a transform."""
    for package in (directives, transforms):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    read(WARM_UP.encode())


def read(content: bytes) -> Extracted:
    """Extract the parts of a document with their lines, and its metadata. Raises RefusedError."""
    text = decode(content).removeprefix("\ufeff")
    _register_sphinx()
    try:
        tree = publish_doctree(text, settings_overrides=SETTINGS)
    except (ValueError, AttributeError, KeyError, IndexError) as error:
        raise RefusedError(f"not readable as reStructuredText ({type(error).__name__})") from None
    for reference in [*tree.findall(nodes.footnote_reference), *tree.findall(nodes.citation_reference)]:
        reference.parent.remove(reference)  # the number of a note is not part of a sentence
    parts: list[Part] = []
    title = tree.get("title")
    if title:
        parts.append(Part("heading", title, 1, at=1))
    _walk(tree, 1, parts)
    fields = {type(field).__name__: field.astext() for info in tree.findall(nodes.docinfo) for field in info}
    author = one_line(fields.get("author") or fields.get("authors") or fields.get("organization") or "")
    return Extracted(tuple(parts), "line", title, author or None, date_of(fields.get("date")))


def _walk(parent: Any, level: int, parts: list[Part]) -> None:
    """Add the parts of the children of a node."""
    for node in parent.children:
        if isinstance(node, SKIPPED):
            continue
        at = _line(node)
        if isinstance(node, nodes.title):
            if parent.parent is not None:  # the title of the document is the first part already
                parts.append(Part("heading", node.astext(), level, at))
        elif isinstance(node, ASIDES):
            parts.append(Part("aside", node.astext(), at=at))
        elif isinstance(node, nodes.table) and _is_data(node):
            parts += [Part(part.kind, part.text, at=at) for part in _table(node)]
        elif isinstance(node, nodes.paragraph | nodes.line | nodes.attribution):
            parts.append(Part("text", node.astext(), at=at))
        elif isinstance(node, nodes.term | nodes.field_name):
            parts.append(Part("heading", node.astext(), TERM_LEVEL, at))
        elif isinstance(node, nodes.section):
            _walk(node, level + 1, parts)
        elif isinstance(node, nodes.Element):
            _walk(node, level, parts)


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
    grid: list[list[str]] = []
    spanning: dict[int, tuple[int, int, str]] = {}  # by column: rows that are left, further columns, and the text
    for row in table.findall(nodes.row):
        line: list[str] = []
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
            line += [text, *[""] * more_columns]
        grid.append(line)
    return table_parts(grid, marked=next(table.findall(nodes.thead), None) is not None)
