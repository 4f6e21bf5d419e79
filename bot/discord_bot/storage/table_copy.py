"""Copy all tables of the bot's database to another one, such as from SQLite to PostgreSQL, in one transaction.

Everything is copied, also sessions of shards and the events that were begun, so that the next start resumes and answers
nothing twice.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import Integer, Table, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.discord_bot.storage import schema
from bot.discord_bot.storage.database import Database
from bot.discord_bot.storage.engine import DatabaseError

PORTION: Final = 1_000  # rows that one statement reads or inserts
LAST_NUMBERS: Final = "SELECT name, seq FROM sqlite_sequence"


async def copy_tables(source: Database, target: Database, *, replace: bool) -> dict[str, int] | None:
    """Copy all rows of an SQLite database to one on PostgreSQL; return how many, by table, None if they are there.

    Raises DatabaseError, after which nothing is changed, if the target has other rows and `replace` is false.
    """
    async with source.transaction(reads_only=True) as old, target.transaction() as new:
        names = ", ".join(table.name for table in _tables())
        await new.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))  # nobody else writes meanwhile
        occupied = [table.name for table in _tables() if await _count(new, table)]
        if occupied:
            if await _are_equal(old, new):
                return None
            if not replace:
                raise DatabaseError(
                    f"the database {target.url.database} has rows of its own ({', '.join(occupied)}); to delete them "
                    "all and copy, add --replace"
                )
        for table in reversed(_tables()):
            await new.execute(delete(table))
        for table in _tables():
            async for rows in _portions(old, table):
                await new.execute(insert(table), [dict(zip(table.c.keys(), row, strict=True)) for row in rows])
        await _continue_numbers(old, new)
        if not await _are_equal(old, new):
            raise DatabaseError("the copied rows differ from the original ones, so nothing was copied")
        return {table.name: await _count(new, table) for table in _tables()}


def _tables() -> Sequence[Table]:
    return schema.metadata.sorted_tables


async def _count(connection: AsyncConnection, table: Table) -> int:
    return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def _portions(connection: AsyncConnection, table: Table) -> AsyncIterator[Sequence[Any]]:
    """Yield the rows of a table, PORTION at a time."""
    async with connection.stream(select(table)) as result:
        async for rows in result.partitions(PORTION):
            yield [tuple(row) for row in rows]


async def _are_equal(old: AsyncConnection, new: AsyncConnection) -> bool:
    """Return whether two databases have the same rows."""
    for table in _tables():
        if await _checksum(old, table) != await _checksum(new, table):
            return False
    return True


async def _checksum(connection: AsyncConnection, table: Table) -> tuple[int, int]:
    """Return the number of the rows of a table, and the sum of their checksums: databases differ in how they sort."""
    count = total = 0
    async for rows in _portions(connection, table):
        count += len(rows)
        total += sum(int.from_bytes(hashlib.sha256(repr(row).encode()).digest()) for row in rows)
    return count, total


async def _continue_numbers(old: AsyncConnection, new: AsyncConnection) -> None:
    """Let PostgreSQL number on from where SQLite stopped: no number is used again, even if its row is gone."""
    last = {row.name: row.seq for row in (await old.execute(text(LAST_NUMBERS))).all()}
    for table in _tables():
        [*keys] = table.primary_key
        if len(keys) > 1 or not isinstance(keys[0].type, Integer) or keys[0].autoincrement is False:
            continue
        highest = (await new.execute(select(func.max(keys[0])))).scalar() or 0
        sequence = func.pg_get_serial_sequence(table.name, keys[0].name)
        await new.execute(select(func.setval(sequence, max(highest, last.get(table.name, 0), 1))))
