"""Read the terms of a manual page that groff wrote as HTML: it lays them out in tables and in indented paragraphs.

Elements of lxml come in and are changed: terms and what is said of them become a list of definitions.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from retrieval.reading.formats.html_elements import tag_of
from retrieval.text.cleaning import one_line

MARGIN = re.compile(r"margin-left:\s*([0-9]{1,3})%")
TERM_TAGS = ("dt", "dd")
MAX_TERM_LENGTH = 120  # characters of an option with its values


def define_terms(root: Any) -> None:
    """Make lists of definitions of the terms of a page that says it was written by groff."""
    generator = root.find("head/meta[@name='generator']")
    if generator is None or not (generator.get("content") or "").startswith("groff"):
        return
    for table in list(root.iter("table")):
        if table.get("rules") == "none" and table.get("frame") == "void":
            _define_rows(table)
    for body in root.iter("body"):
        _define_paragraphs(body)


def _define_rows(table: Any) -> None:
    """Replace a table by a list of definitions, if each row has a term and a text, or by texts, if each has one."""
    rows = [[cell for cell in row if one_line(cell.text_content())] for row in table.iter("tr")]
    if {len(row) for row in rows} not in ({1}, {len(TERM_TAGS)}):
        return
    if rows[0][1:] and not all(_is_term(row[0]) for row in rows):
        return
    replacement = table.makeelement("dl" if rows[0][1:] else "div", {})
    for row in rows:
        for cell, tag in zip(row, TERM_TAGS if row[1:] else ("div",), strict=True):
            cell.tag = tag
            replacement.append(cell)
    replacement.tail = table.tail
    table.getparent().replace(table, replacement)


def _define_paragraphs(body: Any) -> None:
    """Put paragraphs that are indented below a shorter one with less of a margin into lists of definitions."""
    children = [child for child in body if isinstance(child.tag, str)]
    for run in _runs(children):
        if not run[1:] or not _is_term(run[0]):
            continue
        before = run[0].getprevious()
        definitions = before if before is not None and tag_of(before) == "dl" else body.makeelement("dl", {})
        if definitions is not before:
            run[0].addprevious(definitions)
        run[0].tag = "dt"
        text = body.makeelement("dd", {})
        text.extend(run[1:])
        definitions.extend((run[0], text))


def _runs(children: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield each paragraph with those behind it that have more of a margin."""
    run: list[Any] = []
    for child in children:
        margin = _margin(child)
        if run and margin > _margin(run[0]) >= 0:
            run.append(child)
            continue
        if run:
            yield run
        run = [child]
    if run:
        yield run


def _margin(element: Any) -> int:
    """Return the left margin of a paragraph in percent, -1 of anything else."""
    match = MARGIN.search(element.get("style") or "") if tag_of(element) == "p" else None
    return int(match[1]) if match else -1


def _is_term(element: Any) -> bool:
    """Tell whether an element is as short as a term, and no sentence."""
    text = one_line(element.text_content())
    return len(text) <= MAX_TERM_LENGTH and not text.endswith((".", ":", "?", "!"))
