"""Store what several processes of one bot share: who serves which shard, which questions were begun, and cooldowns.

A process that takes part is a *holder*, whose lease it renews with each `beat`. Whoever finds the lease of another one
expired deletes that holder, which frees its shards and its claims. Every statement that claims, finishes or saves names
its holder, and holders are numbered upwards, so that a process that was frozen and wakes after its lease writes
nothing. Times are those of the database: for SQLite the clock of the machine, which all its processes share.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import Connection, delete, func, select, update

from bot.discord_bot.storage.database import SETTINGS_VERSION, Database
from bot.discord_bot.storage.quick_transactions import QuickTransactions
from bot.discord_bot.storage.records import Admission, HeldShard, Standing, Taken
from bot.discord_bot.storage.schema import claims, cooldowns, holders, keys, shards

LEASE_S: Final = 10.0
CLAIM_MEMORY_S: Final = 600.0  # for which begun events are remembered; Discord repeats events of the last minutes
NO_HOLDER: Final = 0  # of a claim; holders are numbered from 1
CLEANING_INTERVAL_S: Final = 30.0


class SharingStore:
    """The shared state in a database. Methods raise DatabaseError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._transactions = QuickTransactions(database)
        self._cleaned_at = 0.0

    async def close(self) -> None:
        """Close the connection, after the operations that are running."""
        await self._transactions.close()

    async def join(self, name: str, min_shards: int) -> int:
        """Become a holder under a name of this process alone, and return its number.

        The first holder decides how many shards there are. A later one that wants more gets them once nobody serves
        any: Discord would send events twice if shards of two counts were served at once.
        """

        def work(connection: Connection, now: float) -> int:
            _bury_the_dead(connection, now)
            count = connection.execute(select(func.count()).select_from(shards)).scalar_one()
            served = shards.c.holder.is_not(None)
            in_use = connection.execute(select(func.count()).select_from(shards).where(served)).scalar_one()
            if count < min_shards and not in_use:
                connection.execute(delete(shards))
                empty: dict[str, Any] = {
                    "holder": None,
                    "session": "",
                    "sequence": 0,
                    "gateway": "",
                    "saved": now,
                    "guilds": [],
                }
                rows = [{"shard": shard, **empty} for shard in range(min_shards)]
                connection.execute(self._database.insert(shards).on_conflict_do_nothing(), rows)
            values = {"name": name, "until": now + LEASE_S, "draining": False, "generation": ""}
            connection.execute(self._database.insert(holders).values(**values))
            query = select(holders.c.id).where(holders.c.name == name)
            return cast("int", connection.execute(query).scalar_one())

        return await self._transactions.run(work)

    async def beat(self, holder: int, sessions: Mapping[int, HeldShard], generation: str) -> Standing | None:
        """Renew a lease, save the sessions of its shards, and take the free shards that fall to it.

        Returns None if the holder was declared dead meanwhile. Otherwise its shards as they were saved, how many of
        them others should get, and the generation that each process uses.
        """

        def work(connection: Connection, now: float) -> Standing | None:
            values = {"until": now + LEASE_S, "generation": generation}
            renewal = connection.execute(update(holders).where(holders.c.id == holder).values(**values))
            if not renewal.rowcount:
                return None
            _bury_the_dead(connection, now)
            for held in sessions.values():
                _save(connection, holder, held, now)
            self._clean(connection, now)
            return _take_shards(connection, holder, now)

        return await self._transactions.run(work)

    async def release(self, holder: int, held: HeldShard) -> None:
        """Give a shard up at once, with the session for its next holder."""

        def work(connection: Connection, now: float) -> None:
            _save(connection, holder, held, now)
            mine = (shards.c.shard == held.shard) & (shards.c.holder == holder)
            connection.execute(update(shards).where(mine).values(holder=None))

        await self._transactions.run(work)

    async def drain(self, holder: int) -> None:
        """Take no more shards; the lease and its claims go on."""

        def work(connection: Connection, _: float) -> None:
            connection.execute(update(holders).where(holders.c.id == holder).values(draining=True))

        await self._transactions.run(work)

    async def leave(self, *, holder: int | None = None, name: str = "") -> bool:
        """Delete a holder, by its number or its name, and free what it had. Returns whether there was one."""

        def work(connection: Connection, now: float) -> bool:
            chosen = holders.c.name == name if holder is None else holders.c.id == holder
            deleted = connection.execute(delete(holders).where(chosen)).rowcount
            _bury_the_dead(connection, now)
            return bool(deleted)

        return await self._transactions.run(work)

    async def holder_names(self) -> dict[str, int]:
        """Return how many shards each live holder that is not draining serves, by its name."""

        def work(connection: Connection, now: float) -> dict[str, int]:
            live = (holders.c.until > now) & ~holders.c.draining
            rows = connection.execute(select(holders.c.name, holders.c.id).where(live)).all()
            served = [row[0] for row in connection.execute(select(shards.c.holder)).all()]
            return {name: served.count(number) for name, number in rows}

        return await self._transactions.run(work)

    async def guilds(self) -> frozenset[int] | None:
        """Return the ids of the servers of all shards as saved last, None unless every shard has a session."""

        def work(connection: Connection, _: float) -> frozenset[int] | None:
            rows = connection.execute(select(shards.c.guilds, shards.c.session)).all()
            return frozenset(id_ for row in rows for id_ in row.guilds) if all(row.session for row in rows) else None

        return await self._transactions.run(work)

    async def take(self, holder: int, shard: int, event: str, id_: int) -> Taken:
        """Claim an event of a shard, unless it was claimed before or the shard is another holder's.

        An event that another holder began and did not finish is claimed once that holder is dead.
        """

        def work(connection: Connection, now: float) -> Taken:
            served = select(shards.c.holder).where((shards.c.shard == shard) & (shards.c.holder == holder))
            if connection.execute(served).one_or_none() is None:
                return Taken.LOST
            row = {"event": event, "id": id_, "holder": holder, "done": False, "at": now}
            insert = self._database.insert(claims).values(**row).on_conflict_do_nothing()
            if connection.execute(insert).rowcount:
                return Taken.NEW
            return _take_over(connection, holder, event, id_, now)

        return await self._transactions.run(work)

    async def finish(self, holder: int, event: str, id_: int) -> None:
        """Note that an event was dealt with, if its claim is the holder's and the holder was not declared dead."""

        def work(connection: Connection, _: float) -> None:
            mine = (claims.c.event == event) & (claims.c.id == id_) & (claims.c.holder == holder)
            alive = claims.c.holder.in_(select(holders.c.id))
            connection.execute(update(claims).where(mine & alive).values(done=True))

        await self._transactions.run(work)

    async def give_up(self, holder: int, events: Sequence[tuple[str, int]]) -> None:
        """Leave events that a holder began to whoever serves their shard."""

        def work(connection: Connection, _: float) -> None:
            for event, id_ in events:
                mine = (claims.c.event == event) & (claims.c.id == id_) & (claims.c.holder == holder) & ~claims.c.done
                connection.execute(update(claims).where(mine).values(holder=NO_HOLDER))

        await self._transactions.run(work)

    async def wait(self, kind: str, key: str, rate: int, seconds: float) -> float:
        """Count something and return 0, or return the seconds until the next one is allowed: as Cooldown does."""

        def work(connection: Connection, now: float) -> float:
            return self._wait(connection, now, (kind, key), rate, seconds)

        return await self._transactions.run(work)

    async def admit(self, user: int, claim: tuple[str, int] | None, rate: int, seconds: float) -> Admission:
        """Count a question of a user: the seconds until it is allowed, 0 for now, and how many of theirs are open.

        `claim` is the event with which they asked; it counts as open until it is finished, or its holder is dead.
        """
        asker = await self._database.hash_of(user)

        def work(connection: Connection, now: float) -> Admission:
            wait = self._wait(connection, now, ("user", asker), rate, seconds)
            if claim is None:
                return Admission(wait, 0)
            own = (claims.c.event == claim[0]) & (claims.c.id == claim[1])
            alive = claims.c.holder.in_(select(holders.c.id))
            still_open = (claims.c.asker == asker) & ~claims.c.done & alive & ~own
            query = select(func.count()).select_from(claims).where(still_open)
            others = connection.execute(query).scalar_one()
            connection.execute(update(claims).where(own).values(asker=asker))
            return Admission(wait, others)

        return await self._transactions.run(work)

    def _wait(self, connection: Connection, now: float, key: tuple[str, str], rate: int, seconds: float) -> float:
        chosen = (cooldowns.c.kind == key[0]) & (cooldowns.c.key == key[1])
        stored = connection.execute(select(cooldowns.c.full_at).where(chosen).with_for_update()).scalar()
        full_at = max(now if stored is None or stored > now + seconds else stored, now) + seconds / rate
        if (too_early_by := full_at - seconds - now) > 1e-6:
            return float(too_early_by)
        connection.execute(
            self._database.insert(cooldowns)
            .values(kind=key[0], key=key[1], full_at=full_at)
            .on_conflict_do_update(index_elements=[cooldowns.c.kind, cooldowns.c.key], set_={"full_at": full_at})
        )
        return 0.0

    def _clean(self, connection: Connection, now: float) -> None:
        """Forget old claims and full buckets, now and then."""
        if 0 <= now - self._cleaned_at < CLEANING_INTERVAL_S:
            return
        connection.execute(delete(claims).where(claims.c.at < now - CLAIM_MEMORY_S))
        connection.execute(delete(cooldowns).where(cooldowns.c.full_at < now))
        self._cleaned_at = now


