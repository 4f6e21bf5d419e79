"""The loopback Discord breaks what it is told to break, where and as often as it is told to."""

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
async def test_a_request_is_reset_before_or_after_it_took_effect(server: DiscordServer, when: str, sent: int) -> None:
    """The client sees a reset either way; only after does the message exist. The next request passes."""
    fault = server.faults.reset("POST /channels/.*/messages", when=when)
    with pytest.raises(aiohttp.ClientConnectionError):
        await _send(server)
    assert (fault.hits, _count(server)) == (1, sent)
    assert (await _send(server)).status == 200


@pytest.mark.parametrize(("when", "sent"), [("before", 0), ("after", 1)])
async def test_an_error_of_the_proxy_comes_before_or_after_the_effect(
    server: DiscordServer, when: str, sent: int
) -> None:
    """A page instead of JSON, with the status that was asked for."""
    server.faults.fail(502, "messages", when=when)
    answer = await _send(server)
    assert (answer.status, isinstance(answer.body, str), _count(server)) == (502, True, sent)


async def test_a_429_of_any_length_with_and_without_via(server: DiscordServer) -> None:
    """Global or not, with the wait in the header and in the body."""
    server.faults.limit(3600, "messages", via=False)
    server.faults.limit(0.5, "messages", everywhere=True)
    banned, wide, usual = [await _send(server) for _ in range(3)]
    assert ("Via" in banned.headers, banned.body["retry_after"]) == (False, 3600)
    assert (wide.headers["Via"], wide.body["global"], wide.headers["X-RateLimit-Scope"]) == (
        "1.1 google",
        True,
        "global",
    )
    assert usual.status == 200


async def test_an_answer_comes_late_or_never(server: DiscordServer) -> None:
    """Slow answers are complete; a silent one leaves the client waiting."""
    server.faults.slow(0.1, "messages")
    begun = asyncio.get_running_loop().time()
    assert (await _send(server)).status == 200
    assert asyncio.get_running_loop().time() - begun >= 0.1
    server.faults.silent("messages", when="after")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(_send(server), 0.2)
    assert _count(server) == 2


async def test_an_answer_breaks_off_in_the_middle(server: DiscordServer) -> None:
    """Half of the JSON, then a reset; what was asked for has happened."""
    server.faults.cut("messages")
    with pytest.raises(aiohttp.ClientError):
        await _send(server)
    assert _count(server) == 1


async def test_too_many_invalid_requests_shut_the_address_out(server: DiscordServer) -> None:
    """Every request is then refused with 429, right ones too."""
    server.limits.ban_after = 2
    for wrong in ("wrong", ""):
        assert (await call(server, "GET", "/users/@me", token=wrong)).status == 401
    assert (await _send(server)).status == 429


async def test_the_upgrade_of_the_gateway_is_a_request_too(server: DiscordServer) -> None:
    """A 503 instead of the WebSocket."""
    server.faults.fail(503, "^GET /ws")
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{server.gateway.url}?v=10")
        assert refused.value.status == 503


async def test_connects_are_refused_while_it_is_down_and_taken_again_on_the_same_port(server: DiscordServer) -> None:
    """Down and up again."""
    port = server.port
    await server.down()
    with pytest.raises(aiohttp.ClientConnectorError):
        await _send(server)
    await server.up()
    assert (await _send(server)).status == 200
    assert server.port == port


async def test_clearing_the_faults_mends_everything(server: DiscordServer) -> None:
    """What is left of a fault strikes no more."""
    server.faults.fail(500, times=1000)
    server.faults.plan("hello", "reset", times=1000)
    assert (await _send(server)).status == 500
    server.faults.clear()
    assert (await _send(server)).status == 200


@pytest.mark.parametrize("action", ["reset", "reconnect", "invalid true", "close 4000"])
async def test_discord_py_resumes_and_no_question_is_lost(server: DiscordServer, bot: Bot, action: str) -> None:
    """What is asked while the link is down is answered once after the RESUME."""
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


async def test_discord_py_ends_with_what_is_no_compressed_stream(server: DiscordServer, bot: Bot) -> None:
    """The bytes reach the client past the compression; an unmodified discord.py does not survive them."""
    server.faults.malformed("broken stream")
    await server.happened("disconnect")
    await asyncio.sleep(0)
    assert bot.is_closed()
