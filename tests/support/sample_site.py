"""A web site for tests: pages with ETags at paths, any other answers at others, and every trap that a test sets."""

import gzip
import hashlib
from collections.abc import Callable, Mapping

from tests.support.trap_server import Request, Response

Entry = str | Response | Callable[[Request], Response]
HTML = (("Content-Type", "text/html; charset=utf-8"),)


class SampleSite:
    """What is at each path; text is the body of a page, and what is nowhere has status 404."""

    def __init__(self, pages: Mapping[str, Entry]) -> None:
        """Take what is at each path; a path may have a query."""
        self.pages: dict[str, Entry] = dict(pages)
        self.override: Callable[[Request], Response | None] = lambda _: None

    def answer(self, request: Request) -> Response:
        """Answer like a static web server, with 304 for what the client has."""
        other = self.override(request)
        if other:
            return other
        entry = self.pages.get(request.path)
        if entry is None:
            return Response(b"<p>Not found</p>", 404, HTML)
        if callable(entry):
            return entry(request)
        if isinstance(entry, Response):
            return entry
        content = html_page(entry)
        etag = f'"{hashlib.sha256(content).hexdigest()[:12]}"'
        if request.headers.get("if-none-match") == etag:
            return Response(b"", 304, (("ETag", etag),))
        return Response(content, 200, (*HTML, ("ETag", etag)))


def html_page(body: str, head: str = "") -> bytes:
    """Make a page that has a title and an article."""
    return f"<!doctype html><html><head><title>T</title>{head}</head><body>{body}</body></html>".encode()


def links(*targets: str) -> str:
    """Make a body with links."""
    return "".join(f'<a href="{target}">to {target}</a> ' for target in targets)


def packed(content: bytes) -> Response:
    """Make a gzipped page."""
    return Response(gzip.compress(content), 200, (*HTML, ("Content-Encoding", "gzip")))


def redirect(location: str, status: int = 301) -> Response:
    """Make a redirect."""
    return Response(b"", status, (("Location", location),))
