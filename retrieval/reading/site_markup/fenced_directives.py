"""Read the directives that MyST puts between fences ("```{note}"): boxes become text, and code has its language.

Its labels, lines such as "(setup)=", are left out.
"""

import re

from retrieval.reading.markdown import Markup
from retrieval.reading.site_markup.site_changes import ADMONITIONS, FENCE, TEXT, Changes, box_title, is_followed

SIGNS = ("```{", "~~~{", ")=\n")
DIRECTIVE = re.compile(r"\{(?P<name>[\w:-]+)\}[ \t]*(?P<argument>[^\n]*)$")
OPTIONS = re.compile(r"(?:[ \t>]*:[\w-]+:[^\n]*\n|[ \t>]*---\n(?:(?![ \t>]*---\n)[^\n]*\n){0,30}[ \t>]*---\n)+")
CODE = frozenset(("code", "code-block", "code-cell", "sourcecode", "prompt", "literalinclude"))
TITLED = frozenset(("admonition", "dropdown", "card", "tab-item", "tab", "details", "topic", "sidebar", "rubric"))
PLAIN = frozenset(("epigraph", "pull-quote", "tab-set", "grid", "grid-item-card", "div", "margin", "aside", "centered"))
VERSIONS = {  # with the words that Sphinx writes before the version
    "versionadded": "Added in version", "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version", "versionremoved": "Removed in version",
}  # fmt: skip
LABEL = re.compile(r"^\([\w.:/ -]{1,80}\)=[ \t]*$", re.MULTILINE)  # names the heading, table or figure below it
LEFT_OUT = frozenset((
    "toctree", "contents", "figure", "image", "index", "bibliography", "raw", "eval-rst", "mermaid", "iframe", "math",
    "table-of-contents", "tableofcontents", "automodule", "autoclass", "autofunction",
))  # fmt: skip


def read_directives(changes: Changes) -> bool:
    """Find the directives that are in no other one, and edit them; returns whether there may be some inside."""
    text = changes.text
    for label in LABEL.finditer(text, changes.body):
        if not changes.is_code(label.start()):
            changes.remove(*label.span())
    has_inner = False
    for start, end in changes.fences:
        fence = FENCE.match(text, start, end)
        directive = fence and DIRECTIVE.match(fence[2].strip())
        if fence is None or directive is None:
            continue
        name = directive["name"].rpartition(":")[2].lower()
        options = OPTIONS.match(text, fence.end() + 1, end)
        behind = options.end() if options else min(fence.end() + 1, end)
        last = text.rfind("\n", start, end) + 1
        is_closed = last > fence.start() and not text[last:end].strip(" \t>`~")
        if name in LEFT_OUT:
            changes.remove(start, end)
        elif name in CODE:
            changes.replace(fence.start(2), fence.end(2), directive["argument"].strip())
            changes.remove(fence.end(2) + 1, max(behind, fence.end(2) + 1))
        elif name in ADMONITIONS or name in TITLED or name in PLAIN or name in VERSIONS:
            has_inner = True
            title, markup = _title(name, directive["argument"].strip(), is_followed=is_followed(text, end))
            changes.add_title(fence.start(1), fence.end(2), title, markup if title else TEXT)
            changes.remove(min(fence.end() + 1, end), behind)
            if is_closed:
                changes.remove(max(last, behind), end)
    return has_inner


def _title(name: str, argument: str, *, is_followed: bool) -> tuple[str, Markup]:
    """Return what readers see above the text of a directive, and its markup; "" if nothing."""
    if name in VERSIONS:
        return f"{VERSIONS[name]} {argument}".strip(), TEXT
    return box_title(*((name, argument or None) if name in ADMONITIONS else ("", argument)), is_followed=is_followed)
