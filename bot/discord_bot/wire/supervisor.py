"""Run a client until it is asked to stop, or until trying again cannot help.

A client that fails beyond repair is replaced after a pause; what the next one has to know is in their Continuity.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import discord

from bot.discord_bot.wire.connection_times import Times
from bot.discord_bot.wire.continuity import Continuity
from bot.discord_bot.wire.gateway_client import GatewayClient
from bot.discord_bot.wire.retries import describe, final_error, pause_after

DRAIN_TIMEOUT_S = 8.0  # for answers that were begun
CLOSE_TIMEOUT_S = 1.5  # for the connections; both together stay below the 10 s that a service manager allows
LOGIN_TIMEOUT_S = 120.0  # for a login with discord.py's own retries, and the set-up of the client
REFUSED_LOGIN_PAUSE_S = 60.0  # after an answer such as 403 or 404, which rarely passes soon

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
    """Keep a client running until `stop` is set. Raises FinalError if trying again cannot help.

    After `stop`, `draining` is awaited for up to DRAIN_TIMEOUT_S while the connection still stands.
    """
    times = times or Times()
    continuity = continuity or Continuity()
    tries = 0
    while not stop.is_set():
        loop = asyncio.get_running_loop()
        client = client_factory(continuity)
        error, login_at = await _run_client(client, token, stop, log, draining)
        if error is None or stop.is_set():
            return
        if end := final_error(error):
            raise end from None
        if login_at is not None and loop.time() - login_at >= times.steady:
            tries = 0
        pause = _pause(error, tries, times)
        tries += 1
        log.warning(
            "The bot failed and will be started again",
            extra={"why": describe(error), "tries": tries, "pause": round(pause, 1)},
            exc_info=error if login_at is not None else None,
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


def _pause(error: Exception, tries: int, times: Times) -> float:
    """Return the seconds to pause before the next client."""
    pause = pause_after(error, tries, first=times.first_pause, longest=times.longest_pause)
    refused = isinstance(error, discord.HTTPException) and error.status < 500 and error.status != 429
    return max(pause, REFUSED_LOGIN_PAUSE_S if refused else 0.0)


async def _run_client(
    client: GatewayClient,
    token: str,
    stop: asyncio.Event,
    log: logging.Logger,
    draining: Callable[[], Awaitable[None]] | None,
) -> tuple[Exception | None, float | None]:
    """Run a client to its end. Returns its error, None after `stop`, and the loop's time of its login, if any."""
    login_at: float | None = None

    async def log_in_and_connect() -> None:
        nonlocal login_at
        async with asyncio.timeout(LOGIN_TIMEOUT_S):
            await client.login(token)
        login_at = asyncio.get_running_loop().time()
        await client.connect()
        raise RuntimeError("the connection ended without an error")

    running = asyncio.create_task(log_in_and_connect(), name="discord client")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            client.leave()
            await _drain(draining, log)
    finally:
        stopping.cancel()
        running.cancel()  # before the closing: discord.py would otherwise end the connection but not its session
        (result,) = await asyncio.gather(running, return_exceptions=True)
        await _close(client, log)
    if stop.is_set():
        return None, login_at
    return (result if isinstance(result, Exception) else RuntimeError("the client was cancelled")), login_at


async def _drain(draining: Callable[[], Awaitable[None]] | None, log: logging.Logger) -> None:
    if draining is None:
        return
    try:
        await asyncio.wait_for(draining(), DRAIN_TIMEOUT_S)
    except TimeoutError:
        log.warning("Some questions were not answered before the end", extra={"seconds": DRAIN_TIMEOUT_S})
    except Exception:
        log.exception("Answering the last questions failed")


async def _close(client: GatewayClient, log: logging.Logger) -> None:
    try:
        await asyncio.wait_for(client.close(), CLOSE_TIMEOUT_S)
    except TimeoutError:
        log.info("The connection was cut, because closing it took too long")
    except Exception as error:
        log.warning("Closing the connection failed", extra={"why": describe(error)})
