"""The loopback Discord as a separate process, used through its control API."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.discord_server.server import DiscordServer
from tests.support.paths import ROOT

pytestmark = pytest.mark.asyncio
BOT = """
import asyncio, sys
import discord, yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from tests.discord_server.simple_bot import Bot
Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, token = sys.argv[1], yarl.URL(sys.argv[2]), sys.argv[3]
asyncio.run(Bot().start(token))
"""


class ControlClient:
    """A client of the control API; `server` is what the process printed about itself."""

    def __init__(self, server: dict[str, str], session: aiohttp.ClientSession) -> None:
        self.server, self._session = server, session

    async def post(self, action: str, /, **fields: Any) -> Any:
        async with self._session.post(f"{self.server['control']}/{action}", json=fields) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def get(self, name: str, **query: str) -> Any:
        async with self._session.get(f"{self.server['control']}/{name}", params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()


async def _start(*command: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def _end(process: asyncio.subprocess.Process) -> int:
    process.terminate()
    return await asyncio.wait_for(process.wait(), 5)


@pytest_asyncio.fixture
async def control() -> AsyncIterator[ControlClient]:
    """Run a server in a process and a bot in another one, and return a client of the control API."""
    server_process = await _start("-m", "tests.discord_server")
    assert server_process.stdout is not None
    server = json.loads(await asyncio.wait_for(server_process.stdout.readline(), 10))
    bot_process = await _start("-c", BOT, server["api"], server["gateway"], server["token"])
    async with aiohttp.ClientSession() as session:
        client = ControlClient(server, session)
        await client.post("ready", timeout=10)
        yield client
    await _end(bot_process)
    assert await _end(server_process) == 0


async def test_a_bot_in_another_process_is_used_over_http(control: ControlClient) -> None:
    """Slash commands, buttons, mentions, faults and the record are available through the control API."""
    who = {"user": control.server["user"]}
    where = who | {"channel": control.server["channel"]}
    interaction = await control.post("slash", **where, name="ask", options={"question": "when?"}, wait="settled")
    (answer,) = interaction["shown"]
    assert answer["embeds"][0]["description"] == "WHEN?"
    assert [step["what"] for step in interaction["steps"]] == ["defer", "edit"]
    pressed = await control.post("press", **who, message=answer["id"], button="More", wait="settled")
    assert pressed["shown"][0]["visible_to"] == who["user"]
    named = await control.post("slash", **where, name="who is", options={"member": who["user"]}, wait="settled")
    assert named["shown"][0]["content"] == "ann"
    question = await control.post("mention", **where, text="hello", wait="answered")
    assert question["answers"][0]["content"].endswith("hello")
    messages = await control.get("messages", channel=control.server["channel"])
    assert len(messages) == 5
    assert await control.post("gateway", action="reset") == {"links": 1}
    again = await control.post("mention", **where, text="hello again", wait="answered", timeout=20)
    assert len(again["answers"]) == 1
    kinds = [event["kind"] for event in await control.get("events")]
    assert {"identify", "callback", "fault", "resume"} <= set(kinds)


async def test_pages_of_other_sites_have_no_control(server: DiscordServer) -> None:
    """Another origin, another host name, or the content type of a form is refused."""
    url = f"http://127.0.0.1:{server.port}/control/guild"
    cases: list[dict[str, Any]] = [
        {"json": {"name": "x"}, "headers": {"Origin": "https://a.b"}},
        {"json": {"name": "x"}, "headers": {"Host": "a.b"}},
        {"data": '{"name": "x"}', "headers": {"Content-Type": "text/plain"}},
    ]
    async with aiohttp.ClientSession() as session:
        for case in cases:
            async with session.post(url, **case) as response:
                assert response.status in (403, 404)
        async with session.post(url, json={"name": "x"}) as response:
            assert (await response.json())["name"] == "x"
    assert [guild.name for guild in server.world.guilds.values()] == ["Town", "x"]


async def test_it_goes_down_for_some_seconds(server: DiscordServer) -> None:
    """The answer to this request still arrives; afterwards it is up again."""
    url = f"http://127.0.0.1:{server.port}/control/down"
    async with aiohttp.ClientSession() as session, session.post(url, json={"seconds": 0.05}) as response:
        assert response.status == 200
    await server.happened("up", times=2)
    assert [event.kind for event in server.events if event.kind in ("up", "down")] == ["up", "down", "up"]


async def test_mistakes_are_explained(server: DiscordServer) -> None:
    """Unknown ids, missing fields and timeouts are errors with a sentence."""
    general = server.general(next(iter(server.world.guilds.values())))
    cases = [
        ("slash", {"user": "1", "channel": str(general.id), "name": "ask"}, 400, "unknown user 1"),
        ("say", {"user": str(server.world.owner.id)}, 400, "missing"),
        ("nothing", {}, 404, "unknown action"),
        ("ready", {"timeout": 0.01}, 408, "a connection did not happen"),
    ]
    async with aiohttp.ClientSession() as session:
        for action, fields, status, message in cases:
            async with session.post(f"http://127.0.0.1:{server.port}/control/{action}", json=fields) as response:
                assert (response.status, message in (await response.json())["error"]) == (status, True)
