"""Open the services of a bot for tests: as in production, with the real model and a database of their own."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from bot.answering_stack import AnsweringStack, open_live
from bot.discord_bot.access.visibility import Grants
from bot.discord_bot.answering.answerer import Answerer, Cooldowns
from bot.discord_bot.answering.cooldown import Cooldown
from bot.discord_bot.answering.priority import Acknowledgements
from bot.discord_bot.answering.search_queue import QueueLimits, SearchQueue
from bot.discord_bot.client import FootnoteClient
from bot.discord_bot.context import Services
from bot.discord_bot.corpus.generation import LiveGeneration
from bot.discord_bot.corpus.older_generations import OlderGenerations
from bot.discord_bot.operations.maintenance import Maintenance
from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.storage.database import Database
from bot.discord_bot.wire.delivery import Delivery
from config.settings import Settings

ALL_GRANTED = Grants({}, None)
NO_COOLDOWNS = Cooldowns(user=Cooldown(1_000, 1.0), server=Cooldown(1_000, 1.0), ping=Cooldown(1_000, 1.0))


@asynccontextmanager
async def open_services(
    settings: Settings,
    folder: Path,
    *,
    limits: QueueLimits | None = None,
    cooldowns: Cooldowns = NO_COOLDOWNS,
    opened: AnsweringStack | None = None,
    grants: Grants = ALL_GRANTED,
    search_older: bool = False,
) -> AsyncIterator[Services]:
    """Yield the services over an existing index; old quotes are only looked up with `search_older`."""
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'bot.sqlite'}")
    metrics = Metrics()
    stack = opened or open_live(settings)
    live = LiveGeneration(settings.index_folder, lambda current: open_live(settings, reuse=current), stack)
    log = structlog.wrap_logger(logging.getLogger("footnote"))
    acknowledgements = Acknowledgements()
    answerer = Answerer(
        live=live,
        queue=SearchQueue(limits or QueueLimits(), acknowledgements),
        cooldowns=cooldowns,
        database=database,
        metrics=metrics,
        log=log,
        grants=grants,
    )
    try:
        yield Services(
            answerer=answerer,
            database=database,
            metrics=metrics,
            maintenance=Maintenance(settings),
            seeds=settings.seeds_folder,
            delivery=Delivery(),
            acknowledgements=acknowledgements,
            search_older=OlderGenerations(settings.index_folder, live).search if search_older else lambda *_: None,
            log=log,
        )
    finally:
        await answerer.close(5.0)
        await database.close()


def new_client(services: Services) -> FootnoteClient:
    """Create a client."""
    return FootnoteClient(services)
