"""What an operator meets with PostgreSQL: lost connections, refusals at the start, two bots on one database."""

import asyncio
import datetime
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.util import await_only

from bot.discord_bot.storage import engine, migrations, quick_transactions
from bot.discord_bot.storage.database import Database, DatabaseError, Gap, ServerSettings
from bot.discord_bot.storage.records import HeldShard, Taken
from bot.discord_bot.storage.sharing_store import SharingStore
from tests.support.paths import ROOT
from tests.support.postgresql_server import PASSWORD, USER, PostgresqlServer
from tests.support.user_traces import user_traces

pytestmark = pytest.mark.asyncio

TODAY = datetime.datetime.now(datetime.UTC).date()
GUILD, MEMBER = 81384788765712384, 80351110224678912
USERS = (1, 2, 3)
WAITING = "SELECT DISTINCT pid FROM pg_locks WHERE NOT granted"
# A bot that starts at a given time, saves settings, votes and counts a question 20 times, and then stops.
BOT = """
import asyncio, datetime, sys, time
from bot.discord_bot.storage.database import Database, ServerSettings

async def main(url, start, user):
    time.sleep(max(0.0, start - time.time()))
    database = await Database.open(url)
    today = datetime.datetime.now(datetime.UTC).date()
    for message in range(20):
        await asyncio.gather(
            database.vote(message=message, citation="c", generation="g", guild=1, user=user, helpful=True),
            database.save(1, ServerSettings(refusal=f"by {user}", managers=(user,))),
            database.add_gap(1, "the same question", today),
        )
    await database.close()

asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
"""


async def vote(database: Database, message: int = 1, *, user: int = MEMBER, guild: int = GUILD) -> None:
    """Vote as a user on a message."""
    await database.vote(message=message, citation="c", generation="g", guild=guild, user=user, helpful=True)


async def error_on_opening(url: str) -> str:
    """Return why a database cannot be used, in one line that does not contain the password."""
    with pytest.raises(DatabaseError) as caught:
        await Database.open(url)
    assert "\n" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    return str(caught.value).partition(" cannot be used: ")[2] or str(caught.value)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """Open a database, and close it at the end."""
    database = await Database.open(url)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def locked(server: PostgresqlServer, lock: str) -> AsyncIterator[Any]:
    """Hold a lock in a transaction of somebody else, and yield the connection."""
    connection = await server.connect("footnote")
    try:
        await connection.execute(f"BEGIN; {lock}")
        yield connection
    finally:
        await connection.close()


async def wait_for_rows(fetch: Callable[[], Awaitable[Sequence[object]]], count: int) -> None:
    """Repeat a query until it returns a number of rows."""
    async with asyncio.timeout(10):
        while len(await fetch()) != count:
            await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def database(postgresql_url: str) -> AsyncIterator[Database]:
    """Yield an open database, and close it after the test."""
    async with opened(postgresql_url) as database:
        yield database


