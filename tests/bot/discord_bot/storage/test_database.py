"""The bot's database: what is stored is read back, what is deleted is gone, and no user id is in it.

Tests that take the fixture `url` run on SQLite and on PostgreSQL.
"""

import asyncio
import datetime
import hmac
import os
import stat
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.asyncio import create_async_engine

from bot.discord_bot.storage import migrations, schema
from bot.discord_bot.storage.database import Database, DatabaseError, Gap, ServerSettings, Vote, file_address
from bot.discord_bot.storage.engine import describe
from bot.discord_bot.storage.question_store import QuestionStore
from tests.support.user_traces import user_traces

pytestmark = pytest.mark.asyncio

T = TypeVar("T")
TODAY = datetime.datetime.now(datetime.UTC).date()
GUILD, USER, MESSAGE = 81384788765712384, 80351110224678912, 1441234567890123456
ALL_SET = ServerSettings(
    channels=(MESSAGE, 7),
    private=True,
    threads=True,
    forums=True,
    refusal="Nobody knows 🤷 —\nask the librarians",
    refusal_role=GUILD,
    precision=0.9,
    managers=(3,),
    gaps=True,
    collections=("handbook", "ä b", ""),
    channel_collections=((MESSAGE, ("handbook",)), (7, ("", "notes"))),
    role_collections=((GUILD, ("handbook",)),),
    team_channel=MESSAGE,
    team_role=GUILD,
    report_channel=7,
)
VERSIONS = [step.revision for step in migrations.steps().walk_revisions()]


def days_ago(days: int) -> datetime.date:
    """Return the day some days before today."""
    return TODAY - datetime.timedelta(days=days)


def bytes_of(folder: Path) -> bytes:
    """Return the bytes of all files of a database, journal and shared memory included."""
    files = sorted(folder.glob("discord.sqlite*"))
    assert files
    return b"".join(file.read_bytes() for file in files)


async def execute(url: str, *statements: str | sa.Executable) -> list[tuple[object, ...]]:
    """Run statements on a connection that is not the bot's, and return the rows of the last one."""

    def run(connection: sa.Connection) -> list[tuple[object, ...]]:
        for statement in statements:
            result = connection.execute(sa.text(statement) if isinstance(statement, str) else statement)
        return [tuple(row) for row in result] if result.returns_rows else []

    return await run_sync(url, run)


async def run_sync(url: str, function: Callable[[sa.Connection], T]) -> T:
    """Call a function with a connection that is not the bot's, in one transaction."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(function)
    finally:
        await engine.dispose()


async def vote(database: Database, message: int = MESSAGE, *, user: int = USER, helpful: bool = True) -> None:
    """Vote as a user on a message in GUILD."""
    await database.vote(
        message=message, citation="hnil3bpovo", generation="gen-7", guild=GUILD, user=user, helpful=helpful
    )


async def test_limits_of_all_servers(database: Database) -> None:
    """Each limit comes with its id; saving and deleting have an effect at once."""
    assert await database.collection_limits() == ()
    await database.save(GUILD, ALL_SET)
    await database.save(7, ServerSettings(private=True))
    await database.save(8, ServerSettings(role_collections=((5, ("a",)),)))
    limited = ((GUILD, ALL_SET.collections), *ALL_SET.channel_collections, *ALL_SET.role_collections)
    assert await database.collection_limits() == ((5, ("a",)), *limited)
    await database.delete_server(GUILD)
    assert await database.collection_limits() == ((5, ("a",)),)


async def test_settings_are_read_as_they_were_saved(url: str) -> None:
    """Every field, from the cache and, in another process, from the database; the last save counts."""
    database = await Database.open(url)
    assert await database.settings(GUILD) == ServerSettings()
    await database.save(GUILD, ServerSettings(private=True))
    await database.save(GUILD, ALL_SET)
    assert await database.settings(GUILD) == ALL_SET
    await database.close()
    again = await Database.open(url)
    assert await again.settings(GUILD) == ALL_SET
    assert await again.settings(GUILD + 1) == ServerSettings()
    await again.close()


async def test_settings_are_read_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second read uses no connection, so a question costs no query."""
    first = await database.settings(GUILD)
    monkeypatch.setattr(Database, "transaction", None)
    assert await database.settings(GUILD) is first


