"""Stay connected to Discord's gateway: discord.py's own connection loop, with a guard around each connection.

`discord.Client.connect` resumes the session after a break. On its own it also pauses for up to 17 minutes between tries
or not at all, gives up when the first connection fails or an event cannot be parsed, and takes a minute to notice a
dead connection. Here every break becomes a ReconnectWebSocket, on which discord.py opens the next connection once the
pause is over. Only a FinalError ends `connect`. What to do with an event is left to the handlers.
"""

import asyncio
import contextlib
import logging
import math
import random
import time
import zlib
from collections.abc import Callable
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
from bot.discord_bot.wire.connection_times import Times
from bot.discord_bot.wire.continuity import Continuity
from bot.discord_bot.wire.http import MAX_RATE_LIMIT_WAIT_S, bounded_client, request_guard
from bot.discord_bot.wire.retries import describe, final_error, pause_after, root_cause
from bot.discord_bot.wire.shard_lease import LeasedClient, ShardLease

log = logging.getLogger(__name__)
CLOSING_TIMEOUT_S = 1.0  # a dead connection never confirms that it was closed
MAX_WAIT_PER_TRY_S = 30.0  # discord.py allows each try a minute, so a longer pause is split over several tries
MAX_RESUMES = 5  # in a row without an answer, after which the session is given up
MAX_GATEWAY_TRIES = 3  # after so many unusable answers of /gateway/bot, the configured address is used
SESSION_EVENTS = ("READY", "RESUMED")
QUESTION_EVENTS = ("INTERACTION_CREATE", "MESSAGE_CREATE", "THREAD_CREATE")


