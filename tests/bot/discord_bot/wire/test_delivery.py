"""What is sent arrives once, or one log line says that it did not."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import discord
import pytest
import pytest_asyncio

from bot.discord_bot.wire import addresses, delivery, http
from bot.discord_bot.wire.connection_errors import AddressError, RefusalLimitError
from bot.discord_bot.wire.continuity import Continuity, InvalidRequests
from bot.discord_bot.wire.delivery import Delivery, nonce
from bot.discord_bot.wire.gateway_client import GatewayClient
from bot.sandbox.loopback import permission_bits
from bot.sandbox.loopback.world_records import Channel
from tests.discord_server.server import DiscordServer
from tests.support.wire_bot import INTENTS, OFFICIAL_ADDRESSES

pytestmark = pytest.mark.asyncio
POST = r"POST /channels/\d+/messages"
MAX_REFUSALS = 20


class Sender:
    """A client that is logged in to the loopback Discord, and a channel to write to."""

    def __init__(self, server: DiscordServer, client: GatewayClient, delivery: Delivery) -> None:
        self.server, self.client, self.delivery = server, client, delivery
        (guild,) = server.world.guilds.values()
        self.general: Channel = server.general(guild)
        self.channel = client.get_partial_messageable(self.general.id)

    def sending(self, text: str) -> Callable[[], Awaitable[discord.Message]]:
        """Return what sends a message, with the same nonce each time."""
        number = nonce(hash(text) % 2**60)
        return lambda: self.channel.send(text, nonce=number)

    def sent(self) -> list[str]:
        """Return the messages in the channel."""
        return [message.content for message in self.general.messages.values()]


@pytest_asyncio.fixture
async def sender(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sender]:
    """Return a sender whose tries follow each other quickly."""
    monkeypatch.setattr(delivery, "backoff", lambda *_, **__: 0.01)
    continuity = Continuity(invalid_requests=InvalidRequests(limit=MAX_REFUSALS))
    async with DiscordServer() as server:
        server.world.guild("Town")
        server.limits.enabled = False
        addresses.use(server.api, server.gateway.url, server.cdn)
        async with GatewayClient(intents=INTENTS, continuity=continuity) as client:
            await client.login(server.token)
            yield Sender(server, client, Delivery())
    addresses.use(*OFFICIAL_ADDRESSES)


def losses(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the log lines that say that something was lost."""
    return [record.getMessage() for record in caplog.records if "lost" in record.getMessage()]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", ["reset", "500", "502", "503", "504", "520", "524"])
async def test_a_message_arrives_once_despite_a_fault(
    sender: Sender, caplog: pytest.LogCaptureFixture, fault: str, when: str
) -> None:
    """Whether or not the request took effect, there is one message in the end, soon and without a warning."""
    if fault == "reset":
        sender.server.faults.reset(POST, when=when, times=2)
    else:
        sender.server.faults.fail(int(fault), POST, when=when, times=2)
    start = time.monotonic()
    message = await sender.delivery.deliver(sender.sending("hello"), deadline=5)
    assert message is not None
    assert sender.sent() == ["hello"]
    assert time.monotonic() - start < 1
    assert not losses(caplog)


@pytest.mark.parametrize("via", [True, False])
@pytest.mark.parametrize("everywhere", [True, False])
async def test_a_short_rate_limit_is_waited_for(sender: Sender, *, via: bool, everywhere: bool) -> None:
    """A 429 costs its own time and one refused request, whoever sent it."""
    sender.server.faults.limit(0.5, POST, via=via, everywhere=everywhere)
    start = time.monotonic()
    assert await sender.delivery.deliver(sender.sending("hello"), deadline=5) is not None
    assert 0.4 < time.monotonic() - start < 1.5
    assert len(sender.client.continuity.invalid_requests) == 1


@pytest.mark.parametrize("via", [True, False])
async def test_a_long_rate_limit_is_not_waited_for(
    sender: Sender, caplog: pytest.LogCaptureFixture, *, via: bool
) -> None:
    """An hour is beyond every deadline: one line says at once what was lost."""
    sender.server.faults.limit(3600, POST, via=via)
    start = time.monotonic()
    assert await sender.delivery.deliver(sender.sending("hello"), deadline=5) is None
    assert time.monotonic() - start < 1
    assert losses(caplog) == ["An answer was lost"]


