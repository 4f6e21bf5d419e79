"""Read the chapters of an EPUB in reading order, without its navigation."""

import html
import posixpath
import re
from typing import Any
from urllib.parse import unquote

from lxml import etree

from retrieval.reading.formats.dates import date_of
from retrieval.reading.formats.encodings import decode_declared
from retrieval.reading.formats.epub_notes import Chapter, link_notes
from retrieval.reading.formats.html_marks import rewrite_marks
from retrieval.reading.formats.html_parts import markup_parts
from retrieval.reading.formats.xml_parsing import DOCTYPE, DOCTYPE_WITHIN, parse_xml
from retrieval.reading.formats.zip_limits import open_archive, read_member
from retrieval.reading.isolated.protocol import Extracted, RefusedError
from retrieval.text.cleaning import one_line

CONTAINER = "META-INF/container.xml"
CHAPTER_TYPES = ("application/xhtml+xml", "text/html")
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
DECLARED = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]{0,100}?encoding=[\"']([\w.:-]{1,40})", re.ASCII)
DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]{1,31};")


def read(content: bytes) -> Extracted:
    """Extract the parts and metadata of a book. Raises RefusedError."""
    archive = open_archive(content)
    container = parse_xml(read_member(archive, CONTAINER))
    package_path = container.xpath("string(//*[local-name()='rootfile']/@full-path)")
    package = parse_xml(read_member(archive, package_path))
    items = {item.get("id"): item for item in package.iter("{*}item")}
    spine = [items[ref.get("idref")] for ref in package.iter("{*}itemref") if ref.get("idref") in items]
    chapters: list[Chapter] = []
    for item in spine:
        properties = (item.get("properties") or "").split()
        if item.get("media-type") in CHAPTER_TYPES and "nav" not in properties:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(package_path), unquote(item.get("href") or "")))
            body = _body(read_member(archive, path))
            chapters += [] if body is None else [(path, body)]
    link_notes(chapters)
    parts = [part for _, body in chapters for part in markup_parts(body)]
    if not parts and any(name.endswith("encryption.xml") for name in archive.namelist()):
        raise RefusedError("protected by DRM")
    return Extracted(
        parts=tuple(parts),
        unit="row",
        title=_first(package, "title"),
        source=", ".join(filter(None, (_first(package, "creator"), _first(package, "publisher")))) or None,
        published=date_of(_first(package, "date")),
        url=next((text for text in _all(package, "source", "identifier") if text.startswith("http")), None),
    )


def _body(content: bytes) -> Any:
    """Parse a chapter, as HTML if it is not well-formed XML; returns its body, None if it has none.

    Raises RefusedError.
    """
    declared = DECLARED.match(content)
    text = DECLARATION.sub("", decode_declared(content, declared[1].decode() if declared else None).lstrip("\ufeff"))
    if not text.strip():
        return None
    content = ENTITY.sub(lambda entity: html.unescape(entity[0]), text).encode()
    try:
        root = parse_xml(content)
    except RefusedError:
        head = content[:DOCTYPE_WITHIN]
        if DOCTYPE.search(head.decode("latin-1")) and b"<!ENTITY" in head:
            raise
        root = etree.fromstring(content, etree.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8"))
    body = next(root.iter("{*}body"), None) if root is not None else None
    if body is not None:
        rewrite_marks(body)
    return body


def _all(package: Any, *names: str) -> list[str]:
    """Return the texts of the package's Dublin Core elements of some names."""
    elements = [element for name in names for element in package.iter(f"{{{DUBLIN_CORE}}}{name}")]
    return [one_line(element.text or "") for element in elements]


def _first(package: Any, name: str) -> str | None:
    return next(iter(_all(package, name)), None) or None
