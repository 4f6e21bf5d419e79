"""The loopback Discord as a process of its own, driven over its control API."""

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


class Driver:
    """Asks the control API."""

    def __init__(self, about: dict[str, str], session: aiohttp.ClientSession) -> None:
        self.about, self._session = about, session

    async def post(self, action: str, /, **fields: Any) -> Any:
        async with self._session.post(f"{self.about['control']}/{action}", json=fields) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def get(self, what: str, **query: str) -> Any:
        async with self._session.get(f"{self.about['control']}/{what}", params=query) as response:
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
async def driver() -> AsyncIterator[Driver]:
    """Return what drives a server in a process, with a bot in another one connected to it."""
    serving = await _start("-m", "tests.discord_server")
    assert serving.stdout is not None
    about = json.loads(await asyncio.wait_for(serving.stdout.readline(), 10))
    bot = await _start("-c", BOT, about["api"], about["gateway"], about["token"])
    async with aiohttp.ClientSession() as session:
        running = Driver(about, session)
        await running.post("ready", timeout=10)
        yield running
    await _end(bot)
    assert await _end(serving) == 0


async def test_a_bot_in_another_process_is_driven_over_http(driver: Driver) -> None:
    """Slash command, button, mention, fault and record, all over the control API."""
    who = {"user": driver.about["user"]}
    where = who | {"channel": driver.about["channel"]}
    asked = await driver.post("slash", **where, name="ask", options={"question": "when?"}, wait="settled")
    (answer,) = asked["shown"]
    assert answer["embeds"][0]["description"] == "WHEN?"
    assert [step["what"] for step in asked["steps"]] == ["defer", "edit"]
    pressed = await driver.post("press", **who, message=answer["id"], button="More", wait="settled")
    assert pressed["shown"][0]["visible_to"] == who["user"]
    named = await driver.post("slash", **where, name="who is", options={"member": who["user"]}, wait="settled")
    assert named["shown"][0]["content"] == "ann"
    question = await driver.post("mention", **where, text="hello", wait="answered")
    assert question["answers"][0]["content"].endswith("hello")
    seen = await driver.get("messages", channel=driver.about["channel"])
    assert len(seen) == 5
    assert await driver.post("gateway", action="reset") == {"links": 1}
    again = await driver.post("mention", **where, text="hello again", wait="answered", timeout=20)
    assert len(again["answers"]) == 1
    kinds = [event["kind"] for event in await driver.get("events")]
    assert {"identify", "callback", "fault", "resume"} <= set(kinds)


async def test_pages_of_other_sites_cannot_drive_it(server: DiscordServer) -> None:
    """Another origin, another host name, or a form's content type is refused."""
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


async def test_it_goes_down_for_some_seconds_on_demand(server: DiscordServer) -> None:
    """The answer to the demand still arrives; then it listens no more, and again."""
    url = f"http://127.0.0.1:{server.port}/control/down"
    async with aiohttp.ClientSession() as session, session.post(url, json={"seconds": 0.05}) as response:
        assert response.status == 200
    await server.happened("up", times=2)
    assert [event.kind for event in server.events if event.kind in ("up", "down")] == ["up", "down", "up"]


async def test_mistakes_of_a_driver_are_told_in_words(server: DiscordServer) -> None:
    """Unknown ids, missing fields and waits that end are errors with a sentence."""
    general = server.general(next(iter(server.world.guilds.values())))
    cases = [
        ("slash", {"user": "1", "channel": str(general.id), "name": "ask"}, 400, "there is no user 1"),
        ("say", {"user": str(server.world.owner.id)}, 400, "missing"),
        ("nothing", {}, 404, "no action"),
        ("ready", {"timeout": 0.01}, 408, "a connection did not happen"),
    ]
    async with aiohttp.ClientSession() as session:
        for action, fields, status, words in cases:
            async with session.post(f"http://127.0.0.1:{server.port}/control/{action}", json=fields) as response:
                assert (response.status, words in (await response.json())["error"]) == (status, True)
