"""Stand before every request: which names and pages may call, who asks, and what browsers may do with a reply."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.access_tokens import TokenAccess
from bot.web.api import error_response
from bot.web.request_errors import RequestError
from bot.web.request_values import ASKER
from config.settings import ServeSettings

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
BODY_TIMEOUT_S = 10.0
READING = ("GET", "HEAD", "OPTIONS")
WRONG_HOST = "This service does not answer under this name; serve.hosts in its settings lists the names."
WRONG_ORIGIN = "Pages of this origin may not call this service; serve.origins in its settings lists those that may."
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors {}"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class RequestGuard:
    """Refuses requests under foreign names and from foreign pages, adds headers, and notes who asks.

    A page elsewhere could point its own name at this machine, and so read what only this machine may: while the service
    listens on this machine alone, it answers under the names of this machine and those in the settings only.
    """

    def __init__(self, app: ASGIApp, serve: ServeSettings, access: TokenAccess) -> None:
        self._app = app
        self._access = access
        self._hosts = allowed_hosts(serve)
        self._origins = frozenset(serve.origins)
        self._headers = security_headers(serve.embed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, or what the server says about its start and end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        problem = self._problem(scope["method"], headers)
        if problem:
            await error_response(problem)(scope, receive, send_with_headers)
            return
        client = scope.get("client")
        try:
            asker = self._access.asker(headers.get("authorization"), client[0] if client else "")
            scope.setdefault("state", {})[ASKER] = asker
        except RequestError as error:  # a style sheet and /health need no asker
            scope.setdefault("state", {})[ASKER] = error
        await self._app(scope, receive_in_time(receive), send_with_headers)

    def _problem(self, method: str, headers: Headers) -> RequestError | None:
        host = headers.get("host", "")
        if self._hosts is not None and host_name(host) not in self._hosts:
            return RequestError("forbidden", WRONG_HOST)
        origin = headers.get("origin")
        if origin is None or method in READING or origin in self._origins or origin.partition("://")[2] == host:
            return None
        return RequestError("forbidden", WRONG_ORIGIN)


def receive_in_time(receive: Receive) -> Receive:
    """Wrap what receives a request: a body that takes longer than BODY_TIMEOUT_S counts as broken off."""
    deadline = asyncio.get_running_loop().time() + BODY_TIMEOUT_S
    is_whole = False

    async def receive_until_deadline() -> Message:
        nonlocal is_whole
        if is_whole:  # what is received now is the end of the connection, which may take as long as the answer
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        is_whole = not message.get("more_body", False)
        return message

    return receive_until_deadline


def allowed_hosts(serve: ServeSettings) -> frozenset[str] | None:
    """Return the names under which the service answers; None means any."""
    is_local = serve.host in LOOPBACK_NAMES or serve.host.startswith("127.")
    if not is_local and not serve.hosts:
        return None
    return frozenset(name.casefold() for name in (*serve.hosts, serve.host, *LOOPBACK_NAMES))


def host_name(host: str) -> str:
    """Return the name or address in a header Host, without its port; "" if it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
    except ValueError:
        return ""
    return parts.hostname or "" if parts.netloc == host and "@" not in host else ""


def security_headers(embed: Sequence[str]) -> dict[str, str]:
    """Return the headers of every reply; the pages in `embed` may show it in a frame."""
    policy = {"Content-Security-Policy": POLICY.format(" ".join(embed) or "'none'")}
    return policy | HEADERS | ({} if embed else {"X-Frame-Options": "DENY"})
