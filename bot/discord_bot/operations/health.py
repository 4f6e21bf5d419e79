"""Serve the health and the metrics of the bot to other programs: /healthz and /metrics."""

import functools
import json
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from bot.discord_bot.operations.prometheus_metrics import CONTENT_TYPE, Metrics

TO_JSON: Final = functools.partial(json.dumps, default=str)  # a state may contain dates and paths
HUNG_SEARCH_S: Final = 60.0  # a search takes a fraction of a second; while one runs that long, others may wait for it
SHUTDOWN_TIMEOUT_S: Final = 1.0  # an open request must not delay the end of the bot

log = logging.getLogger(__name__)


async def serve(host: str, port: int, metrics: Metrics, state: Callable[[], Mapping[str, object]]) -> web.AppRunner:
    """Serve on an IP address or host name and a port (0 picks a free one) until the returned runner is cleaned up.

    `state` is called for each request to /healthz. The status is 503 unless its "connected" is true, its "generation"
    is not None, and its "longest_search_s", of the searches that run, is below HUNG_SEARCH_S. An address that
    cannot be used is logged as a warning, not raised.
    """

    async def check() -> tuple[bool, Mapping[str, object]]:
        current = state()
        return bool(current.get("connected")) and current.get("generation") is not None and not _hangs(current), current

    async def page() -> bytes:
        return metrics.render()

    return await serve_pages(host, port, check, page)


async def serve_pages(
    host: str,
    port: int,
    check: Callable[[], Awaitable[tuple[bool, Mapping[str, object]]]],
    metrics: Callable[[], Awaitable[bytes]],
) -> web.AppRunner:
    """Serve /healthz, by whether all is well and the state, and /metrics. An address that cannot be used is logged."""

    async def healthz(_request: web.Request) -> web.Response:
        ok, current = await check()
        return web.json_response({"ok": ok, **current}, status=200 if ok else 503, dumps=TO_JSON)

    async def metrics_page(_request: web.Request) -> web.Response:
        return web.Response(body=await metrics(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", metrics_page)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        log.warning("no /healthz and /metrics: port %d of %s cannot be used: %s", port, host, _reason(error))
    return runner


def _hangs(state: Mapping[str, object]) -> bool:
    longest = state.get("longest_search_s", 0.0)
    return isinstance(longest, float) and longest >= HUNG_SEARCH_S


def _reason(error: OSError) -> object:
    """Return the system's words for an error, without the address that asyncio adds."""
    if isinstance(error, socket.gaierror):  # the name of the host is unknown, and its numbers are not the system's
        return error.strerror
    return os.strerror(error.errno) if error.errno else error
