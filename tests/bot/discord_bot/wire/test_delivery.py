"""What is sent arrives once, or one line says that it did not."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import discord
import pytest
import pytest_asyncio

from bot.discord_bot.wire import addresses, delivery
from bot.discord_bot.wire.connection_errors import AddressError, HeldBackError
from bot.discord_bot.wire.continuity import Continuity, InvalidRequests
from bot.discord_bot.wire.delivery import Delivery, nonce
from bot.discord_bot.wire.gateway_client import GatewayClient
from tests.discord_server.records import Channel
from tests.discord_server.server import DiscordServer
from tests.support.wire_bot import INTENTS

pytestmark = pytest.mark.asyncio
POST = r"POST /channels/\d+/messages"


class Wire:
    """A client that is logged in to the loopback Discord, and a channel to write to."""

    def __init__(self, server: DiscordServer, client: GatewayClient, delivery: Delivery) -> None:
        self.server, self.client, self.delivery = server, client, delivery
        (guild,) = server.world.guilds.values()
        self.general: Channel = server.general(guild)
        self.channel = client.get_partial_messageable(self.general.id)

    def sender(self, text: str, number: str | None = None) -> Callable[[], Awaitable[discord.Message]]:
        number = number or nonce(hash(text) % 2**60)
        return lambda: self.channel.send(text, nonce=number)

    def sent(self) -> list[str]:
        return [message.content for message in self.general.messages.values()]


@pytest_asyncio.fixture
async def wire(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wire]:
    monkeypatch.setattr(delivery, "backoff", lambda *_, **__: 0.01)
    async with DiscordServer() as server:
        server.world.guild("Town")
        server.limits.enabled = False
        addresses.use(server.api, server.gateway.url, server.cdn)
        async with GatewayClient(intents=INTENTS, continuity=Continuity(invalid=InvalidRequests(limit=20))) as client:
            await client.login(server.token)
            yield Wire(server, client, Delivery())
    addresses.use("https://discord.com/api/v10", "wss://gateway.discord.gg/", "https://cdn.discordapp.com")


def lost(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "lost" in record.getMessage()]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", ["reset", "500", "502", "503", "504", "520", "524"])
async def test_a_message_survives_and_is_not_doubled(
    wire: Wire, caplog: pytest.LogCaptureFixture, fault: str, when: str
) -> None:
    """Whether the request had taken effect or not, there is one message in the end, soon and with no warning."""
    if fault == "reset":
        wire.server.faults.reset(POST, when=when, times=2)
    else:
        wire.server.faults.fail(int(fault), POST, when=when, times=2)
    began = time.monotonic()
    message = await wire.delivery.deliver(wire.sender("hello"), deadline=5)
    assert message is not None
    assert wire.sent() == ["hello"]
    assert time.monotonic() - began < 1
    assert not lost(caplog)


@pytest.mark.parametrize("via", [True, False])
@pytest.mark.parametrize("everywhere", [True, False])
async def test_a_short_limit_is_waited_for(wire: Wire, *, via: bool, everywhere: bool) -> None:
    """A 429 costs its own time and one refused request, whoever sent it."""
    wire.server.faults.limit(0.5, POST, via=via, everywhere=everywhere)
    began = time.monotonic()
    assert await wire.delivery.deliver(wire.sender("hello"), deadline=5) is not None
    assert 0.4 < time.monotonic() - began < 1.5
    assert len(wire.client.continuity.invalid) == 1


@pytest.mark.parametrize("via", [True, False])
async def test_a_long_limit_is_not_waited_for(wire: Wire, caplog: pytest.LogCaptureFixture, *, via: bool) -> None:
    """An hour is beyond every deadline: one line says what was lost, at once."""
    wire.server.faults.limit(3600, POST, via=via)
    began = time.monotonic()
    assert await wire.delivery.deliver(wire.sender("hello"), deadline=5) is None
    assert time.monotonic() - began < 1
    assert lost(caplog) == ["An answer was lost"]


async def test_a_global_limit_stops_no_other_route_for_an_hour(wire: Wire) -> None:
    """The lock of discord.py stays open; only deliveries know of the limit, and lose at once."""
    wire.server.faults.limit(3600, POST, everywhere=True)
    assert await wire.delivery.deliver(wire.sender("hello"), deadline=1) is None
    before = len(wire.server.of_kind("request"))
    assert await wire.delivery.deliver(wire.sender("again"), deadline=1) is None
    assert len(wire.server.of_kind("request")) == before
    async with asyncio.timeout(2):
        await wire.client.application_info()


async def test_a_cancelled_request_does_not_shut_the_global_lock(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py never opens it again when the request that shut it is cancelled; ours opens by itself."""
    monkeypatch.setattr("bot.discord_bot.wire.http.LONGEST_LIMIT", 0.3)
    wire.server.faults.limit(20, "GET /oauth2", everywhere=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await wire.client.application_info()
    async with asyncio.timeout(2):
        await wire.client.application_info()


async def test_an_answer_that_is_cut_off_is_asked_for_again(wire: Wire) -> None:
    """The message was made, but the answer broke in the middle: there is still one message."""
    wire.server.faults.cut(POST, times=2)
    assert await wire.delivery.deliver(wire.sender("hello"), deadline=5) is not None
    assert wire.sent() == ["hello"]


async def test_a_request_that_hangs_is_given_up_and_repeated(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-open connection is noticed; the message arrives by another one."""
    monkeypatch.setattr(delivery, "ATTEMPT", 0.2)
    wire.server.faults.silent(POST)
    assert await wire.delivery.deliver(wire.sender("hello"), deadline=5) is not None
    assert wire.sent() == ["hello"]


async def test_the_deadline_ends_the_tries(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    """A server that stays down costs the answer, one line, and not much more than the deadline."""
    await wire.server.down()
    began = time.monotonic()
    assert await wire.delivery.deliver(wire.sender("hello"), deadline=0.5) is None
    assert time.monotonic() - began < 1.5
    assert lost(caplog) == ["An answer was lost"]
    assert wire.delivery.lost == 1


async def test_what_is_not_repeatable_is_repeated_only_when_unsent(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    """After a 502 it may have been done, so it is not tried again; a refused connection is."""
    struck = wire.server.faults.fail(502, POST, times=5)
    assert await wire.delivery.deliver(wire.sender("hello"), deadline=5, repeatable=False) is None
    assert struck.hits == 1
    assert len(lost(caplog)) == 1
    wire.server.faults.clear()
    await wire.server.down()
    await asyncio.sleep(0.05)  # the connections that were kept are noticed to be broken
    waiting = asyncio.create_task(wire.delivery.deliver(wire.sender("again"), deadline=5, repeatable=False))
    await asyncio.sleep(0.1)
    await wire.server.up()
    assert await waiting is not None


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (403, 50013), (404, 10003)])
async def test_a_channel_that_refuses_is_left_alone(
    wire: Wire, caplog: pytest.LogCaptureFixture, status: int, code: int
) -> None:
    """For ten minutes nothing is sent there; each answer that is lost has its line."""
    now = [0.0]
    wire.delivery = Delivery(lambda: now[0])
    struck = wire.server.faults.answer(status, {"code": code, "message": "no"}, POST, times=5)
    for _ in range(3):
        assert await wire.delivery.deliver(wire.sender("hello"), deadline=5, channel=wire.general.id) is None
    assert struck.hits == 1
    assert len(lost(caplog)) == 3
    assert wire.delivery.is_quiet(wire.general.id)
    now[0] = 601.0
    wire.server.faults.clear()
    assert await wire.delivery.deliver(wire.sender("hello"), deadline=5, channel=wire.general.id) is not None


async def test_a_missing_message_is_not_a_missing_channel(wire: Wire) -> None:
    """The message that was replied to may be gone; the channel still takes answers."""
    wire.server.faults.answer(404, {"code": 10008, "message": "Unknown Message"}, POST)
    assert await wire.delivery.deliver(wire.sender("hello"), deadline=5, channel=wire.general.id) is None
    assert not wire.delivery.is_quiet(wire.general.id)


@pytest.mark.parametrize(("status", "code"), [(404, 10062), (400, 40060)])
async def test_everyday_refusals_of_interactions_are_no_warnings(
    wire: Wire, caplog: pytest.LogCaptureFixture, status: int, code: int
) -> None:
    """Too late, or acknowledged by an earlier try: one line of information."""
    caplog.set_level(logging.INFO, "bot")
    wire.server.faults.answer(status, {"code": code, "message": "Unknown interaction"}, POST)
    assert await wire.delivery.deliver(wire.sender("hello"), deadline=5) is None
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert wire.delivery.lost == 0


async def test_too_many_refusals_stop_the_sending(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    """Long before Discord bans the address nothing is sent any more."""
    struck = wire.server.faults.answer(403, {"code": 50001, "message": "no"}, POST, times=1000)
    for number in range(30):
        await wire.delivery.deliver(wire.sender("hello"), deadline=5, channel=number)
    assert struck.hits == 20
    assert len(lost(caplog)) == 30
    with pytest.raises(HeldBackError):
        await wire.client.application_info()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(wire: Wire, status: int) -> None:
    """Whoever answers in Discord's place cannot send the token elsewhere."""
    fault = wire.server.faults.answer(status, {}, "GET /oauth2")
    fault.headers["Location"] = f"{wire.server.api}/users/@me"
    with pytest.raises((AddressError, discord.HTTPException)):
        await wire.client.application_info()
    assert not [event for event in wire.server.of_kind("request")[1:] if "users/@me" in event.data["line"]][1:]


async def test_a_redirect_of_the_upgrade_is_not_followed(wire: Wire) -> None:
    """The link to the gateway is opened where the address was checked."""
    fault = wire.server.faults.answer(302, {}, "GET /ws")
    fault.headers["Location"] = "/ws/"
    with pytest.raises(AddressError):
        await wire.client.http.ws_connect(wire.server.gateway.url)


async def test_no_request_leaves_for_an_unsafe_address(wire: Wire) -> None:
    """Even an address that nobody checked is refused before a connection is opened."""
    with pytest.raises(AddressError):
        await wire.client.http.ws_connect("ws://gateway.example/")
    with pytest.raises(AddressError):
        await wire.client.http.get_from_cdn("http://cdn.example/picture.png")


async def test_a_fault_of_ours_is_told_and_not_raised(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    """An error in composing costs one answer and leaves one line with its traceback."""

    async def broken() -> discord.Message:
        raise KeyError("embed")

    assert await wire.delivery.deliver(broken, deadline=5) is None
    (record,) = caplog.records
    assert record.exc_info is not None


async def test_cancelling_ends_the_try(wire: Wire) -> None:
    """Who is cancelled while sending leaves no task behind."""
    wire.server.faults.silent(POST)
    waiting = asyncio.create_task(wire.delivery.deliver(wire.sender("hello"), deadline=5))
    await asyncio.sleep(0.1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0.05)
    assert not wire.delivery._tasks


async def test_a_nonce_fits_and_differs() -> None:
    """At most 25 characters; the same question has the same one."""
    assert nonce(2**64 - 1) == nonce(2**64 - 1)
    assert len({nonce(2**64 - number) for number in range(1, 100)}) == 99
    assert len(nonce(2**64 - 1)) <= 25
