"""The queue in front of the searches, and the cooldowns: exact limits, order, and nothing left over."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.answering_stack import AnsweringStack
from bot.discord_bot.answering.answerer import EXCUSES, CooldownError, Question
from bot.discord_bot.answering.cooldown import MOST_KEYS, Cooldown
from bot.discord_bot.answering.priority import Acknowledgements
from bot.discord_bot.answering.search_queue import QueueFullError, QueueLimits, SearchQueue
from bot.discord_bot.storage.records import ServerSettings
from config.settings import Settings
from tests.support.real_services import open_services
from tests.support.simulated_server import MEETING, World, open_world, reply

Shipped = tuple[Settings, AnsweringStack]


class Gate:
    """Searches that stand until they are let through, and the order in which they began."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.began: list[int] = []

    def search(self, number: int) -> Callable[[], int]:
        """Return a search that notes that it began, and waits."""

        def work() -> int:
            self.began.append(number)
            assert self.open.wait(20)
            return number

        return work


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[Gate]:
    """Yield a gate that is open in the end, so that no thread is left."""
    made = Gate()
    yield made
    made.open.set()


async def settled(queue: SearchQueue, waiting: int) -> None:
    """Wait until so many searches wait or run."""
    async with asyncio.timeout(10):
        while queue.waiting != waiting:
            await asyncio.sleep(0)


async def refused(queue: SearchQueue, *, user: int, server: int | None) -> str:
    """Return why a search is not taken, "" when it is."""
    try:
        await queue.run(lambda: None, user=user, server=server)
    except QueueFullError as error:
        return error.reason
    return ""


def empty(queue: SearchQueue) -> bool:
    """Return whether nothing is left over of the searches."""
    return not (queue.waiting or queue._users or queue._servers or queue._running)


def test_limits_are_those_that_were_promised() -> None:
    """256 wait at most, 4 of a user, 64 of a server, for 20 seconds."""
    limits = QueueLimits()

    assert (limits.max_waiting, limits.per_user, limits.per_server, limits.max_wait_s) == (256, 4, 64, 20.0)


