"""Teach docutils the directives and roles of Sphinx and its extensions, so that what a reader sees of them is text.

A directive that nobody here knows is read by its form: prose in its content, a title or signature in its argument.
"""

import re
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en

from retrieval.reading.site_markup.fenced_directives import VERSIONS
from retrieval.text.cautions import is_warning_label

LEFT_OUT = frozenset((  # what readers do not see, what is made of other files, and navigation
    "toctree", "index", "literalinclude", "highlight", "highlightlang", "currentmodule", "default-domain", "program",
    "sectionauthor", "codeauthor", "moduleauthor", "tabularcolumns", "testsetup", "testcleanup", "bibliography",
    "graphviz", "digraph", "graph", "mermaid", "uml", "plantuml", "inheritance-diagram", "plot",
))  # fmt: skip
CODE = frozenset((
    "code-block", "sourcecode", "code", "code-tab", "code-cell", "prompt", "ipython", "jupyter-execute", "doctest",
    "testcode", "testoutput", "terminal", "productionlist",
))  # fmt: skip
PROSE = frozenset((  # their text may begin beside their name
    "attention", "caution", "danger", "error", "hint", "important", "note", "tip", "warning", "seealso", "todo",
    "centered", "glossary", "acks", "hlist",
))  # fmt: skip
CONDITIONS = frozenset((  # their argument is not shown
    "only", "ifconfig", "grid", "grid-item", "tabs", "tab-set", "cssclass", "rst-class", "div", "card-carousel",
    "button-link", "button-ref",
))  # fmt: skip
BOXES = frozenset(("card", "grid-item-card", "dropdown", "tab-item", "tab", "group-tab", "details", "collapse"))
CARD_LINE = re.compile(r"\s*(?:\^{3,}|\+{3,})\s*")  # ends the header of a card, or begins its footer
NAME = r"(?:(?!_)\w){1,40}(?:[-._+:](?:(?!_)\w){1,40}){0,5}"  # as docutils defines it, but of limited length
DIRECTIVE = re.compile(rf"\.\. +(?:\|[^|\n]{{1,100}}\| +)?({NAME}) ?::(?:\s|$)", re.MULTILINE)
ROLE = re.compile(rf":({NAME}):`|`:({NAME}):")
ROLE_TARGET = re.compile(r"(.+?)\s+<[^<>]+>$")  # elsewhere than in references, <> without a space is a placeholder
REFERENCE_TARGET = re.compile(r"(.+?)\s*<[^<>]+>$")
REFERENCES = frozenset(("ref", "doc", "term", "numref", "any", "download"))
ICONS = re.compile(r"octicon$|fa[bsr]?$|fa-|fab:|material-|bootstrap-icon")
OPTION = re.compile(r":([\w-]+):(?:\s|$)")
NO_TITLE = re.compile(r"[^A-Za-z]*|\S+://\S+|\S+\.(?:png|jpe?g|gif|svg|webp|mp4|webm)", re.IGNORECASE)
MAX_TITLE_WORDS = 12
IS_TITLED = "is-titled"  # the attribute of a node whose title is a heading above the rest of it
FACTS = ("type", "default", "value", "required", "choices")  # options of what has a name that its readers see


def register_sphinx(text: str) -> None:
    """Register whatever directives and roles a document uses that docutils does not know."""
    for name in set(DIRECTIVE.findall(text)):
        kind = name.rpartition(":")[2].lower()
        if kind in LEFT_OUT:
            directives.register_directive(name.lower(), _LeftOut)
        elif kind in CODE:
            directives.register_directive(name.lower(), _Code)
        elif kind in PROSE:
            directives.register_directive(name.lower(), _Prose)
        elif kind in VERSIONS:
            directives.register_directive(name.lower(), _Version)
        elif name.lower() not in en.directives:
            directives.register_directive(name.lower(), _Titled)
    for names in set(ROLE.findall(text)):
        name = "".join(names).lower()
        if name not in en.roles:
            roles.register_local_role(name, _role)


class _Lenient(Directive):  # type: ignore[misc]  # docutils ships no types
    """A directive that may have any options: docutils would drop one with an unknown option and all of its text."""

    has_content = True

    def heads(self) -> list[str]:
        """Take the argument out of the content; returns its lines, stripped. Options are put aside."""
        self.content.disconnect()
        arguments: list[str] = []
        first, _, more = self.block_text.partition("::")[2].partition("\n")
        has_argument, is_over = bool(first.strip()), not first.strip() and not more.partition("\n")[0].strip()
        in_options = False
        for number, line in enumerate([] if is_over else list(self.content)):
            if not line.strip():
                break
            option = OPTION.match(line)
            in_options = bool(option) or (in_options and line[:1].isspace())
            if not in_options and not has_argument:
                break
            if option:
                self.options[option[1]] = line[option.end() :].strip()
            elif not in_options:
                arguments.append(line.strip())
            self.content[number] = ""
        return arguments

    def parsed(self, *children: nodes.Node) -> nodes.Element:
        """Return a container of some nodes and of what is in the content."""
        container = nodes.container("", *children)
        container.line = self.lineno
        self.state.nested_parse(self.content, self.content_offset, container)
        return container

    def paragraph(self, text: str) -> nodes.Element:
        """Return a paragraph with inline markup."""
        inline, _ = self.state.inline_text(text, self.lineno)
        return nodes.paragraph("", "", *inline)


