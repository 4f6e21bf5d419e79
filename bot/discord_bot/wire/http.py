"""What stands between discord.py and the network: limits on time, addresses and refusals.

A trace watches every request of the session, including the answers to interactions, which bypass discord.py's client.
"""

import asyncio
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
from discord.http import HTTPClient, Ratelimit, Route
from discord.types.user import User

from bot.discord_bot.wire.addresses import check
from bot.discord_bot.wire.connection_errors import AddressError, RateLimitError, RefusalLimitError, ServerError
from bot.discord_bot.wire.continuity import InvalidRequests
from bot.discord_bot.wire.retries import retry_after

MAX_RATE_LIMIT_WAIT_S = 30.0  # for which discord.py may wait by itself; it accepts no lower limit
REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=15.0, sock_connect=8.0)
UPGRADE_TIMEOUT_S = 10.0  # to open a connection to the gateway
REFUSED_STATUSES = frozenset({401, 403, 429})
delivering: ContextVar[bool] = ContextVar("delivering", default=False)  # set where the caller waits and retries


class GlobalLimit(asyncio.Event):
    """The lock of the global rate limit, set while requests may be sent. It opens by itself.

    discord.py leaves it shut forever if the request that shut it is cancelled.
    """

    def clear(self) -> None:
        """Shut the lock for at most MAX_RATE_LIMIT_WAIT_S."""
        super().clear()
        asyncio.get_running_loop().call_later(MAX_RATE_LIMIT_WAIT_S, self.set)


class Bucket(Ratelimit):
    """The rate limit of a route. Requests wait only while none is left, and not for long.

    discord.py refuses a request whose bucket is renewed late, even if many are left in it, and keeps back the response
    to the last one until the bucket is renewed.
    """

    async def acquire(self) -> None:
        """Take a request from the bucket, or wait for one. Raises RateLimited if that would take too long."""
        self._last_request = self._loop.time()
        while not self._has_room():
            await self._wait()
        self.remaining -= 1
        self.outgoing += 1

    async def __aexit__(self, *_: object) -> None:
        """Count the response, and let the waiting requests look again."""
        self.outgoing -= 1
        self._wake(len(self._pending_requests))

    def _has_room(self) -> bool:
        """Tell whether a request is left, in a renewed bucket if its time is over or no response gave a limit."""
        if self.is_expired() or (self.expires is None and not self.outgoing):
            self.reset()  # type: ignore[no-untyped-call]
        return self.remaining > 0

    async def _wait(self) -> None:
        """Wait for a response or for the renewal of the bucket. Raises RateLimited if that takes too long."""
        seconds = None if self.expires is None else self.expires - self._loop.time()
        if seconds is not None and seconds > (self._max_ratelimit_timeout or MAX_RATE_LIMIT_WAIT_S):
            raise discord.RateLimited(seconds)
        turn = self._loop.create_future()
        self._pending_requests.append(turn)
        await asyncio.wait({turn}, timeout=seconds)
        turn.cancel()  # a later wake-up must not be spent on it


class BoundedHTTPClient(HTTPClient):
    """discord.py's HTTP client, with a time limit on each request."""

    def get_ratelimit(self, key: str) -> Ratelimit:
        """Return the rate limit with a key, a new one if there is none."""
        if key not in self._buckets:
            self._try_clear_expired_ratelimits()
            self._buckets[key] = Bucket(self.max_ratelimit_timeout)
        return self._buckets[key]

    async def static_login(self, token: str) -> User:
        """Log in, and replace the lock that could stay shut."""
        user = await super().static_login(token)
        self._global_over = GlobalLimit()
        self._global_over.set()
        return user

    async def request(self, route: Route, **options: Any) -> Any:
        """Send a request; it follows no redirects and ends in bounded time."""
        options.setdefault("timeout", REQUEST_TIMEOUT)
        return await super().request(route, allow_redirects=False, **options)

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        """Open a connection to the gateway. Raises TimeoutError after UPGRADE_TIMEOUT_S."""
        async with asyncio.timeout(UPGRADE_TIMEOUT_S):
            return await super().ws_connect(url, compress=compress)


def bounded_client(http: HTTPClient) -> BoundedHTTPClient:
    """Return a bounded client with the options of one that was not used yet."""
    return BoundedHTTPClient(
        http.loop,
        http.connector,
        proxy=http.proxy,
        proxy_auth=http.proxy_auth,
        unsync_clock=not http.use_clock,
        http_trace=http.http_trace,
        max_ratelimit_timeout=http.max_ratelimit_timeout,
    )


def _raise_for(response: aiohttp.ClientResponse) -> None:
    """Raise RateLimitError or ServerError where discord.py would wait or retry by itself."""
    if response.status != 429 and response.status < 500:
        return
    response.close()
    if response.status == 429:
        everywhere = response.headers.get("X-RateLimit-Global", "").lower() == "true"
        raise RateLimitError(retry_after(response.headers), everywhere=everywhere)
    raise ServerError(f"Discord answered {response.status}")


def request_guard(invalid_requests: InvalidRequests) -> aiohttp.TraceConfig:
    """Return a trace that counts refused requests, and stops requests that must not be sent.

    A request that it watches raises AddressError for an unsafe address or a redirect, and RefusalLimitError once too
    many requests were refused.
    """

    async def on_start(_session: object, _context: SimpleNamespace, request: aiohttp.TraceRequestStartParams) -> None:
        check(str(request.url.with_query(None).with_fragment(None)))
        if invalid_requests.too_many and request.url.scheme not in {"ws", "wss"}:
            raise RefusalLimitError(
                f"{len(invalid_requests)} requests were refused within ten minutes; more could ban this address"
            )

    async def on_end(_session: object, _context: SimpleNamespace, answer: aiohttp.TraceRequestEndParams) -> None:
        shared = answer.response.headers.get("X-RateLimit-Scope") == "shared"  # such a 429 does not count as invalid
        if answer.response.status in REFUSED_STATUSES and not shared:
            invalid_requests.add()
        if delivering.get():
            _raise_for(answer.response)

    async def on_redirect(
        _session: object, _context: SimpleNamespace, answer: aiohttp.TraceRequestRedirectParams
    ) -> None:
        answer.response.close()
        raise AddressError(f"{answer.url.host} redirected a request; redirects are not followed.")

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(on_start)
    trace.on_request_end.append(on_end)
    trace.on_request_redirect.append(on_redirect)
    return trace
