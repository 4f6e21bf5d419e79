"""The settings of servers, votes and questions without an answer.

Who voted is kept as a keyed hash: one user's votes can be found and deleted, but the ids are not
in the database. Nothing is kept of who asked what.
"""

import asyncio
import dataclasses
import datetime
import hmac
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.discord_bot.storage import migrations, schema
from bot.discord_bot.storage.engine import (
    SQLITE,
    DatabaseError,
    default_url,
    describe,
    make_engine,
    make_private,
    parse,
)
from bot.discord_bot.storage.records import CollectionLimits, Gap, ServerSettings, Vote
from bot.discord_bot.storage.schema import gaps, keys, servers, votes

__all__ = ["Database", "DatabaseError", "Gap", "ServerSettings", "Vote", "default_url"]

MOST_GAPS: Final = 1_000  # a server
GAP_DAYS: Final = 90
MOST_IDS: Final = 500  # channels or roles; Discord has no more in a server
USER_MENTION: Final = re.compile(r"<@!?\d+>")


class Database:
    """An open database; its methods can be called by many tasks at once, and raise DatabaseError."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = make_engine(url)
        self._insert = sqlite.insert if url.drivername == SQLITE else postgresql.insert
        self._known: dict[int, ServerSettings] = {}
        self._limits: CollectionLimits | None = None
        self._changing = asyncio.Lock()  # what is read of settings must not replace what was saved meanwhile
        self._key: bytes | None = None

    @classmethod
    async def open(cls, url: str) -> "Database":
        """Connect to the database at an address and bring its tables up to date. Raises DatabaseError."""
        database = cls(parse(url))
        try:
            await database._prepare()
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def settings(self, guild: int) -> ServerSettings:
        """Return a server's settings; they are read once and kept in memory."""
        if (known := self._known.get(guild)) is not None:
            return known
        async with self._changing:
            if guild not in self._known:
                async with self._transaction() as connection:
                    row = (await connection.execute(select(servers).where(servers.c.guild == guild))).one_or_none()
                self._known[guild] = ServerSettings() if row is None else _settings(row._mapping)
            return self._known[guild]

    async def collection_limits(self) -> CollectionLimits:
        """Return what any server, channel or role is limited to, with its id; read once and kept in memory."""
        async with self._changing:
            if self._limits is None:
                async with self._transaction() as connection:
                    rows = (await connection.execute(select(servers).order_by(servers.c.guild))).all()
                found: list[tuple[int, tuple[str, ...]]] = []
                for row in rows:
                    server = _settings(row._mapping)
                    found += [(row.guild, server.collections)] if server.collections else []
                    found += [*server.channel_collections, *server.role_collections]
                self._limits = tuple(found)
            return self._limits

    async def save(self, guild: int, settings: ServerSettings) -> None:
        """Keep a server's settings: texts are cut to their limits, ids are kept once each and 500 at most.

        Raises ValueError when the precision is not between 0 and 1.
        """
        settings = _bounded(settings)
        values = dataclasses.asdict(settings)
        async with self._changing:
            self._limits = None
            self._known.pop(guild, None)  # read anew should the commit fail, or nobody know whether it did
            async with self._transaction() as connection:
                await connection.execute(
                    self._insert(servers)
                    .values(guild=guild, **values)
                    .on_conflict_do_update(index_elements=[servers.c.guild], set_=values)
                )
            self._known[guild] = settings

    async def vote(
        self, *, message: int, citation: str, generation: str, guild: int | None, user: int, helpful: bool
    ) -> None:
        """Keep a user's vote on a citation in a message; a second vote replaces the first."""
        voter = await self._hash(user)
        changing = {"generation": _clean(generation, schema.GENERATION_LENGTH), "guild": guild, "helpful": helpful}
        async with self._transaction() as connection:
            await connection.execute(
                self._insert(votes)
                .values(
                    voter=voter,
                    message=message,
                    citation=_clean(citation, schema.CITATION_LENGTH),
                    **changing,
                )
                .on_conflict_do_update(index_elements=[votes.c.voter, votes.c.message, votes.c.citation], set_=changing)
            )

    async def votes_of(self, user: int) -> list[Vote]:
        """Return a user's votes, in the order of their messages."""
        columns = (votes.c[field.name] for field in dataclasses.fields(Vote))
        found = select(*columns).where(votes.c.voter == await self._hash(user))
        async with self._transaction() as connection:
            return [Vote(*row) for row in await connection.execute(found.order_by(votes.c.message, votes.c.citation))]

    async def forget(self, user: int) -> int:
        """Delete everything that is kept of a user; returns how many votes that were."""
        gone = delete(votes).where(votes.c.voter == await self._hash(user))
        async with self._transaction() as connection:
            return (await connection.execute(gone)).rowcount

    async def forget_server(self, guild: int) -> None:
        """Delete everything that is kept of a server."""
        async with self._changing, self._transaction() as connection:
            for table in (servers, votes, gaps):
                await connection.execute(delete(table).where(table.c.guild == guild))
            self._known.pop(guild, None)
            self._limits = None

    async def add_gap(self, guild: int, question: str, day: datetime.date) -> None:
        """Keep a question without an answer, counted once a day, for 90 days; the newest 1,000 of a server stay.

        Mentions of users in it are taken out.
        """
        text = _clean(" ".join(USER_MENTION.sub("@…", question).split()), schema.QUESTION_LENGTH)
        newest = select(gaps.c.id).where(gaps.c.guild == guild).order_by(*_newest_first()).limit(MOST_GAPS)
        async with self._transaction() as connection:
            await connection.execute(
                self._insert(gaps)
                .values(guild=guild, day=day, question=text, count=1)
                .on_conflict_do_update(
                    index_elements=[gaps.c.guild, gaps.c.day, gaps.c.question], set_={"count": gaps.c.count + 1}
                )
            )
            await _drop_old_gaps(connection)
            await connection.execute(delete(gaps).where(gaps.c.guild == guild, gaps.c.id.not_in(newest)))

    async def gaps(self, guild: int) -> list[Gap]:
        """Return a server's questions without an answer, newest first."""
        found = select(gaps.c.question, gaps.c.day, gaps.c["count"]).where(gaps.c.guild == guild)
        async with self._transaction() as connection:
            await _drop_old_gaps(connection)
            return [Gap(*row) for row in await connection.execute(found.order_by(*_newest_first()))]

    async def clear_gaps(self, guild: int) -> int:
        """Delete a server's questions without an answer; returns how many entries went."""
        async with self._transaction() as connection:
            return (await connection.execute(delete(gaps).where(gaps.c.guild == guild))).rowcount

    async def _prepare(self) -> None:
        try:
            make_private(self._url)
        except OSError as error:
            raise DatabaseError(describe(error, self._url)) from None
        async with self._transaction() as connection:
            if self._url.drivername == SQLITE:
                found = (await connection.exec_driver_sql("PRAGMA quick_check(1)")).scalar_one()
                if found != "ok":
                    raise DatabaseError(f"the database {self._url.database} is damaged; put back a copy or delete it")
            try:
                await connection.run_sync(migrations.upgrade)
            except migrations.UnknownVersionError:
                raise DatabaseError(
                    f"the database {self._url.database} was made by a newer version of Footnote; update this one"
                ) from None
            await _drop_old_gaps(connection)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.begin() as connection:
                yield connection
        except DatabaseError:
            raise
        except Exception as error:  # each driver has errors of its own, and not all are wrapped
            raise DatabaseError(describe(error, self._url)) from None

    async def _hash(self, user: int) -> str:
        """Return what stands for a user; the key is made when the first one is needed."""
        if self._key is None:
            fresh = self._insert(keys).values(name="voters", key=secrets.token_bytes(32)).on_conflict_do_nothing()
            async with self._transaction() as connection:
                await connection.execute(fresh)
                key = (await connection.execute(select(keys.c.key).where(keys.c.name == "voters"))).scalar_one()
            self._key = bytes(key)  # not before it is committed: a vote under a lost key could never be found
        return hmac.digest(self._key, str(user).encode(), "sha256").hex()


