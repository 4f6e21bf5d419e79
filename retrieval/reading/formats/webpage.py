"""Read a saved web page: the posts of a forum, the article that trafilatura finds, or else the whole page.

Trafilatura says what belongs to the article, but neither the numbers of list items nor the language of code: these come
from the page.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import takewhile
from typing import Any

import trafilatura
from lxml import html

from retrieval.reading.formats.chat_messages import message_parts
from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.encodings import decode_markup
from retrieval.reading.formats.epub_notes import link_notes
from retrieval.reading.formats.html_chat import chat_messages
from retrieval.reading.formats.html_code import CODE_BLOCKS, code_text, is_line_numbers, is_listing, language_of
from retrieval.reading.formats.html_content import (
    around_content,
    content_elements,
    is_furniture,
    prune_furniture,
    unname_sections,
)
from retrieval.reading.formats.html_elements import (
    is_admonition,
    is_anchor,
    is_dialog,
    is_hidden,
    is_note_label,
    is_reference,
    tag_of,
)
from retrieval.reading.formats.html_marks import name_tabs, rewrite_marks, unfold_admonitions
from retrieval.reading.formats.html_parts import markup_parts
from retrieval.reading.formats.html_tables import mark_tables, restore_tables
from retrieval.reading.formats.html_threads import find_thread
from retrieval.reading.formats.page_exports import prepare_export
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.reading.placeholders import own_title
from retrieval.text.cleaning import one_line

# Shares of the whole page: an article with less text or fewer headings is not what people read there.
MIN_TEXT_SHARE, MIN_HEADING_SHARE = 0.3, 0.2
MIN_STRUCTURE_SHARE = 0.8  # of the list items and code in the page's main element
MIN_CONTENT_SHARE = 0.5  # of the page's text, from which on the element that a page names as its content is read
MIN_NARROW_SHARE = 0.95  # of the content's text, from which on an element in it is read instead
MIN_SAME_SHARE = 0.5  # of an article's text that is in paragraphs of the page; trafilatura may join them all
STRUCTURE = ("item", "code")
QUOTABLE = ("text", "row", *STRUCTURE)
MAIN_ELEMENTS = ("//main", "//*[@role='main']", "//*[@itemprop='articleBody']", "//article")
DATE_NAMES = (
    "article:published_time", "og:published_time", "datepublished", "date", "dc.date", "dc.date.issued",
    "dcterms.date", "dcterms.issued", "dcterms.created", "citation_publication_date", "citation_date",
    "publish-date", "pubdate", "parsely-pub-date", "sailthru.date",
)  # fmt: skip
LINKED_KEYS = ("headline", "name", "datePublished", "author", "publisher")
MAX_LINKED_DATA_LENGTH = 200_000  # characters of one script
SAVED_FROM = re.compile(r"<!-- saved from url=\(\d{4}\)(https?://\S+) -->")
SAVED_FROM_WITHIN = 2_000  # characters
WARM_UP = "<html><body><article><p>This page is read once so that all that reading needs is loaded.</p></article>"


def warm() -> None:
    """Load all that trafilatura needs."""
    _parts(html.document_fromstring(WARM_UP))


def read(content: bytes) -> Extracted:
    """Extract the parts and metadata of a page. Raises RefusedError."""
    return read_page(decode_markup(content))


def read_page(text: str) -> Extracted:
    """Extract the parts and metadata of a decoded page. Raises RefusedError."""
    root = _parse(text)
    _check_frames(root)
    thread, posts = find_thread(root)
    if not posts and (messages := chat_messages(root)):
        return Extracted(tuple(message_parts(messages)), "message", one_line(root.findtext(".//title") or "") or None)
    meta = _meta(root)
    linked = _linked_data(root)
    dates = [linked.get("datePublished"), *(meta.get(name) for name in DATE_NAMES), _publication_time(root)]
    saved_from = SAVED_FROM.search(text[:SAVED_FROM_WITHIN])
    canonical = root.xpath("string(//link[@rel='canonical']/@href)") or meta.get("og:url")
    author = meta.get("author") or meta.get("article:author") or meta.get("dc.creator") or linked.get("author")
    parts = [Part("heading", thread, 1), *message_parts(posts)] if posts else _parts(root)
    return Extracted(
        parts=tuple(parts),
        unit="message" if posts else "row",
        title=thread or _title(meta.get("og:title"), linked, one_line(root.xpath("string(//head/title)")), parts),
        source=_source(author, meta.get("og:site_name") or linked.get("publisher")),
        published=next(filter(None, map(date_of, dates)), None),
        url=str(canonical) if canonical else saved_from and saved_from[1],  # lxml's strings are of a subclass
    )


def _parse(text: str) -> Any:
    """Parse a page, without what is hidden or struck out, and with marks of the notes that say something.

    Raises RefusedError.
    """
    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (ValueError, html.etree.ParserError):
        raise RefusedError("not a web page: no readable content") from None
    prepare_export(root)
    _drop(root, lambda element, tag: is_hidden(element) or is_anchor(element, tag) or is_note_label(element))
    link_notes([(".", root)])
    _drop(root, is_reference)
    rewrite_marks(root)
    name_tabs(root)
    unfold_admonitions(root)
    for element in list(root.iter("form")):  # some sites put the whole page into a form
        if is_furniture(element):
            continue
        if element.find(".//p") is not None or element.find(".//h1") is not None:
            element.drop_tag()
    for element in root.iter("aside"):
        if is_admonition(element):
            element.tag = "div"  # or trafilatura would leave it out
    for element in list(root.iter("table")):
        if is_listing(element):
            _keep_code(element)
    for element in list(root.iter(*CODE_BLOCKS)):
        _simplify_code(element)
    return root


def _check_frames(root: Any) -> None:
    """Raise RefusedError for a set of frames, which shows other pages and has no text of its own."""
    if root.find(".//frameset") is not None:
        names = one_line(", ".join(filter(None, (frame.get("src") for frame in root.iter("frame")))))[:200]
        raise RefusedError(f"a set of frames without a text of its own; it shows {names or 'other pages'}")


def _drop(root: Any, is_left_out: Callable[[Any, str], bool]) -> None:
    """Remove the elements below the root of which a function of element and tag says so."""
    for element in [element for element in root.iter() if isinstance(element.tag, str)]:
        if element.getparent() is not None and is_left_out(element, tag_of(element)):
            element.drop_tree()


def _keep_code(table: Any) -> None:
    """Replace a table that puts line numbers beside code by the code."""
    code = html.Element("div")
    code.extend([pre for pre in list(table.iter("pre")) if not is_line_numbers(pre, code_text(pre))])
    code.tail = table.tail
    table.getparent().replace(table, code)


def _simplify_code(element: Any) -> None:
    """Reduce a block of code to its text and language, with a span in it, so that trafilatura recognises it as code."""
    text, language = code_text(element), language_of(element)
    element.clear(keep_tail=True)
    element.tag = "pre"
    element.set("data-lang", language)
    html.etree.SubElement(element, "span").text = text


def _parts(root: Any) -> list[Part]:
    """Extract the parts of the page's content, else of the article, or of the whole page if that has too little of it.

    An article that lacks lists or code is replaced by the page's main element, if it has one.
    """
    content = _content_parts(root)
    if content:
        return content
    body = root.find("body")
    whole = markup_parts(root if body is None else body)
    page = html.fromstring(html.tostring(root))
    unname_sections(page)
    mark_tables(page)
    for element in [element for element in page.iter() if isinstance(element.tag, str) and is_dialog(element)]:
        if element.getparent() is not None:
            element.drop_tree()
    extraction = trafilatura.bare_extraction(page, fast=True, include_comments=False, include_tables=True)
    article_body = getattr(extraction, "body", None)
    if article_body is not None:
        restore_tables(article_body, list(root.iter("table")))
    article = _with_structure(markup_parts(article_body), whole) if article_body is not None else []
    if _length(article, *QUOTABLE) < max(MIN_TEXT_SHARE * _length(whole, *QUOTABLE), 1):
        return whole
    if _same_length(article, whole) < MIN_SAME_SHARE * _length(article, *QUOTABLE):
        return whole
    if _length(article, "heading") < MIN_HEADING_SHARE * _length(whole, "heading"):
        return whole
    main = _main_parts(root)
    return main if _length(article, *STRUCTURE) < MIN_STRUCTURE_SHARE * _length(main, *STRUCTURE) else article


def _content_parts(root: Any) -> list[Part]:
    """Extract the parts of the element that names itself the page's content; none if it has too little of the text."""
    if not content_elements(root):
        return []
    page = deepcopy(root)
    prune_furniture(page)
    body = page.find("body")
    least = MIN_CONTENT_SHARE * _length(markup_parts(page if body is None else body), *QUOTABLE)
    parts: list[Part] = []
    content = None
    for element in content_elements(page):
        own = markup_parts(element)
        if (length := _length(own, *QUOTABLE)) >= max(least, 1):
            content, parts, least = element, own, MIN_NARROW_SHARE * length
    if content is None:
        return []
    around = around_content(page, content)
    first, last = ([part for element in group for part in markup_parts(element)] for group in around)
    return [*first, *parts, *(Part("aside", part.text) for part in last)]


