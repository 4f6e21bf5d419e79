"""Read the directives that MyST puts between fences, "```{note}" or ":::{note}": boxes become text, code keeps its own.

Its labels, lines such as "(setup)=", are left out. A directive between backticks that nobody knows stays code, as in
R Markdown; one between colons is text.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from retrieval.reading.markdown import Markup
from retrieval.reading.site_markup.components import fact
from retrieval.reading.site_markup.directive_tables import write_table
from retrieval.reading.site_markup.site_changes import (
    ADMONITIONS,
    FENCE,
    TEXT,
    TITLE,
    Changes,
    box_title,
    is_followed,
)

SIGNS = ("```{", "~~~{", ")=\n", ":::{", "::: {")
DIRECTIVE = re.compile(r"\{(?P<name>[\w:-]+)\}[ \t]*(?P<argument>[^\n]*)$")
OPTIONS = re.compile(
    r"(?:(?:[ \t>]*\n)?(?:[ \t>]*:[\w-]+:[^\n]*\n)+|[ \t>]*---\n(?:(?![ \t>]*---\n)[^\n]*\n){0,30}[ \t>]*---\n)"
)
CODE = frozenset(("code", "code-block", "code-cell", "sourcecode", "prompt", "literalinclude"))
CARDS = frozenset(("card", "grid-item-card"))
TITLED = CARDS | frozenset((
    "admonition", "dropdown", "tab-item", "tab", "details", "topic", "sidebar", "rubric", "table", "theorem", "lemma",
    "definition", "proof", "corollary", "exercise", "solution", "epigraph", "pull-quote", "centered", "describe",
    "confval",
))  # fmt: skip
ASIDE_BOXES = frozenset(("admonition", "topic", "sidebar", "epigraph", "pull-quote", "centered"))
NAMES = frozenset(("confval", "describe"))  # what they describe has its type and default in options
FACT = re.compile(r"^[ \t>]*:(type|default|value):[ \t]+([^\n]*\S)", re.MULTILINE)
PLAIN = frozenset((  # their argument is not shown
    "tab-set", "grid", "grid-item", "div", "container", "margin", "aside", "only", "card-carousel", "button-link",
    "button-ref", "glossary",
))  # fmt: skip
TABLES = frozenset(("list-table", "csv-table"))
VERSIONS = {  # with the words that Sphinx writes before the version
    "versionadded": "Added in version", "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version", "versionremoved": "Removed in version",
}  # fmt: skip
LABEL = re.compile(r"^\([\w.:/ -]{1,80}\)=[ \t]*$", re.MULTILINE)  # names the heading, table or figure below it
NOT_SHOWN = re.compile(r"^(?:%[ \t][^\n]*|\+{3}(?:[ \t][^\n]*)?)$", re.MULTILINE)  # comments, and ends of cells
RST = "eval-rst"
RST_DIRECTIVE = re.compile(
    r"^(?P<indent>[ \t]*)\.\.(?P<head>[ \t]+(?P<name>[\w:-]+)::[ \t]*|[ \t]+)(?P<argument>[^\n]*)\n?"
    r"(?P<below>(?:(?P=indent)[ \t]+[^\n]*\n|[ \t]*\n(?=(?P=indent)[ \t]+\S))*)",
    re.MULTILINE,
)
LEFT_OUT = frozenset((
    "toctree", "contents", "figure", "image", "index", "bibliography", "raw", "mermaid", "iframe", "math",
    "table-of-contents", "tableofcontents", "automodule", "autoclass", "autofunction",
))  # fmt: skip


COLON_FENCE = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(:{3,})([^\n]*)$", re.MULTILINE)
CARD_LINE = re.compile(r"^[ \t>]*(?:\^{3,}|\+{3,})[ \t]*$", re.MULTILINE)  # ends the header or begins the footer


class _Directive(NamedTuple):
    """A directive: where its opening line has the fence and its end, and where the text below that line ends.

    `closing` is the line that closes it, empty if none does.
    """

    name: str
    argument: str
    fence: int
    line_end: int
    body_end: int
    closing: tuple[int, int]
    colons: bool


def read_directives(changes: Changes) -> bool:
    """Find the directives that are in no other one, and edit them; returns whether there may be some inside."""
    text = changes.text
    for label in LABEL.finditer(text, changes.body):
        if not changes.is_code(label.start()):
            changes.remove(*label.span())
    fenced = list(_fenced(changes))
    if fenced:
        for line in NOT_SHOWN.finditer(text, changes.body):
            if not changes.is_code(line.start()):
                changes.remove(*line.span())
    cards: list[_Directive] = []
    done = changes.body  # the end of what is read as a whole
    for directive in sorted([*fenced, *_between_colons(changes)], key=lambda directive: directive.fence):
        if directive.fence >= done and _is_known(directive):
            is_whole = any(directive.name in names for names in (LEFT_OUT, CODE, TABLES, (RST,)))
            done = directive.closing[1] if is_whole else done
            cards += [directive] if directive.name in CARDS else []
            _read(changes, directive)
    _divide_cards(changes, cards)
    return any(not (d.name in LEFT_OUT or d.name in CODE) and _is_known(d) for d in fenced)


def _fenced(changes: Changes) -> Iterator[_Directive]:
    """Yield the directives between backticks or tildes."""
    text = changes.text
    for start, end in changes.fences:
        fence = FENCE.match(text, start, end)
        match = fence and DIRECTIVE.match(fence[2].strip())
        if fence and match:
            last = text.rfind("\n", start, end) + 1
            is_closed = last > fence.start() and not text[last:end].strip(" \t>`~")
            closing = (last, end) if is_closed else (end, end)
            yield _Directive(*_named(match), fence.start(1), fence.end(), closing[0], closing, colons=False)


def _between_colons(changes: Changes) -> Iterator[_Directive]:
    """Yield the directives between colons, outer ones before those inside."""
    text = changes.text
    opened: list[re.Match[str]] = []
    closings: dict[int, tuple[int, int]] = {}
    openings = []
    for fence in COLON_FENCE.finditer(text, changes.body):
        if changes.is_code(fence.start(1)):
            continue
        if fence[2].strip():
            opened.append(fence)
            openings.append(fence)
        else:
            while opened and len(opened[-1][1]) > len(fence[1]):
                opened.pop()
            if opened:
                closings[opened.pop().start()] = fence.span()
    for fence in openings:
        match = DIRECTIVE.match(fence[2].strip())
        if match:
            closing = closings.get(fence.start(), (len(text), len(text)))
            yield _Directive(*_named(match), fence.start(1), fence.end(), closing[0], closing, colons=True)


def _divide_cards(changes: Changes, cards: Sequence[_Directive]) -> None:
    """Take out the lines between header, body and footer of cards."""
    end = 0  # of the cards so far: those between colons may be in each other
    for card in cards:
        for line in CARD_LINE.finditer(changes.text, max(card.line_end, end), card.body_end):
            if not card.colons or not changes.is_code(line.start()):
                changes.remove(*line.span())
        end = max(end, card.body_end)


def _named(directive: re.Match[str]) -> tuple[str, str]:
    """Return the name of a directive without that of its domain, and its argument."""
    return directive["name"].rpartition(":")[2].lower(), directive["argument"].strip()


def _is_known(directive: _Directive) -> bool:
    return directive.colons or any(
        directive.name in names for names in (ADMONITIONS, TITLED, PLAIN, VERSIONS, LEFT_OUT, CODE, TABLES, (RST,))
    )


def _read(changes: Changes, directive: _Directive) -> None:
    """Edit a directive as what its readers see."""
    text, name = changes.text, directive.name
    below = min(directive.line_end + 1, directive.body_end)
    options = OPTIONS.match(text, below, directive.body_end)
    behind = options.end() if options else below
    if name in LEFT_OUT:
        changes.remove(directive.fence, directive.closing[1])
    elif name == RST:
        changes.remove(directive.fence, directive.line_end)
        _read_rst(changes, below, directive.body_end)
        changes.remove(*directive.closing)
    elif name in CODE:
        opening = "```" if directive.colons else text[directive.fence : directive.line_end].partition("{")[0]
        changes.replace(directive.fence, directive.line_end, f"{opening}{directive.argument}")
        changes.remove(below, behind)
        if directive.colons and directive.closing[0] < directive.closing[1]:
            changes.replace(*_without_indent(text, directive.closing), opening)
    else:
        facts = [fact(option[1], option[2]) for option in FACT.finditer(text, below, behind)] if name in NAMES else []
        title, markup = _title(directive, is_followed=is_followed(text, directive.closing[1]))
        until = None if name == "rubric" else directive.closing[0]
        changes.add_title(
            directive.fence, directive.line_end, title, markup if title else TEXT, until=until, below=facts
        )
        changes.remove(below, behind)
        if name in TABLES:
            write_table(changes, name, (behind, directive.body_end), text[below:behind])
        if not directive.colons:  # others are closed by retrieval.reading.site_markup.boxes
            changes.remove(max(directive.closing[0], behind), directive.closing[1])


def _read_rst(changes: Changes, start: int, end: int) -> None:
    """Reduce reStructuredText inside of Markdown to paragraphs: of directives, those that are boxes are kept."""
    for directive in RST_DIRECTIVE.finditer(changes.text, start, end):
        name = (directive["name"] or "").lower()
        if name in ADMONITIONS or name in TITLED or name in VERSIONS:
            changes.remove(directive.start("indent"), directive.start("argument"))
            below = directive["below"]
            for line in re.finditer(r"^[ \t]+(?::[\w-]+:[^\n]*)?", below, re.MULTILINE):
                changes.remove(directive.start("below") + line.start(), directive.start("below") + line.end())
        else:
            changes.remove(*directive.span())


def _without_indent(text: str, line: tuple[int, int]) -> tuple[int, int]:
    """Return the span of a line without the white space before its text."""
    return line[1] - len(text[slice(*line)].lstrip(" \t>")), line[1]


def _title(directive: _Directive, *, is_followed: bool) -> tuple[str, Markup]:
    """Return what readers see above the text of a directive, and its markup; "" if nothing."""
    name, argument = directive.name, directive.argument
    if name in VERSIONS:
        return f"{VERSIONS[name]} {argument}".strip(), TEXT
    if name in PLAIN:
        return "", TEXT
    if name in ADMONITIONS:
        return box_title(name, argument or None, is_followed=is_followed)
    return box_title("", argument, is_followed=is_followed) if name in ASIDE_BOXES else (argument, TITLE)
