"""The gateway speaks as Discord's: sessions, heartbeats, resuming, close codes."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.discord_server.server import DiscordServer

pytestmark = pytest.mark.asyncio
Json = dict[str, Any]


class Raw:
    """A client of the gateway that does only what it is told."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, server: DiscordServer) -> None:
        self.socket, self._server = socket, server

    async def get(self) -> Json:
        """Return the next message."""
        message: Json = json.loads(await self.socket.receive_str(timeout=5))
        return message

    async def until(self, event: str) -> Json:
        """Return the next event of a name."""
        while True:
            message = await self.get()
            if message["t"] == event:
                return message

    async def send(self, operation: int, data: Any) -> None:
        await self.socket.send_str(json.dumps({"op": operation, "d": data}))

    async def identify(self, **changes: Any) -> None:
        data = {"token": self._server.token, "intents": 4609, "properties": {"os": "linux"}, "shard": [0, 1]}
        await self.send(2, data | changes)

    async def closed(self) -> int | None:
        """Return the code that the gateway closes with."""
        while True:
            message = await self.socket.receive(timeout=5)
            if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                return self.socket.close_code


@asynccontextmanager
async def raw(server: DiscordServer, compress: str = "") -> AsyncIterator[Raw]:
    """Connect to the gateway."""
    url = f"{server.gateway.url}?v=10&encoding=json" + (f"&compress={compress}" if compress else "")
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, timeout=aiohttp.ClientWSTimeout(ws_close=1)) as ws,
    ):
        yield Raw(ws, server)


async def test_a_session_begins_with_hello_ready_and_the_guilds(server: DiscordServer) -> None:
    """Numbers count from 1; heartbeats are acknowledged."""
    async with raw(server) as client:
        assert (await client.get())["d"] == {"heartbeat_interval": 41250}
        await client.send(1, None)
        assert (await client.get())["op"] == 11
        await client.identify()
        ready, town = await client.get(), await client.get()
        assert [(one["s"], one["t"]) for one in (ready, town)] == [(1, "READY"), (2, "GUILD_CREATE")]
        assert ready["d"]["resume_gateway_url"] == server.gateway.url


async def test_the_stream_is_compressed_as_one(server: DiscordServer) -> None:
    """Each message ends with the marker of a flush, and the dictionary lasts over messages."""
    async with raw(server, "zlib-stream") as client:
        inflate = zlib.decompressobj()
        hello = await client.socket.receive_bytes(timeout=5)
        assert hello.endswith(b"\x00\x00\xff\xff")
        assert json.loads(inflate.decompress(hello))["op"] == 10
        await client.send(1, None)
        assert json.loads(inflate.decompress(await client.socket.receive_bytes(timeout=5)))["op"] == 11


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"token": "wrong"}, 4004),
        ({"shard": [1, 1]}, 4010),
        ({"shard": "0"}, 4010),
        ({"intents": 1 << 40}, 4013),
        ({"intents": None}, 4013),
        ({"intents": 1 << 15}, 4014),
        ({"properties": None}, 4002),
    ],
)
async def test_a_bad_identify_is_closed(server: DiscordServer, changes: Json, code: int) -> None:
    """Each mistake has its code; a privileged intent is one unless the portal has switched it on."""
    async with raw(server) as client:
        await client.identify(**changes)
        assert await client.closed() == code


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (['{"op": 99, "d": null}'], 4001),
        (["{"], 4002),
        (['"' + "x" * 5000 + '"'], 4002),
        (['{"op": 3, "d": {}}'], 4003),
        (['{"op": 1, "d": null}'] * 121, 4008),
        (['{"op": 6, "d": {"token": "wrong", "session_id": "x", "seq": 1}}'], 4004),
    ],
)
async def test_what_no_client_may_send_is_closed(server: DiscordServer, messages: list[str], code: int) -> None:
    """Unknown operations, no JSON, too long, too early, too many, a wrong token."""
    async with raw(server) as client:
        for message in messages:
            await client.socket.send_str(message)
        assert await client.closed() == code


async def test_a_second_identify_is_closed(server: DiscordServer) -> None:
    """4005."""
    async with raw(server) as client:
        await client.identify()
        await client.identify()
        assert await client.closed() == 4005


async def test_a_client_without_heartbeats_is_closed(server: DiscordServer) -> None:
    """After one and a half intervals, with 4009."""
    server.gateway.heartbeat_interval = 0.05
    async with raw(server) as client:
        await client.identify()
        assert await client.closed() == 4009