async def test_settings_are_bounded(database: Database) -> None:
    """A long refusal is cut, ids are stored once, and what no database can store is removed; cache and file agree."""
    written = ServerSettings(refusal="a\0\ud800" * 1_000, channels=(*range(10_000), 1), managers=(5, 5))
    await database.save(GUILD, written)
    bounded = ServerSettings(refusal="a?" * 250, channels=tuple(range(500)), managers=(5,))
    assert await database.settings(GUILD) == bounded
    other = await Database.open(database.url.render_as_string(hide_password=False))
    assert await other.settings(GUILD) == bounded
    await other.close()


@pytest.mark.parametrize("precision", [-0.1, 1.1, float("nan"), float("inf")])
async def test_invalid_precision_is_rejected(database: Database, precision: float) -> None:
    """If it is not a number between 0 and 1, nothing is saved."""
    with pytest.raises(ValueError, match="is not between 0 and 1"):
        await database.save(GUILD, ServerSettings(precision=precision))
    assert await database.settings(GUILD) == ServerSettings()


async def test_reading_while_saving_leaves_no_old_settings_in_the_cache(database: Database) -> None:
    """Whatever the order of 50 first reads and saves, the cache ends with what the database contains."""
    for guild in range(50):
        saving = database.save(guild, ALL_SET)
        await asyncio.gather(database.settings(guild), saving, database.settings(guild))
        assert await database.settings(guild) == ALL_SET


# Callers that are cancelled, and a database that is closed


@pytest.mark.parametrize("steps", range(4))
async def test_call_whose_caller_is_cancelled_ends_its_work(sqlite_url: str, steps: int) -> None:
    """Closing waits for it, so what it saves is saved and no connection is left open."""
    database = await Database.open(sqlite_url)
    saving = asyncio.ensure_future(database.save(GUILD, ALL_SET))
    for _ in range(steps + 1):
        await asyncio.sleep(0)
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    await database.close()

    again = await Database.open(sqlite_url)
    assert await again.settings(GUILD) == ALL_SET
    await again.close()


async def test_closed_database_opens_no_connection(url: str) -> None:
    """Whoever calls it later is told."""
    database = await Database.open(url)
    await database.close()
    with pytest.raises(DatabaseError, match="the database is closed"):
        await database.gaps(GUILD)


# Votes


async def test_second_vote_replaces_the_first(database: Database) -> None:
    """There is one vote per user, message and citation, with its latest content."""
    await vote(database)
    await database.vote(
        message=MESSAGE, citation="hnil3bpovo", generation="gen-8", guild=None, user=USER, helpful=False
    )
    await database.vote(message=1, citation="aaaaaaaaaa", generation="gen-8", guild=None, user=USER, helpful=True)
    await vote(database, user=USER + 1)
    assert await database.votes_of(USER) == [
        Vote(1, "aaaaaaaaaa", "gen-8", None, True),
        Vote(MESSAGE, "hnil3bpovo", "gen-8", None, False),
    ]
    assert await database.votes_of(USER + 1) == [Vote(MESSAGE, "hnil3bpovo", "gen-7", GUILD, True)]
    assert await database.votes_of(USER + 2) == []


async def test_names_in_a_vote_are_bounded(database: Database) -> None:
    """A citation or generation of any length is cut, so that a forged button cannot fill the database."""
    await database.vote(message=1, citation="c" * 9_999, generation="g" * 9_999, guild=None, user=USER, helpful=True)
    assert await database.votes_of(USER) == [Vote(1, "c" * 32, "g" * 32, None, True)]


async def test_many_tasks_at_once_lose_nothing(url: str) -> None:
    """120 votes, 40 saves and 40 gaps at once, over two connections to one database, are all stored."""
    first, second = await Database.open(url), await Database.open(url)
    await asyncio.gather(
        *(vote(first, message) for message in range(60)),
        *(vote(second, message) for message in range(60, 120)),
        *(first.save(guild, ALL_SET) for guild in range(40)),
        *(second.add_gap(GUILD, "the same question", TODAY) for _ in range(20)),
        *(first.add_gap(GUILD, "the same question", TODAY) for _ in range(20)),
    )
    assert [vote.message for vote in await first.votes_of(USER)] == list(range(120))
    assert [await second.settings(guild) for guild in range(40)] == [ALL_SET] * 40
    assert await second.gaps(GUILD) == [Gap("the same question", TODAY, 40)]
    await first.close()
    await second.close()


