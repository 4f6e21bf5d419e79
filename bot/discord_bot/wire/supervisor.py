"""Run a client until it is asked to stop, or until no trying can help.

A client that fails beyond repair is replaced by a new one after a pause; what both must know is in the
Continuity that they share.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import discord

from bot.discord_bot.wire.connection_errors import FinalError
from bot.discord_bot.wire.continuity import Continuity
from bot.discord_bot.wire.gateway_client import GatewayClient, Times
from bot.discord_bot.wire.retries import describe, final, pause_after

DRAINING = 8.0  # seconds for what has begun
CLOSING = 1.5  # seconds for the links and the session; together below the 10 that a service manager gives
REFUSED_PAUSE = 60.0  # after an answer such as 403 or 404 to the login, which rarely passes
LOGIN = 120.0  # seconds for a login with discord.py's own tries and the client's set-up

ClientFactory = Callable[[Continuity], GatewayClient]


async def run(
    client_factory: ClientFactory,
    token: str,
    stop: asyncio.Event,
    log: logging.Logger,
    *,
    draining: Callable[[], Awaitable[None]] | None = None,
    times: Times | None = None,
    continuity: Continuity | None = None,
) -> None:
    """Keep a client running until `stop` is set; raises FinalError when no trying can help.

    `draining` is awaited, for up to 8 seconds, after `stop` and before the link is closed.
    """
    times = times or Times()
    continuity = continuity or Continuity()
    tries = 0
    while not stop.is_set():
        loop = asyncio.get_running_loop()
        client = client_factory(continuity)
        error, connected_at = await _run_one(client, token, stop, log, draining)
        if error is None or stop.is_set():
            return
        if end := final(error):
            raise end from None
        if connected_at is not None and loop.time() - connected_at >= times.steady:
            tries = 0
        pause = _pause(error, tries, times)
        tries += 1
        log.warning(
            "The bot could not go on and starts again",
            extra={"why": describe(error), "tries": tries, "pause": round(pause, 1)},
            exc_info=error if connected_at is not None else None,
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


def _pause(error: Exception, tries: int, times: Times) -> float:
    pause = pause_after(error, tries, first=times.first_pause, most=times.longest_pause)
    refused = isinstance(error, discord.HTTPException) and error.status < 500 and error.status != 429
    return max(pause, REFUSED_PAUSE if refused else 0.0)


async def _run_one(
    client: GatewayClient,
    token: str,
    stop: asyncio.Event,
    log: logging.Logger,
    draining: Callable[[], Awaitable[None]] | None,
) -> tuple[Exception | None, float | None]:
    """Run one client. Returns what ended it (None is `stop`), and when its login had succeeded."""
    connected_at: float | None = None

    async def live() -> None:
        nonlocal connected_at
        async with asyncio.timeout(LOGIN):
            await client.login(token)
        connected_at = asyncio.get_running_loop().time()
        await client.connect()
        raise RuntimeError("the connection ended without a reason")

    living = asyncio.create_task(live(), name="discord client")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({living, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not living.done():
            client.leave()
            await _drain(draining, log)
    finally:
        stopping.cancel()
        living.cancel()  # first, or discord.py would close the connection in a way that keeps its session
        (result,) = await asyncio.gather(living, return_exceptions=True)
        await _close(client, log)
    if stop.is_set():
        return None, connected_at
    return (result if isinstance(result, Exception) else RuntimeError("the client was cancelled")), connected_at


async def _drain(draining: Callable[[], Awaitable[None]] | None, log: logging.Logger) -> None:
    if draining is None:
        return
    try:
        await asyncio.wait_for(draining(), DRAINING)
    except TimeoutError:
        log.warning("Some questions were not finished before the end", extra={"seconds": DRAINING})
    except Exception:
        log.exception("Finishing what had begun failed")


async def _close(client: GatewayClient, log: logging.Logger) -> None:
    try:
        await asyncio.wait_for(client.close(), CLOSING)
    except TimeoutError:
        log.info("The connection was cut, as closing it took too long")
    except Exception as error:
        log.warning("Closing the connection failed", extra={"why": describe(error)})


__all__ = ["FinalError", "run"]
