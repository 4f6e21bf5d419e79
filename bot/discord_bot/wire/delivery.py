"""Send and edit so that an answer arrives once, or one log line says that it did not.

discord.py gives up on a reset connection under Linux and on 503, waits for rate limits as long as it is told to, and
repeats requests that may have taken effect. Here every delivery has a deadline, and a channel that refuses the bot is
left alone for a while.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord

from bot.discord_bot.wire.claims import current
from bot.discord_bot.wire.connection_errors import RateLimitError, RefusalLimitError, ServerError
from bot.discord_bot.wire.continuity import Clock
from bot.discord_bot.wire.http import delivering
from bot.discord_bot.wire.retries import backoff, demanded_pause, describe

T = TypeVar("T")
log = logging.getLogger(__name__)

QUIET_CHANNEL_S = 600.0  # for which a channel is left alone after it refused the bot
MAX_QUIET_CHANNELS = 10_000  # beyond that, those whose time is over are forgotten
TRY_TIMEOUT_S = 12.0
FIRST_PAUSE_S = 0.5  # between tries, doubling
LONGEST_PAUSE_S = 4.0
RIVAL_WARNING_INTERVAL_S = 3_600.0
UNKNOWN_CHANNEL = 10003
NO_HISTORY = 160002  # a reply takes Read Message History
UNKNOWN_INTERACTION = 10062  # the three seconds, or fifteen minutes, of the interaction are over
ALREADY_ACKNOWLEDGED = 40060  # an earlier try arrived
TRANSIENT = (ServerError, discord.DiscordServerError, aiohttp.ClientError, OSError, TimeoutError)
EXPECTED = (discord.DiscordException, RefusalLimitError, RateLimitError, *TRANSIENT)  # of a request to Discord


def nonce(message: int) -> str:
    """Return the nonce of the answer to a message id: Discord answers a repeated nonce with the first message."""
    return f"answer-{message:x}"[:25]


class Delivery:
    """Delivers messages, and remembers which channels to leave alone. `lost` counts what did not arrive."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._quiet_until: dict[int, float] = {}
        self._plain_until: dict[int, float] = {}  # channels that refused a reply
        self._limited_until = 0.0  # Discord limits every request until then
        self._tasks: set[asyncio.Task[object]] = set()
        self.lost = 0
        self._warned_of_rival_at = -RIVAL_WARNING_INTERVAL_S

    def note_rival(self) -> None:
        """Warn, once in a while, that another process answers with this token."""
        if self._clock() - self._warned_of_rival_at >= RIVAL_WARNING_INTERVAL_S:
            self._warned_of_rival_at = self._clock()
            log.warning(
                "Another process acknowledged an interaction first: it runs with the same token, and members may get "
                "two answers. Stop one of them, unless this is a restart"
            )

    def is_quiet(self, channel: int | None) -> bool:
        """Return whether to leave a channel alone because it refused the bot."""
        return channel is not None and self._quiet_until.get(channel, 0.0) > self._clock()

    async def send_reply(
        self, reply: Callable[[], Awaitable[T]], plain: Callable[[], Awaitable[T]], *, deadline: float, channel: int
    ) -> T | None:
        """Deliver a message as a reply; without the right to read the history of the channel, send it on its own.

        A channel that refused a reply is not tried with another one for a while. Raises nothing but CancelledError.
        """

        async def send() -> T:
            if self._plain_until.get(channel, 0.0) > self._clock():
                return await plain()
            try:
                return await reply()
            except discord.HTTPException as error:
                if not (isinstance(error, discord.Forbidden) or error.code == NO_HISTORY):
                    raise
                sent = await plain()  # which fails as well where the bot may not write at all
                self._note(self._plain_until, channel)
                log.warning(
                    "A channel takes no replies, because the bot lacks Read Message History there. Answers stand on "
                    "their own, and follow-ups are not understood; see /footnote doctor in that channel",
                    extra={"channel": channel, "permission": "Read Message History"},
                )
                return sent

        return await self.deliver(send, deadline=deadline, channel=channel)

    async def deliver(
        self,
        send: Callable[[], Awaitable[T]],
        *,
        deadline: float,
        channel: int | None = None,
        repeatable: bool = True,
        what: str = "An answer",
    ) -> T | None:
        """Call `send` until it succeeds or `deadline` seconds are over. Returns its result, or None if it was lost.

        `send` must be safe to repeat: an edit, the callback of an interaction, or a message whose nonce is chosen
        outside of it. If not, pass `repeatable=False`: then only failures to connect are retried. `what` names the
        message in the log. Raises nothing but CancelledError.
        """
        if self.is_quiet(channel):
            self._note_lost(what, channel, "the channel refused the bot lately", 0)
            return None
        until, claim = self._clock() + deadline, current.get()
        tries = 0
        while True:
            tries += 1
            try:
                if claim is not None and not await claim.may_send(until):
                    log.info("%s is left to the process that serves the shard now", what)
                    return None
                if (wait := self._limited_until - self._clock()) > 0:
                    raise RateLimitError(wait, everywhere=True)
                return await self._try(send, min(TRY_TIMEOUT_S, max(0.1, until - self._clock())))
            except Exception as error:
                if is_harmless(error):
                    log.info("%s came too late, or an earlier try arrived", what, extra={"why": describe(error)})
                    return None
                pause = self._pause(error, tries, repeatable=repeatable)
                if pause is None or self._clock() + pause >= until:
                    if channel is not None and refuses_bot(error):
                        self._note(self._quiet_until, channel)
                    self._note_lost(what, channel, describe(error), tries, error)
                    return None
            await asyncio.sleep(pause)

    async def _try(self, send: Callable[[], Awaitable[T]], timeout: float) -> T:
        """Call `send` in a task, and abandon it after `timeout` seconds: discord.py may sleep even when cancelled."""

        async def send_once() -> T:
            delivering.set(True)
            return await send()

        task = asyncio.create_task(send_once())
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        try:
            done, _ = await asyncio.wait({task}, timeout=timeout)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            task.cancel()
            raise TimeoutError(f"no answer within {timeout:.0f} s")
        return task.result()

    def _forget(self, task: "asyncio.Task[object]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # asyncio would otherwise report that nobody retrieved it

    def _pause(self, error: Exception, tries: int, *, repeatable: bool) -> float | None:
        """Return the seconds to pause before the next try, or None if there must not be one."""
        if isinstance(error, RateLimitError) and error.everywhere:
            self._limited_until = max(self._limited_until, self._clock() + error.retry_after)
        if pause := demanded_pause(error):
            return pause
        unsent = isinstance(error, aiohttp.ClientConnectorError)
        if isinstance(error, TRANSIENT) and (repeatable or unsent):
            return backoff(tries - 1, first=FIRST_PAUSE_S, longest=LONGEST_PAUSE_S)
        return None

    def _note(self, until: dict[int, float], channel: int) -> None:
        """Note that a channel refused something, for QUIET_CHANNEL_S."""
        now = self._clock()
        if len(until) >= MAX_QUIET_CHANNELS:
            for key in [key for key, end in until.items() if end <= now]:
                del until[key]
        until[channel] = now + QUIET_CHANNEL_S

    def _note_lost(self, what: str, channel: int | None, why: str, tries: int, error: Exception | None = None) -> None:
        self.lost += 1
        expected = error is None or isinstance(error, EXPECTED)
        log.warning(
            "%s was lost",
            what,
            extra={"channel": channel, "why": why, "tries": tries},
            exc_info=None if expected else error,
        )


def is_harmless(error: Exception) -> bool:
    """Return whether an error merely says that a message came too late or that an earlier try arrived."""
    if isinstance(error, discord.InteractionResponded):
        return True
    return isinstance(error, discord.HTTPException) and error.code in (UNKNOWN_INTERACTION, ALREADY_ACKNOWLEDGED)


def refuses_bot(error: Exception) -> bool:
    """Return whether an error says that a channel refuses the bot or is gone."""
    if isinstance(error, discord.Forbidden):
        return True
    return isinstance(error, discord.NotFound) and error.code in (0, UNKNOWN_CHANNEL)
