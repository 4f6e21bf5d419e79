"""A bot for tests: the real model and index, a database of its own, everything else as in production."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from bot import service
from bot.discord_bot.client import FootnoteClient, Office
from bot.discord_bot.cooldown import Cooldown
from bot.discord_bot.database import Database
from bot.discord_bot.delivery import Delivery
from bot.discord_bot.desk import Cooldowns, Desk
from bot.discord_bot.live import Live
from bot.discord_bot.maintenance import Maintenance
from bot.discord_bot.metrics import Metrics
from bot.discord_bot.queue import Limits, SearchQueue
from bot.discord_bot.rush import Rush
from bot.discord_bot.visible import Grants
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
    opened: service.Service | None = None,
    granted: Grants = EVERYTHING,
) -> AsyncIterator[Office]:
    """Yield what a client works with, over an index that exists."""
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'bot.sqlite'}")
    metrics = Metrics()
    first = opened or service.open_live(settings)
    live = Live(settings.index_folder, lambda held: service.open_live(settings, reuse=held), first)
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
