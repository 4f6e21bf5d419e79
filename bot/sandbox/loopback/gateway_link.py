"""A connection to the gateway: HELLO, heartbeats, operations in, events out."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import deque
from collections.abc import Callable

from aiohttp import WSMsgType, web

from bot.sandbox.loopback.gateway_compression import compressor
from bot.sandbox.loopback.gateway_sessions import ClosedError, Connection, Gateway, Session
from bot.sandbox.loopback.world_records import Json

_MAX_CLIENT_MESSAGE = 4096  # bytes
_MAX_CLIENT_MESSAGES_PER_MINUTE = 120
_MAX_SILENCE = 1.5  # heartbeat intervals without a heartbeat, before the gateway closes the connection


def reset(transport: asyncio.BaseTransport | None) -> None:
    """End a TCP connection at once, with RST instead of FIN."""
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert isinstance(transport, asyncio.Transport)  # noqa: S101 - as every TCP connection
    transport.abort()


class Link:
    """A connection; `serve` runs as long as it lasts."""

    def __init__(
        self, gateway: Gateway, request: web.Request, replaces: Callable[[str, Connection], bool] = lambda *_: False
    ) -> None:
        """Take the request to connect; `replaces` may do something else than the usual step, and says if it did."""
        self._gateway, self._request, self._replaces = gateway, request, replaces
        self._socket = web.WebSocketResponse(autoping=False, max_msg_size=1 << 20, compress=False, timeout=1.0)
        self._out: asyncio.Queue[Json | str | bytes | ClosedError] = asyncio.Queue()
        self._compress = compressor(request.query.get("compress", ""))
        self._last_heartbeat = self._gateway.world.clock.now()
        self._message_times: deque[float] = deque(maxlen=_MAX_CLIENT_MESSAGES_PER_MINUTE)
        self.session: Session | None = None
        self.frozen = False
        self._closed_with: int | None = None

    def send(self, message: Json | str | bytes) -> None:
        """Queue a message for the client; a text is sent as it is, and bytes without compression as well."""
        self._out.put_nowait(message)

    def close(self, code: int, reason: str = "") -> None:
        """Close with a code, after the messages in the queue."""
        self._out.put_nowait(ClosedError(code, reason))

    def freeze(self) -> None:
        """Stop reading and writing without closing: for the client, the connection becomes half-open."""
        self.frozen = True
        transport = self._request.transport
        if transport is not None and not transport.is_closing():
            transport.pause_reading()

    def reset(self) -> None:
        """Break the connection with RST."""
        reset(self._request.transport)

    async def serve(self) -> web.WebSocketResponse:
        """Serve the client until the connection ends."""
        if self._request.query.get("v") != "10" or self._request.query.get("encoding", "json") != "json":
            raise web.HTTPBadRequest
        await self._socket.prepare(self._request)
        self._gateway.links.add(self)
        tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._watch())]
        try:
            if not self._replaces("hello", self):
                self.send({"op": 10, "s": None, "t": None, "d": {"heartbeat_interval": self._interval_ms()}})
            await self._read()
        finally:
            if self._closed_with is not None:  # the client must be able to read the code
                await asyncio.wait(tasks[:1], timeout=1.5)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._gateway.remove(self, self._closed_with, self._socket.close_code)
        return self._socket

    def _interval_ms(self) -> int:
        return int(self._gateway.heartbeat_interval * 1000)

    async def _write(self) -> None:
        while True:
            message = await self._out.get()
            if self.frozen:
                continue
            if isinstance(message, ClosedError):
                self._closed_with = message.code
                await self._socket.close(code=message.code, message=message.reason.encode())
                return
            text = json.dumps(message) if isinstance(message, dict) else message
            try:
                if isinstance(text, bytes):
                    await self._socket.send_bytes(text)
                elif self._compress is None:
                    await self._socket.send_str(text)
                else:
                    await self._socket.send_bytes(self._compress(text))
            except (ConnectionError, RuntimeError):
                return
            if isinstance(message, dict) and message["t"] in ("MESSAGE_CREATE", "INTERACTION_CREATE"):
                self._gateway.count_delivery(message["d"]["id"])

    async def _watch(self) -> None:
        """Close the connection if the client stops sending heartbeats."""
        while True:
            await asyncio.sleep(self._gateway.heartbeat_interval / 4)
            silence = self._gateway.world.clock.now() - self._last_heartbeat
            if silence > self._gateway.heartbeat_interval * _MAX_SILENCE and not self.frozen:
                self.close(4009, "Session timed out.")
                return

    async def _read(self) -> None:
        async for frame in self._socket:
            if self.frozen:
                continue
            if frame.type is WSMsgType.PING:
                await self._socket.pong(frame.data)
            elif frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                try:
                    self._handle(frame.data)
                except ClosedError as closed:
                    self.close(closed.code, closed.reason)

    def _handle(self, text: str | bytes) -> None:
        now = self._gateway.world.clock.now()
        times = self._message_times
        if len(times) == _MAX_CLIENT_MESSAGES_PER_MINUTE and now - times[0] < 60:
            raise ClosedError(4008, "You are being rate limited.")
        times.append(now)
        if len(text) > _MAX_CLIENT_MESSAGE:
            raise ClosedError(4002, "Error while decoding payload.")
        try:
            message = json.loads(text)
        except ValueError:
            raise ClosedError(4002, "Error while decoding payload.") from None
        if not isinstance(message, dict):
            raise ClosedError(4002, "Error while decoding payload.")
        self._operate(message.get("op"), message.get("d"))

    def _operate(self, operation: object, data: object) -> None:
        names = {1: "heartbeat", 2: "identify", 3: "presence", 4: "voice", 6: "resume", 8: "members", 31: "sounds"}
        name = names.get(operation) if isinstance(operation, int) else None
        if name is None:
            raise ClosedError(4001, "Unknown opcode.")
        self._gateway.world.note("operation", name=name)
        if self._replaces(name, self):
            return
        if name == "heartbeat":
            self._last_heartbeat = self._gateway.world.clock.now()
            self.send({"op": 11, "s": None, "t": None, "d": None})
        elif name in ("identify", "resume"):
            if not isinstance(data, dict):
                raise ClosedError(4002, "Error while decoding payload.")
            self._start(name, data)
        elif self.session is None:
            raise ClosedError(4003, "Not authenticated.")

    def _start(self, name: str, data: Json) -> None:
        start = self._gateway.identify if name == "identify" else self._gateway.resume
        if start(self, data) is None:
            self.send({"op": 9, "s": None, "t": None, "d": False})
