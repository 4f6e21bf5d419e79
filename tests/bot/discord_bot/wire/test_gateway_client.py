"""The connection recovers from every kind of break, over real sockets, and loses nothing without a log line."""

import asyncio
import hashlib
import inspect
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any

import discord
import pytest
import pytest_asyncio
from discord.gateway import DiscordWebSocket, KeepAliveHandler
from discord.http import HTTPClient
from discord.state import ConnectionState

from bot.discord_bot.wire import gateway_client, http
from bot.discord_bot.wire.connection_errors import FinalError
from bot.discord_bot.wire.continuity import Continuity, IdentifyBudget
from bot.discord_bot.wire.gateway_client import QUESTION_EVENTS, SESSION_EVENTS, GatewayClient, GatewaySocket
from bot.sandbox.loopback.world_records import Json
from tests.discord_server.faults import MALFORMED
from tests.discord_server.server import DiscordServer
from tests.support.wire_bot import INTENTS, Shared, running

pytestmark = pytest.mark.asyncio
MAY_BE_LOST = "may be lost"
HEARTBEAT_ACK = {"op": 11, "s": None, "t": None, "d": None}
numbers = count()


@pytest_asyncio.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """Return a Discord with one server of people; a closed client must leave no thread that sends heartbeats."""
    async with DiscordServer() as started:
        started.world.guild("Town")
        yield started
        assert [thread for thread in threading.enumerate() if isinstance(thread, KeepAliveHandler)] == []


@pytest_asyncio.fixture
async def shared(server: DiscordServer) -> AsyncIterator[Shared]:
    """Return what the clients of a connected bot share; the bot must not end during the test."""
    shared = Shared()
    async with running(server, shared) as task:
        await server.ready()
        await until(lambda: True in shared.links)
        yield shared
        assert not task.done(), "the supervisor ended"


async def until(condition: Callable[[], bool], timeout: float = 6.0) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.01)


async def ask(server: DiscordServer, timeout: float = 6.0) -> None:
    """Ask by a mention, and wait for the answer; a second answer is an error."""
    (guild,) = server.world.guilds.values()
    text = f"question {next(numbers)}"
    user = server.user(f"user{next(numbers)}", guild)
    question = await server.mention(user, server.general(guild), text)
    answer = await question.answered(timeout)
    assert text in answer.content
    assert len(question.answers) == 1


def first_question(server: DiscordServer) -> Json:
    """Return the event of the first question that was asked."""
    (session,) = server.gateway.sessions.values()
    events = [event for _, event in session.sent]
    return next(event for event in events if event["t"] == "MESSAGE_CREATE" and "question" in str(event["d"]))


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the messages that were logged as warnings or worse."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


RESUMABLE = [
    "reset",
    "freeze",
    "reconnect",
    "invalid true",
    *(f"close {code}" for code in (1000, 1001, 1011, 4000, 4001, 4002, 4003, 4005, 4008, 4999)),
]
SESSION_OVER = ["invalid false", "close 4007", "close 4009"]


