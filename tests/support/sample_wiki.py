"""A MediaWiki API for tests that answers like api.php with formatversion=2: lists in parts, pages as HTML."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.support.trap_server import Request, Response

PART = 2  # pages in each part of a list
JSON = (("Content-Type", "application/json; charset=utf-8"),)


class WikiPage(NamedTuple):
    """A page with its newest revision; `redirect` is the title that a redirect leads to."""

    revision: int
    html: str = ""
    namespace: int = 0
    categories: tuple[str, ...] = ()
    redirect: str = ""


class SampleWiki:
    """Pages by title."""

    def __init__(self, pages: dict[str, WikiPage]) -> None:
        """Take the pages; `override` can answer a request in another way."""
        self.pages = pages
        self.override: Callable[[dict[str, str]], Response | None] = lambda _: None

    def answer(self, request: Request) -> Response:
        """Answer a request to /api.php; there is no robots.txt."""
        parts = urlsplit(request.path)
        if parts.path != "/w/api.php":
            return Response(b"Not found", 404)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        other = self.override(query)
        if other:
            return other
        if query["action"] == "parse":
            return json_response(self._parse(int(query["oldid"])))
        if query.get("meta") == "siteinfo":
            general = {"generator": "MediaWiki 1.43.0", "server": "//wiki.example", "script": "/w/index.php"}
            return json_response({"batchcomplete": True, "query": {"general": general}})
        return json_response(self._list(query))

    def _parse(self, revision: int) -> dict[str, Any]:
        for title, page in self.pages.items():
            if page.revision == revision:
                text = f'<div class="mw-content-ltr mw-parser-output" lang="en" dir="ltr">{page.html}</div>'
                return {"parse": {"title": title, "revid": revision, "text": text}}
        return {"error": {"code": "nosuchrevid", "info": f"There is no revision with ID {revision}."}}

    def _list(self, query: dict[str, str]) -> dict[str, Any]:
        pages = sorted(self.pages.items())
        redirects = [item for item in pages if item[1].redirect]
        if query.get("generator") == "categorymembers":
            name = query["gcmtitle"].removeprefix("Category:")
            entries = [self._entry(*item) for item in pages if name in item[1].categories]
            listed, mark = "pages", "gcmcontinue"
        elif query.get("generator") == "allpages":
            number = int(query["gapnamespace"])
            chosen = [item for item in pages if item[1].namespace == number and not item[1].redirect]
            entries, listed, mark = [self._entry(*item) for item in chosen], "pages", "gapcontinue"
        elif query["list"] == "allpages":
            number = int(query["apnamespace"])
            entries = [self._entry(*item) for item in redirects if item[1].namespace == number]
            listed, mark = "allpages", "apcontinue"
        else:
            entries = [{"fromid": self._entry(*item)["pageid"], **_target(item[1].redirect)} for item in redirects]
            listed, mark = "allredirects", "arcontinue"
        start = int(query.get(mark, "0"))
        part = entries[start : start + PART]
        answer: dict[str, Any] = {"query": {listed: part}} if part else {}
        if start + PART < len(entries):
            answer["continue"] = {mark: str(start + PART), "continue": f"{mark}||"}
        return answer

    def _entry(self, title: str, page: WikiPage) -> dict[str, Any]:
        number = list(self.pages).index(title) + 1
        entry = {"pageid": number, "ns": page.namespace, "title": title, "lastrevid": page.revision}
        return entry | ({"redirect": True} if page.redirect else {})


def _target(redirect: str) -> dict[str, Any]:
    title, _, fragment = redirect.partition("#")
    return {"ns": 0, "title": title} | ({"fragment": fragment} if fragment else {})


def json_response(content: object) -> Response:
    """Make an answer with JSON."""
    return Response(json.dumps(content).encode(), 200, JSON)
