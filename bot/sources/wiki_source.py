"""Fetch pages of a MediaWiki by its API: those of namespaces or categories, later on only new revisions.

Each page is taken as MediaWiki renders it, since only the wiki knows what its templates stand for: a sentence out of
the wiki text would have holes where they are. Our own reader reads the HTML.
"""

import html
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from bot.sources.credentials import page_authorization, secret_of
from bot.sources.guarded_http import HttpClient
from bot.sources.http_pages import PoliteClient, UnusableError, origin_of
from bot.sources.page_addresses import file_path
from bot.sources.safe_paths import matches
from bot.sources.source_manifest import SyncedFile, file_metadata
from bot.sources.staging import Stage
from bot.sources.sync_errors import SyncError
from config.sync_settings import WikiSource
from retrieval import files
from retrieval.reading.metadata import is_url

MAX_ANSWER_BYTES = 20_000_000
MAX_COOKIES, MAX_COOKIE_LENGTH = 30, 4_096
BATCH = 500  # pages of a list; what anonymous clients may ask for
MAX_ATTEMPTS = 4
BUSY_CODES = ("maxlag", "ratelimited", "readonly")
BUSY_PAUSE_S = 5.0
PAGE_CODES = (  # of errors about one page, such as one that was deleted after it was listed
    "missingcontent-pageid", "missingcontent-revid", "missingtitle", "nosuchpageid", "nosuchrevid", "permissiondenied",
)  # fmt: skip
FAULT_CODES = "internal_api_error_"  # the wiki fails at what is in a page
PROPOSALS = "glossary.toml"


class _PageRefusedError(SyncError):
    """The wiki does not give one page; others may be had."""


class _Page(msgspec.Struct, frozen=True):
    """A page of a list."""

    title: str
    pageid: int = 0
    lastrevid: int = 0


def fetch_wiki(
    source: WikiSource, client: HttpClient, stage: Stage, proposals: Path, wait: Callable[[float], object]
) -> dict[str, str]:
    """Fetch a wiki into a stage; returns the version of the wiki as state.

    Redirects go into glossary.toml in the folder `proposals`. Raises SyncError, OSError.
    """
    try:
        bearer = None if source.user else page_authorization(source)
        polite = PoliteClient(client, source.delay_s, wait, {origin_of(source.address): bearer} if bearer else None)
        api = _Api(source.address, polite, wait)
        if source.user:
            api.log_in(source.user, secret_of(source) or "")
        return _fetch(source, api, stage, proposals)
    except (KeyError, TypeError, AttributeError, msgspec.ValidationError):
        raise SyncError("the wiki answered something else than was asked") from None
    except UnusableError as error:
        raise SyncError(f"an answer of the wiki {error}") from None


def _fetch(source: WikiSource, api: "_Api", stage: Stage, proposals: Path) -> dict[str, str]:
    """Fetch the pages, then the redirects. Raises KeyError, TypeError and others for answers of another form."""
    general = api.ask({"action": "query", "meta": "siteinfo", "siprop": "general"})["query"]["general"]
    for page in _list_pages(api, source, stage.max_files):
        if matches(page.title.replace(" ", "_"), source.exclude):
            continue
        address = f"https://wiki/{quote(page.title.replace(' ', '_'), safe='/')}"
        path = file_path(address, ".html", with_host=False)
        if stage.is_taken(path):  # "IT" and "It" are two pages
            path = file_path(address, ".html", with_host=False, is_taken=True)
        if stage.accepts(path):
            _stage_page(api, source, general, page, path, stage)
    redirects = list(_list_redirects(api, source, stage.max_files))
    files.replace(proposals / PROPOSALS, "".join(f"{line}\n" for line in sorted(redirects)).encode())
    return {"version": str(general.get("generator", ""))[:60]}


def _stage_page(api: "_Api", source: WikiSource, general: dict[str, Any], page: _Page, path: str, stage: Stage) -> None:
    """Stage one page; a revision that is known is not asked for again."""
    known, revision = stage.manifest.files.get(path), str(page.lastrevid)
    address = _revision_address(source.address, general, page.lastrevid)
    record = SyncedFile("", 0, file_metadata(source, address, page.title), revision)
    if known and known.address == revision and stage.is_intact(path):
        stage.keep(path, msgspec.structs.replace(known, metadata=record.metadata))
        return
    try:
        answer = api.ask({
            "action": "parse", "oldid": page.lastrevid, "prop": "text", "disableeditsection": 1, "disabletoc": 1,
            "disablelimitreport": 1,
        })  # fmt: skip
    except (UnusableError, _PageRefusedError) as error:
        stage.skip(path, f"{error}; it is kept as it was" if known else str(error))
        if known and stage.is_intact(path):
            stage.keep(path, known)
        return
    text = msgspec.convert(answer["parse"]["text"], str)  # an older wiki would send an object
    body = f"<h1>{html.escape(page.title)}</h1>\n{text}"
    head = f'<meta charset="utf-8"><title>{html.escape(page.title)}</title>'
    content = f"<!doctype html>\n<html><head>{head}</head><body><article>{body}</article></body></html>\n".encode()
    if len(content) > stage.max_file_bytes:
        stage.skip(path, f"larger than {stage.max_file_bytes:,} bytes")
        return
    stage.add(path, content, record)


def _list_pages(api: "_Api", source: WikiSource, max_pages: int) -> Iterator[_Page]:
    """Yield the pages of the categories, or of the namespaces if there are none, each once."""
    seen: set[int] = set()
    for parameters in _lists(source):
        for entry in api.entries(parameters | {"prop": "info"}, "pages", max_pages):
            page = msgspec.convert(entry, _Page, strict=False)
            is_wanted = entry.get("ns", 0) in source.namespaces and "redirect" not in entry and page.lastrevid
            if is_wanted and page.pageid not in seen:
                seen.add(page.pageid)
                yield page