def _bury_the_dead(connection: Connection, now: float) -> None:
    """Delete the holders whose lease expired, and free the shards of holders that are gone.

    A lease that lasts longer than any can was given before the clock was set back.
    """
    expired = (holders.c.until < now) | (holders.c.until > now + 2 * LEASE_S)
    connection.execute(delete(holders).where(expired))
    orphaned = shards.c.holder.is_not(None) & shards.c.holder.not_in(select(holders.c.id))
    connection.execute(update(shards).where(orphaned).values(holder=None))


def _save(connection: Connection, holder: int, held: HeldShard, now: float) -> None:
    values: dict[str, Any] = {"session": held.session, "sequence": held.sequence, "gateway": held.gateway, "saved": now}
    if held.guilds is not None:
        values["guilds"] = sorted(held.guilds)
    mine = (shards.c.shard == held.shard) & (shards.c.holder == holder)
    connection.execute(update(shards).where(mine).values(**values))


def _take_shards(connection: Connection, holder: int, now: float) -> Standing:
    """Take free shards up to the holder's part: an equal one for each, the first holders get the rest."""
    query = select(holders.c.id, holders.c.generation, holders.c.draining).order_by(holders.c.id)
    live = connection.execute(query).all()
    rows = connection.execute(select(shards).order_by(shards.c.shard)).all()
    active = [row.id for row in live if not row.draining]
    part, rest = divmod(len(rows), len(active)) if active else (0, 0)
    quota = part + (active.index(holder) < rest) if holder in active else 0
    mine = [row for row in rows if row.holder == holder]
    for row in [row for row in rows if row.holder is None][: max(0, quota - len(mine))]:
        free = (shards.c.shard == row.shard) & shards.c.holder.is_(None)
        if connection.execute(update(shards).where(free).values(holder=holder)).rowcount:
            mine.append(row)
    held = {
        row.shard: HeldShard(row.shard, row.session, row.sequence, row.gateway, frozenset(row.guilds), now - row.saved)
        for row in mine
    }
    version = connection.execute(select(keys.c.key).where(keys.c.name == SETTINGS_VERSION)).scalar()
    served = sum(row.holder is not None for row in rows)
    return Standing(held, max(0, len(mine) - quota), len(rows), served, tuple(row.generation for row in live), version)


def _take_over(connection: Connection, holder: int, event: str, id_: int, now: float) -> Taken:
    """Claim an event that was claimed before, if its holder is dead and did not finish it."""
    chosen = (claims.c.event == event) & (claims.c.id == id_)
    row = connection.execute(select(claims).where(chosen)).one_or_none()
    if row is None:
        return Taken.LOST
    if row.done or row.holder == holder:
        return Taken.HANDLED
    _bury_the_dead(connection, now)
    if connection.execute(select(holders.c.id).where(holders.c.id == row.holder)).one_or_none() is not None:
        return Taken.BUSY
    unfinished = chosen & (claims.c.holder == row.holder) & ~claims.c.done
    taken = connection.execute(update(claims).where(unfinished).values(holder=holder)).rowcount
    return Taken.CONTINUED if taken else Taken.BUSY
