"""The queue in front of the searches, and the cooldowns: exact limits, order, and no leaks."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering.answerer import QUEUE_MESSAGES, CooldownError, Question
from bot.discord_bot.answering.cooldown import MAX_KEYS, Cooldown
from bot.discord_bot.answering.priority import Acknowledgements
from bot.discord_bot.answering.search_queue import QueueFullError, QueueLimits, SearchQueue
from bot.discord_bot.storage.records import ServerSettings
from config.settings import Settings
from tests.support.real_services import open_services
from tests.support.simulated_server import MEETING, SimulatedServer, open_simulated_server, reply

Shipped = tuple[Settings, AnsweringStack]


class BlockedSearches:
    """Searches that wait until they are released, and the order in which they started."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.started: list[int] = []

    def search(self, number: int) -> Callable[[], int]:
        """Return a search that records its start, waits, and returns its number."""

        def work() -> int:
            self.started.append(number)
            assert self.released.wait(20)
            return number

        return work


@pytest_asyncio.fixture
async def searches() -> AsyncIterator[BlockedSearches]:
    """Yield blocked searches that are released in the end, so that no thread is left."""
    blocked = BlockedSearches()
    yield blocked
    blocked.released.set()


async def wait_for_count(queue: SearchQueue, waiting: int) -> None:
    """Wait until exactly so many searches wait or run."""
    async with asyncio.timeout(10):
        while queue.waiting != waiting:
            await asyncio.sleep(0)


async def rejection(queue: SearchQueue, *, user: int, server: int | None) -> str:
    """Return the reason why a search is rejected, "" if it runs."""
    try:
        await queue.run(lambda: None, user=user, server=server)
    except QueueFullError as error:
        return error.reason
    return ""


def is_empty(queue: SearchQueue) -> bool:
    """Return whether nothing is left of the searches."""
    return not (queue.waiting or queue._users or queue._servers or queue._running)


def test_limits_are_as_documented() -> None:
    """At most 256 wait, 4 of a user, 64 of a server, for 20 seconds."""
    limits = QueueLimits()

    assert (limits.max_waiting, limits.per_user, limits.per_server, limits.max_wait_s) == (256, 4, 64, 20.0)