async def test_a_resumed_session_gets_what_it_missed_once(server: DiscordServer) -> None:
    """Events from after the number that the client has seen, then RESUMED."""
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    async with raw(server) as client:
        await client.identify()
        session = (await client.until("READY"))["d"]["session_id"]
        seen = (await client.until("GUILD_CREATE"))["s"]
        server.faults.gateway("reset")
        await client.closed()
    said = [await server.say(ann, general, text) for text in ("one", "two")]
    async with raw(server) as client:
        await client.get()
        await client.send(6, {"token": server.token, "session_id": session, "seq": seen})
        got = [await client.get() for _ in range(3)]
        assert [one["t"] for one in got] == ["MESSAGE_CREATE", "MESSAGE_CREATE", "RESUMED"]
        assert [one["d"]["id"] for one in got[:2]] == [str(one.id) for one in said]
    assert server.gateway.identifies == 1


@pytest.mark.parametrize("end", [1000, 1001])
async def test_a_session_that_said_goodbye_cannot_be_resumed(server: DiscordServer, end: int) -> None:
    """Operation 9 with false; and a number from the future is closed with 4007."""
    async with raw(server) as client:
        await client.identify()
        session = (await client.until("READY"))["d"]["session_id"]
        await client.socket.close(code=end)
    await server.happened("disconnect")
    async with raw(server) as client:
        await client.get()
        await client.send(6, {"token": server.token, "session_id": session, "seq": 1})
        assert await client.get() == {"op": 9, "s": None, "t": None, "d": False}
        await client.identify()
        session = (await client.until("READY"))["d"]["session_id"]
        await client.socket.close(code=4000)
    async with raw(server) as client:
        await client.send(6, {"token": server.token, "session_id": session, "seq": 99})
        assert await client.closed() == 4007


async def test_the_budget_of_identifies_is_told_and_kept(server: DiscordServer) -> None:
    """Each IDENTIFY takes one; beyond the last one the token is void."""
    server.gateway.identify_limit = 1
    token = server.token
    async with raw(server) as client:
        await client.identify()
        await client.until("READY")
    assert server.gateway.bot_information()["session_start_limit"]["remaining"] == 0
    async with raw(server) as client:
        await client.identify()
        assert await client.closed() == 4004
    assert server.token != token


async def test_identifies_that_come_too_soon_are_refused(server: DiscordServer) -> None:
    """Operation 9 with false, as often as the spacing is not kept."""
    server.gateway.identify_spacing = 5.0
    for wanted in (0, 9):
        async with raw(server) as client:
            await client.get()
            await client.identify()
            assert (await client.get())["op"] == wanted
    server.advance(5)
    async with raw(server) as client:
        await client.identify()
        await client.until("READY")


async def test_a_message_that_no_session_gets_is_noted(server: DiscordServer) -> None:
    """Before the first IDENTIFY nobody listens; the record says what nobody will ever answer."""
    (guild,) = server.world.guilds.values()
    question = await server.mention(server.user("ann", guild), server.general(guild), "when?")
    (event,) = server.of_kind("undelivered")
    assert event.data["id"] == str(question.message.id)


async def test_faults_of_a_link_reach_the_client(server: DiscordServer) -> None:
    """Any close code, operations 7 and 9, malformed texts, at any time."""
    async with raw(server) as client:
        await client.identify()
        await client.until("GUILD_CREATE")
        server.faults.gateway("reconnect")
        assert (await client.get())["op"] == 7
        server.faults.gateway("invalid true")
        assert (await client.get())["d"] is True
        server.faults.gateway("beat")
        assert (await client.get())["op"] == 1
        server.faults.malformed("not json")
        with pytest.raises(ValueError, match="Expecting"):
            await client.get()
        server.faults.gateway("close 4321")
        assert await client.closed() == 4321


async def test_a_frozen_link_is_silent_and_stays_open(server: DiscordServer) -> None:
    """No acknowledgement, no event, no end; the session takes the events and gives them to a RESUME."""
    (guild,) = server.world.guilds.values()
    async with raw(server) as client:
        await client.identify()
        await client.until("GUILD_CREATE")
        server.faults.gateway("freeze")
        await client.send(1, 2)
        await server.say(server.user("ann", guild), server.general(guild), "hello")
        with pytest.raises(asyncio.TimeoutError):
            await client.socket.receive(timeout=0.2)
        assert not client.socket.closed
        (session,) = server.gateway.sessions.values()
        assert session.number == 3


async def test_steps_are_broken_as_planned(server: DiscordServer) -> None:
    """A plan strikes as often as it was told to, and then things go on as usual."""
    plan = server.faults.plan("identify", "close 4000", times=2)
    for _ in range(2):
        async with raw(server) as client:
            await client.identify()
            assert await client.closed() == 4000
    async with raw(server) as client:
        await client.identify()
        await client.until("READY")
    assert plan.hits == 2
