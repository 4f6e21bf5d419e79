"""Hold the sandboxes of all visitors: each has a server of its own, in which one bot answers them all."""

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from bot.sandbox import channel_view, sandbox_actions
from bot.sandbox.loopback.loopback_server import LoopbackServer
from bot.sandbox.loopback.member_actions import ImpossibleError
from bot.sandbox.loopback.refusals import RefusedError
from bot.sandbox.loopback.world_records import Channel, Guild, Interaction, User
from bot.sandbox.sandbox_actions import ActionRequest, Locale, Post, Who
from bot.sandbox.working_copy import working_copy
from bot.serving.cooldown import Cooldown
from config.settings import ConfigError, Settings
from retrieval.errors import FootnoteError

if TYPE_CHECKING:
    from bot.discord_bot.context import Services

Json = dict[str, Any]
MAX_SESSIONS = 20
MAX_WAITING = 4  # requests of one session that wait for something new
MAX_MESSAGES = 100  # of a channel; older ones are forgotten
MAX_EVENTS = 1_000  # in the server's record, which nobody reads here, and for the bot after a break
MAX_INTERACTIONS = 10_000  # of all sessions; older ones are forgotten
MAX_STARTS = (10, 60.0)  # of sessions by one client, in so many seconds
MAX_ACTIONS = (300, 60.0)  # in one session, in so many seconds; the bot limits questions further
INTERACTION_LIFETIME_S = 16 * 60.0  # Discord's is 15 minutes
RESPONSE_TIMEOUT_S = 3.5  # Discord's is 3 s
TOO_QUICK = "That is too quick. Please wait a moment."
IMPOSSIBLE = "Not possible: Discord's clients do not send that."
NO_RESPONSE = "The application did not respond."
SETTLE_S = 0.05  # what follows a change within this time is shown with it
SERVER_NAME = "Sandbox"

log = logging.getLogger(__name__)


class SandboxError(Exception):
    """A request cannot be served; the text is one line for people. With `is_gone` the session has ended."""

    def __init__(self, message: str, *, is_gone: bool = False) -> None:
        super().__init__(message)
        self.is_gone = is_gone


@dataclass(eq=False)
class Session:
    """A visitor: their server and its people, when it was last used, and how many requests wait."""

    guild: Guild
    people: dict[Who, User]
    used_at: float = field(default_factory=time.monotonic)
    waiting: int = 0


