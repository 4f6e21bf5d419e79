"""The loopback Discord as one object: it serves HTTP, holds the world, and lets tests act as users and cause faults.

A request passes through `rest` (authorization, limits, faults) → `routes` → `messages`, `responses` and `commands`,
which check it with `validation` → `state`, which publishes → `gateway` → `link`. `actors` are the users; `control` is
for tests in another process. Voice, reactions, stickers, polls, other webhooks and audit logs are left out.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.discord_server.actors import Actors
from tests.discord_server.control import Control
from tests.discord_server.faults import Faults
from tests.discord_server.gateway import Gateway
from tests.discord_server.limits import Limits
from tests.discord_server.link import Link, reset
from tests.discord_server.records import FORUM, TEXT, Channel, Event, Guild, Interaction, Json, Message, Question, User
from tests.discord_server.rest import PREFIX, Frame
from tests.discord_server.routes import Routes
from tests.discord_server.state import World

_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


class DiscordServer:
    """A Discord on 127.0.0.1; `async with DiscordServer() as server` starts and stops it.

    `world` makes and holds users, guilds and messages; `faults` causes faults; `gateway` and `limits` have settings.
    The methods here are the actions of users. Everything that happens is recorded in `events`, with monotonic times.
    """

    def __init__(self, port: int = 0) -> None:
        self.world = World()
        self.gateway = Gateway(self.world)
        self.faults = Faults(self.gateway)
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

    @property
    def events(self) -> list[Event]:
        """Return everything that happened, oldest first."""
        return self.world.events

    # Starting and stopping.

    def application(self) -> web.Application:
        """Build the web application; routes may be added to it."""
        app = web.Application(
            middlewares=[Frame(self.world, self.faults, self.limits).middleware], client_max_size=32 << 20
        )
        app.add_routes(Routes(self.world, self.gateway).table())
        app.add_routes(Control(self).routes())
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
        assert self._runner is not None
        self.drop_connections()
        await self._runner.cleanup()

    async def up(self) -> None:
        """Listen, again on the same port."""
        assert self._runner is not None
        if self._site is not None:
            return
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self.port))
        self.port = sock.getsockname()[1]
        self.gateway.url, self.world.cdn = f"ws://127.0.0.1:{self.port}/ws", self.cdn
        self._site = web.SockSite(self._runner, sock, backlog=1024)
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
        assert self._runner is not None
        server = self._runner.server
        for connection in list(server.connections) if server is not None else []:
            reset(getattr(connection, "transport", None))

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        return await Link(self.gateway, self.faults, request).serve()

    async def _file(self, request: web.Request) -> web.Response:
        kind, body = self.world.files.get(request.match_info["path"], ("image/png", _PIXEL))
        return web.Response(body=body, content_type=kind.partition(";")[0])

    # Waiting.

    async def ready(self, timeout: float = 10.0, *, shards: int = 1) -> None:
        """Wait until so many shards are connected and have started or resumed a session."""
        await self.world.signal.until(
            lambda: sum(self.gateway.connected(shard) for shard in range(shards)) == shards, timeout, "a connection"
        )

    @property
    def starts(self) -> int:
        """Return how many sessions were started or resumed so far."""
        return self.world.counts["identify"] + self.world.counts["resume"]

    async def reconnected(self, before: int, timeout: float = 30.0) -> float:
        """Wait until `starts` is more than `before`. Returns the server's time then."""
        await self.world.signal.until(lambda: self.starts > before, timeout, "a reconnection")
        return self.world.clock.now()

    def deliveries(self, question: Question | Interaction) -> int:
        """Return how often a question or interaction was written to a link; if 0, the bot cannot know of it."""
        return self.gateway.written[str(question.message.id if isinstance(question, Question) else question.id)]

    async def synced(self, timeout: float = 10.0, guild: Guild | None = None) -> list[Json]:
        """Wait until commands were registered, and return them."""
        scope = guild.id if guild else None
        await self.world.signal.until(lambda: scope in self.world.commands, timeout, "a sync of commands")
        return self.world.commands[scope]

    async def happened(self, kind: str, timeout: float = 10.0, *, times: int = 1) -> list[Event]:
        """Wait until so many events of a kind were recorded, and return them."""
        await self.world.signal.until(lambda: self.world.counts[kind] >= times, timeout, f"{times} × {kind}")
        return self.of_kind(kind)

    def of_kind(self, kind: str) -> list[Event]:
        return [event for event in self.world.events if event.kind == kind]

    def advance(self, seconds: float) -> None:
        """Move the server's time forward, so that tokens expire without a wait."""
        self.world.clock.ahead += seconds

    # Actions of users.

    def user(self, name: str, guild: Guild | None = None) -> User:
        """Make a user, who is a member of the guild if one is given."""
        user = self.world.user(name)
        if guild is not None:
            self.world.join(guild, user)
        return user

    def general(self, guild: Guild) -> Channel:
        """Return the first text channel of a guild."""
        return next(channel for channel in guild.channels.values() if channel.type == TEXT)

    def forum(self, guild: Guild, name: str) -> Channel:
        return self.world.channel(guild, name, FORUM)

    async def slash(self, user: User, channel: Channel, name: str, /, **options: Any) -> Interaction:
        """Send a slash command, if the client would let the user."""
        return self.actors.slash(user, channel, name, options)

    async def forced_slash(self, user: User, channel: Channel, name: str, /, **options: Any) -> Interaction:
        """Send a slash command that the client would offer only after an administrator allowed it."""
        return self.actors.slash(user, channel, name, options, force=True)

    async def autocomplete(
        self, user: User, channel: Channel, name: str, focused: str, /, **options: Any
    ) -> Interaction:
        """Type into the option `focused`; `options` are all options so far, including that one."""
        return self.actors.autocomplete(user, channel, name, focused, options)

    async def context_menu(self, user: User, message: Message, name: str) -> Interaction:
        """Choose a command from the context menu of a message."""
        return self.actors.context_menu(user, message, name)

    async def press(self, user: User, message: Message, button: str | int) -> Interaction:
        """Press a button, found by label, custom id or position."""
        return self.actors.component(user, message, button)

    async def select(self, user: User, message: Message, values: list[str], which: str | int = 0) -> Interaction:
        """Choose values of a select, found by custom id or position."""
        return self.actors.component(user, message, which, values)

    async def submit(self, user: User, opened: Interaction, /, **values: Any) -> Interaction:
        """Submit the modal that answered `opened`; fields go by custom id or label."""
        return self.actors.submit(user, opened, values)

    async def say(self, user: User, channel: Channel, text: str) -> Message:
        """Write a message that is not for the bot."""
        return self.actors.say(user, channel, text)

    async def mention(self, user: User, channel: Channel, text: str) -> Question:
        """Write a message that mentions the bot."""
        return self.actors.ask(user, channel, f"<@{self.world.bot.id}> {text}")

    async def direct_message(self, user: User, text: str) -> Question:
        """Write the bot a direct message."""
        return self.actors.ask(user, self.world.direct_channel(user), text)

    async def reply_to(self, user: User, message: Message, text: str) -> Question:
        """Reply to a message, and mention its author, as Discord's client does by default."""
        return self.actors.ask(user, message.channel, text, reply_to=message)

    async def edit(self, user: User, message: Message, text: str) -> None:
        """Edit the text of the user's own message."""
        self.actors.edit(user, message, text)

    async def delete(self, user: User, message: Message) -> None:
        """Delete the user's own message, or as a moderator the message of somebody else."""
        self.actors.delete(user, message)

    async def write(self, user: User, channel: Channel, text: str) -> Question:
        """Write to a thread or channel in which the bot answers without a mention."""
        return self.actors.ask(user, channel, text)

    async def create_thread(self, user: User, channel: Channel, name: str, message: Message | None = None) -> Channel:
        """Start a thread."""
        return self.actors.create_thread(user, channel, name, message)

    async def forum_post(self, user: User, forum: Channel, title: str, text: str) -> Question:
        """Start a post in a forum."""
        return self.actors.forum_post(user, forum, title, text)
