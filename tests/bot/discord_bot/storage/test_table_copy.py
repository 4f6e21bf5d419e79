"""`footnote move-database`: all of a SQLite file arrives in PostgreSQL, once, or nothing does."""

import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, insert, select

from bot.discord_bot.storage import schema, table_copy
from bot.discord_bot.storage.database import Database, DatabaseError, Gap, ServerSettings, file_address
from bot.discord_bot.storage.records import HeldShard, Taken
from bot.discord_bot.storage.sharing_store import SharingStore
from bot.discord_bot.storage.table_copy import copy_tables

pytestmark = pytest.mark.asyncio
TODAY = datetime.datetime.now(datetime.UTC).date()
SETTINGS = ServerSettings((1, 2), True, refusal="“Ask” 図書館", role_collections=((5, ("a", "b")),), precision=0.8)
EVENT = "MESSAGE_CREATE"
COLUMN_VALUES: dict[str, Any] = {
    "BIGINT": 2**53 + 1, "INTEGER": 7, "VARCHAR": "ä%'\\", "BOOLEAN": True, "DATE": TODAY, "JSON": [[1, ["x"]]],
    "FLOAT": 1 / 3, "BLOB": b"\x00\xff",
}  # fmt: skip


@pytest_asyncio.fixture
async def file(tmp_path: Path) -> Path:
    """Return a SQLite file that a bot of several processes has used."""
    database = await Database.open(file_address(tmp_path / "bot.sqlite"))
    await database.save(1, SETTINGS)
    await database.add_gap(1, "why?", TODAY)
    for user in range(5):
        await database.vote(message=9, citation="c", generation="g", guild=1, user=user, helpful=user > 1)
    assert await database.belongs_to(4)
    store = SharingStore(database)
    await store.join("gone", 2)
    await store.leave(name="gone")
    holder = await store.join("holder", 2)
    await store.beat(holder, {}, "gen-1")
    await store.beat(holder, {0: HeldShard(0, "session", 5, "ws://x/", frozenset({1}))}, "gen-1")
    await store.take(holder, 0, EVENT, 3)
    await store.finish(holder, EVENT, 3)
    await store.close()
    await database.close()
    return tmp_path / "bot.sqlite"


async def copy(file: Path, url: str, *, replace: bool = False) -> dict[str, int] | None:
    """Copy a file to the database at an address."""
    source, target = await Database.open(file_address(file)), await Database.open(url)
    try:
        return await copy_tables(source, target, replace=replace)
    finally:
        await source.close()
        await target.close()


async def rows(url: str) -> dict[str, list[str]]:
    """Return all rows of a database."""
    database = await Database.open(url)
    async with database.transaction() as connection:
        found = {
            table.name: sorted(map(repr, (await connection.execute(select(table))).all()))
            for table in schema.metadata.sorted_tables
        }
    await database.close()
    return found


async def test_a_bot_goes_on_with_what_was_copied(file: Path, postgresql_url: str) -> None:
    """Settings, votes under the same key, gaps, the owner, sessions and begun events; numbers are not used again."""
    assert await copy(file, postgresql_url) == {
        "claims": 1, "cooldowns": 0, "gaps": 1, "handovers": 0, "holders": 1, "keys": 3, "monthly_counts": 0,
        "servers": 1, "shards": 2, "voted_questions": 0, "votes": 5,
    }  # fmt: skip
    database = await Database.open(postgresql_url)
    store = SharingStore(database)
    assert await database.settings(1) == SETTINGS
    assert await database.delete_votes(3) == 1
    await database.add_gap(1, "how?", TODAY)
    assert await database.gaps(1) == [Gap("how?", TODAY), Gap("why?", TODAY)]
    assert not await database.belongs_to(5)
    await store.leave(name="holder")
    new = await store.join("new", 2)
    standing = await store.beat(new, {}, "gen-1")
    assert new == 3
    assert standing is not None
    assert (standing.held[0].session, standing.held[0].sequence) == ("session", 5)
    assert await store.take(new, 0, EVENT, 3) is Taken.HANDLED
    await store.close()
    await database.close()


async def test_every_table_and_kind_of_value_is_copied(tmp_path: Path, postgresql_url: str) -> None:
    """A row in each table, with a value in each column, or with NULL where that may be."""
    address = file_address(tmp_path / "full.sqlite")
    database = await Database.open(address)
    async with database.transaction() as connection:
        for table in schema.metadata.sorted_tables:
            row = {column.name: COLUMN_VALUES[str(column.type).partition("(")[0]] for column in table.c}
            await connection.execute(insert(table), [row])
            empty = {column.name: None for column in table.c if column.nullable}
            if empty:
                first = next(iter(table.primary_key)).name
                await connection.execute(insert(table), [row | empty | {first: 8 if table.name != "votes" else "b"}])
    await database.close()
    await copy(tmp_path / "full.sqlite", postgresql_url)
    assert await rows(postgresql_url) == await rows(address)
    assert all((await rows(postgresql_url)).values())


async def test_copying_twice_does_nothing(file: Path, postgresql_url: str) -> None:
    """Rows that are there are noticed; other rows are refused, and replaced only if that is asked for."""
    await copy(file, postgresql_url)
    assert await copy(file, postgresql_url) is None
    database = await Database.open(postgresql_url)
    await database.vote(message=10, citation="c", generation="g", guild=1, user=1, helpful=True)
    await database.close()
    before = await rows(postgresql_url)
    with pytest.raises(
        DatabaseError, match=r"has rows of its own \(claims, .*\); to delete them all and copy, add --replace$"
    ):
        await copy(file, postgresql_url)
    assert await rows(postgresql_url) == before
    counts = await copy(file, postgresql_url, replace=True)
    assert counts is not None
    assert counts["votes"] == 5
    assert await rows(postgresql_url) == await rows(file_address(file))


@pytest.mark.parametrize("table", ["claims", "keys", "votes"])
async def test_a_copy_that_fails_changes_nothing(
    file: Path, postgresql_url: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever table it fails at: the other database has the rows that it had."""
    database = await Database.open(postgresql_url)
    await database.save(2, SETTINGS)
    await database.close()
    before, portions = await rows(postgresql_url), table_copy._portions

    async def fail(connection: Any, which: Any) -> Any:
        if which.name == table and connection.dialect.name == "sqlite":
            raise OSError(5, "Input/output error")
        async for portion in portions(connection, which):
            yield portion

    monkeypatch.setattr(table_copy, "_portions", fail)
    with pytest.raises(DatabaseError, match="Input/output error"):
        await copy(file, postgresql_url, replace=True)
    assert await rows(postgresql_url) == before


async def test_many_rows_are_copied_in_portions(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row is lost between two portions."""
    monkeypatch.setattr(table_copy, "PORTION", 7)
    database = await Database.open(file_address(tmp_path / "bot.sqlite"))
    async with database.transaction() as connection:
        values = [{"kind": "ping", "key": str(number), "full_at": number / 3} for number in range(50)]
        await connection.execute(insert(schema.cooldowns), values)
    await database.close()
    assert (await copy(tmp_path / "bot.sqlite", postgresql_url) or {})["cooldowns"] == 50
    database = await Database.open(postgresql_url)
    async with database.transaction() as connection:
        distinct = select(func.count(schema.cooldowns.c.key.distinct()))
        assert (await connection.execute(distinct)).scalar_one() == 50
    await database.close()