class Sandbox:
    """The server with its bot, and the sessions of visitors. Belongs to one event loop."""

    def __init__(
        self,
        settings: Settings,
        *,
        ready: Callable[[float], None] = lambda _: None,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Take the settings whose documents and index are copied when it starts.

        `ready` gets the seconds that the start took, `failed` one line if it cannot start.
        """
        self._ready = ready
        self._failed = failed
        self._settings = settings
        self._server = LoopbackServer(max_events=MAX_EVENTS)
        self._sessions: dict[str, Session] = {}
        self._starts = Cooldown(*MAX_STARTS)
        self._actions = Cooldown(*MAX_ACTIONS)
        self._started = asyncio.Event()
        self._problem = ""
        self._is_stopping = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start the bot while others are served already, and stop it in the end."""
        ended = asyncio.Event()
        task = asyncio.create_task(self._run(ended))
        try:
            yield
        finally:
            self.stop()
            ended.set()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self, ended: asyncio.Event) -> None:
        began = time.monotonic()
        try:
            async with AsyncExitStack() as stack:
                copy = working_copy(self._settings)
                settings = await asyncio.to_thread(copy.__enter__)
                stack.push_async_callback(asyncio.to_thread, copy.__exit__, None, None, None)
                self._server.limits.enabled = False  # Discord's limits of requests are for bots of many servers
                self._server.gateway.max_replay = MAX_EVENTS
                await stack.enter_async_context(self._server)
                run_bot = await asyncio.to_thread(_import_bot)
                await stack.enter_async_context(run_bot(settings, self._server))
                self._ready(time.monotonic() - began)
                self._started.set()
                await ended.wait()
        except (ConfigError, FootnoteError, TimeoutError, OSError) as error:
            self._fail(" ".join(str(error).split()))
        except Exception:
            log.exception("the sandbox failed")
            self._fail("Something went wrong on this side, and it was logged.")

    def _fail(self, problem: str) -> None:
        self._problem = f"The sandbox could not start: {problem}"
        self._failed(f"the sandbox could not start: {problem}")
        self._started.set()

    def stop(self) -> None:
        """Let nobody wait any longer."""
        self._is_stopping = True
        self._started.set()
        self._server.world.signal.notify()

    async def open(self, asker: Hashable, locale: Locale) -> str:
        """Start a session and return its key; the one that was unused for longest makes room. Raises SandboxError."""
        if asker is not None and self._starts.wait(asker):
            raise SandboxError(TOO_QUICK)
        await self._started.wait()
        if self._problem or self._is_stopping:
            raise SandboxError(self._problem or "The sandbox is stopping.")
        while len(self._sessions) >= MAX_SESSIONS:
            self.close(min(self._sessions, key=lambda key: self._sessions[key].used_at))
        guild, people = sandbox_actions.set_up_server(self._server.actors, SERVER_NAME, locale)
        key = secrets.token_urlsafe()
        self._sessions[key] = Session(guild, people)
        return key

    def close(self, key: str) -> None:
        """End a session; the bot deletes what it stored of the server."""
        session = self._sessions.pop(key, None)
        if session is not None:
            world = self._server.world
            world.forget_guild(session.guild, (session.guild.owner, *session.people.values()))
            world.signal.notify()

    async def view(self, key: str, who: Who, channel_id: int | None, known: str, wait_s: float) -> Json | None:
        """Return what somebody sees, with a digest; None if that is still `known` after some seconds.

        Raises SandboxError.
        """
        session = self._find(key)
        if session.waiting >= MAX_WAITING:
            raise SandboxError("This sandbox is open in too many windows.")
        session.waiting += 1
        try:
            return await self._wait_for_view(session, key, who, channel_id, known, wait_s)
        finally:
            session.waiting -= 1

    async def _wait_for_view(
        self, session: Session, key: str, who: Who, channel_id: int | None, known: str, wait_s: float
    ) -> Json | None:
        world, ends_at = self._server.world, time.monotonic() + wait_s
        while True:
            session = self._find(key)
            member = session.people[who]
            shown = channel_view.view(world, session.guild, member, self._channel(session, member, channel_id))
            digest = hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:16]
            left = ends_at - time.monotonic()
            if digest != known:
                return shown | {"digest": digest}
            if left <= 0 or self._is_stopping:
                return None
            is_new = partial(self._has_news, world.counts.total())
            try:
                await world.signal.until(is_new, left, "a change")
            except TimeoutError:
                return None
            await asyncio.sleep(SETTLE_S)

    def _has_news(self, seen: int) -> bool:
        return self._is_stopping or self._server.world.counts.total() != seen

    async def act(self, key: str, request: ActionRequest) -> Json:
        """Do something in the server of a session, and return a form or completions if the bot answers with them.

        Raises SandboxError.
        """
        session = self._find(key)
        if self._actions.wait(key):
            raise SandboxError(TOO_QUICK)
        user = session.people[request.who]
        world = self._server.world
        try:
            channel = self._channel(session, user, int(request.channel))
            interaction = sandbox_actions.do(self._server.actors, user, channel, request.action)
            outcome = await self._outcome(interaction) if interaction else {}
            if isinstance(request.action, Post):
                outcome = {"channel": str(max(session.guild.channels))}  # that of the post
        except (ImpossibleError, RefusedError) as error:
            raise SandboxError(f"Not possible: {' '.join(str(error).split())}.") from None
        except (KeyError, TypeError, ValueError):  # values that no client sends; the error's text is Python's
            raise SandboxError(IMPOSSIBLE) from None
        for place in session.guild.channels.values():
            world.forget_messages(place, MAX_MESSAGES)
        world.forget_messages(world.direct_channel(user), MAX_MESSAGES)
        world.forget_interactions(world.clock.now() - INTERACTION_LIFETIME_S, MAX_INTERACTIONS)
        return outcome

    async def _outcome(self, interaction: Interaction) -> Json:
        """Wait for the first response to an interaction, as a client of Discord does."""
        try:
            await interaction.deferred(RESPONSE_TIMEOUT_S)
        except TimeoutError:
            return {"error": NO_RESPONSE}
        if interaction.modal is not None:
            return {"form": interaction.modal | {"id": str(interaction.id)}}
        return {} if interaction.choices is None else {"choices": interaction.choices}

    def _find(self, key: str) -> Session:
        session = self._sessions.get(key)
        if session is None:
            raise SandboxError("This sandbox was closed. Start again.", is_gone=True)
        session.used_at = time.monotonic()
        return session

    def _channel(self, session: Session, member: User, channel_id: int | None) -> Channel:
        """Find a channel that a member sees; the first one if none is named or it is gone."""
        channels = channel_view.visible_channels(self._server.world, session.guild, member)
        return next((channel for channel in channels if channel.id == channel_id), channels[0])


def _import_bot() -> "Callable[[Settings, LoopbackServer], AbstractAsyncContextManager[Services]]":
    """Import the bot, which takes longer than everything that the page needs."""
    from bot.sandbox.running_bot import running_bot

    return running_bot
