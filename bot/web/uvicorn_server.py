"""Run an application with uvicorn: without a log of addresses, in which the questions are, and with a quiet end."""

import asyncio
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from bot.showing.terminal import say

MAX_CONNECTIONS = 500  # the server itself refuses more, with status 503
SHUTDOWN_TIMEOUT_S = 15  # for requests in flight
KEEP_ALIVE_S = 20


async def run(app: ASGIApp, listening: socket.socket, proxies: Sequence[str]) -> None:
    """Answer on a listening socket until SIGTERM or Ctrl-C; `proxies` may say for whom they ask."""
    await make_server(app, proxies).serve([listening])


def make_server(app: ASGIApp, proxies: Sequence[str] = ()) -> uvicorn.Server:
    """Make the server of an application."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
        ws="none",
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """A server that says when it answers, and after a signal ends like any other program."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGTERM and Ctrl-C: finish the requests in flight, and at the second signal end at once."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        say("ready; Ctrl-C stops it")
