"""Run the bot as `footnote discord` does, connected to a Discord on this machine."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager

from bot.answering_stack import open_live
from bot.discord_bot.access.visibility import Grants
from bot.discord_bot.answering.answerer import Cooldowns
from bot.discord_bot.client import FootnoteClient
from bot.discord_bot.context import Services
from bot.discord_bot.operations import logs
from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.run import PING_COOLDOWN, SERVER_COOLDOWN, USER_COOLDOWN, assemble
from bot.discord_bot.storage.database import Database
from bot.discord_bot.wire import addresses, supervisor
from bot.discord_bot.wire.continuity import Continuity
from bot.sandbox.loopback.loopback_server import LoopbackServer
from bot.serving.cooldown import Cooldown
from bot.serving.generation import LiveGeneration
from bot.serving.search_queue import QueueLimits
from config.settings import Settings

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 3.0
LOGGER = logging.getLogger("footnote.sandbox")
GUILD_READY_TIMEOUT_S = 0.1  # for the servers that there are when the bot connects: none


@asynccontextmanager
async def running_bot(settings: Settings, server: LoopbackServer) -> AsyncIterator[Services]:
    """Yield the services of a bot that is connected to a server and has registered its commands.

    The addresses to which discord.py connects are those of this server from then on, in the whole process.
    Raises FootnoteError and TimeoutError.
    """
    addresses.use(server.api, server.gateway.url, server.cdn)
    services = await _open_services(settings, server.token)
    synced, stop = asyncio.Event(), asyncio.Event()
    clients: list[FootnoteClient] = []  # the present one

    def new_client(continuity: Continuity) -> FootnoteClient:
        timeout = GUILD_READY_TIMEOUT_S
        client = FootnoteClient(services, synced=synced, continuity=continuity, guild_ready_timeout=timeout)
        clients[:] = [client]
        return client

    async def start() -> None:
        await synced.wait()
        await clients[0].wait_until_ready()

    running = asyncio.create_task(supervisor.run(new_client, server.token, stop, LOGGER))
    watching = asyncio.create_task(services.answerer.live.watch())
    try:
        await _wait_for_start(running, start())
        yield services
    finally:
        stop.set()
        watching.cancel()
        await asyncio.wait([running], timeout=STOP_TIMEOUT_S)
        running.cancel()
        await asyncio.gather(running, watching, return_exceptions=True)
        await services.maintenance.close()
        with contextlib.suppress(TimeoutError):
            await services.answerer.close(0)
        await services.database.close()


async def _open_services(settings: Settings, token: str) -> Services:
    """Open the database and the index, and put together what the bot works with. Raises FootnoteError."""
    stack = await asyncio.to_thread(open_live, settings)
    live = LiveGeneration(
        settings.index_folder, lambda current: open_live(settings, reuse=current), stack, seeds=settings.seeds_folder
    )
    return assemble(
        settings,
        live,
        await Database.open(settings.discord.database),
        Metrics(),
        Grants({}, None),
        logs.wrap(LOGGER, token),
        cooldowns=Cooldowns(Cooldown(*USER_COOLDOWN), Cooldown(*SERVER_COOLDOWN), Cooldown(*PING_COOLDOWN)),
        limits=QueueLimits(),
    )


async def _wait_for_start(running: "asyncio.Task[None]", start: Coroutine[None, None, None]) -> None:
    """Wait until the bot has started. Raises what ends it before, or TimeoutError."""
    starting = asyncio.create_task(start)
    await asyncio.wait([running, starting], timeout=START_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        await starting
        return
    starting.cancel()
    if running.done():
        await running
    raise TimeoutError(f"the bot did not start within {START_TIMEOUT_S:.0f} s")
