"""The loopback Discord of the sandbox, with what tests need: faults, waiting, and a control API for other processes."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.sandbox.loopback.gateway_link import Link
from bot.sandbox.loopback.loopback_server import LoopbackServer
from bot.sandbox.loopback.world_records import (
    FORUM,
    TEXT,
    Channel,
    Event,
    Guild,
    Interaction,
    Json,
    Message,
    Question,
    User,
)
from tests.discord_server.control import Control
from tests.discord_server.faults import Faults
from tests.discord_server.faulty_frame import FaultyFrame


class DiscordServer(LoopbackServer):
    """A Discord on 127.0.0.1 in which `faults` causes faults.

    The methods here are the actions of users. Everything that happens is recorded in `events`, with monotonic times.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.faults = Faults(self.gateway)

    @property
    def events(self) -> list[Event]:
        """Return everything that happened, oldest first."""
        return self.world.events

    def application(self) -> web.Application:
        """Build the web application, with the control API."""
        app = super().application()
        app.add_routes(Control(self).routes())
        return app

    def frame(self) -> FaultyFrame:
        return FaultyFrame(self.world, self.limits, self.faults)

    def link(self, request: web.Request) -> Link:
        return Link(self.gateway, request, self.faults.at)

    # Waiting.

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
