"""Fixtures: a loopback Discord with one guild, and a simple bot that is connected to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from tests.discord_server.pointing import connected
from tests.discord_server.server import DiscordServer
from tests.discord_server.simple_bot import Bot


@pytest_asyncio.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """Return a server with one guild."""
    async with DiscordServer() as running:
        running.world.guild("Town")
        yield running


@pytest_asyncio.fixture
async def bot(server: DiscordServer) -> AsyncIterator[Bot]:
    """Return a bot that is connected to it."""
    client = Bot()
    async with connected(server, client):
        await asyncio.wait_for(client.wait_until_ready(), 5)
        yield client
