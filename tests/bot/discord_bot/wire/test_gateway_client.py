"""The connection comes back from every kind of break, over real sockets, and loses nothing in silence."""

import asyncio
import hashlib
import inspect
import logging
import time
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import discord
import pytest
import pytest_asyncio
from discord.gateway import DiscordWebSocket, KeepAliveHandler
from discord.http import HTTPClient
from discord.state import ConnectionState

from bot.discord_bot.wire.connection_errors import FinalError
from bot.discord_bot.wire.gateway_client import QUESTION_EVENTS, GatewayClient, GatewaySocket
from tests.discord_server.faults import MALFORMED
from tests.discord_server.server import DiscordServer
from tests.support.wire_bot import INTENTS, Shared, running

pytestmark = pytest.mark.asyncio
LOST = "may be lost"
HEARTBEAT_ACK = {"op": 11, "s": None, "t": None, "d": None}
numbers = count()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as started:
        started.world.guild("Town")
        yield started


@pytest_asyncio.fixture
async def shared(server: DiscordServer) -> AsyncIterator[Shared]:
    """Return what a bot shares that is connected."""
    made = Shared()
    async with running(server, made) as task:
        await server.ready()
        await until(lambda: True in made.links)
        yield made
        assert not task.done(), "the supervisor ended"


async def until(condition: object, timeout: float = 6.0) -> None:
    async with asyncio.timeout(timeout):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def ask(server: DiscordServer, timeout: float = 6.0) -> str:
    """Ask by a mention, wait for the answer, and return it; a second answer is an error."""
    (guild,) = server.world.guilds.values()
    text = f"question {next(numbers)}"
    user = server.user(f"user{next(numbers)}", guild)
    question = await server.mention(user, server.general(guild), text)
    answer = await question.answered(timeout)
    assert text in answer.content
    assert len(question.answers) == 1
    return answer.content


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


RESUMED = [
    "reset",
    "freeze",
    "reconnect",
    "invalid true",
    *(f"close {code}" for code in (1000, 1001, 1011, 4000, 4001, 4002, 4003, 4005, 4008, 4999)),
]
NEW_SESSION = ["invalid false", *(f"close {code}" for code in (4007, 4009))]