@pytest.mark.asyncio
async def test_full_queue_takes_256_and_no_more(gate: Gate) -> None:
    """Beside those that run, exactly 256 wait; the next one is refused at once, and room is made by each that ends."""
    queue = SearchQueue(QueueLimits(), Acknowledgements())
    tasks = [asyncio.create_task(queue.run(gate.search(n), user=n, server=n)) for n in range(258)]
    await settled(queue, 258)

    started = time.monotonic()
    assert await refused(queue, user=999, server=999) == "full"
    assert time.monotonic() - started < 0.1

    gate.open.set()
    assert await asyncio.gather(*tasks) == list(range(258))
    assert await refused(queue, user=999, server=999) == ""
    assert empty(queue)
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_user_has_four_and_a_server_sixty_four(gate: Gate) -> None:
    """A fifth search of a user, and a sixty-fifth of a server, is refused; others are not."""
    queue = SearchQueue(QueueLimits(), Acknowledgements())
    mine = [asyncio.create_task(queue.run(gate.search(n), user=1, server=None)) for n in range(4)]
    theirs = [asyncio.create_task(queue.run(gate.search(n), user=100 + n, server=7)) for n in range(64)]
    await settled(queue, 68)

    assert await refused(queue, user=1, server=None) == "user"
    assert await refused(queue, user=1, server=9) == "user"
    assert await refused(queue, user=50, server=7) == "server"

    gate.open.set()
    other = asyncio.create_task(refused(queue, user=50, server=8))
    await asyncio.gather(*mine, *theirs)
    assert await other == ""
    assert await refused(queue, user=1, server=7) == ""
    assert empty(queue)
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_order_is_kept(gate: Gate) -> None:
    """Searches begin in the order in which they came, whoever asked."""
    queue = SearchQueue(QueueLimits(workers=1, per_user=100), Acknowledgements())
    tasks = [asyncio.create_task(queue.run(gate.search(n), user=n % 3, server=n % 2)) for n in range(50)]
    await settled(queue, 50)
    gate.open.set()
    await asyncio.gather(*tasks)

    assert gate.began == list(range(50))
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_no_more_than_the_workers_run_at_once() -> None:
    """With two workers, never three searches run."""
    queue = SearchQueue(QueueLimits(workers=2, per_user=100), Acknowledgements())
    lock = threading.Lock()
    running = most = 0

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1

    await asyncio.gather(*(queue.run(work, user=1, server=None) for _ in range(40)))

    assert most == 2
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_oldest_is_told_when_it_waited_too_long(gate: Gate) -> None:
    """Who waited for the limit is told so; the search that runs goes on, and the place is free again."""
    queue = SearchQueue(QueueLimits(workers=1, max_wait_s=0.05), Acknowledgements())
    first = asyncio.create_task(queue.run(gate.search(1), user=1, server=1))
    await settled(queue, 1)

    assert await refused(queue, user=2, server=2) == "slow"
    assert gate.began == [1]

    gate.open.set()
    assert await first == 1
    assert await refused(queue, user=2, server=2) == ""
    assert empty(queue)
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_errors_and_cancelled_askers_leave_nothing(gate: Gate) -> None:
    """A search that fails, and an asker who is gone before or while it runs, give their place back."""
    queue = SearchQueue(QueueLimits(workers=1), Acknowledgements())

    def fail() -> None:
        raise ValueError("broken")

    for _ in range(10):
        with pytest.raises(ValueError, match="broken"):
            await queue.run(fail, user=1, server=1)
    runs = asyncio.create_task(queue.run(gate.search(1), user=1, server=1))
    await settled(queue, 1)
    while not gate.began:
        await asyncio.sleep(0.001)
    waits = asyncio.create_task(queue.run(gate.search(2), user=1, server=1))
    await settled(queue, 2)
    for task in (runs, waits):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    last = asyncio.create_task(queue.run(gate.search(3), user=1, server=1))
    gate.open.set()

    assert await last == 3
    assert gate.began == [1, 3]  # what nobody waits for is not begun
    await asyncio.sleep(0)
    assert empty(queue)
    assert queue._free._value == 1
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_failing_after_the_asker_left_is_quiet(gate: Gate) -> None:
    """A search that fails when nobody waits for it is no unhandled error, which would fail this test."""
    queue = SearchQueue(QueueLimits(workers=1), Acknowledgements())

    def fail() -> None:
        gate.began.append(0)
        assert gate.open.wait(20)
        raise ValueError("broken")

    task = asyncio.create_task(queue.run(fail, user=1, server=None))
    while not gate.began:
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.open.set()

    assert await queue.run(lambda: 1, user=1, server=None) == 1
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_closing_finishes_what_was_begun_and_takes_no_more(gate: Gate) -> None:
    """While it closes, nothing more is taken; what waits is still answered."""
    queue = SearchQueue(QueueLimits(workers=1), Acknowledgements())
    tasks = [asyncio.create_task(queue.run(gate.search(n), user=n, server=None)) for n in range(5)]
    await settled(queue, 5)
    closing = asyncio.create_task(queue.close(10.0))
    await asyncio.sleep(0)

    assert await refused(queue, user=9, server=None) == "closing"
    gate.open.set()
    await closing
    assert [task.result() for task in tasks if task.done()] == [0, 1, 2, 3, 4]
    assert empty(queue)