@pytest.mark.parametrize("fault", RESUMABLE)
async def test_after_a_break_the_session_goes_on(
    server: DiscordServer, shared: Shared, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """A question asked during the break is answered once, without a new session or a warning."""
    sessions = server.gateway.identifies
    assert server.faults.gateway(fault) == 1
    await ask(server)
    await ask(server)
    assert server.gateway.identifies == sessions
    assert server.gateway.resumes_done
    assert not warnings_of(caplog)
    assert shared.continuity.budget.used == 1


@pytest.mark.parametrize("fault", SESSION_OVER)
async def test_a_session_that_is_over_is_replaced_with_one_warning(
    server: DiscordServer, shared: Shared, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """It says that questions may be lost, and how long the break was."""
    links = len(shared.links)
    server.faults.gateway(fault)
    await until(lambda: shared.links[links:] == [False, True])
    await ask(server)
    (line,) = [record for record in caplog.records if MAY_BE_LOST in record.getMessage()]
    assert 0 <= vars(line)["seconds"] < 3
    assert server.gateway.identifies == 2


@pytest.mark.usefixtures("shared")
async def test_a_forgotten_session_is_replaced_with_one_warning(
    server: DiscordServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A gateway that restarted knows no session and refuses the RESUME."""
    server.faults.forget_sessions()
    server.faults.gateway("reset")
    await until(lambda: server.gateway.identifies == 2)
    await server.ready()
    await until(lambda: any(MAY_BE_LOST in line for line in warnings_of(caplog)))
    await ask(server)
    assert sum(MAY_BE_LOST in line for line in warnings_of(caplog)) == 1


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013, 4014])
async def test_a_final_close_code_ends_the_bot_with_a_sentence(server: DiscordServer, code: int) -> None:
    """Another try would be refused again; the sentence tells the operator why."""
    async with running(server, Shared()) as task:
        await server.ready()
        server.faults.gateway(f"close {code}")
        async with asyncio.timeout(6):
            with pytest.raises(FinalError, match=r"^\w.*\.$"):
                await task


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_event_costs_only_itself(
    server: DiscordServer, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """The connection stays and the next question is answered; one warning is logged, none for an unknown event."""
    caplog.set_level(logging.INFO)
    server.faults.malformed(name)
    await ask(server)
    assert server.gateway.identifies == 1
    assert not server.gateway.resumes_done
    assert len(warnings_of(caplog)) == (0 if name == "unknown event" else 1)


@pytest.mark.usefixtures("shared")
async def test_a_malformed_event_is_not_replayed(server: DiscordServer) -> None:
    """A RESUME counts it as received, so that it does not come back forever."""
    (session,) = server.gateway.sessions.values()
    session.dispatch("INTERACTION_CREATE", {"type": "nonsense"})
    await ask(server)
    server.faults.gateway("reset")
    await ask(server)
    assert server.of_kind("resume")[0].data["replayed"] <= 2


@pytest.mark.usefixtures("shared")
async def test_a_damaged_stream_is_resumed_on_another_connection(server: DiscordServer) -> None:
    """Nothing after the damage can be decompressed."""
    server.faults.malformed("broken stream")
    await ask(server)
    await ask(server)
    assert server.gateway.resumes_done
    assert server.gateway.identifies == 1


@pytest.mark.parametrize(
    ("step", "frame"),
    [("hello", '{"op":10,"d":null}'), ("identify", '{"op":0,"t":"READY","s":1,"d":{"session_id":"x"}}')],
)
async def test_an_unreadable_start_is_tried_again(server: DiscordServer, step: str, frame: str) -> None:
    """Without HELLO there are no heartbeats, and without READY the bot does not know who it is."""
    planned = server.faults.plan(step, "ignore")
    async with running(server, Shared()):
        await until(lambda: planned.hits == 1)
        server.faults.malformed(frame)
        await server.ready()
        await ask(server)
    assert server.gateway.identifies == 1


@pytest.mark.usefixtures("shared")
async def test_requested_heartbeats_are_sent(server: DiscordServer) -> None:
    """Discord may ask for one at any time, and expects it within seconds."""

    def heartbeats() -> int:
        return sum(event.data["name"] == "heartbeat" for event in server.of_kind("operation"))

    before = heartbeats()
    for _ in range(20):
        server.faults.gateway("beat")
    await until(lambda: heartbeats() >= before + 20, 1)


@pytest.mark.parametrize("seconds", [0.2, 1.0])
async def test_a_refused_connection_is_tried_again(server: DiscordServer, shared: Shared, seconds: float) -> None:
    """Once the server is back, the session goes on, including a question that was asked meanwhile."""
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
    """Whatever the proxy in front of the gateway answers, the session goes on afterwards."""
    if status == 429:
        server.faults.limit(0.6, "GET /ws", times=1)
    else:
        server.faults.fail(status, "GET /ws", times=3)
    server.faults.gateway("reset")
    await ask(server)
    assert server.gateway.identifies == 1


@pytest.mark.usefixtures("shared")
async def test_an_upgrade_that_hangs_is_tried_again(server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy may accept the connection and never answer."""
    monkeypatch.setattr(http, "UPGRADE_TIMEOUT_S", 0.2)
    server.faults.silent("GET /ws")
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
async def test_a_break_while_resuming_is_resumed_from(server: DiscordServer, step: str, action: str) -> None:
    """The next try resumes the same session, and nothing is lost."""
    planned = server.faults.plan(step, action, times=2)
    server.faults.gateway("reset")
    await ask(server)
    assert planned.hits == 2
    assert server.gateway.identifies == 1


@pytest.mark.usefixtures("shared")
async def test_a_session_that_never_resumes_is_given_up(
    server: DiscordServer, caplog: pytest.LogCaptureFixture
) -> None:
    """After five vain tries a new session begins, with a warning."""
    server.faults.plan("resume", "close 4000", times=1000)
    server.faults.gateway("reset")
    await until(lambda: any(MAY_BE_LOST in line for line in warnings_of(caplog)))
    await ask(server)
    assert server.gateway.identifies == 2


@pytest.mark.usefixtures("shared")
async def test_unanswered_heartbeats_end_a_connection(server: DiscordServer) -> None:
    """Events may still come in while nothing that the bot sends arrives; such a connection is replaced."""
    server.faults.plan("heartbeat", "ignore", times=8)
    for _ in range(8):
        (guild,) = server.world.guilds.values()
        await server.say(server.world.bot, server.general(guild), "chatter")
        await asyncio.sleep(0.1)
    await server.happened("resume", 5)


async def test_a_long_wait_for_a_new_session_is_kept(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It lasts for several tries of discord.py, and is logged once."""
    monkeypatch.setattr(gateway_client, "MAX_WAIT_PER_TRY_S", 0.1)
    async with running(server, Shared(continuity=Continuity(budget=IdentifyBudget(spacing=0.8)))):
        await server.ready()
        server.faults.gateway("invalid false")
        await server.happened("identify", 5, times=2)
        await ask(server)
    first, second = server.gateway.identifies_done
    assert 0.7 < second - first < 3
    assert sum("has to wait" in line for line in warnings_of(caplog)) == 1


@pytest.mark.parametrize("where", ["GET /users/@me", "GET /gateway/bot", "GET /oauth2", "PUT /applications", "GET /ws"])
@pytest.mark.parametrize("fault", ["reset", "503", "429", "429 without via", "malformed", "html"])
async def test_a_start_survives_passing_faults(server: DiscordServer, where: str, fault: str) -> None:
    """A request or a first connection that fails is tried again until it succeeds."""
    if fault == "reset":
        planned = server.faults.reset(where)
    elif fault == "503":
        planned = server.faults.fail(503, where)
    elif fault.startswith("429"):
        planned = server.faults.limit(0.5, where, via="without" not in fault)
    elif fault == "html":
        planned = server.faults.fail(200, where)
    else:
        planned = server.faults.answer(200, {"nothing": "useful"}, where)
    shared = Shared()
    async with running(server, shared):
        await server.ready()
        await ask(server)
    assert planned.hits == 1


async def test_a_start_waits_for_a_server_that_is_down(server: DiscordServer) -> None:
    """A bot that starts without a network does not end."""
    await server.down()
    async with running(server, Shared()):
        await asyncio.sleep(0.3)
        await server.up()
        await server.ready(5)
        await ask(server)


@pytest.mark.parametrize(("status", "body"), [(404, {"message": "404", "code": 0}), (200, {"url": "ws://127.0.0.1:1"})])
async def test_gateway_information_is_optional(server: DiscordServer, status: int, body: dict[str, str]) -> None:
    """Other servers that speak Discord's protocol may lack /gateway/bot: the configured address is used."""
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


async def test_a_repeated_event_is_answered_once(server: DiscordServer, shared: Shared) -> None:
    """A RESUME may replay a question that the bot received already."""
    await ask(server)
    event = first_question(server)
    (session,) = server.gateway.sessions.values()
    session.dispatch(event["t"], event["d"])
    server.faults.gateway("reset")
    await ask(server)
    assert len(shared.heard) == 2


async def test_the_next_client_knows_past_events(server: DiscordServer, shared: Shared) -> None:
    """A client that replaces a failed one does not answer old questions again."""
    await ask(server)
    event = first_question(server)
    await shared.clients[0].close()
    await until(lambda: len(shared.clients) == 2 and shared.clients[1].connected)
    *_, session = server.gateway.sessions.values()
    session.dispatch(event["t"], event["d"])
    await ask(server)
    assert len(shared.heard) == 2


async def test_a_gap_after_a_resume_is_logged(
    server: DiscordServer, shared: Shared, caplog: pytest.LogCaptureFixture
) -> None:
    """If the server no longer has every event, one line says how many are lost."""
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
    """If READY gives an address without encryption, the session goes on at the configured gateway."""
    async with running(server, Shared()):
        server.gateway.url = "ws://gateway.example"
        await server.ready()
        server.faults.gateway("reset")
        await ask(server)
    assert sum("not used" in line for line in warnings_of(caplog)) == 1
    assert server.gateway.identifies == 1


async def test_a_handler_that_fails_does_not_affect_the_connection(server: DiscordServer, shared: Shared) -> None:
    """The error of one question is logged; the next question is answered."""

    async def fail(message: discord.Message) -> None:
        raise RuntimeError(message.content)

    client = shared.clients[0]
    on_message = client.on_message
    client.on_message = fail  # type: ignore[method-assign]
    (guild,) = server.world.guilds.values()
    await server.mention(server.user("ann", guild), server.general(guild), "first")
    await asyncio.sleep(0.05)
    client.on_message = on_message  # type: ignore[method-assign]
    await ask(server)
    assert server.gateway.identifies == 1


async def test_two_shards_are_two_clients(server: DiscordServer) -> None:
    """One connection may break while the other one goes on, and each event comes to one client."""
    server.gateway.shards = 2
    both = [Shared(options={"shard_id": shard_id, "shard_count": 2}) for shard_id in range(2)]
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


async def test_stopping_ends_the_session(server: DiscordServer) -> None:
    """Close code 1000 takes the bot offline at once; stopping takes less than two seconds."""
    async with running(server, Shared()):
        await server.ready()
        start = time.monotonic()
    assert time.monotonic() - start < 2
    assert server.of_kind("disconnect")[-1].data["code"] == 1000
    assert not server.gateway.sessions


async def test_the_internals_of_discord_py_are_unchanged() -> None:
    """Read a new version of discord.py before you use it: the guard replaces or relies on these parts."""
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
        ConnectionState.parse_ready,
        ConnectionState.parse_resumed,
        HTTPClient.__init__,
        HTTPClient.request,
        HTTPClient.static_login,
        HTTPClient.ws_connect,
    ]
    text = "".join(inspect.getsource(part) for part in parts)
    assert discord.__version__.startswith("2.7.")
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "1bf4491137ea76f3"
    assert vars(discord.client)["DiscordWebSocket"] is GatewaySocket
    assert {*SESSION_EVENTS, *QUESTION_EVENTS} <= GatewayClient(intents=INTENTS)._connection.parsers.keys()
