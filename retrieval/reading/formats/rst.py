"""Read reStructuredText with docutils; nothing is included from elsewhere, and what only Sphinx knows stays text."""

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
from retrieval.text.table_rows import MAX_CELL_LENGTH

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
ADMONITIONS = ["versionadded", "versionchanged", "deprecated", "seealso", "describe", "glossary"]
CODE = (
    "code-block", "sourcecode", "highlight", "toctree", "autoclass", "automodule", "autofunction", "index",
    "literalinclude",
)  # fmt: skip
ROLES = (
    "ref", "doc", "term", "func", "class", "meth", "mod", "attr", "data", "exc", "file", "envvar", "option",
    "command", "program", "numref", "any", "obj", "const",
)  # fmt: skip
TARGET = re.compile(r"(.+?)\s*<[^<>]+>$")
WARM = "Title\n=====\n\nA word.\n\n- one\n\n::\n\n  x\n\n.. note:: Yes.\n\n==  ==\na   b\n==  ==\n1   2\n==  ==\n"


class _Kept(Directive):  # type: ignore[misc]  # docutils ships no types
    """A directive of Sphinx whose content is prose."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        held = nodes.container()
        held.line = self.lineno
        _, _, said = (self.arguments or [""])[0].partition("\n")  # a version, and what is new in it
        if said:
            held += nodes.paragraph("", " ".join(said.split()))
        self.state.nested_parse(self.content, self.content_offset, held)
        return [held]


class _SetAside(_Kept):
    """A directive of Sphinx whose content is none."""

    def run(self) -> list[nodes.Node]:
        return []


def _register_sphinx() -> None:
    """Let docutils know the directives and roles of Sphinx."""
    for name in ADMONITIONS:
        directives.register_directive(name, _Kept)
    for name in CODE:
        directives.register_directive(name, _SetAside)
    for name in ROLES:
        roles.register_local_role(name, _role)


def _role(_name: str, rawtext: str, text: str, *_: Any, **__: Any) -> tuple[list[nodes.Node], list[nodes.Node]]:
    match = TARGET.match(text)
    return [nodes.inline(rawtext, match[1] if match else text.lstrip("~!").removeprefix("."))], []


def warm() -> None:
    """Import the modules that docutils imports when it meets a directive or a transform."""
    for package in (directives, transforms):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    read(WARM.encode())


def read(content: bytes) -> Extracted:
    """Return the parts of a document with their lines. Raises RefusedError."""
    text = decode(content).removeprefix("\ufeff")
    _register_sphinx()
    try:
        tree = publish_doctree(text, settings_overrides=SETTINGS)
    except (ValueError, AttributeError, KeyError, IndexError) as error:
        raise RefusedError(f"is no reStructuredText that can be read ({type(error).__name__})") from None
    for reference in [*tree.findall(nodes.footnote_reference), *tree.findall(nodes.citation_reference)]:
        reference.parent.remove(reference)  # the number of a note is no word of the sentence
    parts: list[Part] = []
    title = tree.get("title")
    if title:
        parts.append(Part("heading", title, 1, at=1))
    _walk(tree, 1, parts)
    fields = {type(one).__name__: one.astext() for info in tree.findall(nodes.docinfo) for one in info}
    author = one_line(fields.get("author") or fields.get("authors") or fields.get("organization") or "")
    return Extracted(tuple(parts), "line", title, author or None, date_of(fields.get("date")))


def _walk(parent: Any, level: int, parts: list[Part]) -> None:
    """Add the parts of the children of a node."""
    for node in parent.children:
        if isinstance(node, SKIPPED):
            continue
        at = _line(node)
        if isinstance(node, nodes.title):
            if parent.parent is not None:  # that of the document is there already
                parts.append(Part("heading", node.astext(), level, at))
        elif isinstance(node, ASIDES):
            parts.append(Part("aside", node.astext(), at=at))
        elif isinstance(node, nodes.table) and _holds_values(node):
            parts += [Part(part.kind, part.text, at=at) for part in _table(node)]
        elif isinstance(node, nodes.paragraph | nodes.line | nodes.attribution):
            parts.append(Part("text", node.astext(), at=at))
        elif isinstance(node, nodes.term | nodes.field_name):
            parts.append(Part("heading", node.astext(), 7, at))
        elif isinstance(node, nodes.section):
            _walk(node, level + 1, parts)
        elif isinstance(node, nodes.Element):
            _walk(node, level, parts)


def _line(node: Any) -> int | None:
    """Return the line of a node, or of the nearest one around it that knows it."""
    while node is not None:
        if node.line:
            return int(node.line)
        node = node.parent
    return None


def _holds_values(table: Any) -> bool:
    """Return whether a table holds values; one of paragraphs, or of tables, is read as these."""
    nested = len(list(table.findall(nodes.table))) > 1
    return not nested and all(len(entry.astext()) <= 2 * MAX_CELL_LENGTH for entry in table.findall(nodes.entry))


def _table(table: Any) -> list[Part]:
    """Return the rows of a table; a cell over several of them stands in each, one over columns in the first."""
    grid: list[list[str]] = []
    standing: dict[int, tuple[int, str]] = {}  # by column: in how many more rows a cell stands
    for row in table.findall(nodes.row):
        line: list[str] = []
        entries = iter(row.children)
        while True:
            left, text = standing.pop(len(line), (0, ""))
            wide = 0
            if not left:
                entry = next(entries, None)
                if entry is None:
                    break
                left, text, wide = entry.get("morerows", 0) + 1, entry.astext(), entry.get("morecols", 0)
            if left > 1:
                standing[len(line)] = (left - 1, text)
            line += [text, *[""] * wide]
        grid.append(line)
    return table_parts(grid, marked=next(table.findall(nodes.thead), None) is not None)
