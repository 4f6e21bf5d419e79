"""Respect robots.txt (RFC 9309): which pages may be fetched, and how slowly."""

from collections.abc import Callable
from urllib.parse import urlsplit

from protego import Protego

from bot.sources.guarded_http import USER_AGENT
from bot.sources.http_pages import PoliteClient, UnusableError
from bot.sources.page_addresses import normalize
from bot.sources.sync_errors import SyncError

MAX_ROBOTS_BYTES = 2_000_000  # RFC 9309 wants 512,000 at least
MAX_REDIRECTS = 5
MAX_CRAWL_DELAY_S = 60.0


class Robots:
    """The rules of each server, fetched when it is first asked for a page."""

    def __init__(self, client: PoliteClient, is_allowed_host: Callable[[str], bool]) -> None:
        """Follow redirects of a robots.txt only to addresses that a function allows."""
        self._client, self._is_allowed_host = client, is_allowed_host
        self._rules: dict[str, Protego | None] = {}

    def allow(self, address: str) -> bool:
        """Return whether a page may be fetched. Raises SyncError if the server cannot say so."""
        parts = urlsplit(address)
        server = f"{parts.scheme}://{parts.netloc}"
        if server not in self._rules:
            self._rules[server] = rules = self._fetch(f"{server}/robots.txt")
            delay = rules.crawl_delay(USER_AGENT) if rules else None
            if delay:
                self._client.delay_s = max(self._client.delay_s, min(float(delay), MAX_CRAWL_DELAY_S))
        rules = self._rules[server]
        return rules is None or bool(rules.can_fetch(address, USER_AGENT))

    def _fetch(self, address: str) -> Protego | None:
        """Fetch the rules of a server, None if there are none; a server that fails allows nothing."""
        for _ in range(MAX_REDIRECTS):
            try:
                fetched = self._client.get(address, MAX_ROBOTS_BYTES)
            except UnusableError as error:
                host = urlsplit(address).hostname
                raise SyncError(f"{host} does not say what may be fetched: robots.txt {error}") from None
            if fetched.location:
                target = normalize(fetched.location, address)
                if target is None or not self._is_allowed_host(target):
                    return None
                address = target
                continue
            if fetched.status >= 500:
                host = urlsplit(address).hostname
                raise SyncError(f"{host} does not say what may be fetched: robots.txt has status {fetched.status}")
            if fetched.status != 200:
                return None
            return Protego.parse(fetched.content.decode("utf-8-sig", "replace"))
        return None