def _lists(source: WikiSource) -> list[dict[str, Any]]:
    if source.categories:
        return [
            {"generator": "categorymembers", "gcmtitle": f"Category:{name}", "gcmtype": "page", "gcmlimit": BATCH}
            for name in source.categories
        ]
    return [
        {"generator": "allpages", "gapnamespace": number, "gapfilterredir": "nonredirects", "gaplimit": BATCH}
        for number in source.namespaces
    ]


def _list_redirects(api: "_Api", source: WikiSource, max_pages: int) -> Iterator[str]:
    """Yield a line of a glossary for each redirect between whole pages.

    One list has the titles of the redirects, another one the page that each leads to.
    """
    titles: dict[Any, str] = {}
    for number in source.namespaces:
        parameters = {"list": "allpages", "apnamespace": number, "apfilterredir": "redirects", "aplimit": BATCH}
        titles |= {entry["pageid"]: entry["title"] for entry in api.entries(parameters, "allpages", max_pages)}
    for number in source.namespaces if titles else ():
        parameters = {"list": "allredirects", "arnamespace": number, "arprop": "ids|title|fragment", "arlimit": BATCH}
        for redirect in api.entries(parameters, "allredirects", max_pages):
            old, new = titles.get(redirect["fromid"]), redirect["title"]
            if isinstance(old, str) and isinstance(new, str) and not redirect.get("fragment"):
                yield f"{json.dumps(old, ensure_ascii=False)} = {json.dumps(new, ensure_ascii=False)}"


class _Api:
    """Asks an api.php, and again after a pause while the wiki is busy."""

    def __init__(self, address: str, client: PoliteClient, wait: Callable[[float], object]) -> None:
        self._address, self._client, self._wait = address, client, wait
        self._cookies: dict[str, str] = {}
        self._session: dict[str, str] = {}  # parameters that make the wiki say when a login has ended

    def log_in(self, user: str, password: str) -> None:
        """Log in with a bot password, as Special:BotPasswords makes them. Raises SyncError."""
        tokens = self.ask({"action": "query", "meta": "tokens", "type": "login"})["query"]["tokens"]
        form = {"lgname": user, "lgpassword": password, "lgtoken": str(tokens["logintoken"])}
        login = self.ask({"action": "login"}, form).get("login", {})
        if login.get("result") != "Success":  # its words are the server's, who knows the password now
            raise SyncError("the wiki refuses the login: is it a bot password (Special:BotPasswords), with its user?")
        self._session = {"assert": "user"}

    def ask(self, parameters: dict[str, Any], form: dict[str, str] | None = None) -> dict[str, Any]:
        """Ask once, with a form by POST. Raises SyncError for every answer that is an error."""
        query = urlencode({"format": "json", "formatversion": 2, "maxlag": 5} | self._session | parameters)
        code = info = ""
        for _ in range(MAX_ATTEMPTS):
            cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
            fetched = self._client.get(
                f"{self._address}?{query}", MAX_ANSWER_BYTES, cookies if self._cookies else None, form
            )
            self._keep_cookies(fetched.headers.get("set-cookie", ""))
            host = urlsplit(self._address).hostname
            if fetched.status != 200:
                raise SyncError(f"{host} answers with status {fetched.status}; is the address that of an api.php?")
            try:
                answer = msgspec.json.decode(fetched.content)
            except (msgspec.MsgspecError, RecursionError):
                raise SyncError(f"{host} does not speak MediaWiki's API; is the address that of an api.php?") from None
            if not isinstance(answer, dict):
                raise SyncError(f"{host} does not speak MediaWiki's API; is the address that of an api.php?")
            if "error" not in answer:
                return answer
            code, info = (str(answer["error"].get(name, ""))[:120] for name in ("code", "info"))
            if code not in BUSY_CODES:
                break
            self._wait(BUSY_PAUSE_S)
        kind = _PageRefusedError if code in PAGE_CODES or code.startswith(FAULT_CODES) else SyncError
        raise kind(f"the wiki refuses: {code}: {info}")

    def _keep_cookies(self, lines: str) -> None:
        """Keep the cookies that the wiki sets, for further questions to it."""
        for line in lines.splitlines():
            name, is_set, value = line.partition(";")[0].strip().partition("=")
            if is_set and len(self._cookies) < MAX_COOKIES and len(line) < MAX_COOKIE_LENGTH:
                self._cookies[name] = value

    def entries(self, parameters: dict[str, Any], name: str, limit: int) -> Iterator[dict[str, Any]]:
        """Yield the entries of a list, in all its parts; `name` is where answers have it. Raises SyncError."""
        following: dict[str, Any] = {}
        seen: list[dict[str, Any]] = []
        count = 0
        while following not in seen:
            seen.append(following)
            answer = self.ask({"action": "query"} | parameters | following)
            entries: Sequence[dict[str, Any]] = answer.get("query", {}).get(name, [])
            count += len(entries)
            if count > limit:
                raise SyncError(f"more than {limit:,} files (sync.max_files)")
            yield from entries
            following = answer.get("continue", {})
            if not following:
                return
        raise SyncError("the wiki repeats its list without end")


def _revision_address(address: str, general: dict[str, Any], revision: int) -> str | None:
    """Make the permanent address of a revision, None if the wiki does not say where its pages are."""
    server = str(general.get("server", ""))
    if server.startswith("//"):
        server = f"{urlsplit(address).scheme}:{server}"
    url = f"{server}{general.get('script', '/index.php')}?oldid={revision}"
    return url if is_url(url) else None