@pytest.mark.asyncio
async def test_full_queue_holds_256_searches(searches: BlockedSearches) -> None:
    """Besides those that run, exactly 256 wait; the next one is rejected at once, until one ends."""
    queue = SearchQueue(QueueLimits(), Acknowledgements())
    tasks = [asyncio.create_task(queue.run(searches.search(n), user=n, server=n)) for n in range(258)]
    await wait_for_count(queue, 258)

    started = time.monotonic()
    assert await rejection(queue, user=999, server=999) == "full"
    assert time.monotonic() - started < 0.1

    searches.released.set()
    assert await asyncio.gather(*tasks) == list(range(258))
    assert await rejection(queue, user=999, server=999) == ""
    assert is_empty(queue)
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_user_has_four_and_a_server_sixty_four(searches: BlockedSearches) -> None:
    """The fifth search of a user and the sixty-fifth of a server are rejected, but not those of others."""
    queue = SearchQueue(QueueLimits(), Acknowledgements())
    mine = [asyncio.create_task(queue.run(searches.search(n), user=1, server=None)) for n in range(4)]
    theirs = [asyncio.create_task(queue.run(searches.search(n), user=100 + n, server=7)) for n in range(64)]
    await wait_for_count(queue, 68)

    assert await rejection(queue, user=1, server=None) == "user"
    assert await rejection(queue, user=1, server=9) == "user"
    assert await rejection(queue, user=50, server=7) == "server"

    searches.released.set()
    other = asyncio.create_task(rejection(queue, user=50, server=8))
    await asyncio.gather(*mine, *theirs)
    assert await other == ""
    assert await rejection(queue, user=1, server=7) == ""
    assert is_empty(queue)
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_order_is_kept(searches: BlockedSearches) -> None:
    """Searches start in the order of their arrival, whoever asked."""
    queue = SearchQueue(QueueLimits(workers=1, per_user=100), Acknowledgements())
    tasks = [asyncio.create_task(queue.run(searches.search(n), user=n % 3, server=n % 2)) for n in range(50)]
    await wait_for_count(queue, 50)
    searches.released.set()
    await asyncio.gather(*tasks)

    assert searches.started == list(range(50))
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_no_more_than_the_workers_run_at_once() -> None:
    """With two workers, three searches never run at once."""
    queue = SearchQueue(QueueLimits(workers=2, per_user=100), Acknowledgements())
    lock = threading.Lock()
    running = most_running = 0

    def work() -> None:
        nonlocal running, most_running
        with lock:
            running += 1
            most_running = max(most_running, running)
        time.sleep(0.002)
        with lock:
            running -= 1

    await asyncio.gather(*(queue.run(work, user=1, server=None) for _ in range(40)))

    assert most_running == 2
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_long_wait_is_reported(searches: BlockedSearches) -> None:
    """A search that waited too long is rejected, and its place is free again."""
    queue = SearchQueue(QueueLimits(workers=1, max_wait_s=0.05), Acknowledgements())
    first = asyncio.create_task(queue.run(searches.search(1), user=1, server=1))
    await wait_for_count(queue, 1)

    assert await rejection(queue, user=2, server=2) == "slow"
    assert searches.started == [1]

    searches.released.set()
    assert await first == 1
    assert await rejection(queue, user=2, server=2) == ""
    assert is_empty(queue)
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_errors_and_cancelled_searches_free_their_places(searches: BlockedSearches) -> None:
    """A search that fails, or is cancelled while it waits or runs, gives its place back."""
    queue = SearchQueue(QueueLimits(workers=1), Acknowledgements())

    def fail() -> None:
        raise ValueError("broken")

    for _ in range(10):
        with pytest.raises(ValueError, match="broken"):
            await queue.run(fail, user=1, server=1)
    runs = asyncio.create_task(queue.run(searches.search(1), user=1, server=1))
    await wait_for_count(queue, 1)
    while not searches.started:
        await asyncio.sleep(0.001)
    waits = asyncio.create_task(queue.run(searches.search(2), user=1, server=1))
    await wait_for_count(queue, 2)
    for task in (runs, waits):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    last = asyncio.create_task(queue.run(searches.search(3), user=1, server=1))
    searches.released.set()

    assert await last == 3
    assert searches.started == [1, 3]  # the cancelled search never started
    await asyncio.sleep(0)
    assert is_empty(queue)
    assert queue._free_workers._value == 1
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_failure_after_cancellation_is_not_reported(searches: BlockedSearches) -> None:
    """A search that fails after its asker left is not an unhandled error, which would fail this test."""
    queue = SearchQueue(QueueLimits(workers=1), Acknowledgements())

    def fail() -> None:
        searches.started.append(0)
        assert searches.released.wait(20)
        raise ValueError("broken")

    task = asyncio.create_task(queue.run(fail, user=1, server=None))
    while not searches.started:
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    searches.released.set()

    assert await queue.run(lambda: 1, user=1, server=None) == 1
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_closing_finishes_accepted_searches(searches: BlockedSearches) -> None:
    """While the queue closes, new searches are rejected and accepted ones finish."""
    queue = SearchQueue(QueueLimits(workers=1), Acknowledgements())
    tasks = [asyncio.create_task(queue.run(searches.search(n), user=n, server=None)) for n in range(5)]
    await wait_for_count(queue, 5)
    closing = asyncio.create_task(queue.close(10.0))
    await asyncio.sleep(0)

    assert await rejection(queue, user=9, server=None) == "closing"
    searches.released.set()
    await closing
    assert [task.result() for task in tasks if task.done()] == [0, 1, 2, 3, 4]
    assert is_empty(queue)


@pytest.mark.asyncio
async def test_closing_does_not_wait_for_ever(searches: BlockedSearches) -> None:
    """Closing abandons a search that does not end, and those behind it never start."""
    queue = SearchQueue(QueueLimits(workers=1), Acknowledgements())
    tasks = [asyncio.create_task(queue.run(searches.search(n), user=n, server=None)) for n in range(2)]
    await wait_for_count(queue, 2)

    started = time.monotonic()
    with pytest.raises(TimeoutError):
        await queue.close(0.05)
    assert time.monotonic() - started < 1.0

    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    searches.released.set()
    assert searches.started == [0]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_cooldown_allows_a_burst_and_then_the_rate() -> None:
    """Ten at once, then one every three seconds; whoever waits as told is never rejected."""
    clock = Clock()
    cooldown = Cooldown(10, 30.0, clock)

    assert [cooldown.wait(1) for _ in range(10)] == [0.0] * 10
    assert cooldown.wait(1) == pytest.approx(3.0)
    assert cooldown.wait(1) == pytest.approx(3.0)  # asking too early does not count
    assert cooldown.wait(2) == 0.0
    clock.now += 2.9
    assert cooldown.wait(1) == pytest.approx(0.1)
    clock.now += 0.1
    assert cooldown.wait(1) == 0.0
    assert cooldown.wait(1) == pytest.approx(3.0)
    clock.now += 30.0
    assert [cooldown.wait(1) for _ in range(11)] == [0.0] * 10 + [pytest.approx(3.0)]


