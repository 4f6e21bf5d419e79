"""Stay connected to Discord's gateway: discord.py's own connection loop, with a guard around each connection.

`discord.Client.connect` resumes the session after a break. On its own it also waits for up to 17 minutes between tries,
or not at all, ends when the first connection fails or when it cannot read an event, and takes a minute to notice a dead
connection. Here every break becomes a ReconnectWebSocket, on which discord.py opens the next connection as soon as its
pause is over; only a FinalError ends `connect`.
"""

import asyncio
import contextlib
import logging
import math
import random
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, Self, cast

import discord
import discord.client
from discord.gateway import DiscordWebSocket, KeepAliveHandler, ReconnectWebSocket
from discord.state import ConnectionState
from yarl import URL

from bot.discord_bot.wire.addresses import check_gateway, first_gateway
from bot.discord_bot.wire.connection_errors import FINAL_CLOSE_CODES, AddressError, FinalError
from bot.discord_bot.wire.continuity import Continuity
from bot.discord_bot.wire.http import LONGEST_LIMIT, bounded, guard
from bot.discord_bot.wire.retries import describe, final, pause_after, root

log = logging.getLogger(__name__)
CLOSING_S = 1.0  # nobody answers the closing of a dead connection
LONGEST_WAIT_S = 30.0  # discord.py gives each try a minute: longer pauses are cut into several tries
MAX_RESUMES = 5  # a session that RESUME does not bring back so many times in a row is given up
UNHELPFUL_TRIES = 3  # senseless answers of /gateway/bot, after which the configured address has to do
QUESTION_EVENTS = ("INTERACTION_CREATE", "MESSAGE_CREATE", "THREAD_CREATE")


@dataclass(frozen=True, slots=True)
class Times:
    """Every wait of the connection, in seconds. Together they keep a break under 30 seconds."""

    heartbeat: float = 6.0  # between heartbeats, so that a dead connection is noticed soon; Discord asks for 41
    unanswered: float = 15.0  # without an answer to a heartbeat, a connection is dead
    greeting: float = 8.0  # until HELLO
    settling: float = 15.0  # from HELLO or the last event until the session begins or goes on
    first_pause: float = 0.5  # before the first try, doubling
    longest_pause: float = 8.0
    invalid_pause: tuple[float, float] = (1.0, 5.0)  # Discord demands it after an invalid session
    steady: float = 10.0  # after that long, a connection counts as a success
    request: float = 25.0  # for /gateway/bot, including discord.py's own tries


