"""Read the pages of an .xml file that MediaWiki exports, each as a document with its address in the wiki.

Pages that only lead to others are left out; so are discussions, and the pages that a wiki is made of.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from retrieval.reading.formats import markdown_parts, xml_parsing
from retrieval.reading.isolated.protocol import LEFT_OUT, Extracted, RefusedError
from retrieval.reading.markdown import check_size
from retrieval.reading.wikitext.convert_wikitext import redirect_target, wikitext_as_markdown
from retrieval.text.cleaning import one_line

MAX_PREAMBLE_BYTES = 1_000  # before the first element
ARTICLES, PROJECT, FIRST_OWN = 0, 4, 100  # numbers of namespaces: of any wiki, and the first that a wiki adds
NO_CONTENT = re.compile(
    r"blog|board|concept|draft|form|forum|gadget|geojson|map|message wall|module|property|schema|thread|topic"
    r"|translations|user blog|widget",
    re.IGNORECASE,
)
NO_TEXT = ("css", "javascript", "json", "sanitized-css", "Scribunto")  # models of pages that are programs or data
KEPT = "/:,()!'*@$;~"  # characters that stay as they are in the addresses of pages


class _Site(NamedTuple):
    """The name of a wiki, what comes before the titles in its addresses, and the names of its namespaces."""

    name: str
    base: str
    namespaces: dict[int, str]


def warm() -> None:
    """Load all that Markdown needs."""
    markdown_parts.warm()


def read(content: bytes) -> Extracted:
    """Extract the pages of an export, each as a member. Raises RefusedError."""
    reasons: list[str] = []
    if not is_export(content):
        raise RefusedError("not an export of MediaWiki; if it is a text to quote from, save it as .txt")
    members = tuple(dict(pages(content, reasons)).items())
    unread = ", ".join(reasons)
    if not members:
        raise RefusedError(f"contains no page that can be read{f'; {unread}' if unread else ''}")
    return Extracted((), unread=unread, members=members)


def is_export(content: bytes) -> bool:
    """Tell whether XML is an export of MediaWiki."""
    return b"<mediawiki" in content[:MAX_PREAMBLE_BYTES]


def pages(content: bytes, reasons: list[str]) -> Iterator[tuple[str, Extracted]]:
    """Yield the pages of an export with their paths; what is left out is added to `reasons`. Raises RefusedError."""
    root = xml_parsing.parse_xml(content)
    site = _read_site(root)
    left_out: Counter[str] = Counter()
    for page in root.iter("{*}page"):
        fields = {field.tag.rpartition("}")[2]: field.text or "" for field in page.iter() if isinstance(field.tag, str)}
        title, text = one_line(fields.get("title", "")), fields.get("text", "")
        namespace = int(fields["ns"]) if fields.get("ns", "").isdecimal() else ARTICLES
        if not text.strip() or redirect_target(text):
            continue
        if not _has_content(namespace, site) or fields.get("model") in NO_TEXT:
            left_out[site.namespaces.get(namespace) or str(namespace)] += 1
            continue
        marked = wikitext_as_markdown(text, title=title)
        check_size(marked.text)
        published = fields.get("timestamp", "")[:10] or None
        url = f"{site.base}{quote(title.replace(' ', '_'), safe=KEPT)}" if site.base else None
        parts = tuple(markdown_parts.edited_parts(marked, 0))
        path = f"{title.replace('/', '-')}.wiki"
        yield path, Extracted(parts, title=title, source=site.name or None, published=published, url=url)
    if left_out:
        named = ", ".join(f"{name} {count:,}" for name, count in left_out.most_common())
        reasons.append(f"{LEFT_OUT}{named}")


def _read_site(root: Any) -> _Site:
    info = root.find("{*}siteinfo")
    if info is None:
        return _Site("", "", {})
    main_page = (info.findtext("{*}base") or "").strip()  # its address
    separator = "title=" if "title=" in main_page else "/"
    namespaces = {
        int(namespace.get("key", "0")): one_line(namespace.text or "Articles")
        for namespace in info.iter("{*}namespace")
        if namespace.get("key", "").isdecimal()
    }
    base = "".join(main_page.rpartition(separator)[:2])
    return _Site(one_line(info.findtext("{*}sitename") or ""), base, namespaces)


def _has_content(namespace: int, site: _Site) -> bool:
    """Tell whether the pages of a namespace are about what the wiki is about; odd numbers are those of discussions."""
    if namespace in (ARTICLES, PROJECT):
        return True
    name = site.namespaces.get(namespace, "")
    return namespace >= FIRST_OWN and namespace % 2 == 0 and bool(name) and not NO_CONTENT.fullmatch(name)
