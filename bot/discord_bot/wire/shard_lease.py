"""Serve a shard of which other processes may become the holder: claim its events, and hand its session over.

Discord describes the servers of a session once, at its beginning. Whoever resumes the session of another process asks
for them: for the server of a question at once, for the others one after another.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import discord
from discord.threads import Thread

from bot.discord_bot.wire.addresses import check_gateway
from bot.discord_bot.wire.claims import ShardClaims
from bot.discord_bot.wire.connection_errors import AddressError
from bot.discord_bot.wire.retries import describe

log = logging.getLogger(__name__)
AUTOCOMPLETE = 4  # the type of an interaction that nobody misses
THREAD_TYPES = (10, 11, 12)
SERVER_TIMEOUT_S = 1.5  # for a server, while a question waits that must be acknowledged within three
SERVER_INTERVAL_S = 1.0  # between servers for which no question waits


class LeasedClient(discord.Client):
    """A client as the lease of its shard sees it."""

    connected: bool  # events are coming in


@dataclass(frozen=True, slots=True)
class SavedSession:
    """A session of the gateway: its id, the number of the last event that was dealt with, and where to resume.

    `servers` are the ids of its servers, None while they are unknown.
    """

    id: str
    sequence: int
    gateway: str
    servers: frozenset[int] | None = None


@dataclass(eq=False)
class ShardLease:
    """A shard that this process serves, `session` of which the next client resumes."""

    claims: ShardClaims
    session: SavedSession | None
    wait_to_identify: Callable[[int], Awaitable[float]]  # for the turn of a bucket of shards, inf if too long
    client: LeasedClient | None = None
    _taken_over: bool = False  # the session began in another process
    _unknown: set[int] = field(default_factory=set)  # servers that Discord did not describe to this process
    _locks: defaultdict[int, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _describing: "asyncio.Task[None] | None" = None

    def attach(self, client: LeasedClient) -> None:
        """Let a new client resume the session, if there is one."""
        self.client, session = client, self.session
        if session is None:
            return
        with contextlib.suppress(AddressError):  # then a new session begins
            client.ws.gateway = check_gateway(session.gateway)
            client.ws.session_id, client.ws.sequence = session.id, session.sequence
            self._taken_over = True
            state = client._connection
            for server in session.servers or ():
                if state._get_guild(server) is None:
                    state._add_guild(discord.Guild._create_unavailable(state=state, guild_id=server, data=None))
                    self._unknown.add(server)

    def point(self) -> SavedSession | None:
        """Return the session as the next holder or client should resume it."""
        client = self.client
        if client is None or client.ws is None:
            return self.session
        socket = client.ws
        if socket.session_id is None or socket.sequence is None:
            return None
        servers = frozenset(client._connection._guilds) if client.connected else None
        return SavedSession(socket.session_id, self.claims.resume_at(socket.sequence), str(socket.gateway), servers)

    def note_start(self, event: str) -> None:
        """Note that a session began (READY) or that one of another process goes on (RESUMED)."""
        client = self.client
        assert client is not None  # noqa: S101
        if event == "READY":
            self._taken_over = False
            self._unknown.clear()
        elif not client.is_ready():
            client._handle_ready()
            self._describing = asyncio.create_task(self._describe_all(), name="servers of a resumed session")

    def begin(self, event: str, data: Any, parse: Callable[[], None]) -> bool:
        """Claim an event and parse it if that succeeds; returns False if it needs no claim."""
        if event == "INTERACTION_CREATE" and data.get("type") == AUTOCOMPLETE:
            return False
        assert self.client is not None  # noqa: S101
        server, channel = data.get("guild_id"), data.get("channel_id") or data.get("parent_id")

        async def handle() -> None:
            if server is not None:
                await self._describe(int(server), int(channel or 0))
            parse()

        self.claims.begin(event, int(data["id"]), self.client.ws.sequence or 0, handle)
        return True

    async def close(self) -> None:
        """Close the connection, so that no more events come, and keep the session for the next holder."""
        self.session = self.point()
        if self._describing is not None:
            self._describing.cancel()
        if self.client is not None and self.client.ws is not None and self.client.ws.open:
            await self.client.ws.close(4000)

    async def _describe_all(self) -> None:
        for server in sorted(self._unknown):
            await self._describe(server, 0)
            await asyncio.sleep(SERVER_INTERVAL_S)

    async def _describe(self, server: int, channel: int) -> None:
        """Ask for a server unless it is known, and for the thread in which something happens."""
        if self.client is None or not self._taken_over:
            return  # Discord said all that it says
        guild = self.client._connection._get_guild(server)
        if guild is not None and server not in self._unknown and (not channel or guild.get_channel_or_thread(channel)):
            return
        try:
            async with asyncio.timeout(SERVER_TIMEOUT_S), self._locks[server]:
                await self._ask_for(server, channel)
        except (discord.DiscordException, OSError, TimeoutError) as error:
            log.warning("A server is not known yet; less may be seen there", extra={"why": describe(error)})

    async def _ask_for(self, server: int, channel: int) -> None:
        assert self.client is not None  # noqa: S101
        http, state = self.client.http, self.client._connection
        if server in self._unknown or state._get_guild(server) is None:
            data: Any = await http.get_guild(server)
            channels = await http.get_all_guild_channels(server)
            me = await http.get_member(server, state.self_id or 0)
            state._get_create_guild({**data, "channels": channels, "members": [me], "unavailable": False})
            self._unknown.discard(server)
        guild = state._get_guild(server)
        if guild is not None and channel and guild.get_channel_or_thread(channel) is None:
            thread: Any = await http.get_channel(channel)
            if thread["type"] in THREAD_TYPES:
                guild._add_thread(Thread(guild=guild, state=state, data=thread))
