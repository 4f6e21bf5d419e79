"""Read an e-book: the chapters of an EPUB in reading order, without its contents and notes."""

import html
import posixpath
import re
from typing import Any
from urllib.parse import unquote

from lxml import etree

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.encodings import decode_declared
from retrieval.reading.formats.html_parts import markup_parts
from retrieval.reading.formats.zip_limits import member, open_archive
from retrieval.reading.isolated.protocol import Extracted, Part, RefusedError
from retrieval.text.cleaning import one_line

CONTAINER = "META-INF/container.xml"
CHAPTERS = ("application/xhtml+xml", "text/html")
DECLARED = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]{0,100}?encoding=[\"']([\w.:-]{1,40})", re.ASCII)
DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]{1,31};")
DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*(\[)?", re.IGNORECASE)


def read(content: bytes) -> Extracted:
    """Return the parts of a book and what it says of itself. Raises RefusedError."""
    archive = open_archive(content)
    container = parse_xml(member(archive, CONTAINER))
    package_path = container.xpath("string(//*[local-name()='rootfile']/@full-path)")
    package = parse_xml(member(archive, package_path))
    items = {one.get("id"): one for one in package.iter("{*}item")}
    spine = [items[one.get("idref")] for one in package.iter("{*}itemref") if one.get("idref") in items]
    parts: list[Part] = []
    for item in spine:
        properties = (item.get("properties") or "").split()
        if item.get("media-type") in CHAPTERS and "nav" not in properties:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(package_path), unquote(item.get("href") or "")))
            parts += _chapter(member(archive, path))
    if not parts and any(name.endswith("encryption.xml") for name in archive.namelist()):
        raise RefusedError("is protected against being read by other programs (DRM)")
    return Extracted(
        parts=tuple(parts),
        unit="row",
        title=_said(package, "title"),
        source=", ".join(filter(None, (_said(package, "creator"), _said(package, "publisher")))) or None,
        published=date_of(_said(package, "date")),
        url=next((one for one in _all(package, "source", "identifier") if one.startswith("http")), None),
    )


def parse_xml(content: bytes) -> Any:
    """Return the root of an XML document; nothing outside it is loaded, no entity is expanded.

    Raises RefusedError when it declares entities or is damaged.
    """
    declared = DOCTYPE.search(content[:4_096].decode("latin-1"))
    if declared and declared[1]:
        raise RefusedError("declares XML entities, which no document needs")
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise RefusedError("is damaged: its XML cannot be read") from None


def _chapter(content: bytes) -> list[Part]:
    """Return the parts of a chapter; one that is no XML is read as the web's HTML is."""
    declared = DECLARED.match(content)
    text = DECLARATION.sub("", decode_declared(content, declared[1].decode() if declared else None).lstrip("\ufeff"))
    if not text.strip():
        return []
    content = ENTITY.sub(lambda one: html.unescape(one[0]), text).encode()
    try:
        root = parse_xml(content)
    except RefusedError:
        if DOCTYPE.search(content[:4_096].decode("latin-1"), 0) and b"<!ENTITY" in content[:4_096]:
            raise
        root = etree.fromstring(content, etree.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8"))
    body = next(root.iter("{*}body"), None) if root is not None else None
    return [] if body is None else markup_parts(body)


def _all(package: Any, *names: str) -> list[str]:
    found = [one for name in names for one in package.iter(f"{{http://purl.org/dc/elements/1.1/}}{name}")]
    return [one_line(one.text or "") for one in found]


def _said(package: Any, name: str) -> str | None:
    return ", ".join(filter(None, _all(package, name)[:1])) or None
