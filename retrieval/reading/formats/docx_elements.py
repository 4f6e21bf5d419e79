"""Read the elements of WordprocessingML as the document reads now: with insertions, without deletions."""

from collections.abc import Iterator
from typing import Any

from retrieval.text.raised_numbers import raise_number

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
WRAPPERS = tuple(f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"))
LEFT_OUT = ("del", "moveFrom", "instrText", "delText", "rt")  # rt gives the pronunciation of a word
UNREAD = ("vanish", "strike", "dstrike")  # properties of a run that is hidden or no longer holds
TEXT_BOX, ALTERNATIVES = "txbxContent", "AlternateContent"
INDENTS = ("left", "start")
OFF = ("0", "false", "off")


def children_of(container: Any, *tags: str) -> list[Any]:
    """Return the children of a container with some tags in order, through content controls and insertions."""
    children = []
    for child in container:
        if child.tag in tags:
            children.append(child)
        elif child.tag in WRAPPERS:
            children += children_of(child, *tags)
    return children


def live(element: Any) -> Iterator[Any]:
    """Yield the descendants of an element as it reads now: with insertions, without what is deleted, struck or hidden.

    Goes no deeper than the content element of a text box, and takes the first of alternatives: the others repeat it for
    older programs.
    """
    for child in element:
        tag = tag_of(child)
        if tag in LEFT_OUT or tag.endswith("Pr") or (tag == "r" and _is_left_out(child)):
            continue
        if tag == ALTERNATIVES:
            yield from live(next(child.iterchildren("{*}Choice", "{*}Fallback"), ()))
            continue
        yield child
        if tag != TEXT_BOX:
            yield from live(child)


def has_text(element: Any) -> bool:
    """Tell whether there is any text in an element."""
    return next(element.iterdescendants(f"{W}t"), None) is not None


def is_indented(element: Any) -> bool:
    """Tell whether a paragraph or a style says that it begins further inside than others."""
    indents = (ind.get(f"{W}{name}") or "" for ind in element.iterfind(f"{W}pPr/{W}ind") for name in INDENTS)
    return any(indent.isdecimal() and int(indent) > 0 for indent in indents)


def tag_of(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _is_left_out(run: Any) -> bool:
    """Tell whether a run of text is hidden or struck out."""
    return any(mark.get(f"{W}val") not in OFF for tag in UNREAD for mark in run.iterfind(f"{W}rPr/{W}{tag}"))


def _is_raised(run: Any) -> bool:
    return any(place.get(f"{W}val") == "superscript" for place in run.iterfind(f"{W}rPr/{W}vertAlign"))


def text_of(element: Any, *, tab: str = " ", line_break: str = " ") -> str:
    """Return the text of an element as it reads now, without that of text boxes."""
    words: list[str] = []
    for child in live(element):
        tag = tag_of(child)
        if tag == "t":
            text = child.text or ""
            words.append(raise_number(text) if _is_raised(child.getparent()) else text)
        elif tag in ("tab", "ptab"):
            words.append(tab)
        elif tag in ("br", "cr"):
            words.append(line_break)
        elif tag == "noBreakHyphen":
            words.append("-")
    return "".join(words)
