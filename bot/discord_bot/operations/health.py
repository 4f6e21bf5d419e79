"""Whether the bot is well, and its figures, for programs on this machine: /healthz and /metrics."""

import functools
import json
import logging
import os
from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from bot.discord_bot.operations.prometheus_metrics import CONTENT_TYPE, Metrics

HOST: Final = "127.0.0.1"
DUMPS: Final = functools.partial(json.dumps, default=str)  # a state may hold days and paths
CLOSING_SECONDS: Final = 1.0  # for requests under way; nobody's scraping holds up a shutdown

log = logging.getLogger(__name__)


async def serve(port: int, metrics: Metrics, state: Callable[[], Mapping[str, object]]) -> web.AppRunner:
    """Serve on a port of 127.0.0.1, 0 for a free one, until the runner that is returned is cleaned up.

    `state` is called for each /healthz; its "connected" must be true and its "generation" not None,
    or the answer is 503. A port that cannot be had is one warning in the log, and no error.
    """

    async def healthz(_request: web.Request) -> web.Response:
        found = state()
        ok = bool(found.get("connected")) and found.get("generation") is not None
        return web.json_response({"ok": ok, **found}, status=200 if ok else 503, dumps=DUMPS)

    async def figures(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", figures)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSING_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        log.warning("no /healthz and /metrics: port %d of %s cannot be used: %s", port, HOST, reason)
    return runner