async def test_cancelled_tasks_leave_no_connection_behind(database: Database) -> None:
    """After 40 votes were cancelled at different points, the next ones succeed."""
    tasks = [asyncio.create_task(vote(database, message)) for message in range(40)]
    for task in tasks:
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(20):
        await asyncio.gather(*(vote(database, message) for message in range(40)))
    assert len(await database.votes_of(USER)) == 40


# Privacy


async def test_no_user_id_is_in_the_files(sqlite_url: str, tmp_path: Path) -> None:
    """Neither the id as text or number nor an unkeyed hash of it, while open and after closing."""
    database = await Database.open(sqlite_url)
    await vote(database)
    await database.save(GUILD, ALL_SET)
    await database.add_gap(GUILD, f"does <@{USER}> or <@!{USER}> know?", TODAY)
    for _ in ("open", "closed"):
        content = bytes_of(tmp_path)
        assert MESSAGE.to_bytes(8, "big") in content  # this is how numbers are stored
        assert not [trace for trace in user_traces(USER) if trace in content]
        await database.close()
    assert "does @… or @… know?".encode() in bytes_of(tmp_path)


async def test_voter_cannot_be_found_without_the_key(url: str) -> None:
    """Among 1,000 candidates only the database's own key finds the right one; two databases share no hash."""
    voters = set()
    for _ in ("one", "two"):
        database = await Database.open(url)
        await vote(database)
        await database.close()
        [(voter,)] = await execute(url, sa.select(schema.votes.c.voter))
        [(key,)] = await execute(url, sa.select(schema.keys.c.key))
        assert isinstance(key, bytes)
        assert len(key) == 32
        candidates = [str(user).encode() for user in range(USER - 500, USER + 500)]
        for wrong in (b"", bytes(32), b"footnote", b"voters"):
            assert voter not in {hmac.digest(wrong, candidate, "sha256").hex() for candidate in candidates}
        assert [c for c in candidates if hmac.digest(key, c, "sha256").hex() == voter] == [str(USER).encode()]
        voters.add(voter)
        await execute(url, *(f"DROP TABLE {table}" for table in (*schema.metadata.tables, "alembic_version")))
    assert len(voters) == 2


async def test_key_survives_a_restart(url: str) -> None:
    """Votes of an earlier run are still found and deleted; those of other users are untouched."""
    database = await Database.open(url)
    await vote(database, 1)
    await vote(database, 2)
    await vote(database, 2, user=USER + 1)
    await database.close()
    again = await Database.open(url)
    assert len(await again.votes_of(USER)) == 2
    assert await again.delete_votes(USER) == 2
    assert await again.delete_votes(USER) == 0
    assert await again.votes_of(USER) == []
    assert len(await again.votes_of(USER + 1)) == 1
    await again.close()


