"""Run the bot as one of several processes, with what it needs to know of the others."""

import asyncio
import contextlib
import os
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import discord

from bot.discord_bot.context import Peers, Services
from bot.discord_bot.processes.shard_keeper import ShardClientFactory, ShardKeeper
from bot.discord_bot.storage.database import DatabaseError
from bot.discord_bot.storage.records import Standing
from bot.discord_bot.storage.sharing_store import SharingStore
from bot.discord_bot.wire.gateway_client import GatewayClient
from bot.discord_bot.wire.retries import describe, final_error, pause_after

SERVERS_AGE_S = 5.0  # after which the list of the servers of all processes is read again
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
LAST_ANSWERS_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a process: its name, and among how many the bot is divided; a parent watches a `child`."""

    processes: int
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    child: bool = False


async def run(
    part: Part,
    services: Services,
    token: str,
    stop: asyncio.Event,
    new_client: ShardClientFactory,
) -> None:
    """Serve shards until `stop` is set. Raises DatabaseError and FinalError."""
    store, peers = services.answerer.sharing, services.peers
    assert store is not None and peers is not None  # noqa: S101, PT018 - a part of the bot has both
    if part.child:
        stop_with_parent(stop)
    recommended = await recommended_shards(token, stop, services.log)
    keeper = ShardKeeper(
        store,
        part.name,
        max(recommended, part.processes),
        token=token,
        new_client=new_client,
        generation=lambda: services.answerer.live.generation.name,
        on_beat=_note_peers(services, store, peers),
    )
    peers.connected = lambda: all(run.connected for run in keeper.runs.values())
    try:
        await keeper.run(stop)
    finally:
        with contextlib.suppress(TimeoutError):  # what is left is answered by those who serve the shards now
            await services.settle(LAST_ANSWERS_TIMEOUT_S)
        await store.close()


def stop_with_parent(stop: asyncio.Event) -> None:
    """Set `stop` when standard input ends, which it does with the parent that holds its other end."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    loop.add_reader(sys.stdin.fileno(), read)


async def recommended_shards(token: str, stop: asyncio.Event, log: Any) -> int:
    """Ask Discord how many shards the bot should have, until it answers; 1 if `stop` is set. Raises FinalError."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # the bot does not use voice
    tries = 0
    while not stop.is_set():
        client = GatewayClient(intents=discord.Intents(guilds=True))
        try:
            await client.login(token)
            shards, _, _ = await client.http.get_bot_gateway()
            return int(shards)
        except Exception as error:
            if end := final_error(error):
                raise end from None
            pause = pause_after(error, tries, first=FIRST_PAUSE_S, longest=LONGEST_PAUSE_S)
            log.warning("Discord did not say how many shards the bot needs", why=describe(error))
            tries += 1
        finally:
            await client.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
    return 1


def _note_peers(services: Services, store: SharingStore, peers: Peers) -> Callable[[Standing], Any]:
    """Make what notes, with each beat, what is known of the other processes."""
    read_at = -SERVERS_AGE_S

    async def note(standing: Standing) -> None:
        nonlocal read_at
        last, peers.standing = peers.standing, standing
        if last is None or standing.settings != last.settings:
            services.database.forget_settings()
        if time.monotonic() - read_at >= SERVERS_AGE_S:
            read_at = time.monotonic()
            with contextlib.suppress(DatabaseError):  # the beat reports it
                peers.servers = await store.guilds()

    return note
