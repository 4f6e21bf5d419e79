"""How many processor cores there are to share, and sharing them."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
AHEAD = 2  # results for each thread that may wait to be taken


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(function: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """Yield function(item) of each item in order, several at once, a few ahead of the one that is taken."""
    if threads < 2:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


# More searches at once than cores only take the interpreter from each other: without turns 16 callers are answered more
# slowly than one.
TURNS = threading.BoundedSemaphore(available_cores())
POOL = ThreadPoolExecutor(available_cores(), "beside")


def beside(function: Callable[[], Result]) -> Callable[[], Result]:
    """Begin a call and return what waits for its result; it has a thread of its own only while a core has no turn."""
    if not TURNS.acquire(blocking=False):
        result = function()
        return lambda: result
    future = POOL.submit(function)
    future.add_done_callback(lambda _: TURNS.release())
    return future.result