@pytest.fixture
def _short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for half a second only."""
    monkeypatch.setattr(engine, "TIMEOUT_S", 0.5)


# At the start


async def test_reason_for_not_starting(postgresql_server: PostgresqlServer, postgresql_url: str) -> None:
    """A wrong password, a database that does not exist, a server without encryption, and one that is down."""
    address = postgresql_server.address
    assert await error_on_opening(address("footnote", password="guess")) == (  # noqa: S106 - of nobody
        f'password authentication failed for user "{USER}"'
    )
    assert await error_on_opening(address("missing")) == 'database "missing" does not exist'
    assert "rejected SSL upgrade" in await error_on_opening(f"{postgresql_url}?sslmode=require")
    postgresql_server.stop()
    try:
        assert await error_on_opening(postgresql_url) == "Connection refused"
    finally:
        postgresql_server.start()
    await (await Database.open(postgresql_url)).close()


async def test_address_as_hosts_and_libpq_write_it(postgresql_server: PostgresqlServer, postgresql_url: str) -> None:
    """`postgres://…?sslmode=prefer`, and the folder of a Unix socket instead of a host, both work."""
    for url in (
        postgresql_url.replace("postgresql+asyncpg", "postgres") + "?sslmode=prefer",
        f"postgresql://{USER}@:{postgresql_server.port}/footnote?host={postgresql_server.folder}",
    ):
        await (await Database.open(url)).close()


@pytest.mark.usefixtures("postgresql_url")
async def test_user_without_rights(postgresql_server: PostgresqlServer) -> None:
    """A user who may create no tables, one who may only read, and one without a free connection: a line each."""
    await postgresql_server.execute(
        "DROP ROLE IF EXISTS plain", f"CREATE ROLE plain LOGIN PASSWORD '{PASSWORD}'", database="footnote"
    )
    url = postgresql_server.address("footnote", user="plain")
    assert await error_on_opening(url) == "permission denied for schema public"
    await postgresql_server.execute("ALTER SCHEMA public OWNER TO plain", database="footnote")
    await (await Database.open(url)).close()
    await postgresql_server.execute("ALTER ROLE plain SET default_transaction_read_only = on")
    assert (await error_on_opening(url)).endswith("in a read-only transaction")
    await postgresql_server.execute("ALTER ROLE plain RESET ALL", "ALTER ROLE plain CONNECTION LIMIT 0")
    assert await error_on_opening(url) == 'too many connections for role "plain"'


async def test_database_that_does_not_store_utf8_is_refused(postgresql_server: PostgresqlServer) -> None:
    """In SQL_ASCII a text of 500 characters would be too long, and questions in other scripts would be lost."""
    await postgresql_server.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    assert await error_on_opening(postgresql_server.address("ascii")) == (
        "the database ascii stores text as SQL_ASCII; create one with ENCODING 'UTF8'"
    )
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert await postgresql_server.execute(tables, database="ascii") == []
    await postgresql_server.execute("DROP DATABASE ascii")


@pytest.mark.usefixtures("_short_timeout")
async def test_server_that_does_not_answer_ends_the_start(
    postgresql_server: PostgresqlServer, postgresql_url: str
) -> None:
    """A firewall that drops packets looks like this; the line says how long was waited."""
    async with postgresql_server.frozen():
        assert await error_on_opening(postgresql_url) == "no answer within 0.5 seconds"


# Later on


async def test_closed_idle_connections_are_not_noticed(postgresql_server: PostgresqlServer, database: Database) -> None:
    """Connections that were closed between two votes, or a server that was restarted, cost no vote."""
    await asyncio.gather(*(vote(database, message) for message in range(20)))
    await postgresql_server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'footnote' AND pid <> pg_backend_pid()"
    )
    await asyncio.gather(*(vote(database, message) for message in range(20, 40)))
    postgresql_server.stop()
    postgresql_server.start()
    await asyncio.gather(*(vote(database, message) for message in range(40, 60)))
    assert len(await database.votes_of(MEMBER)) == 60


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGQUIT])
async def test_server_that_stops_loses_no_stored_vote(
    postgresql_server: PostgresqlServer, database: Database, kind: signal.Signals
) -> None:
    """In order or by a crash: what was reported as stored is there, the rest is a line each, and it recovers."""
    await vote(database, -1)
    tasks = [asyncio.create_task(vote(database, message)) for message in range(500)]
    while not any(task.done() for task in tasks):
        await asyncio.sleep(0)
    await asyncio.to_thread(postgresql_server.stop, kind)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    with pytest.raises(DatabaseError, match=r"Connection refused$"):
        await vote(database)
    postgresql_server.start()
    votes = {found.message for found in await database.votes_of(MEMBER)}
    stored = {message for message, result in enumerate(results) if result is None}
    assert stored
    assert stored | {-1} <= votes
    errors = {str(result) for result in results if result is not None}
    assert errors
    assert all(error.startswith("the database footnote on 127.0.0.1") for error in errors)
    assert not any("\n" in error or "another operation" in error for error in errors)
    await vote(database, 999)


@pytest.mark.parametrize("function", ["pg_terminate_backend", "pg_cancel_backend"])
async def test_killed_statement_is_one_line(
    postgresql_server: PostgresqlServer, database: Database, function: str
) -> None:
    """By an administrator in the middle of a vote, or by a limit of the server; the next vote works."""
    async with locked(postgresql_server, "LOCK TABLE votes") as other:
        voting = asyncio.create_task(vote(database))
        await wait_for_rows(partial(other.fetch, WAITING), 1)
        await other.execute(f"SELECT {function}(pid) FROM pg_locks WHERE NOT granted")  # noqa: S608 - of the test
        with pytest.raises(DatabaseError, match=r"cannot be used: (connection was closed|canceling statement)[^\n]*$"):
            await voting
    await vote(database)


@pytest.mark.usefixtures("_short_timeout")
async def test_lock_of_somebody_else_costs_no_more_than_the_timeout(
    postgresql_server: PostgresqlServer, postgresql_url: str
) -> None:
    """A vote that cannot be stored in time is an error; settings are read meanwhile, and later votes are stored."""
    async with opened(postgresql_url) as database:
        await vote(database)
        async with locked(postgresql_server, "LOCK TABLE votes"), asyncio.timeout(5):
            voting = [asyncio.create_task(vote(database, message)) for message in range(4)]
            assert await database.settings(GUILD) == ServerSettings()
            for result in await asyncio.gather(*voting, return_exceptions=True):
                assert str(result).endswith(" cannot be used: no answer within 0.5 seconds")
        await vote(database, 9)
        assert [found.message for found in await database.votes_of(MEMBER)] == [1, 9]


@pytest.mark.usefixtures("_short_timeout")
async def test_lost_network_holds_nothing_up(postgresql_server: PostgresqlServer, postgresql_url: str) -> None:
    """Votes fail in bounded time, reading settings can be given up, closing is instant, and it recovers."""
    async with opened(postgresql_url) as database:
        await asyncio.gather(*(vote(database, message) for message in range(10)))
        async with postgresql_server.frozen(), asyncio.timeout(6):
            results = await asyncio.gather(*(vote(database, message) for message in range(5)), return_exceptions=True)
            assert {str(result).partition(": ")[2] for result in results} == {"no answer within 0.5 seconds"}
            for _ in range(2):  # the first one must not keep the lock that the second one needs
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await database.settings(GUILD)
        await vote(database, 11)
        assert len(await database.votes_of(MEMBER)) == 11
        async with postgresql_server.frozen(), asyncio.timeout(1):
            await database.close()


async def test_cancelled_statement_is_not_left_running(postgresql_server: PostgresqlServer, database: Database) -> None:
    """Reading settings that was given up frees its connection on the server as well."""
    async with locked(postgresql_server, "LOCK TABLE servers") as other:
        for guild in range(10):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await database.settings(guild)
        await wait_for_rows(partial(other.fetch, WAITING), 0)
    assert await database.settings(GUILD) == ServerSettings()


async def test_error_repeats_no_value(postgresql_server: PostgresqlServer, database: Database) -> None:
    """Neither the server's details about a row nor the driver's about an argument are in it."""
    await postgresql_server.execute(
        "ALTER TABLE gaps ADD CONSTRAINT short CHECK (length(question) < 5)", database="footnote"
    )
    with pytest.raises(DatabaseError, match=r'violates check constraint "short"$'):
        await database.add_gap(GUILD, "canary", TODAY)
    with pytest.raises(DatabaseError, match=r"invalid input for query argument \$\d$"):
        await database.add_gap(2**63, "canary", TODAY)


async def test_no_user_id_is_in_the_files_of_the_server(
    postgresql_server: PostgresqlServer, database: Database
) -> None:
    """Neither in tables and indexes nor in the write-ahead log and the server's own log."""
    await vote(database, MEMBER + 1)
    await database.add_gap(GUILD, f"does <@{MEMBER}> know?", TODAY)
    await postgresql_server.execute("CHECKPOINT")
    files = [path for path in postgresql_server.folder.rglob("*") if path.is_file()]
    content = b"".join(path.read_bytes() for path in files)
    assert (MEMBER + 1).to_bytes(8, sys.byteorder) in content  # this is how numbers are stored
    assert not [trace for trace in user_traces(MEMBER) if trace in content]


