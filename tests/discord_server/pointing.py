"""Point an unmodified discord.py at the loopback Discord, and back afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.discord_server.server import DiscordServer


@contextmanager
def pointed_at(server: DiscordServer) -> Iterator[None]:
    """Make discord.py use the addresses of a server, which are process-wide, and restore them at the end."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE
    Route.BASE, discord.Asset.BASE = server.api, server.cdn
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway.url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE = before


@asynccontextmanager
async def connected(server: DiscordServer, client: discord.Client, *, shards: int = 1) -> AsyncIterator[None]:
    """Run a client against a server; it is connected when the block starts, and closed when it ends."""
    with pointed_at(server):
        running = asyncio.create_task(client.start(server.token))
        waiting = asyncio.create_task(server.ready(shards=shards))
        try:
            await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                await running
            await waiting
            yield
        finally:
            waiting.cancel()
            await client.close()
            running.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await running