async def test_failed_first_vote_loses_no_key(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is used only once it is stored: later votes are found by the next process."""
    database = await Database.open(url)
    with monkeypatch.context() as patch:
        patch.setattr("bot.discord_bot.storage.database.keys", sa.table("missing", sa.column("name"), sa.column("key")))
        with pytest.raises(DatabaseError, match="missing"):
            await vote(database)
    await vote(database)
    await database.close()
    again = await Database.open(url)
    assert len(await again.votes_of(USER)) == 1
    await again.close()


async def test_deleted_rows_are_gone_from_the_file(sqlite_url: str, tmp_path: Path) -> None:
    """A deleted question and a deleted vote leave no bytes behind once the bot has stopped."""
    database = await Database.open(sqlite_url)
    await database.add_gap(GUILD, "canary question", TODAY)
    await vote(database)
    assert b"canary" in bytes_of(tmp_path)
    await database.delete_votes(USER)
    await database.delete_server(GUILD)
    await database.close()
    content = bytes_of(tmp_path)
    assert b"canary" not in content
    assert b"hnil3bpovo" not in content


async def test_server_is_deleted(url: str, database: Database) -> None:
    """Its settings, votes and questions are deleted; those of other servers and of direct messages stay."""
    store = QuestionStore(database)
    for guild in (GUILD, GUILD + 1):
        await database.save(guild, ALL_SET)
        await store.add_voted(guild, guild, "c", "why?", TODAY)
        await store.claim_handover(guild, "key", TODAY)
        await store.count(guild, TODAY, answered=True)
        await database.add_gap(guild, "why?", TODAY)
        await database.vote(message=guild, citation="c", generation="g", guild=guild, user=USER, helpful=True)
    await database.vote(message=1, citation="c", generation="g", guild=None, user=USER, helpful=True)
    assert await database.known_servers() == {GUILD, GUILD + 1}
    await database.delete_server(GUILD)
    assert await database.known_servers() == {GUILD + 1}
    assert await database.settings(GUILD) == ServerSettings()
    assert await database.gaps(GUILD) == []
    assert await database.settings(GUILD + 1) == ALL_SET
    assert await database.gaps(GUILD + 1) == [Gap("why?", TODAY)]
    assert [await store.claim_handover(guild, "key", TODAY) for guild in (GUILD, GUILD + 1)] == [True, False]
    for table in ("voted_questions", "monthly_counts"):
        assert await execute(url, f"SELECT guild FROM {table}") == [(GUILD + 1,)]  # noqa: S608 - two names
    assert [vote.guild for vote in await database.votes_of(USER)] == [None, GUILD + 1]


async def test_database_belongs_to_the_first_bot(database: Database) -> None:
    """Another bot, such as one with a new token, is not in the same servers."""
    assert [await database.belongs_to(application) for application in (1, 2, 1)] == [True, False, True]


# Unanswered questions


async def test_gaps_are_counted_and_listed_newest_first(database: Database) -> None:
    """A question counts once per day and wording; white space makes no difference."""
    await database.add_gap(GUILD, "when?", days_ago(1))
    await database.add_gap(GUILD, "who?", TODAY)
    await database.add_gap(GUILD, "where?", TODAY)
    await database.add_gap(GUILD, " when?\n", days_ago(1))
    await database.add_gap(GUILD, "when?", TODAY)
    await database.add_gap(GUILD + 1, "elsewhere?", TODAY)
    assert await database.gaps(GUILD) == [
        Gap("when?", TODAY, 1),
        Gap("where?", TODAY, 1),
        Gap("who?", TODAY, 1),
        Gap("when?", days_ago(1), 2),
    ]
    assert await database.gaps(GUILD + 1) == [Gap("elsewhere?", TODAY)]


async def test_gap_is_stored_for_90_days(url: str) -> None:
    """The 90th day is kept, the 91st is deleted: after adding, when listing, and at a start."""
    database = await Database.open(url)
    await database.add_gap(GUILD, "old", days_ago(90))
    await database.add_gap(GUILD, "too old", days_ago(91))
    assert await database.gaps(GUILD) == [Gap("old", days_ago(90))]
    await database.close()
    await execute(url, sa.update(schema.gaps).values(day=days_ago(91)))
    await (await Database.open(url)).close()
    assert await execute(url, sa.select(schema.gaps)) == []


async def test_server_keeps_its_newest_gaps(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the oldest ones are deleted; those of another server stay."""
    monkeypatch.setattr("bot.discord_bot.storage.database.MAX_GAPS", 3)
    await database.add_gap(GUILD + 1, "elsewhere?", days_ago(80))
    for number, days in enumerate([5, 9, 1, 1, 7]):
        await database.add_gap(GUILD, f"question {number}", days_ago(days))
    assert [gap.question for gap in await database.gaps(GUILD)] == ["question 3", "question 2", "question 0"]
    assert len(await database.gaps(GUILD + 1)) == 1


async def test_question_is_bounded(database: Database) -> None:
    """The longest message is cut to 500 characters, and what no database can store is replaced."""
    await database.add_gap(GUILD, "x" * 4_000, TODAY)
    await database.add_gap(GUILD, "\ud83d\0' OR 1=1 --" + "😀" * 600, TODAY)
    assert [gap.question for gap in await database.gaps(GUILD)] == ["?' OR 1=1 --" + "😀" * 488, "x" * 500]


# Migrations


def differences(connection: sa.Connection, metadata: sa.MetaData = schema.metadata) -> list[object]:
    """Compare the tables of a database with a schema."""

    def default_differs(
        _context: object, _here: object, column: sa.Column[object], stored: str, _default: object, rendered: str
    ) -> bool | None:
        """Compare JSON as text, since PostgreSQL cannot compare its values; None compares by the database."""
        return stored.removesuffix("::json") != f"'{rendered}'" if isinstance(column.type, sa.JSON) and stored else None

    opts = {"compare_type": True, "compare_server_default": default_differs}
    context = MigrationContext.configure(connection, opts=opts)
    return list(compare_metadata(context, metadata))


@pytest.mark.parametrize("version", [None, *VERSIONS])
async def test_every_version_is_upgraded(url: str, version: str | None) -> None:
    """From an empty database and from each version, opening leads to the present tables, and they work."""
    if version:
        await run_sync(url, lambda connection: migrations.upgrade(connection, version))
    database = await Database.open(url)
    await vote(database)
    await database.save(GUILD, ALL_SET)
    await database.add_gap(GUILD, "why?", TODAY)
    await database.close()
    assert await run_sync(url, differences) == []


async def test_table_without_its_migration_is_noticed(url: str) -> None:
    """The comparison reports a new column, a new table and a changed type."""
    await (await Database.open(url)).close()

    def column(metadata: sa.MetaData) -> None:
        metadata.tables["votes"].append_column(sa.Column("reason", sa.String(20)))

    def table(metadata: sa.MetaData) -> None:
        sa.Table("more", metadata, sa.Column("id", sa.Integer, primary_key=True))

    def width(metadata: sa.MetaData) -> None:
        metadata.tables["gaps"].c.question.type = sa.String(900)

    changes: list[Callable[[sa.MetaData], None]] = [column, table, width]
    for change in changes:
        changed = sa.MetaData()
        for current in schema.metadata.tables.values():
            current.to_metadata(changed)
        change(changed)
        assert await run_sync(url, partial(differences, metadata=changed))


async def test_migrations_form_one_line() -> None:
    """No two steps follow the same one, and the last is the newest in the folder."""
    assert migrations.steps().get_heads() == [max(VERSIONS)]


async def test_failed_migration_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one transaction: an error after the tables were created leaves an empty database."""

    def fail(connection: sa.Connection) -> None:
        original(connection)
        raise RuntimeError("power failure")

    original = migrations.upgrade
    monkeypatch.setattr(migrations, "upgrade", fail)
    with pytest.raises(DatabaseError, match="power failure"):
        await Database.open(url)
    assert await run_sync(url, lambda connection: sa.inspect(connection).get_table_names()) == []


async def test_tables_compile_for_postgresql() -> None:
    """The tables compile without its driver, and ids are wide enough for Discord's."""
    dialect = PGDialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its types out
    for table in schema.metadata.sorted_tables:
        text = str(sa.schema.CreateTable(table).compile(dialect=dialect))
        assert "guild INTEGER" not in text
        assert "message INTEGER" not in text


# Files, addresses, errors


async def test_file_is_private(sqlite_url: str, tmp_path: Path) -> None:
    """Mode 0600 for all files of the database, whatever the umask, even if it was wider before."""
    before = os.umask(0)
    try:
        for _ in ("new", "widened"):
            database = await Database.open(sqlite_url)
            await vote(database)
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("discord.sqlite*")}
            assert set(modes.values()) == {0o600}
            assert {"discord.sqlite", "discord.sqlite-wal"} <= modes.keys()
            await database.close()
            (tmp_path / "discord.sqlite").chmod(0o644)
    finally:
        os.umask(before)