def test_cooldown_is_exact_over_a_long_time() -> None:
    """Over an hour of constant asking, exactly the burst and the rate are allowed."""
    clock = Clock()
    cooldown = Cooldown(10, 30.0, clock)
    allowed = 0
    for _ in range(36_000):
        allowed += cooldown.wait(1) == 0.0
        clock.now += 0.1

    assert abs(allowed - (10 + 3_600 / 3)) <= 1


def test_cooldown_drops_full_buckets() -> None:
    """Keys are dropped once they no longer matter, and there are never more than 10,000."""
    clock = Clock()
    cooldown = Cooldown(1, 10.0, clock)
    for key in range(MAX_KEYS + 500):
        assert cooldown.wait(key) == 0.0
    assert len(cooldown._full_at) == MAX_KEYS
    clock.now += 11.0
    cooldown.wait(-1)

    assert list(cooldown._full_at) == [-1]


@pytest.mark.asyncio
@pytest.mark.parametrize("reason", ["full", "user", "server", "slow", "closing"])
async def test_rejections_are_explained_and_counted(
    tmp_path: Path, shipped: Shipped, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """Each limit has its own message for members and its own count for the operator."""
    async with open_simulated_server(shipped[0], tmp_path, opened=shipped[1]) as server:

        async def overflow(*_: object, **__: object) -> None:
            raise QueueFullError(reason)  # type: ignore[arg-type]

        monkeypatch.setattr(server.services.answerer.queue, "run", overflow)

        shown = reply(await server.ask(MEETING))

        assert (shown.content, shown.embeds) == (QUEUE_MESSAGES[reason], [])
        assert server.services.metrics.overflows.labels(reason)._value.get() == 1
        assert server.services.metrics.failures._value.get() == 0


@pytest.mark.asyncio
async def test_cooldowns_of_user_and_server(
    tmp_path: Path, shipped: Shipped, make_cooldowns: Callable[..., Any]
) -> None:
    """A user waits for their own questions, a server for those of its members; direct messages have no server."""
    cooldowns = make_cooldowns(user=(1, 10.0), server=(2, 40.0), clock=Clock())
    async with open_services(shipped[0], tmp_path, opened=shipped[1], cooldowns=cooldowns) as services:

        async def look(user: int, server: int | None) -> float:
            try:
                await services.answerer.look_up(lambda _: None, user=user, server=server)
            except CooldownError as error:
                return error.seconds
            return 0.0

        assert await look(1, 7) == 0.0
        assert await look(1, 7) == pytest.approx(10.0)
        assert await look(2, 7) == 0.0
        assert await look(3, 7) == pytest.approx(20.0)
        assert await look(4, 8) == 0.0
        assert await look(5, None) == 0.0
        assert services.metrics.overflows.labels("cooldown")._value.get() == 2


@pytest.mark.asyncio
async def test_many_questions_at_once_all_get_a_card(tmp_path: Path, shipped: Shipped) -> None:
    """Of 40 simultaneous questions the first are answered, the others told why not, and nothing is left over."""
    async with open_services(shipped[0], tmp_path, opened=shipped[1], limits=QueueLimits(max_waiting=20)) as services:
        questions = [Question(MEETING, "slash", user, user % 3, None) for user in range(40)]
        cards = await asyncio.gather(
            *(services.answerer.card(question, ServerSettings(), private=False) for question in questions)
        )

        assert [number for number, card in enumerate(cards) if card.embeds] == list(range(22))
        assert {card.content for card in cards[22:]} == {QUEUE_MESSAGES["full"]}
        assert is_empty(services.answerer.queue)


@pytest.mark.asyncio
async def test_closing_answerer_says_that_it_restarts(server: SimulatedServer) -> None:
    """While the bot stops, questions are told to come again; none is ignored."""
    await server.services.answerer.close(1.0)

    assert reply(await server.ask(MEETING)).content == QUEUE_MESSAGES["closing"]
