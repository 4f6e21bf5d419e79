"""The data of servers that removed the bot while it was not connected is deleted, and no other."""

from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from bot.discord_bot.storage.records import ServerSettings
from tests.support.simulated_server import SimulatedServer

pytestmark = pytest.mark.asyncio
REMOVED = 77


def lists(server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, ids: Sequence[int]) -> None:
    """Let Discord name these servers when it is asked over HTTP."""

    async def fetch_guilds(**_: Any) -> AsyncIterator[Any]:
        for server_id in ids:
            yield SimpleNamespace(id=server_id)

    monkeypatch.setattr(server.bot, "fetch_guilds", fetch_guilds)


async def known_after_ready(server: SimulatedServer) -> set[int]:
    """Store something about the server and about one that the bot is not in, and return what is known after READY."""
    await server.configure(private=True)
    await server.services.database.save(REMOVED, ServerSettings(private=True))
    await server.bot.on_ready()
    return await server.services.database.known_servers()


async def test_removed_server_is_deleted(server: SimulatedServer) -> None:
    """READY and the list of servers name one server only; what is stored about the other is deleted."""
    assert await known_after_ready(server) == {server.guild.id}
    assert (await server.services.database.settings(server.guild.id)).private is True


async def test_unavailable_server_is_kept(server: SimulatedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server in READY counts, whether or not it is available."""
    monkeypatch.setattr(server.bot.guilds[0], "unavailable", True)

    assert await known_after_ready(server) == {server.guild.id}


@pytest.mark.parametrize("kind", ["in the second list", "incomplete", "failing"])
async def test_server_is_kept_in_doubt(server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Nothing is deleted if the second list names the server, lacks one of READY, or cannot be read."""
    if kind == "failing":

        def fail(**_: Any) -> Any:
            raise ConnectionResetError

        monkeypatch.setattr(server.bot, "fetch_guilds", fail)
    else:
        lists(server, monkeypatch, [server.guild.id, REMOVED] if kind == "in the second list" else [])

    assert await known_after_ready(server) == {server.guild.id, REMOVED}


async def test_another_bot_deletes_nothing(server: SimulatedServer) -> None:
    """A bot that uses the database of another one is not in its servers."""
    await server.services.database.belongs_to(1)

    assert await known_after_ready(server) == {server.guild.id, REMOVED}


@pytest.mark.parametrize(("shard", "kept"), [(0, False), (1, True)])
async def test_a_shard_deletes_its_own_servers_only(
    server: SimulatedServer, monkeypatch: pytest.MonkeyPatch, shard: int, kept: bool
) -> None:
    """A shard is not told of the servers of others: this one belongs to the first of two."""
    assert (REMOVED >> 22) % 2 == 0
    monkeypatch.setattr(server.bot, "shard_id", shard)
    monkeypatch.setattr(server.bot, "shard_count", 2)

    assert await known_after_ready(server) == ({server.guild.id, REMOVED} if kept else {server.guild.id})