# Two bots on one database


async def test_connections_are_limited(postgresql_server: PostgresqlServer, database: Database) -> None:
    """A hundred votes at once take five connections, which are closed with the database."""
    await asyncio.gather(*(vote(database, message) for message in range(100)))
    connections = partial(postgresql_server.execute, "SELECT FROM pg_stat_activity WHERE datname = 'footnote'")
    assert len(await connections()) == 5
    await database.close()
    await wait_for_rows(connections, 0)


async def test_processes_that_start_together_migrate_once_and_lose_nothing(postgresql_url: str, tmp_path: Path) -> None:
    """Three bots start at the same moment on an empty database, and store as fast as they can."""
    start = str(time.time() + 1.5)
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-c", BOT, postgresql_url, start, str(user),
            cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, stderr=asyncio.subprocess.PIPE,
        )
        for user in USERS
    ]  # fmt: skip
    errors = [stderr.decode() for _, stderr in await asyncio.gather(*(each.communicate() for each in processes))]
    assert errors == [""] * 3
    async with opened(postgresql_url) as database:
        assert [len(await database.votes_of(user)) for user in USERS] == [20, 20, 20]
        assert await database.gaps(1) == [Gap("the same question", TODAY, 60)]
        settings = await database.settings(1)
        assert settings in [ServerSettings(refusal=f"by {user}", managers=(user,)) for user in USERS]  # not mixed


