"""The supervisor restarts after what may pass, ends for good after what may not, and stops in bounded time."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import discord
import pytest
import pytest_asyncio

from bot.discord_bot.wire import addresses, retries, supervisor
from bot.discord_bot.wire.connection_errors import FinalError
from bot.discord_bot.wire.continuity import Continuity
from bot.discord_bot.wire.retries import backoff, describe, retry_after
from tests.discord_server.server import DiscordServer
from tests.support.wire_bot import FAST, OFFICIAL_ADDRESSES, Shared, WireBot, unspaced_continuity

pytestmark = pytest.mark.asyncio
LOG = logging.getLogger("footnote")
RESTART = "will be started again"


@pytest_asyncio.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """Return a Discord with one server of people, at which discord.py looks."""
    async with DiscordServer() as started:
        started.world.guild("Town")
        addresses.use(started.api, started.gateway.url, started.cdn)
        yield started
    addresses.use(*OFFICIAL_ADDRESSES)


async def test_stop_before_the_start_starts_nothing(server: DiscordServer) -> None:
    """A stop that comes first wins."""
    stop = asyncio.Event()
    stop.set()
    await asyncio.wait_for(supervisor.run(Shared().client, server.token, stop, LOG), 1)
    assert not server.of_kind("request")


async def test_stopping_is_quick_while_the_server_is_down(server: DiscordServer) -> None:
    """Without a network, and with long pauses, a stop need not wait."""
    await server.down()
    stop = asyncio.Event()
    running = asyncio.create_task(supervisor.run(Shared().client, server.token, stop, LOG))
    await asyncio.sleep(0.3)
    stop.set()
    await asyncio.wait_for(running, 2)


async def test_answers_are_finished_before_the_connection_closes(server: DiscordServer) -> None:
    """`draining` runs while the connection stands; the session ends afterwards."""
    stop, shared = asyncio.Event(), Shared()
    connected: list[bool] = []

    async def draining() -> None:
        await asyncio.sleep(0.1)
        connected.append(shared.clients[0].connected and server.gateway.connected())

    running = asyncio.create_task(supervisor.run(shared.client, server.token, stop, LOG, draining=draining, times=FAST))
    await server.ready()
    await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(running, 3)
    assert connected == [True]
    assert not server.gateway.connected()


async def test_draining_is_bounded(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A question that never ends costs the time limit and one line."""
    monkeypatch.setattr(supervisor, "DRAIN_TIMEOUT_S", 0.2)
    stop = asyncio.Event()

    async def draining() -> None:
        await asyncio.Event().wait()

    running = asyncio.create_task(
        supervisor.run(Shared().client, server.token, stop, LOG, draining=draining, times=FAST)
    )
    await server.ready()
    stop.set()
    start = time.monotonic()
    await asyncio.wait_for(running, 3)
    assert time.monotonic() - start < 2
    assert [record.getMessage() for record in caplog.records] == ["Some questions were not answered before the end"]


async def test_no_connection_is_opened_while_draining(server: DiscordServer) -> None:
    """After a break that follows `stop`, the bot does not come back."""
    stop = asyncio.Event()

    async def draining() -> None:
        server.faults.gateway("reset")
        await asyncio.sleep(0.4)

    running = asyncio.create_task(
        supervisor.run(Shared().client, server.token, stop, LOG, draining=draining, times=FAST)
    )
    await server.ready()
    await asyncio.sleep(0.05)
    stop.set()
    await asyncio.wait_for(running, 3)
    assert not server.gateway.resumes_done


async def test_stopping_is_quick_on_a_half_open_connection(server: DiscordServer) -> None:
    """Nobody confirms that the connection was closed; that takes two seconds at most."""
    stop = asyncio.Event()
    running = asyncio.create_task(supervisor.run(Shared().client, server.token, stop, LOG))
    await server.ready()
    server.faults.gateway("freeze")
    stop.set()
    await asyncio.wait_for(running, 2.5)


async def test_a_client_whose_set_up_fails_is_replaced(server: DiscordServer, caplog: pytest.LogCaptureFixture) -> None:
    """An error while the bot is set up is logged, and the set-up is tried again."""
    stop, shared = asyncio.Event(), Shared()
    fail = [True, True, False]

    class Fragile(WireBot):
        """A bot whose set-up fails twice."""

        async def setup_hook(self) -> None:
            if fail.pop(0):
                raise RuntimeError("no database")

    running = asyncio.create_task(
        supervisor.run(lambda continuity: Fragile(shared, continuity), server.token, stop, LOG, times=FAST)
    )
    await server.ready()
    stop.set()
    await running
    restarts = [record for record in caplog.records if RESTART in record.getMessage()]
    assert ["no database" in vars(record)["why"] for record in restarts] == [True, True]


async def test_a_token_that_becomes_invalid_ends_the_bot(server: DiscordServer) -> None:
    """A token that was reset is noticed at the next connection, and is not tried again."""
    stop = asyncio.Event()
    running = asyncio.create_task(supervisor.run(Shared().client, server.token, stop, LOG, times=FAST))
    await server.ready()
    server.world.token = "renewed"  # noqa: S105
    server.faults.gateway("reset")
    with pytest.raises(FinalError):
        await asyncio.wait_for(running, 5)


async def test_a_long_rate_limit_at_the_login_is_bounded(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However long Discord wants to be left alone, the login is tried again after the limit, and the log says when."""
    monkeypatch.setattr(retries, "MAX_DEMANDED_PAUSE_S", 0.4)
    server.faults.limit(86_400, "users/@me", via=False)
    stop = asyncio.Event()
    running = asyncio.create_task(supervisor.run(Shared().client, server.token, stop, LOG, times=FAST))
    await server.ready(3)
    stop.set()
    await running
    (line,) = [record for record in caplog.records if RESTART in record.getMessage()]
    assert vars(line)["pause"] == 0.4


async def test_every_client_gets_the_same_continuity(server: DiscordServer) -> None:
    """What a client has seen and spent, the next one knows."""
    stop, shared = asyncio.Event(), Shared()
    passed: list[Continuity] = []

    def factory(continuity: Continuity) -> WireBot:
        passed.append(continuity)
        return shared.client(continuity)

    continuity = unspaced_continuity()
    running = asyncio.create_task(supervisor.run(factory, server.token, stop, LOG, times=FAST, continuity=continuity))
    await server.ready()
    await shared.clients[0].close()
    await server.happened("identify", 5, times=2)
    stop.set()
    await running
    assert passed == [continuity, continuity]
    assert continuity.budget.used == 2


async def test_pauses_double_and_are_bounded() -> None:
    """They lie between half the bound and the bound."""
    for tries in range(60):
        bound = min(8.0, 0.5 * 2.0**tries)
        assert bound / 2 <= backoff(tries, first=0.5, longest=8.0) <= bound


@pytest.mark.parametrize(
    ("value", "seconds"), [("3", 3.0), ("0", 0.5), ("-1", 0.5), ("x", 15.0), ("nan", 15.0), ("inf", 15.0)]
)
async def test_retry_after_is_parsed_with_care(value: str, seconds: float) -> None:
    """Anything but a finite number means fifteen seconds."""
    assert retry_after({"Retry-After": value}) == seconds
    assert retry_after({}) == 15.0


async def test_errors_are_described_in_one_line() -> None:
    """With their type, and without line breaks."""
    assert describe(ValueError("two\nlines")) == "ValueError: two lines"
    assert describe(TimeoutError()) == "TimeoutError"
    assert describe(discord.ClientException("no")) == "ClientException: no"
