"""What every handler works with: the services of the bot, and the interactions that reach them.

Handlers know no more of the client than that it is a `BotClient`.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.discord_bot.answering.answerer import Answerer
from bot.discord_bot.answering.priority import Acknowledgements
from bot.discord_bot.operations.kept_answers import KeptAnswer
from bot.discord_bot.operations.maintenance import Maintenance
from bot.discord_bot.operations.prometheus_metrics import Metrics
from bot.discord_bot.storage.database import Database
from bot.discord_bot.storage.records import Standing
from bot.discord_bot.wire.delivery import Delivery
from bot.serving.generation import Generation
from bot.serving.stored_quotes import OlderSearch
from bot.showing.languages import ENGLISH, match_language

POLL_INTERVAL_S = 0.02


@dataclass(slots=True)
class Peers:
    """What is known of the other processes of the bot, renewed with each beat; nothing before the first one."""

    standing: Standing | None = None
    servers: frozenset[int] | None = None  # of all shards, None until each of them was served
    connected: Callable[[], bool] = lambda: False  # all shards that this process serves

    @property
    def ready(self) -> bool:
        """Return whether this process serves what it should, and every shard is served."""
        return self.standing is not None and self.standing.served == self.standing.shards and self.connected()


@dataclass(frozen=True, slots=True, kw_only=True)
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
    language: str = ENGLISH  # where Discord tells none
    changed_since: Callable[[Generation], Mapping[str, int] | None] = lambda _: None  # see bot.index_notices
    peers: Peers | None = None  # None while one process runs the bot
    command_ids: dict[str, int] = field(default_factory=dict)  # by name, once Discord knows the commands
    kept_messages: set[int] = field(default_factory=set)  # ids of messages that are kept as sources
    removed_answers: dict[str, KeptAnswer] = field(default_factory=dict)  # lately, by the keys of their buttons
    unanswered: set[int] = field(default_factory=set)  # ids of interactions and messages that await their answer

    def server_language(self, guild: discord.Guild | None) -> str:
        """Return the language in which to speak to all of a server, or in direct messages if `guild` is None.

        Only communities choose a locale; of other servers, Discord says English whatever they speak.
        """
        if guild is None or "COMMUNITY" not in guild.features:
            return self.language
        return match_language(str(guild.preferred_locale))

    async def settle(self, seconds: float) -> None:
        """Reject new questions, stop a rebuild, and wait until all answers are sent. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self.maintenance.close()
            await self.answerer.close(seconds)
            while self.unanswered:
                await asyncio.sleep(POLL_INTERVAL_S)


class BotClient(discord.Client):
    """The client as handlers see it."""

    services: Services
    tree: app_commands.CommandTree["BotClient"]

    @property
    def all_servers(self) -> Collection[int]:
        """Return the ids of the servers of the bot over all its processes; none until all are known."""
        if self.services.peers is not None:
            return self.services.peers.servers or ()
        return [guild.id for guild in self.guilds] if self.is_ready() else ()


if TYPE_CHECKING:
    Interaction = discord.Interaction[BotClient]
else:
    Interaction = discord.Interaction  # discord.py reads the annotations of commands and needs the plain class