@pytest.mark.parametrize("version", [None, "0001"])
async def test_only_one_bot_migrates(postgresql_url: str, version: str | None) -> None:
    """From an empty and from an old database; the others wait, and then find nothing to do."""
    if version:
        database = Database(engine.parse_address(postgresql_url))
        async with database.transaction() as connection:
            await connection.run_sync(migrations.upgrade, version)
        await database.close()
    for database in await asyncio.gather(*(Database.open(postgresql_url) for _ in range(4))):
        await database.close()


async def test_first_votes_of_two_bots_share_a_key(postgresql_url: str) -> None:
    """Whichever creates the key, each bot finds and deletes the votes that were made through the other."""
    async with opened(postgresql_url) as one, opened(postgresql_url) as two:
        await asyncio.gather(*(vote((one, two)[message % 2], message) for message in range(20)))
        assert len(await one.votes_of(MEMBER)) == 20
        assert await two.delete_votes(MEMBER) == 20


async def test_one_of_two_bots_owns_the_database(postgresql_url: str) -> None:
    """Bots of two applications that claim it at the same moment agree on the owner."""
    async with opened(postgresql_url) as one, opened(postgresql_url) as two:
        claims = await asyncio.gather(*((one, two)[number % 2].belongs_to(number % 2) for number in range(20)))
        assert set(zip(claims, (number % 2 for number in range(20)), strict=True)) in (
            {(True, 0), (False, 1)},
            {(False, 0), (True, 1)},
        )


async def test_settings_of_another_bot_are_read_at_the_next_start(postgresql_url: str) -> None:
    """They are cached: a bot that has read the settings of a server keeps them until it saves or starts again."""
    async with opened(postgresql_url) as one, opened(postgresql_url) as two:
        assert await one.settings(GUILD) == ServerSettings()
        await two.save(GUILD, ServerSettings(private=True))
        assert await one.settings(GUILD) == ServerSettings()
    async with opened(postgresql_url) as one:
        assert await one.settings(GUILD) == ServerSettings(private=True)