class GatewayClient(LeasedClient):
    """A discord.py client that stays connected. It serves one shard: pass `shard_id` and `shard_count` for another.

    `continuity` is shared with the clients before and after this one. `on_link` is called with the number of the shard
    and whether it is up, whenever that changes. With a `lease`, other processes may serve the shard before and after.
    """

    def __init__(
        self,
        *,
        intents: discord.Intents,
        continuity: Continuity | None = None,
        times: Times | None = None,
        on_link: Callable[[int, bool], None] | None = None,
        lease: ShardLease | None = None,
        **options: Any,
    ) -> None:
        self.continuity = continuity or Continuity()
        self.times = times or Times()
        self.lease = lease
        self.leaving = False
        self.connected = False  # events are coming in
        self.unanswered_resumes = 0
        self.breaks = 0  # since the last steady connection
        self.gateway = DiscordWebSocket.DEFAULT_GATEWAY  # where new sessions start
        self.max_concurrency = 1  # shards that may start a session at once, as Discord says
        self._on_link = on_link
        self._heartbeats: KeepAliveHandler | None = None  # of the newest connection, also while it is being opened
        self._next_try = self._connected_at = time.monotonic()
        options.setdefault("max_ratelimit_timeout", MAX_RATE_LIMIT_WAIT_S)
        options.setdefault("allowed_mentions", discord.AllowedMentions.none())
        options.setdefault("http_trace", request_guard(self.continuity.invalid_requests))
        super().__init__(intents=intents, **options)
        parsers = self._connection.parsers
        for event in SESSION_EVENTS:
            parsers[event] = partial(self._parse_session_event, event, parsers[event])
        for event in QUESTION_EVENTS:
            parsers[event] = partial(self._parse_once, event, parsers[event])

    def _get_state(self, **options: Any) -> ConnectionState[Any]:
        self.http = bounded_client(self.http)  # discord.py has just made its own; nothing has used it yet
        return super()._get_state(**options)

    @property
    def shard(self) -> int:
        """Return the number of the shard, 0 without sharding."""
        return self.shard_id or 0

    def leave(self) -> None:
        """Open no more connections; the current one stays until `close`."""
        self.leaving = True

    async def close(self) -> None:
        """Close the connection and the HTTP session, and end the thread that sends heartbeats."""
        self.leaving = True
        if self.lease is not None:
            await self.lease.close()
        await super().close()
        heartbeats, self._heartbeats = self._heartbeats, None
        if heartbeats is not None and heartbeats.is_alive():
            heartbeats.stop()
            await asyncio.to_thread(heartbeats.join, CLOSING_TIMEOUT_S)

    def replace_heartbeats(self, heartbeats: KeepAliveHandler) -> None:
        """Take the heartbeats of a new connection, and end those of one that was given up while it was opened."""
        if self._heartbeats is not None:
            self._heartbeats.stop()
        self._heartbeats = heartbeats

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected until `close`. Raises FinalError."""
        await self._ask_for_gateway()
        # discord.py takes the session to resume from the last connection, so there has to be one before the first.
        self.ws = GatewaySocket(SimpleNamespace(closed=True), loop=self.loop)
        if self.lease is not None:
            self.lease.attach(self)
        await super().connect(reconnect=reconnect)

    async def _ask_for_gateway(self) -> None:
        """Learn where to connect and how many sessions may be started. Raises FinalError."""
        tries = 0
        while not self.leaving:
            try:
                async with asyncio.timeout(self.times.request):
                    _, address, limit = await self.http.get_bot_gateway()
                remaining, reset_after_ms = int(limit["remaining"]), float(limit["reset_after"])
                self.continuity.budget.set_remaining(remaining, reset_after_ms / 1000)
                self.max_concurrency = max(1, int(limit.get("max_concurrency", 1)))
                self.gateway = first_gateway(address)
                return
            except AddressError as error:
                log.warning("The gateway address that Discord gave is not used: %s", error)
                return
            except Exception as error:
                if end := final_error(error):
                    raise end from None
                pause = pause_after(error, tries, first=self.times.first_pause, longest=self.times.longest_pause)
                extra = {"why": describe(error), "pause": round(pause, 1)}
                log.warning("Discord did not say where its gateway is", extra=extra)
                tries += 1
                unusable = isinstance(root_cause(error), KeyError | TypeError | ValueError | discord.NotFound)
                if unusable and tries >= MAX_GATEWAY_TRIES:
                    return  # other servers that speak Discord's protocol may lack this route
            await asyncio.sleep(pause)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002
        """Count the new session; its wait was over before the connection was opened."""
        self.continuity.budget.spend()

    async def wait_for_turn(self, *, resume: bool) -> None:
        """Wait until the next connection is due. Raises ReconnectWebSocket if that is not within this try."""
        now = time.monotonic()
        wait = max(0.0, self._next_try - now)
        if not resume and (session_wait := self.continuity.budget.wait()) > wait:
            if session_wait > wait + MAX_WAIT_PER_TRY_S:
                extra = {"shard": self.shard, "seconds": round(session_wait)}
                log.warning("The next session has to wait, because too many were started", extra=extra)
            wait = session_wait
            self._next_try = now + wait
        if self.leaving:
            wait = math.inf
        await asyncio.sleep(min(wait, MAX_WAIT_PER_TRY_S))
        if wait <= MAX_WAIT_PER_TRY_S and not resume and self.lease is not None:
            wait = await self.lease.wait_to_identify(self.shard % self.max_concurrency)
        if wait > MAX_WAIT_PER_TRY_S:
            raise ReconnectWebSocket(self.shard_id)

    def checked_resume_gateway(self, address: URL) -> URL:
        """Return the address to resume at: the one that READY gave, or the usual one where that is unsafe."""
        try:
            return check_gateway(str(address))
        except AddressError as error:
            log.warning("The address for resuming that Discord gave is not used: %s", error)
            self.ws.gateway = self.gateway
            return self.gateway

    def note_break(self, error: Exception, why: str) -> None:
        """Note that a connection broke or could not be opened, and choose the pause before the next try."""
        now = time.monotonic()
        if self.connected:
            if now - self._connected_at >= self.times.steady:
                self.breaks = 0
            self._set_connected(up=False)
        pause = pause_after(error, self.breaks, first=self.times.first_pause, longest=self.times.longest_pause)
        if isinstance(error, ReconnectWebSocket) and not error.resume:
            pause = max(pause, random.uniform(*self.times.invalid_pause))
        self._next_try = now + pause
        self.breaks += 1
        if not self.leaving and (
            self.breaks < 4 or self.breaks.bit_count() == 1
        ):  # a long outage must not fill the log
            extra = {"shard": self.shard, "why": why, "tries": self.breaks, "pause": round(pause, 1)}
            log.info("The connection to Discord is down", extra=extra)

    def _parse_session_event(self, event: str, parse: Callable[[Any], None], data: Any) -> None:
        """Parse READY or RESUMED, and log what may have been lost in the break before it."""
        parse(data)
        now = time.monotonic()
        if (last_heard := self.continuity.last_heard) is not None:
            extra = {"shard": self.shard, "seconds": round(now - last_heard, 1)}
            if event == "READY":
                log.warning("A new session began after a break; questions asked meanwhile may be lost", extra=extra)
            else:
                log.info("The session goes on after a break", extra=extra)
        self.unanswered_resumes = 0
        self._connected_at = now
        self._set_connected(up=True)
        if self.lease is not None:
            self.lease.note_start(event)

    def _parse_once(self, event: str, parse: Callable[[Any], None], data: Any) -> None:
        """Parse an event unless its id was seen before: Discord may repeat events after a RESUME."""
        if event != "THREAD_CREATE" or data.get("newly_created"):  # other threads are merely shown to the bot
            key = data["id"]
            if isinstance(key, str | int) and not self.continuity.seen_ids.add((event, key)):
                log.debug("A repeated %s was left out", event)
                return
            if self.lease is not None and self.lease.begin(event, data, partial(parse, data)):
                return
        parse(data)

    def _set_connected(self, *, up: bool) -> None:
        self.connected = up
        if self._on_link is not None:
            self._on_link(self.shard, up)


class GatewaySocket(DiscordWebSocket):
    """A discord.py connection to the gateway that ends with a ReconnectWebSocket, or a FinalError, in bounded time."""

    def __init__(self, socket: Any, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(socket, loop=loop)
        self.gateway = self.DEFAULT_GATEWAY
        self._progress_at = time.perf_counter()  # when HELLO or the last event came
        self._resumed_at: int | None = None  # the sequence number in the RESUME that was sent

    @classmethod
    async def from_client(cls, client: discord.Client, **options: Any) -> Self:
        """Wait for the client's turn, open a connection, and resume the session if there is one.

        Raises ReconnectWebSocket and FinalError.
        """
        client = cast("GatewayClient", client)
        if options.get("initial") and client.ws.session_id is not None:  # that of another process
            options |= {"session": client.ws.session_id, "sequence": client.ws.sequence, "gateway": client.ws.gateway}
        resume = options.get("session") is not None and client.unanswered_resumes < MAX_RESUMES
        if not resume:
            options |= {"session": None, "sequence": None}
        resume_gateway = client.checked_resume_gateway(options["gateway"]) if resume else client.gateway
        gateway = resume_gateway if client.breaks % 2 else client.gateway  # every other try, if one is unreachable
        try:
            await client.wait_for_turn(resume=resume)
            socket = await super().from_client(client, **options | {"gateway": gateway, "resume": resume})
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
    def _keep_alive(self, heartbeats: KeepAliveHandler | None) -> None:
        """Shorten the interval before discord.py starts to send heartbeats."""
        if heartbeats is not None and heartbeats.interval is not None:
            heartbeats.interval = min(heartbeats.interval, self._client.times.heartbeat)
            self._client.replace_heartbeats(heartbeats)
        self._heartbeats = heartbeats

    def _frame_timeout(self) -> float:
        """Return the seconds that the next frame may take; negative once the connection counts as dead."""
        times, now = self._client.times, time.perf_counter()
        if self._heartbeats is None:
            return times.greeting
        timeout = self._heartbeats._last_ack + times.unanswered - now
        return timeout if self._client.connected else min(timeout, self._progress_at + times.settling - now)

    async def poll_event(self) -> None:
        """Receive and handle one frame. Raises ReconnectWebSocket at the end of the connection, or FinalError."""
        try:
            async with asyncio.timeout(self._frame_timeout()):
                await super().poll_event()
        except Exception as error:
            if isinstance(error, discord.ConnectionClosed) and error.code in FINAL_CLOSE_CODES:
                raise FinalError(FINAL_CLOSE_CODES[error.code]) from None
            await self.close()
            self._client.note_break(error, self._describe_end(error))
            raise error if isinstance(error, ReconnectWebSocket) else ReconnectWebSocket(self.shard_id) from None
        await asyncio.sleep(0)  # many frames may be buffered; other tasks must get their turn

    def _describe_end(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return "Discord stopped answering"
        if isinstance(error, ReconnectWebSocket):
            return f"closed with code {self.socket.close_code}" if error.resume else "the session is over"
        return describe(error)

    async def received_message(self, msg: Any, /) -> None:
        """Handle one frame; leave it out if it cannot be read. Raises ReconnectWebSocket if it was HELLO or READY."""
        before = self.sequence
        try:
            await super().received_message(msg)
        except (ReconnectWebSocket, discord.ConnectionClosed, OSError, zlib.error):
            raise  # the end of the connection
        except Exception as error:
            extra = {"shard": self._client.shard, "why": describe(error)}  # a repr may contain the event
            log.warning("An event that cannot be read was left out; a question may be lost", extra=extra)
            going_on = self._client.connected or self._resumed_at is not None
            if self._heartbeats is None or not going_on:
                self.session_id = None
                raise ReconnectWebSocket(self.shard_id, resume=False) from None
        if not isinstance(self.sequence, int):
            self.sequence = before
        if self.sequence != before:
            self._progress_at = time.perf_counter()
            self._warn_of_gap(before)
        if self._client.connected:
            self._client.continuity.last_heard = time.monotonic()

    def _warn_of_gap(self, before: int | None) -> None:
        """Log how many events are missing between a RESUME and the first event after it."""
        if before is None or before != self._resumed_at or self.sequence is None:
            return
        if (missing := self.sequence - before - 1) > 0:
            extra = {"shard": self._client.shard, "events": missing}
            log.warning("Discord left out events after a break; questions among them are lost", extra=extra)

    async def close(self, code: int = 4000) -> None:
        """Close the connection within a second; 4000 keeps the session for a RESUME, 1000 ends it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_TIMEOUT_S):
                await super().close(code)


discord.client.DiscordWebSocket = GatewaySocket  # type: ignore[misc]  # Client.connect opens this class
