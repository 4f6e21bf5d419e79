"""Claim each question before it is handled, so that of the processes of a bot one answers it, and another if that dies.

An event is *pending* from its arrival until its claim is finished. A session that is handed over is resumed before its
first pending event, so that Discord sends all of them again. Where claims are kept is left to the `Ledger`.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from bot.discord_bot.wire.retries import describe

log = logging.getLogger(__name__)
MAX_PENDING_S = 90.0  # then an event no longer holds the session back: it waited, was looked up and sent for so long
POLL_INTERVAL_S = 0.05


class Ledger(Protocol):
    """What the processes of a bot share, as one of them sees it while its lease lasts."""

    @property
    def valid(self) -> bool:
        """Whether the lease lasts for sure."""

    @property
    def lost(self) -> bool:
        """Whether the lease is over for good."""

    async def take(self, shard: int, event: str, id_: int) -> "Claim | None":
        """Claim an event; wait while another process that lives is at it. None if it is not to be handled here."""

    async def finish(self, claim: "Claim") -> None:
        """Note that an event was dealt with. Raises nothing."""


@dataclass(eq=False)
class Claim:
    """The right to handle an event; `continued` if a process that died has begun with it."""

    ledger: Ledger
    event: str
    id: int
    continued: bool
    on_finish: Callable[[], None] = lambda: None
    finished: bool = False
    given_up: bool = False  # another process is to handle the event

    async def may_send(self, until: float) -> bool:
        """Wait until the lease lasts for sure; False if it is lost, or still doubtful at `until` of time.monotonic."""
        while not self.ledger.valid:
            if self.ledger.lost or time.monotonic() >= until:
                self.given_up = True
                return False
            await asyncio.sleep(POLL_INTERVAL_S)
        return not self.given_up


current: ContextVar[Claim | None] = ContextVar("current", default=None)  # of the event that a task handles


def is_continued() -> bool:
    """Return whether a process that died has begun with the event that is being handled."""
    claim = current.get()
    return claim is not None and claim.continued


async def finish() -> None:
    """Note that the event that is being handled was dealt with, or that the rest is not to be repeated."""
    claim = current.get()
    if claim is not None and not claim.finished and not claim.given_up:
        claim.finished = True
        await claim.ledger.finish(claim)
        claim.on_finish()


@asynccontextmanager
async def finishing() -> AsyncIterator[None]:
    """Finish the claim at the end of the handling of an event, but leave it to others if that is cancelled."""
    try:
        yield
    except asyncio.CancelledError:
        raise
    except BaseException:
        await finish()
        raise
    await finish()


class ShardClaims:
    """The pending events of a shard, with their sequence numbers."""

    def __init__(self, shard: int, ledger: Ledger) -> None:
        self._shard = shard
        self._ledger = ledger
        self._pending: dict[tuple[str, int], tuple[int, float]] = {}  # the sequence number, and since when
        self._claims: dict[tuple[str, int], Claim] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, event: str, id_: int, sequence: int, handle: Callable[[], Awaitable[None]]) -> None:
        """Claim an event, and handle it if that succeeds, in a task of its own."""
        self._pending[event, id_] = sequence, time.monotonic()
        task = asyncio.create_task(self._handle(event, id_, handle), name=f"claim of {event}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def resume_at(self, sequence: int) -> int:
        """Return the sequence number with which to resume a session that has received events up to one."""
        since = time.monotonic() - MAX_PENDING_S
        for key in [key for key, (_, began) in self._pending.items() if began <= since]:
            log.warning(
                "An event took too long; a question may be lost if this process dies", extra={"event_id": key[1]}
            )
            del self._pending[key]
        return min([sequence, *(number - 1 for number, _ in self._pending.values())])

    async def settle(self) -> None:
        """Wait until nothing is pending."""
        while self._pending:
            await asyncio.sleep(POLL_INTERVAL_S)

    def give_up(self) -> list[tuple[str, int]]:
        """Leave what is pending to other processes; return the events that were claimed."""
        for claim in self._claims.values():
            claim.given_up = True
        return list(self._claims)

    async def _handle(self, event: str, id_: int, handle: Callable[[], Awaitable[None]]) -> None:
        def forget() -> None:
            self._pending.pop((event, id_), None)
            self._claims.pop((event, id_), None)

        claim = await self._ledger.take(self._shard, event, id_)
        if claim is None:
            forget()
            return
        claim.on_finish = forget
        self._claims[event, id_] = claim
        current.set(claim)  # the tasks that handle the event inherit it
        try:
            await handle()
        except Exception as error:
            extra = {"why": describe(error)}
            log.warning("An event that cannot be read was left out; a question may be lost", extra=extra)
            await finish()
