"""Use the processor's cores: count them, map functions ahead, share cores among searches, compute values once."""

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
RESULTS_AHEAD_PER_THREAD = 2
CGROUPS = Path("/sys/fs/cgroup")


def available_cores(cgroups: Path = CGROUPS) -> int:
    """Return how many cores this process may use: those it may run on, or fewer by the quota of its container.

    A quota of 1.5 cores counts as 2. `cgroups` is the folder that Linux shows a container's limits in.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(cores, _core_quota(cgroups))))


def _core_quota(cgroups: Path) -> float:
    """Return the cores' worth of time that a container may use (cgroup version 2 or 1), infinity without a quota."""
    try:
        quota, period = (cgroups / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        try:
            quota = (cgroups / "cpu" / "cpu.cfs_quota_us").read_text("ascii").strip()
            period = (cgroups / "cpu" / "cpu.cfs_period_us").read_text("ascii").strip()
        except (OSError, ValueError):
            return math.inf
    # "max", or -1 in version 1, means no quota
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() and int(period) else math.inf


def once(function: Callable[[], Result]) -> Callable[[], Result]:
    """Wrap a function so that it runs once, on the first call; threads that call meanwhile wait for the result."""
    lock = threading.Lock()
    results: list[Result] = []

    def first_result() -> Result:
        if not results:
            with lock:
                if not results:
                    results.append(function())
        return results[0]

    return first_result


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
