"""Send and edit so that an answer arrives once, or one log line says that it did not.

discord.py gives up on a reset connection under Linux and on 503, waits for rate limits as long as it is told, and
repeats after other 5xx what may have been done. Here every request has a deadline, and a channel that refuses the bot
is left alone for a while.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord

from bot.discord_bot.wire.connection_errors import HeldBackError, LimitedError, TroubleError
from bot.discord_bot.wire.continuity import Clock
from bot.discord_bot.wire.http import delivering
from bot.discord_bot.wire.retries import backoff, demanded, describe

T = TypeVar("T")
log = logging.getLogger(__name__)

QUIET = 600.0  # seconds that a channel is left alone after it refused the bot
ATTEMPT = 12.0  # seconds for one try
MOST_QUIET = 10_000  # channels remembered
TOO_LATE = 10062  # the question's three seconds, or fifteen minutes, are over
ALREADY = 40060  # an earlier try had arrived
MISSING_CHANNEL = 10003
TRANSIENT = (TroubleError, discord.DiscordServerError, aiohttp.ClientError, OSError, TimeoutError)


def nonce(question: int) -> str:
    """Return the nonce of the answer to a message: Discord takes a second message with it for the first one."""
    return f"answer-{question:x}"[:25]


class Delivery:
    """Delivers messages; knows the channels to leave alone. `lost` counts what did not arrive."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._quiet: dict[int, float] = {}
        self._limited_until = 0.0  # Discord limits every request until then
        self._tasks: set[asyncio.Task[object]] = set()
        self.lost = 0

    def is_quiet(self, channel: int | None) -> bool:
        """Return whether a channel is to be left alone because it refused the bot."""
        return channel is not None and self._quiet.get(channel, 0.0) > self._clock()

    async def deliver(
        self,
        send: Callable[[], Awaitable[T]],
        *,
        deadline: float,
        channel: int | None = None,
        repeatable: bool = True,
        what: str = "An answer",
    ) -> T | None:
        """Return what `send` returns, tried again until `deadline` seconds are over; None when it did not arrive.

        `send` must be safe to repeat: an edit, an interaction's callback, or a message whose nonce is chosen outside
        of it. Otherwise `repeatable` is false, and only failures before anything was sent are tried again.
        Raises nothing but cancellation.
        """
        if self.is_quiet(channel):
            self._lose(what, channel, "the channel refused the bot lately", 0)
            return None
        until = self._clock() + deadline
        tries = 0
        while True:
            tries += 1
            try:
                if (wait := self._limited_until - self._clock()) > 0:
                    raise LimitedError(wait, everywhere=True)
                return await self._attempt(send, min(ATTEMPT, max(0.1, until - self._clock())))
            except Exception as error:
                if is_normal(error):
                    log.info("%s was too late or had arrived already", what, extra={"why": describe(error)})
                    return None
                pause = self._pause(error, tries, repeatable=repeatable)
                if pause is None or self._clock() + pause >= until:
                    if channel is not None and refuses(error):
                        self._leave_alone(channel)
                    self._lose(what, channel, describe(error), tries, error)
                    return None
            await asyncio.sleep(pause)

    async def _attempt(self, send: Callable[[], Awaitable[T]], timeout: float) -> T:
        """Await one try for at most `timeout` seconds: discord.py may sleep even while it is cancelled."""

        async def go() -> T:
            delivering.set(True)
            return await send()

        task = asyncio.create_task(go())
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
            task.exception()  # an abandoned try must not be reported as never retrieved

    def _pause(self, error: Exception, tries: int, *, repeatable: bool) -> float | None:
        """Return the seconds to wait before the next try, None for no other."""
        if isinstance(error, LimitedError) and error.everywhere:
            self._limited_until = max(self._limited_until, self._clock() + error.retry_after)
        if limited := demanded(error):
            return limited
        unsent = isinstance(error, aiohttp.ClientConnectorError)
        if isinstance(error, TRANSIENT) and (repeatable or unsent):
            return backoff(tries - 1, first=0.5, most=4.0)
        return None

    def _leave_alone(self, channel: int) -> None:
        now = self._clock()
        if len(self._quiet) >= MOST_QUIET:
            self._quiet = {key: end for key, end in self._quiet.items() if end > now}
        self._quiet[channel] = now + QUIET

    def _lose(self, what: str, channel: int | None, why: str, tries: int, error: Exception | None = None) -> None:
        self.lost += 1
        expected = error is None or isinstance(
            error, (discord.DiscordException, HeldBackError, LimitedError, *TRANSIENT)
        )
        log.warning(
            "%s was lost",
            what,
            extra={"channel": channel, "why": why, "tries": tries},
            exc_info=None if expected else error,
        )


def is_normal(error: Exception) -> bool:
    """Return whether an error belongs to everyday life: too late, or an earlier try had arrived."""
    if isinstance(error, discord.InteractionResponded):
        return True
    return isinstance(error, discord.HTTPException) and error.code in (TOO_LATE, ALREADY)


def refuses(error: Exception) -> bool:
    """Return whether a channel does not want the bot, or is gone."""
    if isinstance(error, discord.Forbidden):
        return True
    return isinstance(error, discord.NotFound) and error.code in (0, MISSING_CHANNEL)
