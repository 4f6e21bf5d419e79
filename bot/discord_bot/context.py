"""What every handler works with: the services of the bot, and the interactions that reach them.

Handlers know no more of the client than that it is a `BotClient`.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import discord

from bot.discord_bot.answering.answerer import Answerer
from bot.discord_bot.answering.priority import Acknowledgements
from bot.discord_bot.answering.quote_lookup import OlderSearch
from bot.discord_bot.operations.maintenance import Maintenance
from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.storage.database import Database
from bot.discord_bot.wire.delivery import Delivery


@dataclass(frozen=True, slots=True)
class Services:
    """What the client and its handlers work with; a new client takes over those of the last one."""

    answerer: Answerer
    database: Database
    metrics: Metrics
    maintenance: Maintenance
    seeds: Path
    delivery: Delivery
    acknowledgements: Acknowledgements
    search_older: OlderSearch
    log: Any
    promised: set[int] = field(default_factory=set)  # ids of interactions and messages that still await their answer

    async def settle(self, seconds: float) -> None:
        """Take no more questions, stop a rebuild, and deliver every answer that was promised.

        Raises TimeoutError after `seconds`.
        """
        async with asyncio.timeout(seconds):
            await self.maintenance.close()
            await self.answerer.close(seconds)
            while self.promised:
                await asyncio.sleep(0.02)


class BotClient(discord.Client):
    """The client as handlers see it."""

    services: Services


if TYPE_CHECKING:
    Interaction = discord.Interaction[BotClient]
else:
    Interaction = discord.Interaction  # discord.py reads the annotations of commands and wants the plain class
