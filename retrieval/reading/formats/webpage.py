"""Read a saved web page: the article that trafilatura finds, or the page without what surrounds its text."""

import json
import re
from collections.abc import Iterator
from typing import Any

import trafilatura
from lxml import html

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.encodings import decode_markup
from retrieval.reading.formats.html_parts import is_dialog, is_hidden, is_reference, markup_parts, tag_of
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line

TEXT, HEADINGS = 0.3, 0.2  # of those on the page: an article with less is not what people read there
DATES = (
    "article:published_time", "og:published_time", "datepublished", "date", "dc.date", "dc.date.issued",
    "dcterms.date", "dcterms.issued", "dcterms.created", "citation_publication_date", "citation_date",
    "publish-date", "pubdate", "parsely-pub-date", "sailthru.date",
)  # fmt: skip
SAVED_FROM = re.compile(r"<!-- saved from url=\(\d{4}\)(https?://\S+) -->")
MOST_JSON = 200_000  # characters of a page's linked data
WARM = "<html><body><article><p>This page is read once so that everything is loaded that reading needs.</p></article>"


def read(content: bytes) -> Extracted:
    """Return the parts of a page and what it says of itself. Raises RefusedError."""
    return read_page(decode_markup(content))


def warm() -> None:
    """Have trafilatura load all that it needs."""
    _parts(html.document_fromstring(WARM))


def read_page(text: str) -> Extracted:
    """Return what is in a page by its text. Raises RefusedError."""
    root = _parse(text)
    said = _metadata(root)
    linked = _linked_data(root)
    dates = [linked.get("datePublished"), *(said.get(name) for name in DATES), _time(root)]
    saved = SAVED_FROM.search(text[:2_000])
    own = root.xpath("string(//link[@rel='canonical']/@href)") or said.get("og:url") or (saved[1] if saved else None)
    title = said.get("og:title") or linked.get("headline") or root.xpath("string(//head/title)")
    author = said.get("author") or said.get("article:author") or said.get("dc.creator") or linked.get("author")
    parts = _parts(root)
    return Extracted(
        parts=tuple(parts),
        unit="row",
        title=_main_title(title, parts),
        source=_source(author, said.get("og:site_name") or linked.get("publisher")),
        published=next(filter(None, map(date_of, dates)), None),
        url=str(own) if own else None,  # lxml's results are of a subclass of str
    )


def _parse(text: str) -> Any:
    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (ValueError, html.etree.ParserError):
        raise RefusedError("is no web page: nothing in it can be read") from None
    elements = [(one, tag_of(one)) for one in root.iter() if isinstance(one.tag, str)]
    for element, tag in elements:  # what nobody sees, or what is no word of a sentence
        if element.getparent() is not None and (is_hidden(element) or is_reference(element, tag)):
            element.drop_tree()
    for element in list(root.iter("form")):  # some sites put the whole page into one
        if element.find(".//p") is not None or element.find(".//h1") is not None:
            element.drop_tag()
    for element in root.iter("pre"):  # so that trafilatura knows it for code
        if element.find(".//span") is None:
            inner = html.Element("span")
            inner.text, element.text = element.text, None
            inner.extend(list(element))
            element.append(inner)
    return root


def _parts(root: Any) -> list[Part]:
    """Return the parts of the article, or of the whole page where too little of it is one."""
    body = root.find("body")
    whole = markup_parts(root if body is None else body)
    page = html.fromstring(html.tostring(root))
    for element in [one for one in page.iter() if isinstance(one.tag, str) and is_dialog(one)]:
        if element.getparent() is not None:
            element.drop_tree()
    found = trafilatura.bare_extraction(page, fast=True, include_comments=False, include_tables=True)
    article = markup_parts(found.body) if found is not None and getattr(found, "body", None) is not None else []
    if _length(article, "text", "row") < max(TEXT * _length(whole, "text", "row"), 1):
        return whole
    return article if _length(article, "heading") >= HEADINGS * _length(whole, "heading") else whole


def _length(parts: list[Part], *kinds: str) -> int:
    return sum(len(part.text) for part in parts if part.kind in kinds)


def _metadata(root: Any) -> dict[str, str]:
    """Return what the page's meta elements say, by lower-case name; the first of a name counts."""
    said: dict[str, str] = {}
    for one in root.iter("meta"):
        name = one.get("property") or one.get("name") or one.get("itemprop")
        value = one_line(one.get("content") or "")
        if name and value:
            said.setdefault(name.lower(), value)
    return said


def _linked_data(root: Any) -> dict[str, str]:
    """Return headline, date, author and publisher from the page's JSON-LD."""
    found: dict[str, str] = {}
    for script in root.iter("script"):
        text = script.text or ""
        if script.get("type") != "application/ld+json" or len(text) > MOST_JSON:
            continue
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            continue
        for one in _things(data):
            for key in ("headline", "datePublished", "author", "publisher"):
                name = _name(one.get(key))
                if name:
                    found.setdefault(key, one_line(name))
    return found


def _things(data: Any) -> Iterator[dict[str, Any]]:
    for one in data if isinstance(data, list) else [data]:
        if isinstance(one, dict):
            yield one
            graph = one.get("@graph")
            yield from (inner for inner in (graph if isinstance(graph, list) else []) if isinstance(inner, dict))


def _name(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_name, value)))
    if isinstance(value, dict):
        value = value.get("name")
    return value if isinstance(value, str) else ""


def _time(root: Any) -> str | None:
    """Return the date that the page marks as that of its publication."""
    for one in root.iter("time"):
        if one.get("pubdate") is not None or one.get("itemprop") == "datePublished":
            return str(one.get("datetime") or one.text)
    return None


def _main_title(title: str | None, parts: list[Part]) -> str | None:
    """Return the title without the name of the site, where the page's first heading tells what that is."""
    said = one_line(title or "")
    first = next((part.text for part in parts if part.kind == "heading" and part.level == 1), "")
    return (first if first and said.startswith(first) else said) or None


def _source(author: str | None, site: str | None) -> str | None:
    """Return author and site; an author that is an address of the web is none."""
    named = [one_line(one) for one in (author, site) if one and "://" not in one]
    return ", ".join(dict.fromkeys(named)) or None
