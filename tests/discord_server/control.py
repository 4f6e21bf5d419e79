"""A JSON API under /control, to act as users and cause faults from other processes.

`POST /control/NAME` with a JSON object calls the method of that name and returns its result; ids are text.
`GET /control/state`, `/control/messages` and `/control/events` describe the state. This module only translates; the
rules of the world are elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.loopback.member_actions import ImpossibleError
from bot.sandbox.loopback.refusals import RefusedError
from bot.sandbox.loopback.rest_frame import reply
from bot.sandbox.loopback.world_records import TEXT, Interaction, Json, Question
from tests.discord_server.lookup import Lookup, UnknownError
from tests.discord_server.views import (
    channel_view,
    event_view,
    guild_view,
    interaction_view,
    message_view,
    question_view,
)

if TYPE_CHECKING:
    from tests.discord_server.server import DiscordServer

Action = Callable[..., Awaitable[Any]]
_FAULTS = ("reset", "cut", "fail", "limit", "answer", "slow", "silent")


class Control:
    """Serves the API; each action takes the fields of the request as keyword arguments."""

    def __init__(self, server: DiscordServer) -> None:
        self._server, self._world, self._actors = server, server.world, server.actors
        self._find = Lookup(server.world)
        self._tasks: set[asyncio.Task[None]] = set()
        names = [
            *("guild", "user", "role", "channel", "allow", "join", "leave", "slash", "autocomplete", "context_menu"),
            *("press", "select", "submit", "say", "mention", "direct_message", "reply_to", "write", "create_thread"),
            *("forum_post", "interaction", "question", "fault", "plan", "gateway", "malformed", "mend"),
            *("forget_sessions", "down", "advance", "settings", "ready"),
        ]
        self._actions: dict[str, Action] = {name: getattr(self, name) for name in names}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of this API."""
        return [
            web.post("/control/{action}", self._act),
            web.get("/control/state", self._state),
            web.get("/control/messages", self._messages),
            web.get("/control/events", self._events),
        ]

    def _check_origin(self, request: web.Request) -> None:
        """Refuse requests that a page of another site may have sent."""
        own = (f"127.0.0.1:{self._server.port}", f"localhost:{self._server.port}")
        origin = request.headers.get("Origin")
        if request.host not in own or (origin is not None and origin.removeprefix("http://") not in own):
            raise web.HTTPForbidden

    async def _act(self, request: web.Request) -> web.Response:
        self._check_origin(request)
        action = self._actions.get(request.match_info["action"])
        if action is None or request.content_type != "application/json":
            return reply({"error": f"unknown action {request.match_info['action']!r}, or the body is not JSON"}, 404)
        try:
            return reply(await action(**await request.json()))
        except TimeoutError as error:
            return reply({"error": str(error)}, 408)
        except (ImpossibleError, RefusedError, UnknownError, KeyError, TypeError, ValueError, AssertionError) as error:
            return reply({"error": f"{type(error).__name__}: {error}"}, 400)

    # State.

    async def _state(self, request: web.Request) -> web.Response:
        self._check_origin(request)
        server, world = self._server, self._world
        addresses = {"api": server.api, "gateway": server.gateway.url, "cdn": server.cdn, "token": server.token}
        users = [{"id": str(user.id), "name": user.name, "bot": user.bot} for user in world.users.values()]
        commands = {
            str(guild or ""): [command["name"] for command in registered]
            for guild, registered in world.commands.items()
        }
        guilds = [guild_view(guild) for guild in world.guilds.values()]
        state = {"connected": server.gateway.connected(), "events": len(world.events), "bot": str(world.bot.id)}
        return reply(addresses | state | {"users": users, "guilds": guilds, "commands": commands})

    async def _messages(self, request: web.Request) -> web.Response:
        """Return the messages of a channel, or only those that `user` sees."""
        self._check_origin(request)
        try:
            channel = self._find.channel(request.query["channel"])
            user = self._find.user(request.query["user"]) if "user" in request.query else None
        except (KeyError, UnknownError, ValueError) as error:
            return reply({"error": str(error)}, 400)
        visible = [
            message
            for message in channel.messages.values()
            if user is None or (message.visible_to in (None, user) and message.deleted is None)
        ]
        return reply([message_view(message, self._world) for message in visible])

    async def _events(self, request: web.Request) -> web.Response:
        """Return the record from event number `since` on."""
        self._check_origin(request)
        since = int(request.query.get("since", "0"))
        return reply([event_view(number, event) for number, event in enumerate(self._world.events[since:], since)])

    # Users, guilds and channels.

    async def guild(self, *, name: str, owner: str | None = None, invited: bool = True) -> Json:
        return guild_view(self._world.guild(name, owner=self._find.user(owner) if owner else None, invited=invited))

    async def user(self, *, name: str, guild: str | None = None, roles: list[str] | None = None) -> Json:
        user = self._world.user(name)
        if guild is not None:
            await self.join(guild=guild, user=str(user.id), roles=roles)
        return {"id": str(user.id), "name": name}

    async def role(self, *, guild: str, name: str, permissions: str = "0") -> Json:
        return {"id": str(self._world.role(self._find.guild(guild), name, int(permissions)).id), "name": name}

    async def channel(self, *, guild: str, name: str, type: int = TEXT, parent: str | None = None) -> Json:  # noqa: A002 - the API's word
        category = self._find.channel(parent) if parent else None
        return channel_view(self._world.channel(self._find.guild(guild), name, type, category))

    async def allow(self, *, channel: str, target: str, allow: str = "0", deny: str = "0") -> Json:
        target_channel = self._find.channel(channel)
        roles = target_channel.guild.roles if target_channel.guild else {}
        self._world.allow(target_channel, roles.get(int(target)) or self._find.user(target), int(allow), int(deny))
        return {}

    async def join(self, *, guild: str, user: str, roles: list[str] | None = None) -> Json:
        joined = self._find.guild(guild)
        self._world.join(joined, self._find.user(user), *self._find.roles(joined, roles or []))
        return {}

    async def leave(self, *, guild: str, user: str) -> Json:
        self._world.leave(self._find.guild(guild), self._find.user(user))
        return {}

    # Actions of users. `wait` is "deferred" or "settled" for interactions, "answered" for questions.

    async def _view_interaction(self, interaction: Interaction, wait: str = "", timeout: float = 30.0) -> Json:
        if wait:
            await {"deferred": interaction.deferred, "settled": interaction.settled}[wait](timeout)
        return interaction_view(interaction, self._world)

    async def _view_question(self, question: Question, wait: str = "", timeout: float = 30.0) -> Json:
        if wait:
            await {"answered": question.answered}[wait](timeout)
        return question_view(question, self._world)

    async def interaction(self, *, id: str, **wait: Any) -> Json:  # noqa: A002 - the API's word
        return await self._view_interaction(self._find.interaction(id), **wait)

    async def question(self, *, id: str, **wait: Any) -> Json:  # noqa: A002 - the API's word
        return await self._view_question(self._find.question(id), **wait)

    async def slash(
        self, *, user: str, channel: str, name: str, options: Json | None = None, force: bool = False, **wait: Any
    ) -> Json:
        place = self._find.channel(channel)
        return await self._view_interaction(
            self._actors.slash(self._find.user(user), place, name, options or {}, force=force), **wait
        )

    async def autocomplete(
        self, *, user: str, channel: str, name: str, focused: str, options: Json, **wait: Any
    ) -> Json:
        place = self._find.channel(channel)
        return await self._view_interaction(
            self._actors.autocomplete(self._find.user(user), place, name, focused, options), **wait
        )

    async def context_menu(self, *, user: str, message: str, name: str, **wait: Any) -> Json:
        return await self._view_interaction(
            self._actors.context_menu(self._find.user(user), self._find.message(message), name), **wait
        )

    async def press(self, *, user: str, message: str, button: str | int, **wait: Any) -> Json:
        return await self._view_interaction(
            self._actors.component(self._find.user(user), self._find.message(message), button), **wait
        )

    async def select(self, *, user: str, message: str, values: list[str], which: str | int = 0, **wait: Any) -> Json:
        target = self._find.message(message)
        return await self._view_interaction(
            self._actors.component(self._find.user(user), target, which, values), **wait
        )

    async def submit(self, *, user: str, interaction: str, values: Json, **wait: Any) -> Json:
        opened = self._find.interaction(interaction)
        return await self._view_interaction(self._actors.submit(self._find.user(user), opened, values), **wait)

    async def say(self, *, user: str, channel: str, text: str) -> Json:
        return message_view(self._actors.say(self._find.user(user), self._find.channel(channel), text), self._world)

    async def mention(self, *, user: str, channel: str, text: str, **wait: Any) -> Json:
        return await self._view_question(
            await self._server.mention(self._find.user(user), self._find.channel(channel), text), **wait
        )

    async def direct_message(self, *, user: str, text: str, **wait: Any) -> Json:
        return await self._view_question(await self._server.direct_message(self._find.user(user), text), **wait)

    async def reply_to(self, *, user: str, message: str, text: str, **wait: Any) -> Json:
        return await self._view_question(
            await self._server.reply_to(self._find.user(user), self._find.message(message), text), **wait
        )

    async def write(self, *, user: str, channel: str, text: str, **wait: Any) -> Json:
        return await self._view_question(
            self._actors.ask(self._find.user(user), self._find.channel(channel), text), **wait
        )

    async def create_thread(self, *, user: str, channel: str, name: str, message: str | None = None) -> Json:
        source = self._find.message(message) if message else None
        return channel_view(
            self._actors.create_thread(self._find.user(user), self._find.channel(channel), name, source)
        )

    async def forum_post(self, *, user: str, channel: str, title: str, text: str, **wait: Any) -> Json:
        question = self._actors.forum_post(self._find.user(user), self._find.channel(channel), title, text)
        return await self._view_question(question, **wait)

    # Faults and settings.

    async def fault(self, *, kind: str, where: str = "", **details: Any) -> Json:
        if kind not in _FAULTS:
            raise UnknownError(f"unknown fault {kind!r}; known are {', '.join(_FAULTS)}")
        getattr(self._server.faults, kind)(where=where, **details)
        return {}

    async def plan(self, *, step: str, action: str, times: int = 1) -> Json:
        self._server.faults.plan(step, action, times)
        return {}

    async def gateway(self, *, action: str, shard: int | None = None) -> Json:
        return {"links": self._server.faults.gateway(action, shard)}

    async def malformed(self, *, name: str, shard: int | None = None) -> Json:
        self._server.faults.malformed(name, shard)
        return {}

    async def mend(self) -> Json:
        self._server.faults.clear()
        return {}

    async def forget_sessions(self) -> Json:
        self._server.faults.forget_sessions()
        return {}

    async def down(self, *, seconds: float, drop: bool = True) -> Json:
        """Refuse connections for some seconds, after this answer was sent."""

        async def go_down() -> None:
            await asyncio.sleep(0.05)
            await self._server.down(drop=drop)
            await asyncio.sleep(seconds)
            await self._server.up()

        task = asyncio.create_task(go_down())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return {}

    async def advance(self, *, seconds: float) -> Json:
        self._server.advance(seconds)
        return {}

    async def settings(
        self,
        *,
        heartbeat_interval: float | None = None,
        shards: int | None = None,
        identify_limit: int | None = None,
        privileged: int | None = None,
        limits: bool | None = None,
    ) -> Json:
        gateway, world = self._server.gateway, self._world
        gateway.heartbeat_interval = heartbeat_interval or gateway.heartbeat_interval
        gateway.shards = shards or gateway.shards
        gateway.identify_limit = gateway.identify_limit if identify_limit is None else identify_limit
        world.privileged = world.privileged if privileged is None else privileged
        self._server.limits.enabled = self._server.limits.enabled if limits is None else limits
        return {}

    async def ready(self, *, timeout: float = 10.0, shards: int = 1) -> Json:
        """Wait until the bot is connected."""
        await self._server.ready(timeout, shards=shards)
        return {}
