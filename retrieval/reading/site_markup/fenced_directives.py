"""Read the directives that MyST puts between fences ("```{note}"): boxes become text, and code has its language."""

import re

from retrieval.reading.site_markup.site_changes import ADMONITIONS, FENCE, TEXT, Changes, box_title, is_followed

SIGNS = ("```{", "~~~{")
DIRECTIVE = re.compile(r"\{(?P<name>[\w:-]+)\}[ \t]*(?P<argument>[^\n]*)$")
OPTIONS = re.compile(r"(?:[ \t>]*:[\w-]+:[^\n]*\n|[ \t>]*---\n(?:(?![ \t>]*---\n)[^\n]*\n){0,30}[ \t>]*---\n)+")
CODE = frozenset(("code", "code-block", "code-cell", "sourcecode", "prompt", "literalinclude"))
TITLED = frozenset(("admonition", "dropdown", "card", "tab-item", "tab", "details", "topic", "sidebar", "rubric"))
PLAIN = frozenset(("epigraph", "pull-quote", "tab-set", "grid", "grid-item-card", "div", "margin", "aside", "centered"))
LEFT_OUT = frozenset((
    "toctree", "contents", "figure", "image", "index", "bibliography", "raw", "eval-rst", "mermaid", "iframe", "math",
    "table-of-contents", "tableofcontents", "automodule", "autoclass", "autofunction",
))  # fmt: skip


def read_directives(changes: Changes) -> bool:
    """Find the directives that are in no other one, and edit them; returns whether there may be some inside."""
    text = changes.text
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
        elif name in ADMONITIONS or name in TITLED or name in PLAIN:
            has_inner = True
            argument = directive["argument"].strip() or None
            kind, argument = (name, argument) if name in ADMONITIONS else ("", argument or "")
            title, markup = box_title(kind, argument, is_followed=is_followed(text, end))
            changes.add_title(fence.start(1), fence.end(2), title, markup if title else TEXT)
            changes.remove(min(fence.end() + 1, end), behind)
            if is_closed:
                changes.remove(max(last, behind), end)
    return has_inner
