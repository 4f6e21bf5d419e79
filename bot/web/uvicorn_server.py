"""Run an application with uvicorn: without a log of addresses, in which the questions are, and with a quiet end."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.showing.terminal import say
from bot.web.client_addresses import client_address, is_proxy, network_of

MAX_CONNECTIONS = 500  # the server itself refuses more, with status 503
MAX_CONNECTIONS_OF_ADDRESS = 100  # so that nobody holds all; proxies that the settings name have no limit
TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SHUTDOWN_TIMEOUT_S = 7  # for requests in flight, which get an answer before
KEEP_ALIVE_S = 20  # without a request; the head of one has to arrive whole in this time


async def run(app: ASGIApp, listening: socket.socket, proxies: Sequence[str], stopping: Callable[[], None]) -> None:
    """Answer on a listening socket until SIGTERM, SIGHUP or Ctrl-C, and call `stopping` then.

    `proxies` may say for whom they ask.
    """
    await make_server(app, proxies, stopping).serve([listening])


def make_server(
    app: ASGIApp, proxies: Sequence[str] = (), stopping: Callable[[], None] = lambda: None
) -> "StoppableServer":
    """Make the server of an application."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        access_log=False,
        log_config=None,
        log_level="error",  # what clients send wrong is answered, not logged: anybody could fill a disk with it
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
        ws="none",
    )
    return StoppableServer(config, stopping)


class _Protocol(H11Protocol):
    """A connection that is closed if the head of a request does not arrive in time; uvicorn waits without end.

    What arrives does not prolong the time, only a whole head ends it.
    """

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, and wait for its first request."""
        super().connection_made(transport)
        if self.client:
            self.client = client_address(self.client[0]), self.client[1]
        self._limit_waiting()
        if self._is_one_too_many():
            self.transport.write(TOO_MANY)
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what arrived."""
        super().data_received(data)
        self._limit_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request, which may be there already."""
        super().on_response_complete()
        self._limit_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._stop_waiting()

    def _is_one_too_many(self) -> bool:
        if not self.client or is_proxy(self.client[0], self.config.forwarded_allow_ips or ()):
            return False
        own = network_of(self.client[0])
        clients = (other.client for other in self.connections if isinstance(other, H11Protocol))
        return sum(network_of(client[0]) == own for client in clients if client) > MAX_CONNECTIONS_OF_ADDRESS

    def _limit_waiting(self) -> None:
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering or self.transport.is_closing():
            self._stop_waiting()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(self.timeout_keep_alive, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None


class StoppableServer(uvicorn.Server):
    """A server that says when it answers, and after a signal ends like any other program."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGTERM, at Ctrl-C and when the terminal is closed, unless a parent, such as nohup, ignores that.

        The requests in flight are finished; at the second signal it ends at once.
        """
        loop = asyncio.get_running_loop()
        signals = [signal.SIGTERM, signal.SIGINT]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signals.append(signal.SIGHUP)
        for number in signals:
            loop.add_signal_handler(number, self.stop)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Finish the requests in flight and end; the second time, end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
        if not self.force_exit:
            self._stopping()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        say("ready; Ctrl-C stops it")