class _LeftOut(_Lenient):
    """A directive without anything that can be read."""

    def run(self) -> list[nodes.Node]:
        return []


class _Code(_Lenient):
    """A block of code, with its language as argument."""

    def run(self) -> list[nodes.Node]:
        is_named = self.name.rpartition(":")[2] != "productionlist"
        language, *lines = (self.heads() if is_named else []) or [""]
        text = "\n".join([*lines, *self.content]).strip("\n")
        block = nodes.literal_block(text, text, language=language)
        block.line = self.lineno
        caption = self.options.get("caption")
        return [*([nodes.caption("", caption)] if caption else []), *([block] if text.strip() else [])]


class _Prose(_Lenient):
    """A directive whose argument, if any, is the beginning of its text; a warning has its label above it."""

    def run(self) -> list[nodes.Node]:
        text = self.heads()
        label = self.name.rpartition(":")[2].capitalize()
        labels = [nodes.paragraph("", label)] if is_warning_label(label) else []
        return [self.parsed(*labels, *([self.paragraph(" ".join(text))] if text else []))]


class _Version(_Lenient):
    """The version since when something is so, with what is to be said of it."""

    def run(self) -> list[nodes.Node]:
        version, *news = " ".join(self.heads()).split(" ", 1)
        container = self.parsed(*([self.paragraph(news[0])] if news else []))
        label = f"{VERSIONS[self.name.rpartition(':')[2]]} {version}".strip()
        if container.children and isinstance(container[0], nodes.paragraph):
            container[0].insert(0, nodes.Text(f"{label}: "))
        else:
            container.insert(0, nodes.paragraph("", f"{label}."))
        return [container]


class _Titled(_Lenient):
    """A directive whose argument is shown above its content: a title, or the signature of what the content explains."""

    def run(self) -> list[nodes.Node]:
        lines = self.heads()
        if self.name.rpartition(":")[2] in CONDITIONS:
            lines = []
        is_signature = all("(" in line or " " not in line for line in lines)
        heads = [line for line in lines if not NO_TITLE.fullmatch(line)]
        if self.name.rpartition(":")[2] in BOXES:
            for number, line in enumerate(list(self.content)):
                if CARD_LINE.fullmatch(line):
                    self.content[number] = ""
            return [self._titled([self._title(" ".join(lines))] if lines else [])]
        facts = self._facts() if is_signature and heads else []
        if not facts and not any(line.strip() for line in self.content):
            return [self.paragraph(" ".join(heads))] if _is_sentence(heads) else []
        if _is_sentence(heads):
            return [self.parsed(self.paragraph(" ".join(heads)))]
        titles = [nodes.rubric("", line) for line in heads] if is_signature else [self._title(" ".join(heads))]
        return [self._titled(titles, *facts)]

    def _titled(self, titles: list[nodes.Element], *more: nodes.Element) -> nodes.Element:
        """Return a container of the content below titles, if any, and more."""
        container = self.parsed(*titles, *more)
        container[IS_TITLED] = bool(titles)
        return container

    def _facts(self) -> list[nodes.Element]:
        """Return a paragraph for each option that states something of what the directive describes: "Default: 4"."""
        stated = [(name, self.options[name]) for name in FACTS if self.options.get(name)]
        return [self.paragraph(f"{name.capitalize()}: {value}") for name, value in stated]

    def _title(self, text: str) -> nodes.Element:
        return nodes.rubric("", "", *self.paragraph(text).children)


def _is_sentence(lines: list[str]) -> bool:
    """Tell whether an argument is prose rather than a title or a name."""
    text = " ".join(lines)
    return len(text.split()) > MAX_TITLE_WORDS or (len(text.split()) > 1 and text.endswith((".", "!", "?", ":")))


def _role(name: str, rawtext: str, text: str, *_: Any, **__: Any) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """Reduce a reference to its text: "title <target>" to title, "~package.name" to package.name."""
    if ICONS.match(name):
        return [], []
    match = (REFERENCE_TARGET if name.rpartition(":")[2] in REFERENCES else ROLE_TARGET).match(text)
    return [nodes.inline(rawtext, match[1] if match else text.lstrip("~!").removeprefix("."))], []
