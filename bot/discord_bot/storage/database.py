"""Store the settings of servers, votes and unanswered questions.

Voters are stored as a keyed hash: the votes of a user can be found and deleted, but no user id is in the database. Who
asked what is not stored.
"""

import asyncio
import dataclasses
import datetime
import functools
import hmac
import re
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import URL, ColumnElement, Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.discord_bot.storage import migrations, schema
from bot.discord_bot.storage.bounds import bounded, clean
from bot.discord_bot.storage.engine import (
    READS_ONLY,
    SQLITE,
    DatabaseError,
    close_engine,
    describe,
    file_address,
    make_engine,
    make_private,
    parse_address,
    prepare_postgresql,
)
from bot.discord_bot.storage.records import CollectionLimits, Gap, ServerSettings, Vote
from bot.discord_bot.storage.schema import gaps, handovers, keys, monthly_counts, servers, voted_questions, votes

__all__ = ["Database", "DatabaseError", "Gap", "ServerSettings", "Vote", "file_address"]

MAX_GAPS: Final = 1_000  # per server
GAP_DAYS: Final = 90
OF_SERVERS: Final = (servers, votes, gaps, voted_questions, handovers, monthly_counts)  # tables with a column `guild`
SETTINGS_VERSION: Final = "settings"  # of the row of `keys` that changes with each setting
USER_MENTION: Final = re.compile(r"<@!?\d+>")


P = ParamSpec("P")
T = TypeVar("T")