async def test_deletions_do_not_wait_for_each_other(postgresql_server: PostgresqlServer, postgresql_url: str) -> None:
    """A user deletes votes while their server removes the bot: no deadlock, though each has an index of its own."""
    await postgresql_server.execute(f"ALTER ROLE {USER} SET enable_seqscan = off")
    async with opened(postgresql_url) as database:
        for message in (3, 2, 1):  # the index of servers finds them in this order, the primary key in the other one
            await vote(database, message)
        async with locked(postgresql_server, "SELECT FROM votes WHERE message = 2 FOR UPDATE") as other:
            tasks = [
                asyncio.create_task(database.delete_votes(MEMBER)),
                asyncio.create_task(database.delete_server(GUILD)),
            ]
            await wait_for_rows(partial(other.fetch, WAITING), 2)
        assert [str(result) for result in await asyncio.gather(*tasks, return_exceptions=True)] == ["3", "None"]
        assert await database.votes_of(MEMBER) == []


async def test_stricter_default_isolation_costs_no_vote(
    postgresql_server: PostgresqlServer, postgresql_url: str
) -> None:
    """If the operator made transactions serializable by default, 40 votes on one message still all succeed."""
    await postgresql_server.execute(f"ALTER ROLE {USER} SET default_transaction_isolation = 'serializable'")
    async with opened(postgresql_url) as database:
        await asyncio.gather(*(vote(database) for _ in range(40)))


async def test_tables_that_changed_meanwhile_are_used(postgresql_server: PostgresqlServer, database: Database) -> None:
    """A newer bot may migrate while this one runs: a new column costs nothing, another type one statement at most."""
    await database.add_gap(GUILD, "why?", TODAY)
    assert await database.gaps(GUILD) == [Gap("why?", TODAY)]
    await postgresql_server.execute("ALTER TABLE gaps ADD more integer", database="footnote")
    await database.add_gap(GUILD, "why?", TODAY)
    assert await database.gaps(GUILD) == [Gap("why?", TODAY, 2)]
    await postgresql_server.execute("ALTER TABLE gaps ALTER question TYPE varchar(600)", database="footnote")
    with pytest.raises(DatabaseError, match="cached statement plan is invalid"):
        await database.gaps(GUILD)
    await database.add_gap(GUILD, "why?", TODAY)
    assert await database.gaps(GUILD) == [Gap("why?", TODAY, 3)]


# What several processes share


async def test_restarted_server_costs_no_lease(postgresql_server: PostgresqlServer, database: Database) -> None:
    """Calls fail with one line while it is away; then the holder goes on with its shards and what it began."""
    store = SharingStore(database)
    try:
        holder = await store.join("holder", 2)
        await store.beat(holder, {}, "gen-1")
        assert await store.take(holder, 1, "MESSAGE_CREATE", 7) is Taken.NEW
        postgresql_server.stop()
        with pytest.raises(DatabaseError, match=r"cannot be used"):
            await store.beat(holder, {}, "gen-1")
        postgresql_server.start()
        standing = await store.beat(holder, {0: HeldShard(0, "session", 5)}, "gen-1")
        assert standing is not None
        assert list(standing.held) == [0, 1]
        assert await store.take(holder, 1, "MESSAGE_CREATE", 7) is Taken.HANDLED
    finally:
        await store.close()


async def test_frozen_process_does_not_stop_the_others(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends the transaction of a process that stands still in it, and the next one has its turn."""
    monkeypatch.setattr(quick_transactions, "MAX_IDLE_MS", 100)
    async with opened(postgresql_url) as one, opened(postgresql_url) as two:
        frozen, store = quick_transactions.QuickTransactions(one), SharingStore(two)
        begun = asyncio.Event()

        def freeze(*_: object) -> None:
            begun.set()
            await_only(asyncio.sleep(0.5))

        turn = asyncio.create_task(frozen.run(freeze))
        await begun.wait()
        async with asyncio.timeout(0.4):
            assert await store.wait("ping", "1", 1, 60.0) == 0
        with pytest.raises(DatabaseError):
            await turn
        await frozen.close()
        await store.close()
