"""A bot for tests: the real model and index, a database of its own, everything else as in production."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from bot import services
from bot.discord_bot.access.visibility import Grants
from bot.discord_bot.answering.answerer import Cooldowns, Desk
from bot.discord_bot.answering.cooldown import Cooldown
from bot.discord_bot.answering.priority import Rush
from bot.discord_bot.answering.search_queue import Limits, SearchQueue
from bot.discord_bot.client import FootnoteClient, Office
from bot.discord_bot.corpus.generation import Live
from bot.discord_bot.operations.maintenance import Maintenance
from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.storage.database import Database
from bot.discord_bot.wire.delivery import Delivery
from config.settings import Settings

EVERYTHING = Grants({}, None)
NO_COOLDOWNS = Cooldowns(user=Cooldown(1_000, 1.0), server=Cooldown(1_000, 1.0), ping=Cooldown(1_000, 1.0))


@asynccontextmanager
async def open_office(
    settings: Settings,
    folder: Path,
    *,
    limits: Limits | None = None,
    cooldowns: Cooldowns = NO_COOLDOWNS,
    opened: services.Service | None = None,
    granted: Grants = EVERYTHING,
) -> AsyncIterator[Office]:
    """Yield what a client works with, over an index that exists."""
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'bot.sqlite'}")
    metrics = Metrics()
    first = opened or services.open_live(settings)
    live = Live(settings.index_folder, lambda held: services.open_live(settings, reuse=held), first)
    log = structlog.wrap_logger(logging.getLogger("footnote"))
    rush = Rush()
    queue = SearchQueue(limits or Limits(), rush)
    desk = Desk(live, queue, cooldowns, database, metrics, log, granted)
    try:
        seeds = settings.seeds_folder
        yield Office(desk, database, metrics, Maintenance(settings), seeds, Delivery(), rush, lambda *_: None, log)
    finally:
        await queue.close(5.0)
        await database.close()


def client(office: Office) -> FootnoteClient:
    """Return a client of one shard."""
    return FootnoteClient(office, shard_count=1)