def _runs_to_its_end(
    method: Callable[Concatenate["Database", P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["Database", P], Coroutine[Any, Any, T]]:
    """Let a method of the database `finish` if its caller is cancelled."""

    async def run(self: "Database", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.finish(method(self, *args, **kwargs))

    functools.update_wrapper(run, method)
    return run


class Database:
    """An open database. Many tasks may call its methods at once; all of them raise DatabaseError."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine = make_engine(url)
        self.insert = sqlite.insert if url.drivername == SQLITE else postgresql.insert
        self._settings: dict[int, ServerSettings] = {}
        self._collection_limits: CollectionLimits | None = None
        self._settings_lock = asyncio.Lock()  # a slow read must not replace what was saved meanwhile
        self._key: bytes | None = None
        self._running: set[asyncio.Task[Any]] = set()
        self._closed = False

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Connect to the database at an address and migrate its tables. Raises DatabaseError."""
        database = cls(parse_address(url))
        try:
            await database._prepare()
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Close all connections, those of SQLite after the calls that are running; later ones raise DatabaseError."""
        self._closed = True
        if self._running:
            await asyncio.wait(self._running)  # each ends within the driver's timeout
        await close_engine(self._engine)

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """Await work to its end; SQLite also if the caller is cancelled: its driver would lose the connection.

        A server's driver stops the statement instead. Raises DatabaseError if the database is closed, which would never
        close a new connection.
        """
        if self._closed:
            work.close()
            raise DatabaseError("the database is closed")
        if self.url.drivername != SQLITE:
            return await work
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def settings(self, guild: int) -> ServerSettings:
        """Return the settings of a server; they are read once and cached."""
        if (cached := self._settings.get(guild)) is not None:
            return cached
        return await self._read_settings(guild)

    def forget_settings(self) -> None:
        """Read settings again when they are asked for next: another process may have changed them."""
        self._settings.clear()
        self._collection_limits = None

    @_runs_to_its_end
    async def _read_settings(self, guild: int) -> ServerSettings:
        async with self._settings_lock:
            if guild not in self._settings:
                async with self.transaction(reads_only=True) as connection:
                    row = (await connection.execute(select(servers).where(servers.c.guild == guild))).one_or_none()
                self._settings[guild] = ServerSettings() if row is None else _settings(row._mapping)
            return self._settings[guild]

    @_runs_to_its_end
    async def collection_limits(self) -> CollectionLimits:
        """Return the limits of all servers, channels and roles, with their ids; they are read once and cached."""
        async with self._settings_lock:
            if self._collection_limits is None:
                async with self.transaction(reads_only=True) as connection:
                    rows = (await connection.execute(select(servers).order_by(servers.c.guild))).all()
                limits: list[tuple[int, tuple[str, ...]]] = []
                for row in rows:
                    settings = _settings(row._mapping)
                    limits += [(row.guild, settings.collections)] if settings.collections else []
                    limits += [*settings.channel_collections, *settings.role_collections]
                self._collection_limits = tuple(limits)
            return self._collection_limits

    @_runs_to_its_end
    async def save(self, guild: int, settings: ServerSettings) -> None:
        """Store the settings of a server, with texts cut to their limits and at most MAX_IDS distinct ids in a list.

        Raises ValueError if the precision is not between 0 and 1.
        """
        settings = bounded(settings)
        values = dataclasses.asdict(settings)
        async with self._settings_lock:
            self._collection_limits = None
            self._settings.pop(guild, None)  # to be read again if the commit fails, or may have failed
            async with self.transaction() as connection:
                await connection.execute(
                    self.insert(servers)
                    .values(guild=guild, **values)
                    .on_conflict_do_update(index_elements=[servers.c.guild], set_=values)
                )
                await self._note_change(connection)
            self._settings[guild] = settings

    @_runs_to_its_end
    async def vote(
        self, *, message: int, citation: str, generation: str, guild: int | None, user: int, helpful: bool
    ) -> None:
        """Store the vote of a user on a citation in a message; a second vote replaces the first."""
        voter = await self.hash_of(user)
        replaced = {"generation": clean(generation, schema.GENERATION_LENGTH), "guild": guild, "helpful": helpful}
        async with self.transaction() as connection:
            await connection.execute(
                self.insert(votes)
                .values(
                    voter=voter,
                    message=message,
                    citation=clean(citation, schema.CITATION_LENGTH),
                    **replaced,
                )
                .on_conflict_do_update(index_elements=[votes.c.voter, votes.c.message, votes.c.citation], set_=replaced)
            )

    @_runs_to_its_end
    async def votes_of(self, user: int) -> list[Vote]:
        """Return the votes of a user, in the order of the messages."""
        columns = (votes.c[field.name] for field in dataclasses.fields(Vote))
        query = select(*columns).where(votes.c.voter == await self.hash_of(user))
        async with self.transaction() as connection:
            return [Vote(*row) for row in await connection.execute(query.order_by(votes.c.message, votes.c.citation))]

    @_runs_to_its_end
    async def delete_votes(self, user: int) -> int:
        """Delete the votes of a user, all that is stored about them, and return how many there were."""
        voter = await self.hash_of(user)
        async with self.transaction() as connection:
            return await _delete(connection, votes, votes.c.voter == voter)

    @_runs_to_its_end
    async def known_servers(self) -> set[int]:
        """Return the ids of all servers about which something is stored."""
        known: set[int] = set()
        async with self.transaction() as connection:
            for table in OF_SERVERS:
                known.update((await connection.execute(select(table.c.guild).distinct())).scalars())
        return known - {None}

    @_runs_to_its_end
    async def belongs_to(self, application: int) -> bool:
        """Return whether this is the database of a bot; a database without a bot becomes its own."""
        name, key = "application", str(application).encode()
        claim = self.insert(keys).values(name=name, key=key).on_conflict_do_nothing()
        async with self.transaction() as connection:
            await connection.execute(claim)
            owner = (await connection.execute(select(keys.c.key).where(keys.c.name == name))).scalar_one()
        return bytes(owner) == key

    @_runs_to_its_end
    async def delete_server(self, guild: int) -> None:
        """Delete the settings and votes of a server, and its questions."""
        async with self._settings_lock, self.transaction() as connection:
            for table in OF_SERVERS:
                await _delete(connection, table, table.c.guild == guild)
            await self._note_change(connection)
            self._settings.pop(guild, None)
            self._collection_limits = None

    @_runs_to_its_end
    async def add_gap(self, guild: int, question: str, day: datetime.date) -> None:
        """Count an unanswered question on a day, with mentions of users removed.

        Entries older than GAP_DAYS and all but the newest MAX_GAPS of the server are deleted.
        """
        text = clean(" ".join(USER_MENTION.sub("@…", question).split()), schema.QUESTION_LENGTH)
        newest = select(gaps.c.id).where(gaps.c.guild == guild).order_by(*_newest_first()).limit(MAX_GAPS)
        async with self.transaction() as connection:
            await connection.execute(
                self.insert(gaps)
                .values(guild=guild, day=day, question=text, count=1)
                .on_conflict_do_update(
                    index_elements=[gaps.c.guild, gaps.c.day, gaps.c.question], set_={"count": gaps.c.count + 1}
                )
            )
            await drop_old_questions(connection)
            await _delete(connection, gaps, (gaps.c.guild == guild) & gaps.c.id.not_in(newest))

    @_runs_to_its_end
    async def gaps(self, guild: int, *, dismissed: bool = False) -> list[Gap]:
        """Return the unanswered questions of a server that managers did not dismiss, or did, newest first."""
        chosen = (gaps.c.guild == guild) & (gaps.c.dismissed == dismissed)
        query = select(gaps.c.question, gaps.c.day, gaps.c["count"]).where(chosen)
        async with self.transaction() as connection:
            await drop_old_questions(connection)
            return [Gap(*row) for row in await connection.execute(query.order_by(*_newest_first()))]

    @_runs_to_its_end
    async def _prepare(self) -> None:
        try:
            make_private(self.url)
        except OSError as error:
            raise DatabaseError(describe(error, self.url)) from None
        async with self.transaction() as connection:
            if self.url.drivername == SQLITE:
                state = (await connection.exec_driver_sql("PRAGMA quick_check(1)")).scalar_one()
                if state != "ok":
                    raise DatabaseError(f"the database {self.url.database} is damaged; restore a backup or delete it")
            else:
                await prepare_postgresql(connection)
            try:
                await connection.run_sync(migrations.upgrade)
            except migrations.UnknownVersionError:
                raise DatabaseError(
                    f"the database {self.url.database} was created by a newer version of Footnote; update Footnote"
                ) from None
            await drop_old_questions(connection)

    @asynccontextmanager
    async def transaction(self, *, reads_only: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a transaction, which is committed at the end. Raises DatabaseError."""
        try:
            async with self._engine.execution_options(**{READS_ONLY: reads_only}).begin() as connection:
                yield connection
        except DatabaseError:
            raise
        except Exception as error:  # each driver has its own errors, and SQLAlchemy does not wrap all of them
            raise DatabaseError(describe(error, self.url)) from None

    async def _note_change(self, connection: AsyncConnection) -> None:
        """Let other processes read settings again: they compare this value with each of their beats."""
        values = {"key": secrets.token_bytes(8)}
        change = self.insert(keys).values(name=SETTINGS_VERSION, **values)
        await connection.execute(change.on_conflict_do_update(index_elements=[keys.c.name], set_=values))

    async def hash_of(self, user: int) -> str:
        """Return the keyed hash that stands for a user; the key is created on first use."""
        if self._key is None:
            create = self.insert(keys).values(name="voters", key=secrets.token_bytes(32)).on_conflict_do_nothing()
            async with self.transaction() as connection:
                await connection.execute(create)
                key = (await connection.execute(select(keys.c.key).where(keys.c.name == "voters"))).scalar_one()
            self._key = bytes(key)  # only after the commit: votes under a lost key could never be found
        return hmac.digest(self._key, str(user).encode(), "sha256").hex()


async def _delete(connection: AsyncConnection, table: Table, condition: ColumnElement[bool]) -> int:
    """Delete rows and return how many there were."""
    # PostgreSQL would lock them in the order of whichever index it uses: two deletions could wait for each other.
    if connection.dialect.name == "postgresql":
        rows = select(*table.primary_key).where(condition).order_by(*table.primary_key).with_for_update().subquery()
        await connection.execute(select(func.count()).select_from(rows))
    return (await connection.execute(delete(table).where(condition))).rowcount


async def drop_old_questions(connection: AsyncConnection) -> None:
    """Delete the questions that were stored more than GAP_DAYS ago."""
    today = datetime.datetime.now(datetime.UTC).date()
    for table in (gaps, voted_questions, handovers):
        await _delete(connection, table, table.c.day < today - datetime.timedelta(days=GAP_DAYS))


def _newest_first() -> tuple[Any, Any]:
    return gaps.c.day.desc(), gaps.c.id.desc()


def _settings(row: Any) -> ServerSettings:
    values = {field.name: row[field.name] for field in dataclasses.fields(ServerSettings)}
    values |= {name: tuple(values[name]) for name in ("channels", "managers", "collections")}
    limits = ("channel_collections", "role_collections")
    values |= {name: tuple((int(id_), tuple(names)) for id_, names in values[name]) for name in limits}
    return ServerSettings(**values)
