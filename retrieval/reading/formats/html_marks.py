"""Rewrite the marks of HTML whose meaning would be lost with the formatting: what is struck out, raised, or ticked."""

import re
from typing import Any

from retrieval.reading.formats.html_elements import is_reference, tag_of
from retrieval.text.raised_numbers import raise_number

STRUCK_TAGS = frozenset(("del", "s", "strike"))
STRUCK_CLASSES = frozenset(("strike", "strikethrough", "line-through", "text-decoration-line-through"))
STRUCK_STYLE = re.compile(r"text-decoration[a-z-]*:[^;]*line-through")


def rewrite_marks(root: Any) -> None:
    """Change a tree: leave out struck-out text, raise numbers (10⁶), write boxes of task lists as "[ ]" and "[x]"."""
    for element in list(root.iter("{*}*")):
        tag = tag_of(element)
        if is_struck_out(element, tag):
            _remove(element)
        elif tag == "sup" and not _is_in_reference(element):
            for inner in element.iter("{*}*"):
                inner.text = raise_number(inner.text or "")
        elif tag == "input" and element.get("type") == "checkbox" and _is_in_item(element):
            element.tag, element.text = "span", "[x] " if element.get("checked") is not None else "[ ] "


def name_tabs(root: Any) -> None:
    """Put the label of each tab above its panel, as a summary, where a group has as many labels as panels."""
    groups: dict[Any, list[Any]] = {}  # by their parents, in which several would be mixed up
    for group in root.iter("ul", "div"):
        if group.get("role") == "tablist" or _has_class(group, "tabbed-labels"):
            groups.setdefault(group.getparent(), []).append(group)
    for group in [own[0] for own in groups.values() if len(own) == 1]:
        labels = [item for item in group.iter("*") if item.get("role") == "tab" or tag_of(item) == "label"]
        panels = [panel for panel in group.getparent().iter("div", "section") if _is_panel(panel, group.getparent())]
        if not labels or len(labels) != len(panels):
            continue
        for label, panel in zip(labels, panels, strict=True):
            summary = panel.makeelement("summary")
            summary.text, summary.tail, panel.text = " ".join(label.itertext()), panel.text, None
            panel.insert(0, summary)
        group.drop_tree()


def unfold_admonitions(root: Any) -> None:
    """Turn the tables of AsciiDoc that put a note beside its icon into plain elements."""
    for table in list(root.iter("table")):
        if _has_class(table.getparent(), "admonitionblock"):
            for element in table.iter("table", "tbody", "tr", "td"):
                element.tag = "div"


def _is_panel(element: Any, group: Any) -> bool:
    """Tell whether an element is a panel of a group of tabs, and not of a group in one of its panels."""
    if not (element.get("role") == "tabpanel" or _has_class(element, "tabbed-block")):
        return False
    around = next(
        ancestor
        for ancestor in element.iterancestors()
        if ancestor is group or ancestor.get("role") == "tabpanel" or _has_class(ancestor, "tabbed-block")
    )
    return around is group


def _has_class(element: Any, name: str) -> bool:
    return element is not None and name in (element.get("class") or "").split()


def is_struck_out(element: Any, tag: str) -> bool:
    """Tell whether the text of an element no longer holds."""
    return (
        tag in STRUCK_TAGS
        or not STRUCK_CLASSES.isdisjoint((element.get("class") or "").lower().split())
        or STRUCK_STYLE.search(re.sub(r"\s", "", element.get("style") or "").lower()) is not None
    )


def _is_in_reference(element: Any) -> bool:
    """Tell whether a raised element is the number of a note, or in the link that is one."""
    return is_reference(element, "sup") or any(is_reference(link, "a") for link in element.iterancestors("{*}a"))


def _is_in_item(element: Any) -> bool:
    """Tell whether an element stands in an item of a list."""
    return next(element.iterancestors("{*}li"), None) is not None


def _remove(element: Any) -> None:
    """Remove an element with everything in it, not the text behind it."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if before is None:
        parent.text = (parent.text or "") + (element.tail or "")
    else:
        before.tail = (before.tail or "") + (element.tail or "")
    parent.remove(element)
