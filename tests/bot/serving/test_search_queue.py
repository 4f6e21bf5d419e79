"""The queue in front of the searches: exact limits, order, and no leaks."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from bot.answering_stack import AnsweringStack
from bot.serving.search_queue import QueueFullError, QueueLimits, SearchQueue
from config.settings import Settings

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
    queue = SearchQueue(QueueLimits())
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
    queue = SearchQueue(QueueLimits())
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
    queue = SearchQueue(QueueLimits(workers=1, per_user=100))
    tasks = [asyncio.create_task(queue.run(searches.search(n), user=n % 3, server=n % 2)) for n in range(50)]
    await wait_for_count(queue, 50)
    searches.released.set()
    await asyncio.gather(*tasks)

    assert searches.started == list(range(50))
    await queue.close(1.0)


@pytest.mark.asyncio
async def test_no_more_than_the_workers_run_at_once() -> None:
    """With two workers, three searches never run at once."""
    queue = SearchQueue(QueueLimits(workers=2, per_user=100))
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
    queue = SearchQueue(QueueLimits(workers=1, max_wait_s=0.05))
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
    queue = SearchQueue(QueueLimits(workers=1))

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
    queue = SearchQueue(QueueLimits(workers=1))

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
    queue = SearchQueue(QueueLimits(workers=1))
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
    queue = SearchQueue(QueueLimits(workers=1))
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
