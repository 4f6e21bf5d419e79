"""Discord as one object, on 127.0.0.1: it serves HTTP and the gateway, and holds the world.

A request passes through `rest_frame` (authorization, limits) → `rest_routes` → `message_posting`,
`interaction_responses` and `command_registration`, which check it with `payload_checks` → `discord_world`, which
publishes → `gateway_sessions` → `gateway_link`. `member_actions` are the users. Voice, reactions, stickers, polls,
other webhooks and audit logs are left out.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.sandbox.loopback.discord_world import World
from bot.sandbox.loopback.gateway_link import Link, reset
from bot.sandbox.loopback.gateway_sessions import Gateway
from bot.sandbox.loopback.member_actions import Actors
from bot.sandbox.loopback.rest_frame import PREFIX, Frame
from bot.sandbox.loopback.rest_limits import Limits
from bot.sandbox.loopback.rest_routes import Routes

MAX_REQUEST_BYTES = 32 << 20
BACKLOG = 1024
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


class LoopbackServer:
    """A Discord on 127.0.0.1; `async with LoopbackServer() as server` starts and stops it.

    `world` makes and holds users, guilds and messages; `actors` acts as the users do; `gateway` and `limits` have
    settings.
    """

    def __init__(self, port: int = 0, *, max_events: int | None = None) -> None:
        """Choose a port, 0 for a free one, and how many entries of the record are kept, None for all."""
        self.world = World(max_events)
        self.gateway = Gateway(self.world)
        self.limits = Limits(self.world.clock)
        self.actors = Actors(self.world)
        self.port = port
        self._runner: web.AppRunner | None = None
        self._site: web.SockSite | None = None

    @property
    def api(self) -> str:
        """Return the address of the REST API."""
        return f"http://127.0.0.1:{self.port}{PREFIX}"

    @property
    def cdn(self) -> str:
        """Return the address of pictures and attachments."""
        return f"http://127.0.0.1:{self.port}/cdn"

    @property
    def token(self) -> str:
        """Return the bot's token."""
        return self.world.token

    # Starting and stopping.

    def frame(self) -> Frame:
        """Make what every request passes through."""
        return Frame(self.world, self.limits)

    def link(self, request: web.Request) -> Link:
        """Make a connection to the gateway."""
        return Link(self.gateway, request)

    def application(self) -> web.Application:
        """Build the web application; routes may be added to it."""
        app = web.Application(middlewares=[self.frame().middleware], client_max_size=MAX_REQUEST_BYTES)
        app.add_routes(Routes(self.world, self.gateway).table())
        app.add_routes(
            [web.get("/ws", self._connect), web.get("/ws/", self._connect), web.get("/cdn/{path:.*}", self._file)]
        )
        return app

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start to listen."""
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self.up()

    async def stop(self) -> None:
        """Break every connection, and stop listening."""
        assert self._runner is not None  # noqa: S101 - it was started
        self.drop_connections()
        await self._runner.cleanup()

    async def up(self) -> None:
        """Listen, again on the same port."""
        assert self._runner is not None  # noqa: S101 - it was started
        if self._site is not None:
            return
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self.port))
        self.port = sock.getsockname()[1]
        self.gateway.url, self.world.cdn = f"ws://127.0.0.1:{self.port}/ws", self.cdn
        self._site = web.SockSite(self._runner, sock, backlog=BACKLOG)
        await self._site.start()
        self.world.note("up")

    async def down(self, *, drop: bool = True) -> None:
        """Refuse new connections, and with `drop` break the existing ones."""
        if self._site is not None:
            await self._site.stop()
            self._site = None
            self.world.note("down")
        if drop:
            self.drop_connections()

    def drop_connections(self) -> None:
        """Break every TCP connection with RST."""
        assert self._runner is not None  # noqa: S101 - it was started
        server = self._runner.server
        for connection in list(server.connections) if server is not None else []:
            reset(getattr(connection, "transport", None))

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        return await self.link(request).serve()

    async def _file(self, request: web.Request) -> web.Response:
        kind, body = self.world.files.get(request.match_info["path"], ("image/png", _PIXEL))
        return web.Response(body=body, content_type=kind.partition(";")[0])

    async def ready(self, timeout: float = 10.0, *, shards: int = 1) -> None:
        """Wait until so many shards are connected and have started or resumed a session. Raises TimeoutError."""
        await self.world.signal.until(
            lambda: sum(self.gateway.connected(shard) for shard in range(shards)) == shards, timeout, "a connection"
        )
