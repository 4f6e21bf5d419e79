"""Read sitemaps (sitemaps.org): the addresses of pages, also through an index of sitemaps, packed or not.

The addresses are found by pattern: nothing else of the XML is parsed, so no entity of it has an effect.
"""

import html
import re

from bot.sources.http_pages import GZIP_START, PoliteClient, UnusableError, unpack_gzip
from bot.sources.page_addresses import normalize
from bot.sources.sync_errors import SyncError

MAX_SITEMAP_BYTES = 50_000_000  # unpacked; what sitemaps.org allows
MAX_SITEMAPS = 500
MAX_REDIRECTS = 5
ROOT = re.compile(r"<(?P<prefix>(?:\w{1,20}+:)?+)(?P<name>urlset|sitemapindex)\b[^<>]{0,5000}+>")
LOCATION = r"<{prefix}loc>\s*+(?:<!\[CDATA\[)?+\s*+([^<\]\s]{{1,2000}})"  # that of an image has another prefix


def is_sitemap(address: str) -> bool:
    """Return whether an address is that of a sitemap, not of a page."""
    return address.partition("?")[0].lower().endswith((".xml", ".xml.gz"))


def read_sitemap(client: PoliteClient, address: str) -> list[str]:
    """Fetch a sitemap and those that it names; returns the addresses of pages in their order.

    Raises SyncError if one cannot be read or none names a page.
    """
    waiting, seen, pages = [address], {address}, dict[str, None]()
    while waiting:
        current = waiting.pop(0)
        is_index, texts = _parse(_fetch(client, current))
        locations = [normalize(html.unescape(text), current) for text in texts]
        if not is_index:
            pages |= dict.fromkeys(location for location in locations if location)
            continue
        new = [location for location in locations if location and location not in seen]
        waiting += new
        seen |= set(new)
        if len(seen) > MAX_SITEMAPS:
            raise SyncError(f"the sitemap names more than {MAX_SITEMAPS} others")
    if not pages:
        raise SyncError("the sitemap names no page")
    return list(pages)


def _parse(sitemap: str) -> tuple[bool, list[str]]:
    """Find the addresses in a sitemap, and whether they are those of sitemaps. Raises SyncError if it is not whole.

    Pages that half of a sitemap does not name would count as gone.
    """
    root = ROOT.search(sitemap)
    if root is None:
        raise SyncError("the sitemap is none: it has no urlset and no sitemapindex")
    prefix, name = root["prefix"], root["name"]
    if not root[0].endswith("/>") and f"</{prefix}{name}" not in sitemap:
        raise SyncError("a sitemap breaks off: it has no end")
    return name == "sitemapindex", re.findall(LOCATION.format(prefix=prefix), sitemap)


def _fetch(client: PoliteClient, address: str) -> str:
    try:
        fetched = client.get(address, MAX_SITEMAP_BYTES)
        for _ in range(MAX_REDIRECTS):
            if not (target := normalize(fetched.location, address) if fetched.location else None):
                break
            address, fetched = target, client.get(target, MAX_SITEMAP_BYTES)
        content = fetched.content
        if content.startswith(GZIP_START):
            unpacked = bytearray()
            for part in unpack_gzip([content]):
                unpacked += part
                if len(unpacked) > MAX_SITEMAP_BYTES:
                    raise UnusableError(f"larger than {MAX_SITEMAP_BYTES:,} bytes")
            content = bytes(unpacked)
    except UnusableError as error:
        raise SyncError(f"a sitemap cannot be used: {error}") from None
    if fetched.status != 200:
        raise SyncError(f"the sitemap has status {fetched.status}")
    return content.decode("utf-8", "replace")
