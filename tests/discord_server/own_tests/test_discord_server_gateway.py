"""The gateway behaves like Discord's: sessions, heartbeats, resuming, close codes."""

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


class RawClient:
    """A client of the gateway that does nothing by itself."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, server: DiscordServer) -> None:
        self.socket, self._server = socket, server

    async def get(self) -> Json:
        """Receive the next message."""
        message: Json = json.loads(await self.socket.receive_str(timeout=5))
        return message

    async def until(self, event: str) -> Json:
        """Receive messages until an event of this name, and return it."""
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
        """Receive messages until the gateway closes the connection. Returns the close code."""
        while True:
            message = await self.socket.receive(timeout=5)
            if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                return self.socket.close_code


@asynccontextmanager
async def raw(server: DiscordServer, compress: str = "") -> AsyncIterator[RawClient]:
    """Connect to the gateway."""
    url = f"{server.gateway.url}?v=10&encoding=json" + (f"&compress={compress}" if compress else "")
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, timeout=aiohttp.ClientWSTimeout(ws_close=1)) as ws,
    ):
        yield RawClient(ws, server)


async def test_a_session_starts_with_hello_ready_and_the_guilds(server: DiscordServer) -> None:
    """Sequence numbers count from 1; heartbeats are acknowledged."""
    async with raw(server) as client:
        assert (await client.get())["d"] == {"heartbeat_interval": 41250}
        await client.send(1, None)
        assert (await client.get())["op"] == 11
        await client.identify()
        ready, guild = await client.get(), await client.get()
        assert [(event["s"], event["t"]) for event in (ready, guild)] == [(1, "READY"), (2, "GUILD_CREATE")]
        assert ready["d"]["resume_gateway_url"] == server.gateway.url


async def test_messages_are_compressed_as_one_stream(server: DiscordServer) -> None:
    """Each message ends with a flush marker, and later messages refer to earlier ones."""
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
async def test_a_wrong_identify_closes_the_connection(server: DiscordServer, changes: Json, code: int) -> None:
    """Each mistake has its code; a privileged intent is a mistake unless it is switched on in the portal."""
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
async def test_forbidden_messages_close_the_connection(server: DiscordServer, messages: list[str], code: int) -> None:
    """Unknown operations, invalid JSON, too long, too early, too many, or with a wrong token."""
    async with raw(server) as client:
        for message in messages:
            await client.socket.send_str(message)
        assert await client.closed() == code


async def test_a_second_identify_closes_the_connection(server: DiscordServer) -> None:
    """The code is 4005."""
    async with raw(server) as client:
        await client.identify()
        await client.identify()
        assert await client.closed() == 4005


async def test_missing_heartbeats_close_the_connection(server: DiscordServer) -> None:
    """The code is 4009, after one and a half intervals."""
    server.gateway.heartbeat_interval = 0.05
    async with raw(server) as client:
        await client.identify()
        assert await client.closed() == 4009


async def test_a_resumed_session_gets_missed_events_once(server: DiscordServer) -> None:
    """They are the events after the sequence number in the RESUME; then RESUMED comes."""
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    async with raw(server) as client:
        await client.identify()
        session = (await client.until("READY"))["d"]["session_id"]
        sequence = (await client.until("GUILD_CREATE"))["s"]
        server.faults.gateway("reset")
        await client.closed()
    messages = [await server.say(ann, general, text) for text in ("one", "two")]
    async with raw(server) as client:
        await client.get()
        await client.send(6, {"token": server.token, "session_id": session, "seq": sequence})
        events = [await client.get() for _ in range(3)]
        assert [event["t"] for event in events] == ["MESSAGE_CREATE", "MESSAGE_CREATE", "RESUMED"]
        assert [event["d"]["id"] for event in events[:2]] == [str(message.id) for message in messages]
    assert server.gateway.identifies == 1


@pytest.mark.parametrize("end", [1000, 1001])
async def test_a_session_that_the_client_ended_cannot_be_resumed(server: DiscordServer, end: int) -> None:
    """The answer is operation 9 with false. A sequence number from the future closes the connection with 4007."""
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


async def test_identifies_are_limited(server: DiscordServer) -> None:
    """/gateway/bot says how many are left; one more than allowed resets the token."""
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
    """The answer is operation 9 with false until the spacing is over."""
    server.gateway.identify_spacing = 5.0
    for operation in (0, 9):
        async with raw(server) as client:
            await client.get()
            await client.identify()
            assert (await client.get())["op"] == operation
    server.advance(5)
    async with raw(server) as client:
        await client.identify()
        await client.until("READY")


async def test_a_message_that_no_session_gets_is_recorded(server: DiscordServer) -> None:
    """Nobody listens before the first IDENTIFY, so nobody will ever answer it."""
    (guild,) = server.world.guilds.values()
    question = await server.mention(server.user("ann", guild), server.general(guild), "when?")
    (event,) = server.of_kind("undelivered")
    assert event.data["id"] == str(question.message.id)


async def test_faults_of_a_link_reach_the_client(server: DiscordServer) -> None:
    """Any close code, operations 7 and 9, and malformed texts can be sent at any time."""
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
    """It sends neither acknowledgements nor events nor an end; the session stores the events for a RESUME."""
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


async def test_planned_faults_strike_as_often_as_planned(server: DiscordServer) -> None:
    """Afterwards the step is as usual."""
    fault = server.faults.plan("identify", "close 4000", times=2)
    for _ in range(2):
        async with raw(server) as client:
            await client.identify()
            assert await client.closed() == 4000
    async with raw(server) as client:
        await client.identify()
        await client.until("READY")
    assert fault.hits == 2