@pytest.mark.asyncio
async def test_closing_does_not_wait_for_ever(gate: Gate) -> None:
    """A search that does not end is left behind in time, and those behind it are never begun."""
    queue = SearchQueue(QueueLimits(workers=1), Acknowledgements())
    tasks = [asyncio.create_task(queue.run(gate.search(n), user=n, server=None)) for n in range(2)]
    await settled(queue, 2)

    started = time.monotonic()
    with pytest.raises(TimeoutError):
        await queue.close(0.05)
    assert time.monotonic() - started < 1.0

    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    gate.open.set()
    assert gate.began == [0]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_cooldown_allows_a_burst_and_then_the_rate() -> None:
    """Ten at once, then one each three seconds; who waits as told is never refused."""
    clock = Clock()
    cooldown = Cooldown(10, 30.0, clock)

    assert [cooldown.wait(1) for _ in range(10)] == [0.0] * 10
    assert cooldown.wait(1) == pytest.approx(3.0)
    assert cooldown.wait(1) == pytest.approx(3.0)  # asking too early costs nothing
    assert cooldown.wait(2) == 0.0
    clock.now += 2.9
    assert cooldown.wait(1) == pytest.approx(0.1)
    clock.now += 0.1
    assert cooldown.wait(1) == 0.0
    assert cooldown.wait(1) == pytest.approx(3.0)
    clock.now += 30.0
    assert [cooldown.wait(1) for _ in range(11)] == [0.0] * 10 + [pytest.approx(3.0)]


def test_cooldown_over_a_long_time_is_exact() -> None:
    """Over an hour of impatience, exactly the burst and the rate are allowed."""
    clock = Clock()
    cooldown = Cooldown(10, 30.0, clock)
    allowed = 0
    for _ in range(36_000):
        allowed += cooldown.wait(1) == 0.0
        clock.now += 0.1

    assert abs(allowed - (10 + 3_600 / 3)) <= 1


def test_cooldown_forgets_whose_time_is_over() -> None:
    """Keys are kept no longer than they matter, and never more than 10,000 of them."""
    clock = Clock()
    cooldown = Cooldown(1, 10.0, clock)
    for key in range(MOST_KEYS + 500):
        assert cooldown.wait(key) == 0.0
    assert len(cooldown._full_at) == MOST_KEYS
    clock.now += 11.0
    cooldown.wait(-1)

    assert list(cooldown._full_at) == [-1]


@pytest.mark.asyncio
@pytest.mark.parametrize("reason", ["full", "user", "server", "slow", "closing"])
async def test_overflow_is_told_politely_and_counted(
    tmp_path: Path, shipped: Shipped, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """Each limit has a line of its own for people, and a figure for the operator."""
    async with open_world(shipped[0], tmp_path, opened=shipped[1]) as world:

        async def overflow(*_: object, **__: object) -> None:
            raise QueueFullError(reason)  # type: ignore[arg-type]

        monkeypatch.setattr(world.services.answerer._queue, "run", overflow)

        shown = reply(await world.ask(MEETING))

        assert (shown.content, shown.embeds) == (EXCUSES[reason], [])
        assert world.services.metrics.overflows.labels(reason)._value.get() == 1
        assert world.services.metrics.failures._value.get() == 0


@pytest.mark.asyncio
async def test_cooldowns_of_user_and_server(
    tmp_path: Path, shipped: Shipped, make_cooldowns: Callable[..., Any]
) -> None:
    """A user waits for their own questions, a server for all of its members', a direct message for no server."""
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
async def test_many_questions_at_once_are_all_settled(tmp_path: Path, shipped: Shipped) -> None:
    """Of 40 questions at once each is answered or told why not, in order, and nothing is left over."""
    async with open_services(shipped[0], tmp_path, opened=shipped[1], limits=QueueLimits(max_waiting=20)) as services:
        questions = [Question(MEETING, "slash", user, user % 3, None) for user in range(40)]
        cards = await asyncio.gather(
            *(services.answerer.card(one, ServerSettings(), private=False) for one in questions)
        )

        assert [number for number, card in enumerate(cards) if card.embeds] == list(range(22))
        assert {card.content for card in cards[22:]} == {EXCUSES["full"]}
        assert empty(services.answerer._queue)


@pytest.mark.asyncio
async def test_closing_desk_says_that_it_restarts(world: World) -> None:
    """While the bot ends, questions are told to come again; none is left without a word."""
    await world.services.answerer.close(1.0)

    assert reply(await world.ask(MEETING)).content == EXCUSES["closing"]
