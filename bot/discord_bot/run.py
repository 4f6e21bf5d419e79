"""`footnote discord`: put everything together and run it until it is stopped. Exit codes: 0 stopped, 2 error, 3 final.

3 means that starting again would not help: Discord refuses the token or what the bot asks for.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import structlog

from bot.answering_stack import AnsweringStack, open_live
from bot.building import open_or_build
from bot.discord_bot.access.visibility import Grants, grants
from bot.discord_bot.answering.answerer import Answerer, Cooldowns
from bot.discord_bot.answering.cooldown import Cooldown
from bot.discord_bot.answering.priority import Acknowledgements
from bot.discord_bot.answering.search_queue import QueueLimits, SearchQueue
from bot.discord_bot.client import FootnoteClient
from bot.discord_bot.context import Services
from bot.discord_bot.corpus.generation import Generation, LiveGeneration
from bot.discord_bot.corpus.older_generations import OlderGenerations
from bot.discord_bot.operations import health, logs
from bot.discord_bot.operations.maintenance import Maintenance
from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.storage.database import Database, default_url
from bot.discord_bot.wire import addresses, supervisor
from bot.discord_bot.wire.connection_errors import EXIT_FINAL, FinalError
from bot.discord_bot.wire.continuity import Continuity
from bot.discord_bot.wire.delivery import Delivery
from bot.showing.terminal import say
from config.settings import ConfigError, Settings
from retrieval.store import layout

STOPPED = 0
CONNECTIONS = 100  # to Discord at once; each new one costs a handshake, which a rush must not pay for every request
SWITCH_SECONDS = 0.001  # between threads, so that the event loop gets its turn while searches run
TOKEN = "DISCORD_TOKEN"  # noqa: S105 - the name of the variable
NO_TOKEN = (
    "no token: make a bot at https://discord.com/developers/applications (New Application, Bot, Reset Token), then put "
    f"its token into {TOKEN} or into a file that discord.token_file names"
)
DRAIN_SECONDS = 7.0


def run_bot(settings: Settings) -> int:
    """Run the bot; returns the exit code."""
    token = read_token(settings.discord.token_file)
    logs.configure(settings.discord.log_level, token)
    addresses.use(settings.discord.api, settings.discord.gateway, settings.discord.cdn)
    check_server_ids("servers", settings.discord.servers)
    granted = grants(settings.discord.servers, settings.discord.collections)  # a mistake is told before anything else
    if isinstance(settings.discord.maintenance, list):
        check_server_ids("maintenance", settings.discord.maintenance)
    opened = open_or_build(settings)  # builds the index on the first start
    try:
        asyncio.run(_run(settings, token, opened, granted))
    except FinalError as error:
        say(str(error))
        return EXIT_FINAL
    return STOPPED


def read_token(file: str) -> str:
    """Return the token from a file or the environment. Raises ConfigError with what to do when there is none."""
    if file:
        try:
            token = Path(file).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the token file {file} cannot be read: {error}") from None
    else:
        token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise ConfigError(NO_TOKEN)
    if any(character.isspace() or not character.isprintable() for character in token):
        raise ConfigError("the token holds spaces or line breaks; copy it again from the developer portal")
    return token


def check_server_ids(key: str, names: Iterable[str]) -> None:
    """Raise ConfigError for the first name under the setting discord.`key` that is not the id of a server."""
    wrong = next((name for name in names if not name.isdecimal()), None)
    if wrong is not None:
        raise ConfigError(f"setting discord.{key} names {wrong!r}, which is not the id of a server")


async def _run(settings: Settings, token: str, opened: AnsweringStack, granted: Grants) -> None:
    """Run until SIGTERM or Ctrl-C. Raises FinalError."""
    sys.setswitchinterval(SWITCH_SECONDS)
    log = structlog.get_logger("footnote")
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    services = await _open_services(settings, opened, granted, log)
    live, metrics = services.answerer.live, services.metrics
    clients: list[FootnoteClient] = []
    synced = asyncio.Event()

    def client(continuity: Continuity) -> FootnoteClient:
        made = FootnoteClient(
            services,
            synced=synced,
            continuity=continuity,
            on_link=metrics.link,
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        )
        clients[:] = [made]
        return made

    def state() -> Mapping[str, object]:
        return {"connected": bool(clients) and clients[0].connected, "generation": live.generation.name}

    watchers = [asyncio.create_task(live.watch()), asyncio.create_task(metrics.watch_loop())]
    runner = await health.serve(settings.discord.health_port, metrics, state) if settings.discord.health_port else None
    try:
        await supervisor.run(client, token, stop, log, draining=lambda: services.settle(DRAIN_SECONDS))
    finally:
        for watcher in watchers:
            watcher.cancel()
        await services.maintenance.close()
        if runner is not None:
            await runner.cleanup()
        await services.database.close()
        log.info("stopped")


async def _open_services(settings: Settings, opened: AnsweringStack, granted: Grants, log: Any) -> Services:
    """Return what the clients work with. Raises DatabaseError."""
    metrics = Metrics()
    database = await Database.open(settings.discord.database or default_url(settings.index_folder))
    live = _live(settings, opened, metrics, log)
    acknowledgements = Acknowledgements()
    queue = SearchQueue(QueueLimits(), acknowledgements)
    metrics.queue.set_function(lambda: queue.waiting)
    cooldowns = Cooldowns(user=Cooldown(10, 30.0), server=Cooldown(120, 30.0), ping=Cooldown(1, 300.0))
    answerer = Answerer(live, queue, cooldowns, database, metrics, log, granted, settings.answer.top)
    older = OlderGenerations(settings.index_folder, live).search
    return Services(
        answerer,
        database,
        metrics,
        Maintenance(settings),
        settings.seeds_folder,
        Delivery(),
        acknowledgements,
        older,
        log,
    )


def _live(settings: Settings, opened: AnsweringStack, metrics: Metrics, log: Any) -> LiveGeneration:
    def swapped(generation: Generation) -> None:
        metrics.generation.set(layout.number(generation.name))
        log.info("a new generation answers", generation=generation.name)

    live = LiveGeneration(
        settings.index_folder,
        lambda held: open_live(settings, say, reuse=held),
        opened,
        swapped=swapped,
        failed=lambda line: log.error("generation not opened", error=line),
    )
    metrics.generation.set(layout.number(live.generation.name))
    return live
