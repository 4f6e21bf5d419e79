"""Run small operations on a database at little cost: those that arrive while a transaction runs share the next one.

With SQLite, they run in a thread of their own without asyncio, and no commit waits for the disk. With PostgreSQL, one
process at a time runs its transaction, as SQLite has it: operations of two could wait for each other's rows.
"""

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from sqlalchemy import BigInteger, Connection, cast, func, select

from bot.discord_bot.storage.database import Database, DatabaseError
from bot.discord_bot.storage.engine import SQLITE, describe, make_quick_engine

T = TypeVar("T")
MAX_BATCH: Final = 64  # operations in one transaction
TURN_LOCK: Final = int.from_bytes(b"sharing")  # of an advisory lock; any number that no other program uses
MAX_IDLE_MS: Final = 5_000  # in a turn, after which the server ends it: a frozen process must not stop the others

Operation = Callable[[Connection, float], Any]  # with the seconds since 1970 by the clock of the database


class QuickTransactions:
    """Runs operations on a database. Belongs to one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Operation, asyncio.Future[Any]]] = []
        self._worker: asyncio.Task[None] | None = None
        self._engine = make_quick_engine(database.url) if database.url.drivername == SQLITE else None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="shared state")

    async def run(self, operation: Callable[[Connection, float], T]) -> T:
        """Run an operation in a transaction, and return its result. Raises DatabaseError if nothing was committed."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((operation, future))
        if self._worker is None or self._worker.done():
            # In a context of its own: it works for many callers, not for the first of them.
            self._worker = asyncio.create_task(self._work_off(), context=contextvars.Context())
        return await future

    async def close(self) -> None:
        """Close the connection, after the operations that were begun."""
        if self._worker is not None:
            await self._worker
        if self._engine is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._engine.dispose)
        self._thread.shutdown(wait=False)

    async def _work_off(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            batch = [(operation, future) for operation, future in batch if not future.cancelled()]
            try:
                results = await self._transact([operation for operation, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(_as_database_error(error, self._database))
                continue
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)

    async def _transact(self, operations: list[Operation]) -> list[Any]:
        if self._engine is not None:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._transact_now, operations)
        async with self._database.transaction() as connection:
            return await connection.run_sync(_apply, operations)

    def _transact_now(self, operations: list[Operation]) -> list[Any]:
        assert self._engine is not None  # noqa: S101
        with self._engine.begin() as connection:
            return _apply(connection, operations)


def _apply(connection: Connection, operations: list[Operation]) -> list[Any]:
    now = _take_turn(connection)
    return [operation(connection, now) for operation in operations]


def _take_turn(connection: Connection) -> float:
    """Wait until no other process is in a transaction of this kind, and return the time by the clock of the database.

    It is in seconds since 1970; the clock of SQLite is that of the machine, and its transactions have turns anyway.
    """
    if connection.dialect.name == "sqlite":
        return time.time()
    limit = func.set_config("idle_in_transaction_session_timeout", str(MAX_IDLE_MS), True)
    turn = func.pg_advisory_xact_lock(cast(TURN_LOCK, BigInteger))
    row = connection.execute(select(limit, turn, func.extract("epoch", func.clock_timestamp()))).one()
    return float(row[2])


def _as_database_error(error: Exception, database: Database) -> DatabaseError:
    return error if isinstance(error, DatabaseError) else DatabaseError(describe(error, database.url))
