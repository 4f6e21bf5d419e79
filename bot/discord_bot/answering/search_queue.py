"""A bounded queue in front of the searches: the event loop never searches, and nobody can fill it alone."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from bot.discord_bot.answering.priority import Acknowledgements

T = TypeVar("T")
Reason = Literal["full", "user", "server", "slow", "closing"]


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How many searches run at once, and how many may wait in all, for a user, for a server; and how long."""

    workers: int = 2
    max_waiting: int = 256
    per_user: int = 4
    per_server: int = 64
    max_wait_s: float = 20.0


class QueueFullError(Exception):
    """A search was not begun; `reason` says which limit stood in its way."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class SearchQueue:
    """Runs searches in threads, in the order in which they came. Belongs to one event loop."""

    def __init__(self, limits: QueueLimits, acknowledgements: Acknowledgements) -> None:
        self._limits = limits
        self._acknowledgements = acknowledgements
        self._pool = ThreadPoolExecutor(limits.workers, thread_name_prefix="search")
        self._free = asyncio.Semaphore(limits.workers)
        self._users: Counter[int] = Counter()
        self._servers: Counter[int] = Counter()
        self._running: set[asyncio.Future[Any]] = set()
        self._closing = False

    @property
    def waiting(self) -> int:
        """Return how many searches wait for a thread or run."""
        return self._users.total()

    async def run(self, search: Callable[[], T], *, user: int, server: int | None) -> T:
        """Return what a search returns. Raises QueueFullError at once, or when it waited too long."""
        self._admit(user, server)
        try:
            try:
                async with asyncio.timeout(self._limits.max_wait_s):
                    await self._free.acquire()
                    await self._calm()
            except TimeoutError:
                raise QueueFullError("slow") from None
            running = asyncio.get_running_loop().run_in_executor(self._pool, search)
            self._running.add(running)
            running.add_done_callback(self._done)
            return await asyncio.shield(running)  # a thread cannot be interrupted; its place is taken until it ends
        finally:
            self._leave(user, server)

    async def close(self, seconds: float) -> None:
        """Take nothing more, and wait that long for what was begun. Raises TimeoutError when it takes longer."""
        self._closing = True
        try:
            async with asyncio.timeout(seconds):
                while self.waiting:
                    await asyncio.sleep(0.02)
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def _calm(self) -> None:
        """Wait for a calm moment with a thread in hand, and give the thread back when that is cancelled."""
        try:
            await self._acknowledgements.wait_until_sent()
        except BaseException:
            self._free.release()
            raise

    def _done(self, running: asyncio.Future[Any]) -> None:
        self._running.discard(running)
        self._free.release()
        if not running.cancelled():
            running.exception()  # fetched, for whoever asked may be gone

    def _admit(self, user: int, server: int | None) -> None:
        limits = self._limits
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

    def _leave(self, user: int, server: int | None) -> None:
        for counter, key in ((self._users, user), (self._servers, server)):
            if key is not None:
                counter[key] -= 1
                if not counter[key]:
                    del counter[key]
