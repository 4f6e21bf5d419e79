"""A bot for tests: the real model and index, a database of its own, everything else as in production."""

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

EVERYTHING = Grants({}, None)
NO_COOLDOWNS = Cooldowns(user=Cooldown(1_000, 1.0), server=Cooldown(1_000, 1.0), ping=Cooldown(1_000, 1.0))


@asynccontextmanager
async def open_services(
    settings: Settings,
    folder: Path,
    *,
    limits: QueueLimits | None = None,
    cooldowns: Cooldowns = NO_COOLDOWNS,
    opened: AnsweringStack | None = None,
    granted: Grants = EVERYTHING,
    read_older: bool = False,
) -> AsyncIterator[Services]:
    """Yield what a client works with, over an index that exists; old quotes are looked up if `read_older`."""
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'bot.sqlite'}")
    metrics = Metrics()
    first = opened or open_live(settings)
    live = LiveGeneration(settings.index_folder, lambda held: open_live(settings, reuse=held), first)
    log = structlog.wrap_logger(logging.getLogger("footnote"))
    acknowledgements = Acknowledgements()
    queue = SearchQueue(limits or QueueLimits(), acknowledgements)
    answerer = Answerer(live, queue, cooldowns, database, metrics, log, granted)
    older = OlderGenerations(settings.index_folder, live).search if read_older else lambda *_: None
    try:
        seeds = settings.seeds_folder
        yield Services(
            answerer, database, metrics, Maintenance(settings), seeds, Delivery(), acknowledgements, older, log
        )
    finally:
        await queue.close(5.0)
        await database.close()


def client(services: Services) -> FootnoteClient:
    """Return a client."""
    return FootnoteClient(services)
