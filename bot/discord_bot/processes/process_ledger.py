"""Claim events in the database as one of the processes of a bot, while its lease there lasts."""

import asyncio
import contextlib
import logging
import math
import time

from bot.discord_bot.storage.database import DatabaseError
from bot.discord_bot.storage.records import HeldShard, Standing, Taken
from bot.discord_bot.storage.sharing_store import LEASE_S, SharingStore
from bot.discord_bot.wire.claims import Claim

log = logging.getLogger(__name__)
SAFETY_MARGIN_S = 2.0  # before the end of the lease in the database, from which nothing is sent any more
POLL_INTERVAL_S = 0.2
MAX_FINISH_TRIES = 5
IDENTIFY_SPACING_S = 5.0  # between sessions of one bucket of shards; Discord's rule
MAX_IDENTIFY_WAIT_S = 25.0  # a connection has a minute to be opened


def clock() -> float:
    """Return seconds that go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class ProcessLedger:
    """The claims of one holder. A process whose lease was lost goes on as another holder."""

    def __init__(self, store: SharingStore, holder: int) -> None:
        self._store = store
        self.holder = holder
        self.lost = False
        self._valid_until = clock() + LEASE_S - SAFETY_MARGIN_S

    @property
    def valid(self) -> bool:
        """Whether the lease lasts for sure."""
        return not self.lost and clock() < self._valid_until

    async def renew(self, sessions: dict[int, HeldShard], generation: str) -> Standing | None:
        """Renew the lease and save sessions; None if the lease was lost. Raises DatabaseError."""
        began = clock()
        standing = await self._store.beat(self.holder, sessions, generation)
        if standing is None:
            self.lost = True
        else:
            self._valid_until = began + LEASE_S - SAFETY_MARGIN_S
        return standing

    async def take(self, shard: int, event: str, id_: int) -> Claim | None:
        """Claim an event; wait while another process that lives is at it. None if it is not to be handled here."""
        while not self.lost:
            with contextlib.suppress(DatabaseError):  # the beat reports it
                taken = await self._store.take(self.holder, shard, event, id_)
                if taken in (Taken.NEW, Taken.CONTINUED):
                    if taken is Taken.CONTINUED:
                        log.info("A question is answered that another process began with", extra={"shard": shard})
                    return Claim(self, event, id_, continued=taken is Taken.CONTINUED)
                if taken is not Taken.BUSY:
                    return None
            await asyncio.sleep(POLL_INTERVAL_S)
        return None

    async def finish(self, claim: Claim) -> None:
        """Note that an event was dealt with. Raises nothing."""
        for _ in range(MAX_FINISH_TRIES):
            try:
                await self._store.finish(self.holder, claim.event, claim.id)
            except DatabaseError as error:
                reason = str(error)
                await asyncio.sleep(POLL_INTERVAL_S)
            else:
                return
        log.warning("Not noted that a question was answered", extra={"error": reason})

    async def wait_to_identify(self, bucket: int) -> float:
        """Wait until a session of a bucket of shards may be started; return 0, or inf if that takes too long."""
        began = clock()
        while clock() - began < MAX_IDENTIFY_WAIT_S:
            try:
                wait = await self._store.wait("identify", str(bucket), 1, IDENTIFY_SPACING_S)
            except DatabaseError:
                return 0.0  # Discord refuses a session that starts too early, which is then tried again
            if not wait:
                return 0.0
            await asyncio.sleep(min(wait, MAX_IDENTIFY_WAIT_S))
        return math.inf
