"""The loopback Discord causes the faults that a test asks for, where and as often as it asks."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.discord_server.calls import Answer, call
from tests.discord_server.server import DiscordServer
from tests.discord_server.simple_bot import Bot

pytestmark = pytest.mark.asyncio


async def _send(server: DiscordServer) -> Answer:
    channel = server.general(next(iter(server.world.guilds.values())))
    return await call(server, "POST", f"/channels/{channel.id}/messages", {"content": "x"})


def _count(server: DiscordServer) -> int:
    return len(server.world.messages)


@pytest.mark.parametrize(("when", "sent"), [("before", 0), ("after", 1)])
async def test_a_request_is_reset_before_or_after_it_takes_effect(server: DiscordServer, when: str, sent: int) -> None:
    """The client sees a reset either way, but the message exists only in one case. The next request passes."""
    fault = server.faults.reset("POST /channels/.*/messages", when=when)
    with pytest.raises(aiohttp.ClientConnectionError):
        await _send(server)
    assert (fault.hits, _count(server)) == (1, sent)
    assert (await _send(server)).status == 200


@pytest.mark.parametrize(("when", "sent"), [("before", 0), ("after", 1)])
async def test_a_proxy_error_comes_before_or_after_the_effect(server: DiscordServer, when: str, sent: int) -> None:
    """The response is a page instead of JSON, with the given status."""
    server.faults.fail(502, "messages", when=when)
    answer = await _send(server)
    assert (answer.status, isinstance(answer.body, str), _count(server)) == (502, True, sent)


async def test_rate_limits_have_any_length_and_origin(server: DiscordServer) -> None:
    """They are global or not, with or without `Via`, and state the wait in the header and in the body."""
    server.faults.limit(3600, "messages", via=False)
    server.faults.limit(0.5, "messages", everywhere=True)
    by_protection, everywhere, usual = [await _send(server) for _ in range(3)]
    assert ("Via" in by_protection.headers, by_protection.body["retry_after"]) == (False, 3600)
    assert (everywhere.headers["Via"], everywhere.body["global"]) == ("1.1 google", True)
    assert everywhere.headers["X-RateLimit-Scope"] == "global"
    assert usual.status == 200


async def test_an_answer_comes_late_or_never(server: DiscordServer) -> None:
    """A slow answer is complete; a silent request takes effect, but the client waits in vain."""
    server.faults.slow(0.1, "messages")
    start = asyncio.get_running_loop().time()
    assert (await _send(server)).status == 200
    assert asyncio.get_running_loop().time() - start >= 0.1
    server.faults.silent("messages", when="after")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(_send(server), 0.2)
    assert _count(server) == 2


async def test_an_answer_breaks_off_in_the_middle(server: DiscordServer) -> None:
    """After half of the JSON there is a reset, but the request took effect."""
    server.faults.cut("messages")
    with pytest.raises(aiohttp.ClientError):
        await _send(server)
    assert _count(server) == 1


async def test_too_many_invalid_requests_ban_the_address(server: DiscordServer) -> None:
    """From then on every request is refused with 429, even valid ones."""
    server.limits.ban_after = 2
    for token in ("wrong", ""):
        assert (await call(server, "GET", "/users/@me", token=token)).status == 401
    assert (await _send(server)).status == 429


async def test_faults_strike_the_upgrade_of_the_gateway(server: DiscordServer) -> None:
    """The client gets a 503 instead of a WebSocket."""
    server.faults.fail(503, "^GET /ws")
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
            await session.ws_connect(f"{server.gateway.url}?v=10")
        assert raised.value.status == 503


async def test_connections_are_refused_while_it_is_down(server: DiscordServer) -> None:
    """Once it is up again, it listens on the same port."""
    port = server.port
    await server.down()
    with pytest.raises(aiohttp.ClientConnectorError):
        await _send(server)
    await server.up()
    assert (await _send(server)).status == 200
    assert server.port == port


async def test_clearing_the_faults_ends_them(server: DiscordServer) -> None:
    """A fault that was meant to strike more often no longer does."""
    server.faults.fail(500, times=1000)
    server.faults.plan("hello", "reset", times=1000)
    assert (await _send(server)).status == 500
    server.faults.clear()
    assert (await _send(server)).status == 200


@pytest.mark.parametrize("action", ["reset", "reconnect", "invalid true", "close 4000"])
async def test_discord_py_resumes_without_losing_a_question(server: DiscordServer, bot: Bot, action: str) -> None:
    """A question during the break is answered once, after the RESUME."""
    del bot
    (guild,) = server.world.guilds.values()
    ann, general = server.user("ann", guild), server.general(guild)
    server.faults.gateway(action)
    await server.happened("disconnect")
    question = await server.mention(ann, general, "when?")
    await question.answered(10)
    await server.happened("resume")
    assert (len(question.answers), server.deliveries(question)) == (1, 1)
    assert server.gateway.identifies == 1


async def test_a_broken_stream_ends_discord_py(server: DiscordServer, bot: Bot) -> None:
    """The bytes are sent without compression; an unmodified discord.py does not survive them."""
    server.faults.malformed("broken stream")
    await server.happened("disconnect")
    await asyncio.sleep(0)
    assert bot.is_closed()
