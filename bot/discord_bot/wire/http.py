"""What stands between discord.py and the network for requests: bounds on time, addresses and refusals.

A trace watches every request of the session, also those of interactions, which discord.py sends by another way.
"""

import asyncio
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import aiohttp
from discord.http import HTTPClient, Route
from discord.types.user import User

from bot.discord_bot.wire.addresses import check
from bot.discord_bot.wire.connection_errors import AddressError, HeldBackError, LimitedError, TroubleError
from bot.discord_bot.wire.continuity import InvalidRequests
from bot.discord_bot.wire.retries import retry_after

LONGEST_LIMIT = 30.0  # seconds of a rate limit that discord.py may wait by itself, the least it allows
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=15.0, sock_connect=8.0)
delivering: ContextVar[bool] = ContextVar("delivering", default=False)  # set by those who wait and repeat themselves
REFUSED = frozenset({401, 403, 429})


class GlobalLimit(asyncio.Event):
    """The lock of the global rate limit, which opens by itself.

    discord.py leaves it shut for good when the request that shut it is cancelled.
    """

    def clear(self) -> None:
        """Shut it for at most LONGEST_LIMIT."""
        super().clear()
        asyncio.get_running_loop().call_later(LONGEST_LIMIT, self.set)


class Requests(HTTPClient):
    """discord.py's HTTP client, with a bound on each request."""

    async def static_login(self, token: str) -> User:
        """Log in, and replace the lock that may stay shut."""
        user = await super().static_login(token)
        self._global_over = GlobalLimit()
        self._global_over.set()
        return user

    async def request(self, route: Route, **options: Any) -> Any:
        """Send one request; it follows no redirect and ends."""
        options.setdefault("timeout", REQUEST_TIMEOUT)
        return await super().request(route, allow_redirects=False, **options)


def bounded(http: HTTPClient) -> Requests:
    """Return a client like the one that discord.py made; called before it is used."""
    return Requests(
        http.loop,
        http.connector,
        proxy=http.proxy,
        proxy_auth=http.proxy_auth,
        unsync_clock=not http.use_clock,
        http_trace=http.http_trace,
        max_ratelimit_timeout=http.max_ratelimit_timeout,
    )


def _raise_for(response: aiohttp.ClientResponse) -> None:
    """Raise for what discord.py would wait for or repeat by itself."""
    if response.status != 429 and response.status < 500:
        return
    response.close()
    if response.status == 429:
        everywhere = response.headers.get("X-RateLimit-Global", "").lower() == "true"
        raise LimitedError(retry_after(response.headers), everywhere=everywhere)
    raise TroubleError(f"Discord answered {response.status}")


def guard(invalid: InvalidRequests) -> aiohttp.TraceConfig:
    """Return a trace that counts refused requests, and stops those that must not be sent."""

    async def start(_session: object, _context: SimpleNamespace, request: aiohttp.TraceRequestStartParams) -> None:
        check(str(request.url.with_query(None).with_fragment(None)))
        if invalid.too_many and request.url.scheme not in {"ws", "wss"}:
            raise HeldBackError(f"{len(invalid)} requests were refused within ten minutes; more could ban this address")

    async def end(_session: object, _context: SimpleNamespace, answer: aiohttp.TraceRequestEndParams) -> None:
        shared = answer.response.headers.get("X-RateLimit-Scope") == "shared"
        if answer.response.status in REFUSED and not shared:
            invalid.add()
        if delivering.get():
            _raise_for(answer.response)

    async def redirect(_session: object, _context: SimpleNamespace, answer: aiohttp.TraceRequestRedirectParams) -> None:
        answer.response.close()
        raise AddressError(f"{answer.url.host} sent us elsewhere; redirects are not followed.")

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(start)
    trace.on_request_end.append(end)
    trace.on_request_redirect.append(redirect)
    return trace
