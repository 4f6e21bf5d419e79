"""What processes share: every shard has one holder, every event one claim, and nothing survives its holder's lease."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot.discord_bot.storage.database import Database, DatabaseError
from bot.discord_bot.storage.records import Admission, HeldShard, Taken
from bot.discord_bot.storage.schema import holders
from bot.discord_bot.storage.sharing_store import SharingStore

MESSAGE = "MESSAGE_CREATE"


@pytest_asyncio.fixture
async def store(database: Database) -> AsyncIterator[SharingStore]:
    """Yield a store that is closed after the test."""
    opened = SharingStore(database)
    yield opened
    await opened.close()


async def beat(store: SharingStore, holder: int, **sessions: HeldShard) -> tuple[list[int], int]:
    """Renew a lease, and return the shards and how many are too many."""
    standing = await store.beat(holder, {held.shard: held for held in sessions.values()}, "gen-1")
    assert standing is not None
    return list(standing.held), standing.surplus


async def expire(database: Database, holder: int) -> None:
    """Let the lease of a holder end in the past."""
    async with database.transaction() as connection:
        await connection.execute(update(holders).where(holders.c.id == holder).values(until=1.0))


async def test_shards_are_divided_equally_and_given_up_for_others(store: SharingStore) -> None:
    """Five shards and two holders: three and two, after the first one released what was too much."""
    first = await store.join("first", 5)
    assert await beat(store, first) == ([0, 1, 2, 3, 4], 0)
    second = await store.join("second", 3)
    assert await beat(store, second) == ([], 0)
    assert await beat(store, first) == ([0, 1, 2, 3, 4], 2)
    await store.release(first, HeldShard(3, "s3", 7, "ws://127.0.0.1/", frozenset({30})))
    await store.release(first, HeldShard(4))
    standing = await store.beat(second, {}, "gen-2")
    assert standing is not None
    assert standing.held[3].session == "s3"
    assert (standing.held[3].sequence, standing.held[3].guilds) == (7, frozenset({30}))
    assert (list(standing.held), standing.shards, standing.generations) == ([3, 4], 5, ("gen-1", "gen-2"))
    assert await store.holder_names() == {"first": 3, "second": 2}
    assert await store.guilds() is None
    await store.beat(second, {4: HeldShard(4, "s4", 1, "", frozenset({40, 41}))}, "")
    for shard in range(3):
        await store.beat(first, {shard: HeldShard(shard, "s", 1)}, "")
    assert await store.guilds() == frozenset({30, 40, 41})


async def test_an_expired_holder_loses_its_shards_and_writes_nothing(store: SharingStore, database: Database) -> None:
    """The next holder has a higher number and the last saved session; what the old one sends later changes nothing."""
    old = await store.join("old", 1)
    await beat(store, old)
    await beat(store, old, held=HeldShard(0, "saved", 5))
    new = await store.join("new", 1)
    await expire(database, old)
    standing = await store.beat(new, {}, "")
    assert new > old
    assert standing is not None
    assert (standing.held[0].session, standing.held[0].sequence) == ("saved", 5)
    assert await store.beat(old, {0: HeldShard(0, "stale", 9)}, "") is None
    await store.release(old, HeldShard(0, "stale", 9))
    assert await store.take(old, 0, MESSAGE, 1) is Taken.LOST
    standing = await store.beat(new, {}, "")
    assert standing is not None
    assert standing.held[0].session == "saved"


async def test_a_dead_process_can_be_named_dead_at_once(store: SharingStore) -> None:
    """Its parent knows its name; nobody has to wait for the end of the lease."""
    await beat(store, await store.join("child", 2))
    other = await store.join("other", 2)
    assert await store.leave(name="child")
    assert not await store.leave(name="child")
    assert await beat(store, other) == ([0, 1], 0)


async def test_number_of_shards_rises_only_while_none_is_served(store: SharingStore) -> None:
    """A holder that wants more than there are gets them after the others have gone."""
    first = await store.join("first", 1)
    await beat(store, first)
    await store.join("second", 4)
    assert await beat(store, first) == ([0], 0)
    await store.leave(holder=first)
    await store.leave(name="second")
    assert await beat(store, await store.join("third", 4)) == ([0, 1, 2, 3], 0)


async def test_an_event_is_begun_once_and_continued_after_its_holder_died(
    store: SharingStore, database: Database
) -> None:
    """New, then in other hands while its holder lives, then continued by whoever serves the shard; at last handled."""
    old = await store.join("old", 1)
    await beat(store, old)
    assert [await store.take(old, 0, MESSAGE, 1) for _ in range(2)] == [Taken.NEW, Taken.HANDLED]
    assert await store.take(old, 0, "THREAD_CREATE", 1) is Taken.NEW
    await store.release(old, HeldShard(0))
    await store.drain(old)
    new = await store.join("new", 1)
    await beat(store, new)
    assert await store.take(new, 0, MESSAGE, 1) is Taken.BUSY
    await expire(database, old)
    await beat(store, new)
    await store.finish(old, MESSAGE, 1)
    assert await store.take(new, 0, MESSAGE, 1) is Taken.CONTINUED
    await store.finish(old, MESSAGE, 1)
    assert await store.take(new, 0, MESSAGE, 1) is Taken.HANDLED
    await store.finish(new, MESSAGE, 1)
    await store.leave(holder=new)
    last = await store.join("last", 1)
    await beat(store, last)
    assert await store.take(last, 0, MESSAGE, 1) is Taken.HANDLED


async def test_a_hundred_attempts_at_once_claim_an_event_once(store: SharingStore, database: Database) -> None:
    """Two connections at once, as two processes have them."""
    holder, other = await store.join("holder", 1), SharingStore(database)
    await beat(store, holder)
    taken = await asyncio.gather(*(side.take(holder, 0, MESSAGE, 7) for side in [store, other] * 50))
    await other.close()
    assert (taken.count(Taken.NEW), taken.count(Taken.HANDLED)) == (1, 99)


async def test_a_user_shares_one_bucket_and_counts_open_questions(store: SharingStore) -> None:
    """The third question within the limit of two has to wait; open questions of others do not count."""
    holder = await store.join("holder", 1)
    await beat(store, holder)
    for id_ in (1, 2):
        assert await store.take(holder, 0, MESSAGE, id_) is Taken.NEW
    assert await store.admit(5, (MESSAGE, 1), 2, 60.0) == Admission(0.0, 0)
    assert await store.admit(5, (MESSAGE, 2), 2, 60.0) == Admission(0.0, 1)
    third = await store.admit(5, None, 2, 60.0)
    assert third.wait == pytest.approx(30.0, abs=5.0)
    assert await store.admit(6, None, 2, 60.0) == Admission(0.0, 0)
    assert await store.wait("ping", "guild", 1, 60.0) == 0
    assert await store.wait("ping", "guild", 1, 60.0) == pytest.approx(60.0, abs=5.0)


async def test_no_user_id_is_stored(store: SharingStore, database: Database) -> None:
    """Who asks is a keyed hash."""
    holder, user = await store.join("holder", 1), 123456789012345678
    await beat(store, holder)
    await store.take(holder, 0, MESSAGE, 1)
    await store.admit(user, (MESSAGE, 1), 2, 60.0)
    async with database.transaction() as connection:
        rows = [
            (await connection.exec_driver_sql(f"SELECT * FROM {table}")).all()  # noqa: S608 - our own names
            for table in ("claims", "cooldowns")
        ]
    assert str(user) not in str(rows)
    assert await database.hash_of(user) in str(rows[0])
    assert await database.hash_of(user) in str(rows[1])


async def test_failing_database_is_one_kind_of_error(store: SharingStore, database: Database) -> None:
    """All operations of the failed transaction raise it, and later ones work."""
    async with database.transaction() as connection:
        await connection.exec_driver_sql("ALTER TABLE cooldowns RENAME TO elsewhere")
    results = await asyncio.gather(
        store.wait("ping", "1", 1, 60.0), store.wait("ping", "2", 1, 60.0), return_exceptions=True
    )
    assert [type(result) for result in results] == [DatabaseError, DatabaseError]
    async with database.transaction() as connection:
        await connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO cooldowns")
    assert await store.wait("ping", "1", 1, 60.0) == 0


async def test_processes_at_once_share_buckets_exactly(url: str) -> None:
    """Four processes that count the same and different keys, in other orders, allow exactly the rate; none fails."""
    databases = [await Database.open(url) for _ in range(4)]
    stores = [SharingStore(database) for database in databases]
    keys = [str(number) for number in range(6)]
    waits = [
        (key, store.wait("ping", key, 3, 3600.0))
        for turn in range(4)
        for number, store in enumerate(stores)
        for key in (keys if (turn + number) % 2 else reversed(keys))
    ]
    try:
        results = await asyncio.gather(*(wait for _, wait in waits))
    finally:
        for store, database in zip(stores, databases, strict=True):
            await store.close()
            await database.close()
    allowed = [key for (key, _), wait in zip(waits, results, strict=True) if wait == 0]
    assert sorted(allowed) == sorted(keys * 3)