async def _drop_old_gaps(connection: AsyncConnection) -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    await connection.execute(delete(gaps).where(gaps.c.day < today - datetime.timedelta(days=GAP_DAYS)))


def _newest_first() -> tuple[Any, Any]:
    return gaps.c.day.desc(), gaps.c.id.desc()


def _settings(row: Any) -> ServerSettings:
    values = {field.name: row[field.name] for field in dataclasses.fields(ServerSettings)}
    values |= {name: tuple(values[name]) for name in ("channels", "managers", "collections")}
    limits = ("channel_collections", "role_collections")
    values |= {name: tuple((int(one), tuple(names)) for one, names in values[name]) for name in limits}
    return ServerSettings(**values)


def _bounded(settings: ServerSettings) -> ServerSettings:
    if settings.precision is not None and not 0 <= settings.precision <= 1:
        raise ValueError(f"a precision of {settings.precision} is not between 0 and 1")
    return dataclasses.replace(
        settings,
        channels=tuple(dict.fromkeys(settings.channels))[:MOST_IDS],
        managers=tuple(dict.fromkeys(settings.managers))[:MOST_IDS],
        refusal=_clean(settings.refusal, schema.REFUSAL_LENGTH),
        collections=_names(settings.collections),
        channel_collections=_limits(settings.channel_collections),
        role_collections=_limits(settings.role_collections),
    )


def _limits(limits: CollectionLimits) -> CollectionLimits:
    return tuple((one, _names(names)) for one, names in dict(limits).items())[:MOST_IDS]


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_clean(name, schema.COLLECTION_LENGTH) for name in names))


def _clean(text: str, limit: int) -> str:
    """Return text as any database can store it: without U+0000 and lone surrogates, cut to a number of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")[:limit]