async def test_sqlite_pragmas(sqlite_url: str) -> None:
    """Write-ahead log, foreign keys, ten seconds of waiting for others, deleted rows overwritten."""
    database = await Database.open(sqlite_url)
    async with database.transaction() as connection:
        names = ("journal_mode", "foreign_keys", "busy_timeout", "secure_delete")
        values = [(await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in names]
    assert values == ["wal", 1, 10_000, 1]
    await database.close()


async def test_special_characters_in_a_path_do_not_matter(tmp_path: Path) -> None:
    """The file is where its path says, not where an address would say."""
    file = tmp_path / "a b?c=d#e%20f@g:h" / "discord.sqlite"
    await (await Database.open(file_address(file))).close()
    assert file.is_file()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("s3cret", "the database address cannot be parsed; write sqlite"),
        ("postgresql://u:s3cret@host:port/x", "the database address cannot be parsed; write sqlite"),
        ("postgresql://u:pass@s3cret@host/x", "special characters of the password percent-encoded"),
        ("mysql+aiomysql://u:s3cret@host/x", "names an unsupported kind of database; write sqlite"),
        ("sqlite+pysqlite:////tmp/s3cret", "names an unsupported kind of database; write sqlite"),
    ],
)
async def test_invalid_address_is_not_repeated(url: str, sentence: str) -> None:
    """One line says how to write it, without the address, which may contain a password."""
    with pytest.raises(DatabaseError, match=sentence) as caught:
        await Database.open(url)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says what to install, without the password."""
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(DatabaseError) as caught:
        await Database.open("postgres://u:s3cret@127.0.0.1/x")
    assert str(caught.value) == (
        "this database needs the library asyncpg, which is not installed; run: pip install 'footnote[postgresql]'"
    )


async def test_password_in_an_error_of_a_driver_is_hidden() -> None:
    """As it is, percent-encoded, and in the query of the address, where it may occur twice."""
    url = sa.make_url("postgresql+asyncpg://u:s3cret%25%40@db.example/x?sslpassword=h%2Fush&PASS=one&PASS=two&n=any")
    error = RuntimeError("s3cret%@ s3cret%25%40 h/ush\nh%2Fush one two any")
    assert describe(error, url) == "the database x on db.example cannot be used: *** *** *** *** *** *** any"
    assert describe(TimeoutError(), url) == "the database x on db.example cannot be used: no answer within 10 seconds"
    full = sa.exc.TimeoutError("QueuePool limit of size 5 overflow 0 reached")
    assert describe(full, url) == "the database x on db.example cannot be used: all connections are in use"


async def test_newer_database_is_left_alone(url: str) -> None:
    """One line says so, and the database stays as it is."""
    await (await Database.open(url)).close()
    await execute(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match=r"was created by a newer version of Footnote; update Footnote$"):
        await Database.open(url)
    assert await execute(url, "SELECT version_num FROM alembic_version") == [("9999",)]


async def error_on_opening(url: str) -> str:
    """Return the error of opening a database, which must be one line."""
    with pytest.raises(DatabaseError) as caught:
        await Database.open(url)
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)


async def test_other_file_is_not_overwritten(sqlite_url: str, tmp_path: Path) -> None:
    """One line says what is wrong with which file, and the file stays as it is."""
    file = tmp_path / "discord.sqlite"
    file.write_bytes(b"garbage" * 1_000)
    assert await error_on_opening(sqlite_url) == f"the database {file} cannot be used: file is not a database"
    assert file.read_bytes() == b"garbage" * 1_000


async def test_damaged_file_is_reported(sqlite_url: str, tmp_path: Path) -> None:
    """Overwritten pages are noticed when the file is opened, not at some later vote."""
    database = await Database.open(sqlite_url)
    await asyncio.gather(*(vote(database, message) for message in range(100)))
    await database.close()
    file = tmp_path / "discord.sqlite"
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    assert await error_on_opening(sqlite_url) == f"the database {file} is damaged; restore a backup or delete it"


async def test_unwritable_file_is_reported(tmp_path: Path) -> None:
    """No folder, a folder instead of the file, a read-only file: one line each."""
    (tmp_path / "file").touch()
    assert await error_on_opening(file_address(tmp_path / "file" / "deep" / "discord.sqlite")) == (
        f"the database {tmp_path / 'file' / 'deep' / 'discord.sqlite'} cannot be used: Not a directory"
    )
    (tmp_path / "taken" / "discord.sqlite").mkdir(parents=True)
    assert "unable to open database file" in await error_on_opening(file_address(tmp_path / "taken" / "discord.sqlite"))
    (tmp_path / "discord.sqlite").touch()
    read_only = f"sqlite+aiosqlite:///file:{tmp_path}/discord.sqlite?mode=ro&uri=true"
    assert "readonly" in await error_on_opening(read_only)


async def test_later_error_does_not_repeat_what_was_written(url: str, database: Database) -> None:
    """The error of a failed statement repeats no question, and the next statement works."""
    await execute(url, "ALTER TABLE gaps RENAME TO away")
    with pytest.raises(DatabaseError, match=r'no such table: gaps|relation "gaps" does not exist') as caught:
        await database.add_gap(GUILD, "canary", TODAY)
    assert "canary" not in str(caught.value)
    await execute(url, "ALTER TABLE away RENAME TO gaps")
    await database.add_gap(GUILD, "canary", TODAY)
    assert await database.gaps(GUILD) == [Gap("canary", TODAY)]


async def test_failed_save_leaves_the_cache_correct(url: str, database: Database) -> None:
    """After the error the settings are read again: neither the new nor stale ones are used."""
    await database.save(GUILD, ServerSettings(private=True))
    await execute(
        url,
        "CREATE TRIGGER full BEFORE UPDATE ON servers BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        if url.startswith("sqlite")
        else "ALTER TABLE servers ADD CONSTRAINT \"disk full\" CHECK (refusal = '')",
    )
    with pytest.raises(DatabaseError, match="disk full"):
        await database.save(GUILD, ALL_SET)
    assert await database.settings(GUILD) == ServerSettings(private=True)