@pytest.mark.parametrize("fault", RESUMED)
async def test_after_a_break_the_session_goes_on(
    server: DiscordServer, shared: Shared, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """A question asked during the break is answered once, with no new session and no warning."""
    before = server.gateway.identifies
    assert server.faults.gateway(fault) == 1
    await ask(server)
    await ask(server)
    assert server.gateway.identifies == before
    assert server.gateway.resumes_done
    assert not warnings_of(caplog)
    assert shared.continuity.budget.used == 1


@pytest.mark.parametrize("fault", NEW_SESSION)
async def test_a_session_that_is_over_is_replaced_with_one_line(
    server: DiscordServer, shared: Shared, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """The new session comes with exactly one warning that questions may be lost, and how long it was away."""
    links = len(shared.links)
    server.faults.gateway(fault)
    await until(lambda: shared.links[links:] == [False, True])
    await ask(server)
    (line,) = [record for record in caplog.records if LOST in record.getMessage()]
    assert 0 <= vars(line)["seconds"] < 3
    assert server.gateway.identifies == 2


@pytest.mark.usefixtures("shared")
async def test_a_forgotten_session_is_replaced_with_one_line(
    server: DiscordServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A gateway that restarted knows no session: RESUME is refused, and one warning says what it means."""
    server.faults.forget_sessions()
    server.faults.gateway("reset")
    await until(lambda: server.gateway.identifies == 2)
    await server.ready()
    await until(lambda: any(LOST in line for line in warnings_of(caplog)))
    await ask(server)
    assert sum(LOST in line for line in warnings_of(caplog)) == 1


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013, 4014])
async def test_a_final_close_code_ends_the_bot_with_a_sentence(server: DiscordServer, code: int) -> None:
    """Trying again would be refused again; the operator reads why."""
    async with running(server, Shared()) as task:
        await server.ready()
        server.faults.gateway(f"close {code}")
        async with asyncio.timeout(6):
            with pytest.raises(FinalError, match=r"^\w.*\.$"):
                await task


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_dispatch_costs_one_event(
    server: DiscordServer, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """The link stays, the next question is answered, and one line tells of it unless it is merely unknown."""
    caplog.set_level(logging.INFO)
    server.faults.malformed(name)
    await ask(server)
    assert server.gateway.identifies == 1
    assert not server.gateway.resumes_done
    assert len(warnings_of(caplog)) == (0 if name == "unknown event" else 1)


@pytest.mark.usefixtures("shared")
async def test_a_malformed_dispatch_counts_as_handled(server: DiscordServer) -> None:
    """A RESUME names its number, so that it is not replayed for ever."""
    (session,) = server.gateway.sessions.values()
    session.dispatch("INTERACTION_CREATE", {"type": "nonsense"})
    await ask(server)
    server.faults.gateway("reset")
    await ask(server)
    assert server.of_kind("resume")[0].data["replayed"] <= 2


@pytest.mark.usefixtures("shared")
async def test_a_damaged_stream_is_begun_anew(server: DiscordServer) -> None:
    """Nothing after the damage can be decompressed; the session goes on with a new link."""
    server.faults.malformed("broken stream")
    await ask(server)
    await ask(server)
    assert server.gateway.resumes_done
    assert server.gateway.identifies == 1


@pytest.mark.usefixtures("shared")
async def test_a_heartbeat_that_is_asked_for_is_sent(server: DiscordServer) -> None:
    """Discord may ask at any time, and counts the seconds."""
    before = sum(event.data["name"] == "heartbeat" for event in server.of_kind("operation"))
    for _ in range(20):
        server.faults.gateway("beat")
    await until(
        lambda: sum(event.data["name"] == "heartbeat" for event in server.of_kind("operation")) >= before + 20, 1
    )


@pytest.mark.parametrize("seconds", [0.2, 1.0])
async def test_a_refused_connection_is_tried_again(server: DiscordServer, shared: Shared, seconds: float) -> None:
    """The server is gone for a while; then the session goes on, with what was asked in between."""
    await server.down()
    (guild,) = server.world.guilds.values()
    question = await server.mention(server.user("early", guild), server.general(guild), "asked meanwhile")
    await asyncio.sleep(seconds)
    await server.up()
    await question.answered(5)
    assert len(question.answers) == 1
    assert shared.continuity.budget.used == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 403])
@pytest.mark.usefixtures("shared")
async def test_an_error_at_the_upgrade_is_tried_again(server: DiscordServer, status: int) -> None:
    """Whatever the proxy in front of the gateway answers, the session goes on after it."""
    if status == 429:
        server.faults.limit(0.6, "GET /ws", times=1)
    else:
        server.faults.fail(status, "GET /ws", times=3)
    server.faults.gateway("reset")
    await ask(server)
    assert server.gateway.identifies == 1


@pytest.mark.parametrize(
    ("step", "action"),
    [
        ("hello", "ignore"),
        ("hello", "reset"),
        ("hello", "close 4000"),
        ("resume", "ignore"),
        ("resume", "reset"),
        ("resume", "freeze"),
        ("resume", "close 1011"),
        ("resume", "reconnect"),
        ("resume", "invalid true"),
    ],
)
@pytest.mark.usefixtures("shared")
async def test_a_break_while_resuming_is_a_break(server: DiscordServer, step: str, action: str) -> None:
    """The next try resumes again; nothing is lost."""
    planned = server.faults.plan(step, action, times=2)
    server.faults.gateway("reset")
    await ask(server)
    assert planned.hits == 2
    assert server.gateway.identifies == 1


@pytest.mark.usefixtures("shared")
async def test_a_session_that_never_resumes_is_given_up(
    server: DiscordServer, caplog: pytest.LogCaptureFixture
) -> None:
    """After five refusals a new session begins, with a warning."""
    server.faults.plan("resume", "close 4000", times=1000)
    server.faults.gateway("reset")
    await until(lambda: any(LOST in line for line in warnings_of(caplog)))
    await ask(server)
    assert server.gateway.identifies == 2


@pytest.mark.usefixtures("shared")
async def test_unanswered_heartbeats_end_a_link(server: DiscordServer) -> None:
    """Events may still come when nothing that is sent arrives; such a link is replaced."""
    server.faults.plan("heartbeat", "ignore", times=8)
    for _ in range(8):
        (guild,) = server.world.guilds.values()
        await server.say(server.world.bot, server.general(guild), "chatter")
        await asyncio.sleep(0.1)
    await server.happened("resume", 5)


@pytest.mark.parametrize("where", ["GET /users/@me", "GET /gateway/bot", "GET /oauth2", "PUT /applications"])
@pytest.mark.parametrize("fault", ["reset", "503", "429", "429 without via", "malformed", "html"])
async def test_a_start_survives_what_may_pass(server: DiscordServer, where: str, fault: str) -> None:
    """A first connect that fails is tried again until it works."""
    if fault == "reset":
        struck = server.faults.reset(where)
    elif fault == "503":
        struck = server.faults.fail(503, where)
    elif fault.startswith("429"):
        struck = server.faults.limit(0.5, where, via="without" not in fault)
    elif fault == "html":
        struck = server.faults.fail(200, where)
    else:
        struck = server.faults.answer(200, {"nothing": "useful"}, where)
    shared = Shared()
    async with running(server, shared):
        await server.ready()
        await ask(server)
    assert struck.hits == 1


async def test_a_start_waits_for_a_server_that_is_down(server: DiscordServer) -> None:
    """No network at first is no reason to end."""
    await server.down()
    async with running(server, Shared()):
        await asyncio.sleep(0.3)
        await server.up()
        await server.ready(5)
        await ask(server)


@pytest.mark.parametrize(("status", "body"), [(404, {"message": "404", "code": 0}), (200, {"url": "ws://127.0.0.1:1"})])
async def test_a_server_without_gateway_information_will_do(
    server: DiscordServer, status: int, body: dict[str, str]
) -> None:
    """Servers that are not Discord may have no /gateway/bot: the configured address is used."""
    server.faults.answer(status, body, "GET /gateway/bot", times=1000)
    async with running(server, Shared()):
        await server.ready()
        await ask(server)


async def test_a_refused_token_ends_the_bot(server: DiscordServer) -> None:
    """401 is final; the token is not tried twice."""
    async with running(server, Shared()) as task:
        server.world.token = "renewed.meanwhile.token"  # noqa: S105
        async with asyncio.timeout(5):
            with pytest.raises(FinalError, match="token"):
                await task
    assert len([event for event in server.of_kind("request") if "users/@me" in event.data["line"]]) == 1


async def test_an_event_that_comes_twice_is_answered_once(server: DiscordServer, shared: Shared) -> None:
    """A RESUME may replay a question whose number the server did not count as handled."""
    await ask(server)
    (session,) = server.gateway.sessions.values()
    (event,) = [event for _, event in session.sent if event["t"] == "MESSAGE_CREATE" and "question" in str(event["d"])][
        :1
    ]
    session.dispatch(event["t"], event["d"])
    server.faults.gateway("reset")
    await ask(server)
    assert len(shared.heard) == 2


async def test_what_was_seen_outlives_a_client(server: DiscordServer, shared: Shared) -> None:
    """A client that fails beyond repair is replaced; the new one does not answer old questions again."""
    await ask(server)
    (session,) = server.gateway.sessions.values()
    (event,) = [event for _, event in session.sent if event["t"] == "MESSAGE_CREATE" and "question" in str(event["d"])][
        :1
    ]
    await shared.clients[0].close()
    await until(lambda: len(shared.clients) == 2 and shared.clients[1].connected)
    (again,) = server.gateway.sessions.values()
    again.dispatch(event["t"], event["d"])
    await ask(server)
    assert len(shared.heard) == 2


async def test_a_gap_behind_a_resume_is_told(
    server: DiscordServer, shared: Shared, caplog: pytest.LogCaptureFixture
) -> None:
    """When the server no longer has every event, one line says how many are lost."""
    (session,) = server.gateway.sessions.values()
    server.faults.gateway("reset")
    session.number += 3
    session.sent.extend((session.number - i, HEARTBEAT_ACK) for i in range(3))
    await ask(server)
    assert [vars(record)["events"] for record in caplog.records if "left out events" in record.getMessage()] == [3]
    assert shared.continuity.budget.used == 1


async def test_an_unsafe_address_for_resuming_is_not_used(
    server: DiscordServer, caplog: pytest.LogCaptureFixture
) -> None:
    """READY names a host in clear: the session goes on at the configured gateway instead."""
    async with running(server, Shared()):
        server.gateway.url = "ws://gateway.example"
        await server.ready()
        server.faults.gateway("reset")
        await ask(server)
    assert any("not used" in line for line in warnings_of(caplog))
    assert server.gateway.identifies == 1


async def test_a_handler_that_fails_does_not_touch_the_link(server: DiscordServer, shared: Shared) -> None:
    """The exception of one question is logged; the next one is answered."""

    async def broken(message: discord.Message) -> None:
        raise RuntimeError(message.content)

    client = shared.clients[0]
    answering = client.on_message
    client.on_message = broken  # type: ignore[method-assign]
    (guild,) = server.world.guilds.values()
    await server.mention(server.user("ann", guild), server.general(guild), "first")
    await asyncio.sleep(0.05)
    client.on_message = answering  # type: ignore[method-assign]
    await ask(server)
    assert server.gateway.identifies == 1


async def test_two_shards_are_two_clients(server: DiscordServer) -> None:
    """Each shard has a client: one connection may break while the other goes on; an event comes to one of them."""
    server.gateway.shards = 2
    both = [Shared(shard=(shard_id, 2)) for shard_id in range(2)]
    async with running(server, both[0]), running(server, both[1]):
        await server.ready(shards=2)
        await until(lambda: all(shared.clients[0].connected for shared in both))
        server.faults.gateway("reset", shard=1)
        await server.happened("resume", 5)
        await server.ready(shards=2)
        await ask(server)
    assert [len(shared.links) for shared in both] == [1, 3]
    assert sum(len(shared.heard) for shared in both) == 1
    assert server.gateway.identifies == 2


async def test_stopping_says_goodbye(server: DiscordServer) -> None:
    """After `stop` the session is ended with 1000, so the bot is offline at once, within two seconds."""
    shared = Shared()
    async with running(server, shared):
        await server.ready()
        began = time.monotonic()
    assert time.monotonic() - began < 2
    assert server.of_kind("disconnect")[-1].data["code"] == 1000
    assert not server.gateway.sessions


async def test_what_of_discord_py_is_relied_on_is_unchanged() -> None:
    """A new version of discord.py must be read before it is used: these parts are replaced or relied on."""
    parts: list[Any] = [
        DiscordWebSocket.__init__,
        DiscordWebSocket.from_client,
        DiscordWebSocket.identify,
        DiscordWebSocket.received_message,
        DiscordWebSocket.poll_event,
        DiscordWebSocket.close,
        KeepAliveHandler,
        discord.Client.connect,
        discord.Client.close,
        discord.Client._async_setup_hook,
        ConnectionState.parse_ready,
        ConnectionState.parse_resumed,
        HTTPClient.__init__,
        HTTPClient.request,
        HTTPClient.static_login,
        HTTPClient.ws_connect,
    ]
    text = "".join(inspect.getsource(part) for part in parts)
    assert discord.__version__.startswith("2.7.")
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "5a3defe2ee8c1ad8"
    assert discord.client.DiscordWebSocket is GatewaySocket
    assert {*QUESTION_EVENTS, "READY", "RESUMED"} <= GatewayClient(intents=INTENTS)._connection.parsers.keys()
