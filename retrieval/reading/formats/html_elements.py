"""Tell what an element of HTML is by its attributes: hidden, a dialog, an admonition, the number of a note."""

import re
from typing import Any

SKIPPED = frozenset((
    "script", "style", "noscript", "template", "svg", "math", "form", "button", "select", "input", "textarea",
    "iframe", "object", "canvas", "title", "audio", "video", "datalist", "dialog", "graphic",
))  # fmt: skip
DIALOG_ROLES = frozenset(("dialog", "alertdialog"))
CONSENT = re.compile(r"(?:cookie|gdpr|consent)[-_]?(?:banner|consent|notice|popup)|onetrust-(?:banner|consent|pc)")
PAGE_ELEMENTS = frozenset(("html", "body", "main", "article"))  # their classes describe what else is on the page
EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
HEADING_TAGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
HIDDEN_STYLES = ("display:none", "visibility:hidden")
ADMONITION = re.compile(
    r"(?:^|[\s_-])(?:admonition|alert|callout|notecard|note|tip|hint|info|important|warning|caution|danger)(?:$|[\s_-])"
)
ANCHOR_MARKS = frozenset("¶#§🔗\uf0c1")  # that link a heading to itself
MAX_UNIT_LENGTH = 30  # characters of the text of a picture behind a number
NOTE_NUMBER = re.compile(r"\[?\d{1,3}\]?|↩\ufe0e?")


def is_hidden(element: Any) -> bool:
    """Tell whether a browser would not show an element, whatever readers click on; tabs can be shown."""
    style = re.sub(r"\s", "", element.get("style") or "").lower()
    return (
        element.get("hidden") not in (None, "until-found")
        or element.get("aria-hidden") == "true"
        or any(hidden in style for hidden in HIDDEN_STYLES)
    ) and element.get("role") != "tabpanel"


def is_dialog(element: Any) -> bool:
    """Tell whether an element is a dialog in front of the page, such as a request for consent."""
    if tag_of(element) in PAGE_ELEMENTS:
        return False
    names = f"{element.get('class') or ''} {element.get('id') or ''}".lower()
    return (element.get("role") or "") in DIALOG_ROLES or CONSENT.search(names) is not None


def is_admonition(element: Any) -> bool:
    """Tell whether an element that HTML calls an aside is a note to the reader, or a box of Sphinx with a title."""
    if tag_of(element) != "aside":
        return False
    is_box = any(child.get("class") == "sidebar-title" for child in element)
    return is_box or ADMONITION.search((element.get("class") or "").lower()) is not None


def is_reference(element: Any, tag: str) -> bool:
    """Tell whether an element is the number of a note or a link back from it, or of a heading to itself.

    Such a mark is part of no sentence.
    """
    if tag not in ("a", "sup"):
        return False
    roles = roles_of(element)
    if tag == "a" and ("noteref" in roles or ("backlink" in roles and not _is_in_heading(element))):
        return True
    if is_anchor(element, tag):
        return True
    text = "".join(element.itertext()).strip()
    if not NOTE_NUMBER.fullmatch(text):
        return False
    links = element.iter("{*}a", "{*}ref") if tag == "sup" else [element]
    is_raised = tag == "sup" or any(tag_of(child) == "sup" for child in element.iter("{*}*")) or text.startswith("↩")
    return is_raised and any("#" in (link.get("href") or link.get("target") or "") for link in links)


def is_anchor(element: Any, tag: str) -> bool:
    """Tell whether an element only links a heading to itself."""
    text = "".join(element.itertext()).strip() if tag == "a" else ""
    return text in ANCHOR_MARKS and "#" in (element.get("href") or "")


def is_note_label(element: Any) -> bool:
    """Tell whether an element is the number that Sphinx puts before a note, with a link back and in brackets."""
    parent = element.getparent()
    return element.get("class") == "label" and parent is not None and parent.get("role") == "doc-footnote"


def _is_in_heading(element: Any) -> bool:
    """Tell whether an element is in a heading, where a link back is one to the contents, around the heading's text."""
    return any(tag_of(ancestor) in HEADING_TAGS for ancestor in element.iterancestors())


def unit_of(image: Any, before: str) -> str:
    """Return what a picture behind a number stands for, such as a currency; "" if it stands for nothing."""
    alternative = (image.get("alt") or "").strip()
    is_unit = before.rstrip()[-1:].isdigit() and 0 < len(alternative) <= MAX_UNIT_LENGTH and "." not in alternative
    return f" {alternative}" if is_unit else ""


def tag_of(element: Any) -> str:
    """Return the lower-case name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2].lower()


def roles_of(element: Any) -> str:
    """Join the roles that a web page and an e-book give an element."""
    return f"{element.get('role') or ''} {element.get(EPUB_TYPE) or ''}"
