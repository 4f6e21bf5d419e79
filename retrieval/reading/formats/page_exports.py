"""Prepare pages that programs export: those of Confluence and Google Docs, before they are read as web pages.

Their titles, nested lists and notes are written in ways of their own, and what readers said about a page (comments) or
put beside it (attachments, who exported it) stands among its text. Elements of lxml come in and are changed.
"""

import re
from typing import Any

from retrieval.reading.formats.groff_pages import define_terms
from retrieval.reading.formats.html_elements import HEADING_TAGS, tag_of
from retrieval.reading.formats.html_layouts import drop_quoted_mail, open_empty_terms, show_styles, unfold_accordions
from retrieval.reading.front_matter import own_value
from retrieval.reading.metadata import date_field
from retrieval.text.cleaning import one_line

LIST_LEVEL = re.compile(r"\blst-(?P<name>[\w.]+)-(?P<level>\d)\b")  # of Google Docs
CONFLUENCE_DATE = re.compile(r"\bon ([A-Z][a-z]{2} \d{1,2}, \d{4})\s*$")
BESIDE_PAGE = ("attachments", "comments", "likes", "labels")  # ids of headings of sections in exports of Confluence
SPACE_INDEX = "Space Details:"  # the title of the page that lists a space


def prepare_export(root: Any) -> None:
    """Change a page of a known program so that it reads like a page; in others, show what styles and buttons hide."""
    show_styles(root)
    unfold_accordions(root)
    drop_quoted_mail(root)
    open_empty_terms(root)
    define_terms(root)
    body = root.find("body")
    if body is not None and "doc-content" in _classes(body):
        _prepare_google_docs(body)
    elif (title := root.find(".//span[@id='title-text']")) is not None and root.find(".//*[@id='content']") is not None:
        _prepare_confluence(root, title)


def _prepare_google_docs(body: Any) -> None:
    """Make the title a heading, nest lists, and remove comments."""
    for anchor in list(body.iter("a")):
        name = anchor.get("id") or ""
        if name.startswith("cmnt_ref"):
            mark = anchor.getparent()
            (mark if tag_of(mark) == "sup" else anchor).drop_tree()
        elif name.startswith("cmnt"):
            comment = next((parent for parent in anchor.iterancestors("div")), anchor)
            if comment.getparent() is not None:
                comment.drop_tree()
        elif name.startswith("ftnt") and not name.startswith("ftnt_ref"):
            anchor.text = ""  # the number, which stands before the note anyway
    titles = [element for element in body.iter("p") if "title" in _classes(element)]
    if titles:
        for heading in list(body.iter(*HEADING_TAGS)):
            heading.tag = f"h{min(int(heading.tag[1]) + 1, 6)}"
        titles[0].tag = "h1"
    _nest_lists(body)


def _nest_lists(body: Any) -> None:
    """Put the lists that follow an item of a lower level into that item, and join the parts of one list."""
    open_lists: list[tuple[int, str, Any]] = []
    for element in list(body.iter("ul", "ol")):
        match = LIST_LEVEL.search(element.get("class") or "")
        previous = element.getprevious()
        if match is None or not open_lists or previous is not open_lists[0][2]:
            open_lists = [] if match is None else [(int(match["level"]), match["name"], element)]
            continue
        level, ended = int(match["level"]), None
        while open_lists and open_lists[-1][0] >= level:
            ended = open_lists.pop()
        if ended and ended[:2] == (level, match["name"]) and "start" not in _classes(element):
            for item in list(element):
                ended[2].append(item)
            element.drop_tree()
            open_lists.append(ended)
        elif open_lists and len(open_lists[-1][2]):
            open_lists[-1][2][-1].append(element)
            open_lists.append((level, match["name"], element))
        else:
            open_lists = [(level, match["name"], element)]


def _prepare_confluence(root: Any, title: Any) -> None:
    """Take the space out of the title and name it as the publisher, and remove what is not the page."""
    text = one_line(title.text_content())
    if text == SPACE_INDEX:
        for element in list(root.iterfind("body/*")):
            element.drop_tree()
        return
    first = root.find(".//ol[@id='breadcrumbs']/li")
    space = one_line(first.text_content()) if first is not None else ""
    if space and text.startswith(f"{space} : "):
        text = text.removeprefix(f"{space} : ")
        _add_meta(root, "og:site_name", space)
    for child in list(title):
        title.remove(child)
    title.text = text
    _add_meta(root, "og:title", text)
    for element in [element for element in root.iter() if isinstance(element.tag, str)]:
        if element.getparent() is None:
            continue
        if "page-metadata" in _classes(element):
            if date := CONFLUENCE_DATE.search(one_line(element.text_content())):
                _add_meta(root, "date", own_value(date_field, {"published": date[1]}) or "")
            element.drop_tree()
        elif _is_beside_page(element):
            element.drop_tree()


def _is_beside_page(element: Any) -> bool:
    """Tell whether an element is around a page: where it stands, who exported it, or a section such as its comments."""
    if element.get("id") in ("breadcrumb-section", "footer"):
        return True
    is_section = "pageSection" in _classes(element)
    return is_section and any(heading.get("id") in BESIDE_PAGE for heading in element.iter("h2"))


def _add_meta(root: Any, name: str, value: str) -> None:
    head = root.find("head")
    if head is not None and value:
        head.append(root.makeelement("meta", {"name": name, "content": value}))


def _classes(element: Any) -> list[str]:
    return (element.get("class") or "").split()
