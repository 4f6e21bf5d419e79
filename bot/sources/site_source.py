"""Fetch the pages of a web site: those of its sitemap, or those that links from a first page lead to.

Only static HTML and text are taken; no script runs. What a known page says now, and whether it is gone, is decided
with care: a page must be missing several times, and a page that became a login form, or nothing, is kept as it was.
"""

import codecs
import hashlib
from collections import Counter, deque
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from bot.sources.credentials import page_authorization
from bot.sources.guarded_http import HttpClient
from bot.sources.http_pages import Fetched, PoliteClient, UnusableError, origin_of
from bot.sources.page_addresses import PAGE_SUFFIXES, belongs, file_path, folder_of, is_loop, normalize
from bot.sources.page_parsing import Page, parse_page
from bot.sources.robots import Robots
from bot.sources.sitemaps import is_sitemap, read_sitemap
from bot.sources.source_manifest import SyncedFile, file_metadata
from bot.sources.staging import Stage
from bot.sources.sync_errors import SyncError, UnreachableError
from config.sync_settings import SiteSource
from retrieval.reading.file_metadata import FileMetadata

HTML_TYPES = ("text/html", "application/xhtml+xml")
SUFFIXES = {
    **dict.fromkeys(HTML_TYPES, ".html"),
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
}
SNIFFED_BYTES = 1_000
GONE = (404, 410)
PERMANENT = (301, 308)
MAX_FAILURES = 3  # in a row; then the server is not there
MAX_VISITS_PER_FILE = 4  # redirects, pages to leave out and others, for each file that a source may have
MIN_SAME_PAGES = 3  # that changed into one
MIN_SAME_NEW_PAGES = 10


def fetch_site(source: SiteSource, client: HttpClient, stage: Stage, wait: Callable[[float], object]) -> dict[str, str]:
    """Fetch a site into a stage; returns how many pages there are as state. Raises SyncError, OSError."""
    authorization = page_authorization(source)
    allowed = {origin_of(source.address): authorization} if authorization else None
    crawl = _Crawl(source, PoliteClient(client, source.delay_s, wait, allowed), stage)
    crawl.run()
    return {"pages": str(len(stage.files))}


