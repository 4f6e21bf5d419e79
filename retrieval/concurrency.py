"""Use the processor's cores: map a function over items ahead of their use, and share cores among searches."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
RESULTS_AHEAD_PER_THREAD = 2


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_ahead(function: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """Yield function(item) for each item, in order, while threads work a few items ahead of the one yielded.

    With fewer than two threads, the calling thread does the work. An error is raised when its result is due.
    """
    if threads < 2:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        pending: deque[Future[Result]] = deque()
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > RESULTS_AHEAD_PER_THREAD * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


class Cores:
    """Shares cores among the searches of several threads: whoever computes holds one of `count` turns.

    More searches at once than cores only compete for the interpreter: without turns, 16 callers got their answers later
    than one after the other.
    """

    def __init__(self, count: int) -> None:
        """Share `count` cores; threads start when they are first needed."""
        self.turns = threading.BoundedSemaphore(count)
        self._pool = ThreadPoolExecutor(count, "core")

    def start_if_free(self, function: Callable[[], Result]) -> Callable[[], Result]:
        """Run `function` on a free core, or inline if there is none; return a callable that waits for its result."""
        if not self.turns.acquire(blocking=False):
            result = function()
            return lambda: result
        future = self._pool.submit(function)
        future.add_done_callback(lambda _: self.turns.release())
        return future.result
