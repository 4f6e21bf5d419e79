"""Serve a fair part of the shards of a bot, as one of its processes: take shards, hand them over, replace the dead.

A beat, twice a second, renews the lease of the process, saves the sessions of its shards, and says which shards are
its own now. See docs/running.md, "Several processes".
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from bot.discord_bot.processes.process_ledger import ProcessLedger
from bot.discord_bot.storage.database import DatabaseError
from bot.discord_bot.storage.records import HeldShard, Standing
from bot.discord_bot.storage.sharing_store import SharingStore
from bot.discord_bot.wire import supervisor
from bot.discord_bot.wire.claims import ShardClaims
from bot.discord_bot.wire.continuity import Continuity, IdentifyBudget, InvalidRequests
from bot.discord_bot.wire.gateway_client import GatewayClient
from bot.discord_bot.wire.shard_lease import SavedSession, ShardLease

BEAT_S = 0.5
REJOIN_PAUSE_S = 2.0
SETTLE_TIMEOUT_S = 7.0  # for the questions of a shard that is handed over
log = logging.getLogger(__name__)


ShardClientFactory = Callable[..., GatewayClient]  # with a Continuity and options of GatewayClient


class ShardRun:
    """A shard that this process serves, from the moment it is taken until it is handed over or lost."""

    def __init__(self, keeper: "ShardKeeper", ledger: ProcessLedger, held: HeldShard, count: int) -> None:
        self._keeper = keeper
        self._ledger = ledger
        self._count = count
        self.shard = held.shard
        self._saved_servers = held.guilds
        self._claims = ShardClaims(held.shard, ledger)
        session = SavedSession(held.session, held.sequence, held.gateway, held.guilds) if held.session else None
        self.lease = ShardLease(self._claims, session, ledger.wait_to_identify)
        # What the events of an earlier time as holder were is of no use: they may have been left to others.
        self._continuity = Continuity(budget=keeper.budget, invalid_requests=keeper.invalid_requests)
        if session is not None:
            self._continuity.last_heard = time.monotonic() - held.age
        self._stop = asyncio.Event()
        self._handed_over = False
        self.task = asyncio.create_task(self._serve(), name=f"shard {held.shard}")

    @property
    def connected(self) -> bool:
        """Return whether the shard is connected."""
        return self.lease.client is not None and self.lease.client.connected

    def to_save(self) -> HeldShard:
        """Return the session as it is to be saved now."""
        point = self.lease.point()
        if point is None:
            return HeldShard(self.shard)
        servers = None if point.servers == self._saved_servers else point.servers
        return HeldShard(self.shard, point.id, point.sequence, point.gateway, servers)

    def note_saved(self, held: HeldShard) -> None:
        """Note what was saved: the servers of a shard are saved when they change."""
        if held.guilds is not None:
            self._saved_servers = held.guilds

    def give_up(self) -> None:
        """Leave all pending events to the next holder at once."""
        self._claims.give_up()

    async def end(self) -> None:
        """Hand the shard over, or merely end if the lease was lost."""
        self._stop.set()
        await asyncio.wait({self.task})
        await self._hand_over()

    async def _serve(self) -> None:
        await supervisor.run(
            partial(self._keeper.new_client, shard_id=self.shard, shard_count=self._count, lease=self.lease),
            self._keeper.token,
            self._stop,
            log,
            draining=self._drain,
            continuity=self._continuity,
        )

    async def _drain(self) -> None:
        """Let another process serve the shard at once, and finish the questions that were begun here."""
        if self._ledger.lost:
            self._claims.give_up()
        await self.lease.close()
        await self._hand_over()
        try:
            async with asyncio.timeout(SETTLE_TIMEOUT_S):
                await self._claims.settle()
        except TimeoutError:
            left = self._claims.give_up()
            log.warning("questions are left to other processes", extra={"questions": len(left)})
            if not self._ledger.lost:
                await self._keeper.store.give_up(self._ledger.holder, left)

    async def _hand_over(self) -> None:
        if self._handed_over or self._ledger.lost:
            return
        try:
            await self._keeper.store.release(self._ledger.holder, self.to_save())
        except DatabaseError as error:
            log.warning("a shard was not handed over; others take it when the lease ends", extra={"error": str(error)})
        else:
            self._handed_over = True


class ShardKeeper:
    """Serves shards until it is stopped."""

    def __init__(
        self,
        store: SharingStore,
        name: str,
        min_shards: int,
        *,
        token: str,
        new_client: ShardClientFactory,
        generation: Callable[[], str],
        on_beat: Callable[[Standing], Awaitable[None]],
    ) -> None:
        """Take a name of this process alone, and how many shards the bot needs at least."""
        self.store = store
        self.token = token
        self.new_client = new_client
        self.budget = IdentifyBudget(spacing=0.0)  # sessions of all processes are spaced in the database
        self.invalid_requests = InvalidRequests()
        self.runs: dict[int, ShardRun] = {}
        self.standing: Standing | None = None
        self._name = name
        self._min_shards = min_shards
        self._ending: dict[int, asyncio.Task[None]] = {}  # the shards that are being handed over
        self._generation = generation
        self._on_beat = on_beat

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Raises FinalError, and DatabaseError if the database fails at the start."""
        await self._live(ProcessLedger(self.store, await self.store.join(self._name, self._min_shards)), stop)
        lives = 1
        while not stop.is_set():
            lives += 1
            try:
                holder = await self.store.join(f"{self._name[:24]}.{lives}", self._min_shards)
            except DatabaseError as error:
                log.error("this process cannot take part again", extra={"error": str(error)})
                await asyncio.sleep(REJOIN_PAUSE_S)
            else:
                await self._live(ProcessLedger(self.store, holder), stop)

    async def _live(self, ledger: ProcessLedger, stop: asyncio.Event) -> None:
        """Serve as one holder, until the end or until the lease is lost. Raises FinalError."""
        beating = asyncio.create_task(self._beat(ledger), name="beat")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait({beating, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not beating.done():
                await self._stop(ledger)
                return
            ledger.lost = True
            for run in self.runs.values():
                run.give_up()
            beating.result()
            log.warning("The lease of this process was lost; it takes part again as a new one")
        finally:
            stopping.cancel()
            beating.cancel()
            await asyncio.gather(*(run.end() for run in self.runs.values()), *self._ending.values())
            self.runs.clear()

    async def _stop(self, ledger: ProcessLedger) -> None:
        """Hand all shards over while the beat goes on, and leave."""
        try:
            await self.store.drain(ledger.holder)
            await asyncio.gather(*(run.end() for run in self.runs.values()))
            await self.store.leave(holder=ledger.holder)
        except DatabaseError as error:
            log.warning("not left the database; others wait for the end of the lease", extra={"error": str(error)})

    async def _beat(self, ledger: ProcessLedger) -> None:
        """Renew the lease until it is lost. Raises FinalError."""
        failing = False
        while True:
            sessions = {shard: run.to_save() for shard, run in self.runs.items()}
            try:
                standing = await ledger.renew(sessions, self._generation())
                failing = False
            except DatabaseError as error:
                if not failing:
                    log.error(
                        "the lease was not renewed; nothing is answered once it ends", extra={"error": str(error)}
                    )
                failing = True
            else:
                if standing is None:
                    return
                for shard, held in sessions.items():
                    self.runs[shard].note_saved(held)
                self._adjust(ledger, standing)
                await self._on_beat(standing)
            for run in self.runs.values():
                if run.task.done():
                    run.task.result()  # raises FinalError; a supervisor ends for no other reason
            await asyncio.sleep(BEAT_S)

    def _adjust(self, ledger: ProcessLedger, standing: Standing) -> None:
        """Serve the shards that were taken, and hand those over that others should have."""
        for shard in standing.held.keys() - self.runs.keys() - self._ending.keys():
            log.info("this process serves a shard now", extra={"shard": shard, "shards": standing.shards})
            self.runs[shard] = ShardRun(self, ledger, standing.held[shard], standing.shards)
        surplus = standing.surplus - len(standing.held.keys() & self._ending.keys())
        for shard in sorted(self.runs, reverse=True)[: max(0, surplus)]:
            log.info("a shard is handed over", extra={"shard": shard})
            self._ending[shard] = asyncio.create_task(self._end(self.runs.pop(shard)), name=f"end of shard {shard}")

    async def _end(self, run: ShardRun) -> None:
        await run.end()
        del self._ending[run.shard]
