"""The real client with its real services, connected to a loopback Discord in the same process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.discord_bot.client import FootnoteClient
from bot.discord_bot.context import Services
from bot.discord_bot.storage.records import ServerSettings
from bot.sandbox.loopback.world_records import Channel, Guild, User
from config.settings import Settings
from tests.discord_server.pointing import connected
from tests.discord_server.server import DiscordServer
from tests.support.real_services import new_client, open_services


@dataclass(eq=False)
class LoopbackBot:
    """A running bot in a guild with the member alice."""

    server: DiscordServer
    services: Services
    client: FootnoteClient
    guild: Guild
    channel: Channel
    alice: User

    async def configure(self, **settings: Any) -> None:
        """Give the guild these settings, and the defaults for all others."""
        await self.services.database.save(self.guild.id, ServerSettings(**settings))


@asynccontextmanager
async def open_loopback_bot(
    settings: Settings, folder: Path, *, locale: str = "", **options: Any
) -> AsyncIterator[LoopbackBot]:
    """Yield a bot that is connected to a guild, a community if it has a locale, and has registered its commands.

    `options` are those of open_services.
    """
    async with DiscordServer() as server, open_services(settings, folder, **options) as services:
        guild = server.world.guild("Town")
        guild.locale = locale
        client = new_client(services)
        async with connected(server, client):
            await server.synced()
            await client.wait_until_ready()
            yield LoopbackBot(server, services, client, guild, server.general(guild), server.user("alice", guild))