async def test_a_global_rate_limit_blocks_deliveries_only(sender: Sender) -> None:
    """The lock of discord.py stays open; further deliveries are lost at once, without a request."""
    sender.server.faults.limit(3600, POST, everywhere=True)
    assert await sender.delivery.deliver(sender.sending("hello"), deadline=1) is None
    requests = len(sender.server.of_kind("request"))
    assert await sender.delivery.deliver(sender.sending("again"), deadline=1) is None
    assert len(sender.server.of_kind("request")) == requests
    async with asyncio.timeout(2):
        await sender.client.application_info()


async def test_a_cancelled_request_does_not_shut_the_global_lock(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """discord.py never opens it again if the request that shut it is cancelled; ours opens by itself."""
    monkeypatch.setattr(http, "MAX_RATE_LIMIT_WAIT_S", 0.3)
    sender.server.faults.limit(20, "GET /oauth2", everywhere=True)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await sender.client.application_info()
    async with asyncio.timeout(2):
        await sender.client.application_info()


async def test_a_request_whose_answer_breaks_off_is_repeated(sender: Sender) -> None:
    """The message was made although its answer broke off: there is still one message."""
    sender.server.faults.cut(POST, times=2)
    assert await sender.delivery.deliver(sender.sending("hello"), deadline=5) is not None
    assert sender.sent() == ["hello"]


async def test_a_request_that_hangs_is_given_up_and_repeated(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """A half-open connection is noticed; the message arrives over another one."""
    monkeypatch.setattr(delivery, "TRY_TIMEOUT_S", 0.2)
    sender.server.faults.silent(POST)
    assert await sender.delivery.deliver(sender.sending("hello"), deadline=5) is not None
    assert sender.sent() == ["hello"]


async def test_the_deadline_ends_the_tries(sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
    """While the server is down, a delivery takes little longer than its deadline, and leaves one line."""
    await sender.server.down()
    start = time.monotonic()
    assert await sender.delivery.deliver(sender.sending("hello"), deadline=0.5) is None
    assert time.monotonic() - start < 1.5
    assert losses(caplog) == ["An answer was lost"]
    assert sender.delivery.lost == 1


async def test_an_unrepeatable_request_is_repeated_only_if_it_was_not_sent(
    sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    """After a 502 it may have taken effect, so it is not repeated; after a refused connection it is."""
    fault = sender.server.faults.fail(502, POST, times=5)
    assert await sender.delivery.deliver(sender.sending("hello"), deadline=5, repeatable=False) is None
    assert fault.hits == 1
    assert len(losses(caplog)) == 1
    sender.server.faults.clear()
    await sender.server.down()
    await asyncio.sleep(0.05)  # until the client knows that its open connections are broken
    delivering = asyncio.create_task(sender.delivery.deliver(sender.sending("again"), deadline=5, repeatable=False))
    await asyncio.sleep(0.1)
    await sender.server.up()
    assert await delivering is not None


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (403, 50013), (404, 10003)])
async def test_a_channel_that_refuses_the_bot_is_left_alone(
    sender: Sender, caplog: pytest.LogCaptureFixture, status: int, code: int
) -> None:
    """Nothing is sent there for ten minutes; every lost answer has its line."""
    now = [0.0]
    sender.delivery = Delivery(lambda: now[0])
    fault = sender.server.faults.answer(status, {"code": code, "message": "no"}, POST, times=5)
    for _ in range(3):
        assert await sender.delivery.deliver(sender.sending("hello"), deadline=5, channel=sender.general.id) is None
    assert fault.hits == 1
    assert len(losses(caplog)) == 3
    assert sender.delivery.is_quiet(sender.general.id)
    now[0] = 601.0
    sender.server.faults.clear()
    assert await sender.delivery.deliver(sender.sending("hello"), deadline=5, channel=sender.general.id) is not None


async def test_a_channel_without_its_history_gets_answers_on_their_own(
    sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    """Discord refuses a reply there once; the log names channel and permission, and the next answer is not tried."""
    server, channel = sender.server, sender.general
    assert channel.guild is not None
    channel.overwrites[channel.guild.id] = (0, permission_bits.READ_MESSAGE_HISTORY)
    question = await server.say(server.user("ann", channel.guild), channel, "?")
    reference = discord.MessageReference(message_id=question.id, channel_id=channel.id)
    replies = []

    def reply() -> Awaitable[discord.Message]:
        replies.append(reference)
        return sender.channel.send("a reply", reference=reference)

    for text in ("first", "second"):
        assert await sender.delivery.send_reply(reply, sender.sending(text), deadline=5, channel=channel.id) is not None
    assert sender.sent() == ["?", "first", "second"]
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    named = vars(warning)
    assert (named["channel"], named["permission"]) == (channel.id, "Read Message History")
    assert "/footnote doctor" in warning.getMessage()
    assert losses(caplog) == []
    assert len(replies) == 1


async def test_a_channel_that_refuses_everything_gets_no_second_try(sender: Sender) -> None:
    """Without the right to write at all, the answer without a reference is refused as well."""
    fault = sender.server.faults.answer(403, {"code": 50013, "message": "no"}, POST, times=5)
    for _ in range(2):
        send = sender.sending("hello")
        assert await sender.delivery.send_reply(send, send, deadline=5, channel=sender.general.id) is None
    assert fault.hits == 2
    assert sender.delivery.is_quiet(sender.general.id)


async def test_a_missing_message_is_not_a_missing_channel(sender: Sender) -> None:
    """The message to reply to may be gone; the channel still takes answers."""
    sender.server.faults.answer(404, {"code": 10008, "message": "Unknown Message"}, POST)
    assert await sender.delivery.deliver(sender.sending("hello"), deadline=5, channel=sender.general.id) is None
    assert not sender.delivery.is_quiet(sender.general.id)


@pytest.mark.parametrize(("status", "code"), [(404, 10062), (400, 40060)])
async def test_late_and_repeated_responses_are_no_warnings(
    sender: Sender, caplog: pytest.LogCaptureFixture, status: int, code: int
) -> None:
    """An interaction that expired, or that an earlier try acknowledged, leaves one line at level INFO."""
    caplog.set_level(logging.INFO, "bot")
    sender.server.faults.answer(status, {"code": code, "message": "Unknown interaction"}, POST)
    assert await sender.delivery.deliver(sender.sending("hello"), deadline=5) is None
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert sender.delivery.lost == 0


async def test_too_many_refusals_stop_all_requests(sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
    """Long before Discord would ban the address, nothing is sent any more."""
    fault = sender.server.faults.answer(403, {"code": 50001, "message": "no"}, POST, times=1000)
    for number in range(MAX_REFUSALS + 10):
        await sender.delivery.deliver(sender.sending("hello"), deadline=5, channel=number)
    assert fault.hits == MAX_REFUSALS
    assert len(losses(caplog)) == MAX_REFUSALS + 10
    with pytest.raises(RefusalLimitError):
        await sender.client.application_info()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(sender: Sender, status: int) -> None:
    """Whoever answers in place of Discord cannot have the token sent elsewhere."""
    fault = sender.server.faults.answer(status, {}, "GET /oauth2")
    fault.headers["Location"] = f"{sender.server.api}/users/@me"
    with pytest.raises((AddressError, discord.HTTPException)):
        await sender.client.application_info()
    assert not [event for event in sender.server.of_kind("request")[1:] if "users/@me" in event.data["line"]][1:]


async def test_a_redirect_of_the_gateway_is_not_followed(sender: Sender) -> None:
    """The connection is opened at the address that was checked."""
    fault = sender.server.faults.answer(302, {}, "GET /ws")
    fault.headers["Location"] = "/ws/"
    with pytest.raises(AddressError):
        await sender.client.http.ws_connect(sender.server.gateway.url)


async def test_no_request_goes_to_an_unsafe_address(sender: Sender) -> None:
    """Even an address that was never checked is refused before a connection is opened."""
    with pytest.raises(AddressError):
        await sender.client.http.ws_connect("ws://gateway.example/")
    with pytest.raises(AddressError):
        await sender.client.http.get_from_cdn("http://cdn.example/picture.png")


async def test_an_error_of_our_own_is_logged_and_not_raised(sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
    """An error while composing costs one answer and leaves one line with its traceback."""

    async def fail() -> discord.Message:
        raise KeyError("embed")

    assert await sender.delivery.deliver(fail, deadline=5) is None
    (record,) = caplog.records
    assert record.exc_info is not None


async def test_cancelling_ends_the_try(sender: Sender) -> None:
    """A delivery that is cancelled leaves no task behind."""
    sender.server.faults.silent(POST)
    delivering = asyncio.create_task(sender.delivery.deliver(sender.sending("hello"), deadline=5))
    await asyncio.sleep(0.1)
    delivering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivering
    await asyncio.sleep(0.05)
    assert not sender.delivery._tasks


async def test_nonces_fit_and_differ() -> None:
    """At most 25 characters; the same for the same message."""
    assert nonce(2**64 - 1) == nonce(2**64 - 1)
    assert len({nonce(2**64 - number) for number in range(1, 100)}) == 99
    assert len(nonce(2**64 - 1)) <= 25