def _main_parts(root: Any) -> list[Part]:
    """Extract the parts of the element that the page marks as its main one, none if it marks none or several."""
    found: list[Any] = next((elements for path in MAIN_ELEMENTS if len(elements := root.xpath(path)) == 1), [])
    return [part for element in found for part in markup_parts(element)]


def _with_structure(article: list[Part], whole: list[Part]) -> list[Part]:
    """Replace the parts of an article by those of the whole page with the same text.

    Adds the code between them, and the items of their lists, that trafilatura left out.
    """
    places: dict[str, deque[int]] = {}
    for place, part in enumerate(whole):
        if part.kind in ("text", *STRUCTURE):
            places.setdefault("".join(part.text.split()), deque()).append(place)
    parts: list[Part] = []
    furthest = len(whole)  # place on the page; nothing is left out before the first part of the article
    added: set[int] = set()
    for part in article:
        same = places.get("".join(part.text.split())) if part.kind in ("text", *STRUCTURE) else None
        if not same:
            parts.append(part)
            continue
        place = same.popleft()
        for number in (*_left_out(whole, furthest, place), place):
            if number not in added:
                added.add(number)
                parts.append(whole[number])
        furthest = max(furthest, place) if furthest < len(whole) else place
    return parts


def _left_out(whole: list[Part], first: int, last: int) -> list[int]:
    """Return the places between two others of a page with code, or with what belongs to a list with one of the two."""
    between = range(first + 1, last)
    if not between:
        return []
    below = takewhile(lambda place: _is_listed(whole[place]), between) if _is_listed(whole[first]) else ()
    above = takewhile(lambda place: _is_listed(whole[place]), reversed(between)) if _is_listed(whole[last]) else ()
    listed = {*below, *above}
    return [place for place in between if place in listed or whole[place].kind == "code"]