class _Crawl:
    """One visit to a site."""

    def __init__(self, source: SiteSource, client: PoliteClient, stage: Stage) -> None:
        start = normalize(source.address) or source.address
        self._source, self._client, self._stage, self._start = source, client, stage, start
        self._prefixes = [normalize(prefix) or prefix for prefix in source.prefixes] or [folder_of(start)]
        self._with_host = len({urlsplit(prefix).netloc for prefix in self._prefixes}) > 1
        self._robots = Robots(client, lambda address: urlsplit(address).netloc == urlsplit(start).netloc)
        self._follows = not is_sitemap(start)
        self._known = {file.address: (path, file) for path, file in stage.manifest.files.items() if file.address}
        self._queue: deque[str] = deque()
        self._seen: set[str] = set()
        self._texts: dict[str, str] = {}  # hash of the text of each page, by address
        self._said: set[str] = set()  # the hashes of all texts
        self._alternates: dict[str, str] = {}  # the canonical address of pages that have another one
        self._moved: dict[str, str] = {}  # where permanent redirects lead to
        self._failures = self._successes = 0

    def run(self) -> None:
        """Visit every page, then decide about those that are missing."""
        if self._follows:
            self._add(self._start)
            self._visit_all()
            for address in self._known:  # no link leads there any more, but it may still be there
                self._add(address)
        else:
            for address in read_sitemap(self._client, self._start):
                self._add(address)
            self._check_time()
        self._visit_all()
        if not self._successes:
            reason = f": {self._stage.skipped[0].reason}" if self._stage.skipped else ""
            raise SyncError(f"no page could be read{reason}")
        self._check_same_texts()
        self._drop_alternates()
        self._keep_missing()

    def _visit_all(self) -> None:
        while self._queue:
            if len(self._seen) > MAX_VISITS_PER_FILE * self._stage.max_files + MAX_VISITS_PER_FILE:
                raise SyncError(
                    "the site has too many addresses for sync.max_files; narrow it with prefixes or exclude"
                )
            self._visit(self._queue.popleft())

    def _check_time(self) -> None:
        """Raise SyncError if the pauses alone take longer than the sync may: better now than after all that time."""
        if self._queue:
            self._robots.allow(self._queue[0])  # it may set a longer pause
        seconds = len(self._queue) * self._client.delay_s
        if seconds > self._client.seconds_left:
            raise SyncError(
                f"the sitemap names {len(self._queue):,} pages, which take {seconds / 60:,.0f} minutes with pauses of "
                f"{self._client.delay_s:g} s; raise sync.max_minutes, or narrow the source with prefixes or exclude"
            )

    def _add(self, address: str) -> None:
        if address not in self._seen and belongs(address, self._prefixes, self._source.exclude):
            self._seen.add(address)
            self._queue.append(address)

    def _visit(self, address: str) -> None:
        """Fetch one page and take, keep or skip it. Raises SyncError if the server is not there."""
        if not self._robots.allow(address):
            self._stage.skip(address, "robots.txt forbids it")
            return
        path, known = self._known.get(address, ("", None))
        conditions = self._conditions(path, known)
        try:
            fetched = self._client.get(address, self._stage.max_file_bytes, conditions)
        except UnusableError as error:
            self._hold(address, str(error))
            return
        except UnreachableError as error:
            self._failures += 1
            if self._failures >= MAX_FAILURES or address == self._start:
                raise
            self._hold(address, str(error))
            return
        self._failures = 0
        if fetched.location:
            self._redirect(address, fetched)
        elif fetched.status == 304 and known and conditions:
            self._successes += 1
            if self._stage.accepts(path):
                self._stage.keep(path, msgspec.structs.replace(known, missing=0, metadata=self._metadata(address)))
                self._follow_known(path, address)
        elif fetched.status == 200:
            self._take(address, fetched)
        elif fetched.status not in GONE:
            self._hold(address, f"status {fetched.status}")
        elif address == self._start:
            raise SyncError(f"the first page has status {fetched.status}")

    def _conditions(self, path: str, known: SyncedFile | None) -> dict[str, str]:
        """Make the headers that ask only for a page that changed."""
        if known is None or not self._stage.is_intact(path):
            return {}
        names = ("If-None-Match", "If-Modified-Since")
        return {name: value for name, value in zip(names, known.validators, strict=True) if value}

    def _redirect(self, address: str, fetched: Fetched) -> None:
        """Visit where a redirect leads to, if that belongs to the site."""
        target = normalize(fetched.location, address)
        if target and fetched.status in PERMANENT:
            self._moved[address] = target
        if address == self._start and target == f"{address}/" and not self._source.prefixes:
            self._prefixes = [target]  # the address is that of a folder, only written without its slash
        if target and belongs(target, self._prefixes, self._source.exclude):
            self._add(target)
        elif address == self._start:
            host = urlsplit(target or "").netloc or "no web address"
            raise SyncError(
                f"the first page redirects to {host}, which the prefixes do not allow; name the new address"
            )

    def _take(self, address: str, fetched: Fetched) -> None:
        """Take a page that arrived, unless it is one to leave out."""
        suffix = SUFFIXES.get(_type_of(fetched))
        if suffix is None:
            self._stage.ignored += 1
            if address == self._start:
                raise SyncError(f"the first page is {fetched.media_type or 'of no type'}, not HTML or text")
            return
        text, content = _decode(fetched)
        if suffix == ".html":
            page = parse_page(text, fetched.headers.get("x-robots-tag", ""))
            if page.asks_for_password:
                self._hold(address, "asks for a password")
                return
            text = page.text
            canonical = self._follow(page, address)
            if not page.is_indexed:
                self._stage.skip(address, "it asks not to be indexed")
                return
            if canonical and canonical != address:
                self._alternates[address] = canonical
        if not text.strip():
            self._hold(address, "has no text without scripts")
            return
        self._successes += 1
        path = self._path_of(address, suffix, content, is_new=self._remember(address, text))
        if path is None:
            self._stage.skip(address, "says the same as another page")
        elif self._stage.accepts(path):
            validators = (fetched.headers.get("etag", ""), fetched.headers.get("last-modified", ""))
            record = SyncedFile("", 0, self._metadata(address), address=address, validators=validators)
            self._stage.add(path, content, record)

    def _path_of(self, address: str, suffix: str, content: bytes, *, is_new: bool) -> str | None:
        """Return the path of the file of a page: the one that it has, or one that no other page has.

        Two addresses often differ in case alone, or in a last part "index"; only if they say something else, both are
        taken. Else the path is None.
        """
        if address in self._known:
            return self._known[address][0]
        path = file_path(address, suffix, self._with_host)
        other = self._stage.manifest.files.get(path)
        if other is None and not self._stage.is_taken(path):
            return path
        is_same = other is not None and other.sha256 == hashlib.sha256(content).hexdigest()
        return None if is_same or not is_new else file_path(address, suffix, self._with_host, is_taken=True)

    def _metadata(self, address: str) -> FileMetadata:
        return file_metadata(self._source, address)

    def _follow(self, page: Page, address: str) -> str | None:
        """Add the links of a page; returns its canonical address, None without one within the prefixes."""
        base = normalize(page.base, address) or address
        if self._follows and page.is_followed:
            for link in page.links:
                target = normalize(link, base)
                if target and not urlsplit(target).query and not is_loop(target):
                    self._add(target)
        canonical = normalize(page.canonical, base) if page.canonical else None
        if canonical is None or not belongs(canonical, self._prefixes, self._source.exclude):
            return None
        self._add(canonical)
        return canonical

    def _follow_known(self, path: str, address: str) -> None:
        """Add the links of a page that did not change, and remember its text."""
        text = (self._stage.live / path).read_bytes().decode("utf-8-sig", "replace")
        if path.endswith(PAGE_SUFFIXES):
            page = parse_page(text)
            self._follow(page, address)
            text = page.text
        self._remember(address, text)

    def _remember(self, address: str, text: str) -> bool:
        """Remember the text of a page; returns whether no page had it so far."""
        checksum = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        is_new = checksum not in self._said
        self._said.add(checksum)
        self._texts[address] = checksum
        return is_new

    def _hold(self, address: str, reason: str) -> None:
        """Keep a known page as it was, for a reason that says nothing about whether it is gone."""
        self._stage.skip(address, f"{reason}; it is kept as it was" if address in self._known else reason)
        path, known = self._known.get(address, ("", None))
        if known and self._stage.is_intact(path) and self._stage.accepts(path):
            self._stage.keep(path, known)

    def _check_same_texts(self) -> None:
        """Raise SyncError if pages that differed have become one, as when a site asks everybody to log in."""
        changed = [
            self._texts[address]
            for address, (path, known) in self._known.items()
            if address in self._texts and path in self._stage.files and self._stage.files[path].sha256 != known.sha256
        ]
        for hashes, least in ((changed, MIN_SAME_PAGES), (list(self._texts.values()), MIN_SAME_NEW_PAGES)):
            count = max(Counter(hashes).values(), default=0)
            if count >= least and (hashes is changed or count > len(hashes) / 2):
                raise SyncError(f"{count} pages have the same text now; is it a login page or an error?")

    def _drop_alternates(self) -> None:
        """Leave out pages that say the same as the page that they name as canonical."""
        paths = {file.address: path for path, file in self._stage.files.items()}
        for address, canonical in self._alternates.items():
            is_same = address in paths and self._texts.get(canonical) == self._texts.get(address)
            if is_same and canonical in paths and canonical not in self._alternates:
                self._stage.drop(paths[address])

    def _keep_missing(self) -> None:
        """Keep known pages that were not found until they have been missing for as many syncs as the grace says."""
        addresses = {file.address for file in self._stage.files.values()}
        dropped = {address for address in self._alternates if address in self._texts}
        dropped |= {address for address in self._moved if self._new_address(address) in addresses}
        for address, (path, known) in self._known.items():
            missing = known.missing + 1
            is_wanted = belongs(address, self._prefixes, self._source.exclude) and address not in dropped
            if path in self._stage.files or missing >= self._source.grace or not is_wanted:
                continue
            if self._stage.is_intact(path) and self._stage.accepts(path):
                self._stage.skip(address, f"missing, {missing} of {self._source.grace} times until it is deleted")
                self._stage.keep(path, msgspec.structs.replace(known, missing=missing))

    def _new_address(self, address: str) -> str:
        """Return where a chain of permanent redirects ends."""
        for _ in range(len(self._moved)):
            address = self._moved.get(address, address)
        return address


def _type_of(fetched: Fetched) -> str:
    """Return the media type of a page; a server that names none is asked for pages all the same."""
    looks_like_html = fetched.content[:SNIFFED_BYTES].lstrip()[:1] == b"<"
    return "text/html" if not fetched.media_type and looks_like_html else fetched.media_type


def _decode(fetched: Fetched) -> tuple[str, bytes]:
    """Decode a page for its links; its content gets a byte order mark if only the header names the encoding."""
    content = fetched.content
    if fetched.charset and not content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text = content.decode(fetched.charset)
        except (UnicodeError, LookupError):
            return content.decode("utf-8", "replace"), content
        return text, codecs.BOM_UTF8 + text.encode("utf-8", "replace")
    return content.decode("utf-8", "replace"), content
