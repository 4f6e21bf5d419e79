"""Prepare Markdown as sites write it for a parser of Markdown."""

import re
from collections.abc import Mapping

from retrieval.reading.site_markup import boxes, components, fenced_directives, html_tags, templates
from retrieval.reading.site_markup.site_changes import Changes, Own, has_any
from retrieval.text.source_map import EditedText

IMPORTED = re.compile(
    r"^import\s+(?:(\w+)|\{([^{}\n]{0,500})\})(?:\s*,\s*\{([^{}\n]{0,500})\})?\s+from\s", re.MULTILINE
)
MAX_DIRECTIVE_DEPTH = 4


def prepare(
    edited: EditedText, body: int, values: Mapping[str, object], *, is_mdx: bool
) -> tuple[EditedText, dict[int, Own]]:
    """Reduce text[body:] to plain Markdown; returns it with the markup of paragraphs, by their start.

    `values` are those of the front matter. In MDX, braces are code, and every name with a capital is a component.
    """
    owns: dict[int, Own] = {}
    imported = _imported(edited.text, body) if "import " in edited.text else set()
    if has_any(edited.text, templates.SIGNS):
        changes = Changes(edited.text, body)
        templates.read_templates(changes, values, is_mdx=is_mdx)
        edited, owns = changes.applied(edited, owns)
    if has_any(edited.text, components.SIGNS):
        changes = Changes(edited.text, body)
        components.read_properties(changes)
        edited, owns = changes.applied(edited, owns)
    if has_any(edited.text, html_tags.SIGNS):
        changes = Changes(edited.text, body)
        html_tags.read_html(changes, imported, is_mdx=is_mdx)
        edited, owns = changes.applied(edited, owns)
    for _ in range(MAX_DIRECTIVE_DEPTH):
        if not has_any(edited.text, fenced_directives.SIGNS):
            break
        changes = Changes(edited.text, body)
        has_inner = fenced_directives.read_directives(changes)
        edited, owns = changes.applied(edited, owns)
        if not has_inner:
            break
    if has_any(edited.text, boxes.SIGNS):
        changes = Changes(edited.text, body)
        boxes.read_boxes(changes)
        edited, owns = changes.applied(edited, owns)
    return edited, owns


def _imported(text: str, body: int) -> set[str]:
    """Return the names that the lines of a file import."""
    names = [
        name
        for match in IMPORTED.finditer(text, body)
        for group in match.groups()
        if group
        for name in group.split(",")
    ]
    return {name.split(" as ")[-1].strip() for name in names}