class GatewayClient(discord.Client):
    """discord.py's client with a guarded connection. For sharding, pass `shard_id` and `shard_count`.

    `continuity` is what it shares with the client before and after it; `on_link` is called with the shard's number and
    whether it is up, on every change.
    """

    def __init__(
        self,
        *,
        intents: discord.Intents,
        continuity: Continuity | None = None,
        times: Times | None = None,
        on_link: Callable[[int, bool], None] | None = None,
        **options: Any,
    ) -> None:
        self.continuity = continuity or Continuity()
        self.times = times or Times()
        self.leaving = False
        self.connected = False  # events flow
        self.unanswered_resumes = 0
        self.breaks = 0  # since the last steady connection
        self.gateway = DiscordWebSocket.DEFAULT_GATEWAY  # where new sessions begin
        self._on_link = on_link
        self._next_try = self._connected_at = time.monotonic()
        options.setdefault("max_ratelimit_timeout", LONGEST_LIMIT)
        options.setdefault("allowed_mentions", discord.AllowedMentions.none())
        options.setdefault("http_trace", guard(self.continuity.invalid))
        super().__init__(intents=intents, **options)
        parsers = self._connection.parsers
        for event in ("READY", "RESUMED"):
            parsers[event] = partial(self._begin, event, parsers[event])
        for event in QUESTION_EVENTS:
            parsers[event] = partial(self._parse_once, event, parsers[event])

    def _get_state(self, **options: Any) -> ConnectionState[Any]:
        self.http = bounded(self.http)  # discord.py makes its own just before; nothing has used it yet
        return super()._get_state(**options)

    def leave(self) -> None:
        """Open no new connection; the present one stays until `close`."""
        self.leaving = True

    async def close(self) -> None:
        """Close the connection and the session for requests."""
        self.leaving = True
        await super().close()

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected until `close`. Raises FinalError."""
        await self._ask_for_gateway()
        unopened = SimpleNamespace(closed=True)  # discord.py asks the last connection for its session, even before the
        self.ws = GatewaySocket(unopened, loop=self.loop)  # first one was opened
        await super().connect(reconnect=reconnect)

    async def _ask_for_gateway(self) -> None:
        """Learn where to connect and how many sessions may start."""
        tries = 0
        while not self.leaving:
            try:
                async with asyncio.timeout(self.times.request):
                    _, address, limit = await self.http.get_bot_gateway()
                self.continuity.budget.told(int(limit["remaining"]), float(limit["reset_after"]) / 1000)
                self.gateway = first_gateway(address)
                return
            except AddressError as error:
                log.warning("The gateway address that Discord names is not used: %s", error)
                return
            except Exception as error:
                if stop := final(error):
                    raise stop from None
                pause = pause_after(error, tries, first=self.times.first_pause, most=self.times.longest_pause)
                extra = {"why": describe(error), "pause": round(pause, 1)}
                log.warning("Discord does not say where its gateway is", extra=extra)
                tries += 1
                if tries >= UNHELPFUL_TRIES and isinstance(
                    root(error), KeyError | TypeError | ValueError | discord.NotFound
                ):
                    return  # a server that is not Discord may have no such route
            await asyncio.sleep(pause)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002
        """Count the new session; the wait for it came before its connection was opened."""
        self.continuity.budget.spend()

    async def wait_for_turn(self, *, resume: bool) -> None:
        """Wait until the next connection is due. Raises ReconnectWebSocket if that takes longer than a try may last."""
        now = time.monotonic()
        wait = max(0.0, self._next_try - now)
        if not resume and (session_wait := self.continuity.budget.wait()) > wait:
            if session_wait > wait + LONGEST_WAIT_S:
                extra = {"shard": self.shard_id or 0, "seconds": round(session_wait)}
                log.warning("So many sessions were started that the next one has to wait", extra=extra)
            wait = session_wait
            self._next_try = now + wait
        wait = math.inf if self.leaving else wait
        await asyncio.sleep(min(wait, LONGEST_WAIT_S))
        if wait > LONGEST_WAIT_S:
            raise ReconnectWebSocket(self.shard_id)

    def resume_gateway(self, address: URL) -> URL:
        """Return where to resume: the address that READY named if it is safe."""
        try:
            return check_gateway(str(address))
        except AddressError as error:
            log.warning("The server's address for resuming is not used: %s", error)
            return self.gateway

    def note_break(self, error: Exception, why: str) -> None:
        """Note that a connection broke or could not be opened, and choose the pause before the next one."""
        now = time.monotonic()
        if self.connected:
            if now - self._connected_at >= self.times.steady:
                self.breaks = 0
            self._tell_link(up=False)
        pause = pause_after(error, self.breaks, first=self.times.first_pause, most=self.times.longest_pause)
        if isinstance(error, ReconnectWebSocket) and not error.resume:
            pause = max(pause, random.uniform(*self.times.invalid_pause))
        self._next_try = now + pause
        self.breaks += 1
        if not self.leaving and (self.breaks < 4 or self.breaks.bit_count() == 1):  # not to fill the log
            extra = {"shard": self.shard_id or 0, "why": why, "tries": self.breaks, "pause": round(pause, 1)}
            log.info("The connection to Discord is down", extra=extra)

    def _begin(self, event: str, parse: Callable[[Any], None], data: Any) -> None:
        """Parse READY or RESUMED, and log what may have been lost."""
        parse(data)
        now = time.monotonic()
        if (heard := self.continuity.heard) is not None:
            extra = {"shard": self.shard_id or 0, "seconds": round(now - heard, 1)}
            if event == "READY":
                log.warning("A new session began after a break; questions asked in between may be lost", extra=extra)
            else:
                log.info("The session goes on after a break", extra=extra)
        self.unanswered_resumes = 0
        self._connected_at = now
        self._tell_link(up=True)

    def _parse_once(self, event: str, parse: Callable[[Any], None], data: Any) -> None:
        """Parse an event unless it came before: Discord may repeat some after a RESUME."""
        if event != "THREAD_CREATE" or data.get("newly_created"):
            key = data["id"]
            if isinstance(key, str | int) and not self.continuity.seen.first((event, key)):
                log.debug("%s came again and was left out", event)
                return
        parse(data)

    def _tell_link(self, *, up: bool) -> None:
        self.connected = up
        if self._on_link is not None:
            self._on_link(self.shard_id or 0, up)


class GatewaySocket(DiscordWebSocket):
    """discord.py's connection to the gateway, of which every end but a FinalError is a ReconnectWebSocket."""

    def __init__(self, socket: Any, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(socket, loop=loop)
        self.gateway = self.DEFAULT_GATEWAY
        self._progress = time.perf_counter()  # when the last event came
        self._resumed_at: int | None = None  # the sequence number that a RESUME named

    @classmethod
    async def from_client(cls, client: discord.Client, **options: Any) -> Self:
        """Open a connection when its turn has come, and ask for the old session while there is one."""
        client = cast("GatewayClient", client)
        resume = options.get("session") is not None and client.unanswered_resumes < MAX_RESUMES
        resume_gateway = client.resume_gateway(options["gateway"]) if resume else client.gateway
        if not resume:
            options |= {"session": None, "sequence": None}
        gateway = resume_gateway if client.breaks % 2 else client.gateway  # every other try, in case it is out of reach
        options |= {"resume": resume, "gateway": gateway}
        try:
            await client.wait_for_turn(resume=resume)
            socket = await super().from_client(client, **options)
        except (ReconnectWebSocket, FinalError):
            raise
        except Exception as error:
            client.note_break(error, describe(error))
            raise ReconnectWebSocket(client.shard_id) from error
        if resume:
            client.unanswered_resumes += 1
            socket.gateway, socket._resumed_at = resume_gateway, options["sequence"]
        return socket

    @property
    def _client(self) -> GatewayClient:
        return cast("GatewayClient", self._connection._get_client())

    @property
    def _keep_alive(self) -> KeepAliveHandler | None:
        return self._heartbeats

    @_keep_alive.setter
    def _keep_alive(self, handler: KeepAliveHandler | None) -> None:
        """Shorten the interval before discord.py starts to send heartbeats."""
        if handler is not None and handler.interval is not None:
            handler.interval = min(handler.interval, self._client.times.heartbeat)
        self._heartbeats = handler

    def _patience(self) -> float:
        """Return the seconds to wait for the next frame."""
        times, now = self._client.times, time.perf_counter()
        if self._heartbeats is None:
            return times.greeting
        patience = self._heartbeats._last_ack + times.unanswered - now
        return patience if self._client.connected else min(patience, self._progress + times.settling - now)

    async def poll_event(self) -> None:
        """Handle one frame. Raises ReconnectWebSocket when the connection ended, FinalError when it was for good."""
        try:
            async with asyncio.timeout(self._patience()):
                await super().poll_event()
        except Exception as error:
            if isinstance(error, discord.ConnectionClosed) and error.code in FINAL_CLOSE_CODES:
                raise FinalError(FINAL_CLOSE_CODES[error.code]) from None
            await self.close()
            end = error if isinstance(error, ReconnectWebSocket) else ReconnectWebSocket(self.shard_id)
            why = f"closed with code {self.socket.close_code}" if end is error else describe(error)
            self._client.note_break(end, why)
            raise end from None
        await asyncio.sleep(0)  # many frames may wait in the buffer; other tasks must get their turn

    async def received_message(self, msg: Any, /) -> None:
        """Handle one frame; one that cannot be read is left out once the session has begun."""
        before = self.sequence
        try:
            await super().received_message(msg)
        except (ReconnectWebSocket, discord.ConnectionClosed, OSError, zlib.error):
            raise
        except Exception as error:
            log.warning(
                "An event that cannot be read was left out; a question may be lost",
                extra={"shard": self.shard_id or 0, "why": repr(error)[:300]},
            )
            if self._heartbeats is None or not (self._client.connected or self._resumed_at is not None):
                self.session_id = None  # it was HELLO or READY
                raise ReconnectWebSocket(self.shard_id, resume=False) from None
        if not isinstance(self.sequence, int):
            self.sequence = before
        if self.sequence != before:
            self._progress = time.perf_counter()
            missing = (self.sequence or 0) - (before or 0) - 1
            if before == self._resumed_at is not None and missing > 0:
                log.warning(
                    "Discord left out events after a break; questions among them are lost",
                    extra={"shard": self.shard_id or 0, "events": missing},
                )
        if self._client.connected:
            self._client.continuity.heard = time.monotonic()

    async def close(self, code: int = 4000) -> None:
        """Close within a second; 4000 keeps the session, 1000 ends it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                await super().close(code)


discord.client.DiscordWebSocket = GatewaySocket  # type: ignore[misc]  # the class that Client.connect opens