def _is_listed(part: Part) -> bool:
    return part.kind in ("text", *STRUCTURE) and part.level > 0


def _same_length(article: list[Part], whole: list[Part]) -> int:
    """Count the characters of an article's parts that are paragraphs, items, code or rows of the page as well."""
    known = {"".join(part.text.split()) for part in whole}
    return sum(len(part.text) for part in article if part.kind in QUOTABLE and "".join(part.text.split()) in known)


def _length(parts: list[Part], *kinds: str) -> int:
    """Count the characters of the parts of some kinds."""
    return sum(len(part.text) for part in parts if part.kind in kinds)


def _meta(root: Any) -> dict[str, str]:
    """Collect the page's meta elements by lower-case name; the first of a name counts."""
    meta: dict[str, str] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop")
        value = one_line(element.get("content") or "")
        if name and value:
            meta.setdefault(name.lower(), value)
    return meta


def _linked_data(root: Any) -> dict[str, str]:
    """Collect headline, date, author and publisher from the page's JSON-LD."""
    linked: dict[str, str] = {}
    for script in root.iter("script"):
        text = script.text or ""
        if script.get("type") != "application/ld+json" or len(text) > MAX_LINKED_DATA_LENGTH:
            continue
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            continue
        for thing in _things(data):
            for key in LINKED_KEYS:
                name = _name(thing.get(key))
                if name:
                    linked.setdefault(key, one_line(name))
    return linked


def _things(data: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON-LD: those at the top level, each followed by those of its graph."""
    for thing in data if isinstance(data, list) else [data]:
        if isinstance(thing, dict):
            yield thing
            graph = thing.get("@graph")
            yield from (inner for inner in (graph if isinstance(graph, list) else []) if isinstance(inner, dict))


def _name(value: Any) -> str:
    """Return a text, the name of an object, or several of them joined by commas."""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_name, value)))
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else ""


def _publication_time(root: Any) -> str | None:
    """Return the first time that the page marks as its publication date."""
    for element in root.iter("time"):
        if element.get("pubdate") is not None or element.get("itemprop") == "datePublished":
            return str(element.get("datetime") or element.text)
    return None


def _title(open_graph: str | None, linked: dict[str, str], titled: str, parts: list[Part]) -> str | None:
    """Choose the title of a page: that of Open Graph, the headline or name of its JSON-LD, or its title element.

    JSON-LD may describe something else than the page, or describe it in other words. It counts if its text is in the
    title element or the first heading, or if the page has neither.
    """
    first = next((part.text for part in parts if part.kind == "heading" and part.level == 1), "")
    own = [text.casefold() for text in (titled, first) if text]
    named = [linked[key] for key in ("headline", "name") if key in linked]
    of_page = [name for name in named if not own or any(name.casefold() in text for text in own)]
    full = next(filter(None, map(own_title, (open_graph, *of_page, titled, first))), "")
    return (first if first and full.startswith(first) else full) or None  # a site's name may follow


def _source(author: str | None, site: str | None) -> str | None:
    """Join author and site, leaving out web addresses."""
    names = [one_line(name) for name in (author, site) if name and "://" not in name]
    return ", ".join(dict.fromkeys(names)) or None
