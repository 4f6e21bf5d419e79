"""Open the services of a bot for tests: as in production, with the real model and a database of their own."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import structlog

from bot.answering_stack import AnsweringStack, open_live
from bot.discord_bot.access.visibility import Grants
from bot.discord_bot.answering.answerer import Cooldowns
from bot.discord_bot.client import FootnoteClient
from bot.discord_bot.context import Services
from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.run import assemble
from bot.discord_bot.storage.database import Database
from bot.serving.cooldown import Cooldown
from bot.serving.generation import LiveGeneration
from bot.serving.search_queue import QueueLimits
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
    stack = opened or open_live(settings)
    live = LiveGeneration(
        settings.index_folder,
        lambda current: open_live(settings, reuse=current),
        stack,
        seeds=settings.seeds_folder,
    )
    log = structlog.wrap_logger(logging.getLogger("footnote"))
    limits = limits or QueueLimits()
    services = assemble(settings, live, database, Metrics(), grants, log, cooldowns=cooldowns, limits=limits)
    try:
        yield services if search_older else replace(services, search_older=lambda *_: None)
    finally:
        await services.answerer.close(5.0)
        await database.close()


def new_client(services: Services) -> FootnoteClient:
    """Create a client."""
    return FootnoteClient(services)
