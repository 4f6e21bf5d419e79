"""Read sitemaps (sitemaps.org): the addresses of pages, also through an index of sitemaps, packed or not.

The addresses are found by pattern: nothing else of the XML is parsed, so no entity of it has an effect.
"""

import html
import re
import zlib

from bot.sources.http_pages import PoliteClient, UnusableError
from bot.sources.page_addresses import normalize
from bot.sources.sync_errors import SyncError

MAX_SITEMAP_BYTES = 50_000_000  # unpacked; what sitemaps.org allows
MAX_SITEMAPS = 500
LOCATION = re.compile(r"<(?:\w{1,20}+:)?loc>\s*+(?:<!\[CDATA\[)?+\s*+([^<\]\s]{1,2000})")
INDEX = re.compile(r"<(?:\w{1,20}+:)?sitemapindex\b")


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
        sitemap = _fetch(client, current)
        locations = [normalize(html.unescape(text), current) for text in LOCATION.findall(sitemap)]
        if not INDEX.search(sitemap[:2_000]):
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


def _fetch(client: PoliteClient, address: str) -> str:
    try:
        fetched = client.get(address, MAX_SITEMAP_BYTES)
        content = fetched.content
        if content[:2] == b"\x1f\x8b":
            engine = zlib.decompressobj(16 + zlib.MAX_WBITS)
            content = engine.decompress(content, MAX_SITEMAP_BYTES)
            if engine.unconsumed_tail:
                raise UnusableError(f"larger than {MAX_SITEMAP_BYTES:,} bytes")
    except UnusableError as error:
        raise SyncError(f"a sitemap cannot be used: {error}") from None
    except zlib.error:
        raise SyncError("a sitemap is damaged") from None
    if fetched.status != 200:
        raise SyncError(f"the sitemap has status {fetched.status}")
    return content.decode("utf-8", "replace")
