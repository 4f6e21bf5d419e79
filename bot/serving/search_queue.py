"""A bounded queue in front of the searches: searches run in threads, and nobody can fill the queue alone."""

import asyncio
import contextvars
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Reason = Literal["full", "user", "server", "slow", "closing"]
POLL_INTERVAL_S = 0.02
THREAD_NAME = "search"


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How many searches run at once, how many may wait besides them, and for how long."""

    workers: int = 2
    max_waiting: int = 256
    per_user: int = 4  # waiting or running
    per_server: int = 64
    max_wait_s: float = 20.0


class QueueFullError(Exception):
    """A search was rejected; `reason` names the limit."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class SearchQueue:
    """Runs searches in threads, in the order of their arrival. Belongs to one event loop."""

    def __init__(self, limits: QueueLimits, before_search: Callable[[], Awaitable[None]] | None = None) -> None:
        """Take the limits, and perhaps what to wait for before each search while its worker is already held."""
        self.limits = limits
        self._before_search = before_search
        self._pool = ThreadPoolExecutor(limits.workers, thread_name_prefix=THREAD_NAME)
        self._free_workers = asyncio.Semaphore(limits.workers)
        self._users: Counter[Hashable] = Counter()
        self._servers: Counter[Hashable] = Counter()
        self._running: dict[asyncio.Future[Any], float] = {}  # when each search began
        self._closing = False

    @property
    def waiting(self) -> int:
        """How many searches wait or run."""
        return self._users.total()

    @property
    def longest_search_s(self) -> float:
        """For how many seconds the oldest of the running searches has been running, 0 without one."""
        return max((time.monotonic() - began for began in self._running.values()), default=0.0)

    async def run(self, search: Callable[[], T], *, user: Hashable, server: Hashable | None) -> T:
        """Run a search in a thread and return its result.

        Raises QueueFullError, at once or after waiting too long, and whatever the search raises.
        """
        self._admit(user, server)
        try:
            try:
                async with asyncio.timeout(self.limits.max_wait_s):
                    await self._free_workers.acquire()
                    await self._wait_before_search()
            except TimeoutError:
                raise QueueFullError("slow") from None
            in_context = partial(contextvars.copy_context().run, search)  # in the language of the asker
            running = asyncio.get_running_loop().run_in_executor(self._pool, in_context)
            self._running[running] = time.monotonic()
            running.add_done_callback(self._done)
            return await asyncio.shield(running)  # a thread cannot be cancelled; its worker is busy until it ends
        finally:
            self._release(user, server)

    async def close(self, seconds: float) -> None:
        """Reject new searches and wait for those already accepted. Raises TimeoutError after `seconds`."""
        self._closing = True
        try:
            async with asyncio.timeout(seconds):
                while self.waiting:
                    await asyncio.sleep(POLL_INTERVAL_S)
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def _wait_before_search(self) -> None:
        """Wait for what comes before a search while holding a worker; give the worker back if cancelled."""
        if self._before_search is None:
            return
        try:
            await self._before_search()
        except BaseException:
            self._free_workers.release()
            raise

    def _done(self, running: asyncio.Future[Any]) -> None:
        self._running.pop(running, None)
        self._free_workers.release()
        if not running.cancelled():
            running.exception()  # mark it as retrieved, as the asker may be gone

    def _admit(self, user: Hashable, server: Hashable | None) -> None:
        limits = self.limits
        if self._closing:
            raise QueueFullError("closing")
        if self._users[user] >= limits.per_user:
            raise QueueFullError("user")
        if server is not None and self._servers[server] >= limits.per_server:
            raise QueueFullError("server")
        if self.waiting >= limits.max_waiting + limits.workers:
            raise QueueFullError("full")
        self._users[user] += 1
        if server is not None:
            self._servers[server] += 1

    def _release(self, user: Hashable, server: Hashable | None) -> None:
        held: tuple[tuple[Counter[Hashable], Hashable | None], ...] = ((self._users, user), (self._servers, server))
        for counter, key in held:
            if key is not None:
                counter[key] -= 1
                if not counter[key]:
                    del counter[key]
