"""Open a database by its address: SQLite, with its pragmas set, or PostgreSQL.

Every error is one line for people without the password of the database.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, AsyncAdaptedQueuePool, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from retrieval.errors import FootnoteError

SQLITE: Final = "sqlite+aiosqlite"
POSTGRESQL: Final = "postgresql+asyncpg"
DRIVERS: Final = {
    "sqlite": SQLITE,
    SQLITE: SQLITE,
    "postgres": POSTGRESQL,
    "postgresql": POSTGRESQL,
    POSTGRESQL: POSTGRESQL,
}
ADDRESS_FORMS: Final = f"write {SQLITE}:////path/to/file or {POSTGRESQL}://USER:PASSWORD@HOST/NAME"
MAX_REASON_CHARS: Final = 300
TIMEOUT_S: Final = 10  # SQLite: for the transaction of another process; PostgreSQL: for a connection or a statement
# WAL lets others read during a write; secure_delete overwrites deleted rows.
PRAGMAS: Final = ("journal_mode = WAL", "foreign_keys = ON", "secure_delete = ON")
READS_ONLY: Final = "reads_only"  # an option of engines whose transactions wait for no others
MIGRATION_LOCK: Final = int.from_bytes(b"Footnote")  # of an advisory lock; any number that no other program uses
ARGUMENT_VALUE: Final = re.compile(r"(?<=invalid input for query argument )(\$\d+): .*")


class DatabaseError(FootnoteError):
    """The database cannot be used; the text is one line for people."""


def file_address(file: Path) -> str:
    """Return the address of a SQLite file."""
    return URL.create(SQLITE, database=str(file)).render_as_string(hide_password=False)


def parse_address(address: str) -> URL:
    """Parse an address and set the driver that Footnote uses. Raises DatabaseError, which never repeats the address."""
    try:
        url = make_url(address)
    except (SQLAlchemyError, ValueError):
        raise DatabaseError(f"the database address cannot be parsed; {ADDRESS_FORMS}") from None
    if url.drivername not in DRIVERS:
        raise DatabaseError(f"the database address names an unsupported kind of database; {ADDRESS_FORMS}")
    url = url.set(drivername=DRIVERS[url.drivername])
    if url.host and "@" in url.host:  # it begins with the end of a password, and errors name it
        encoding = "special characters of the password percent-encoded"
        raise DatabaseError(f"the database address cannot be parsed; {ADDRESS_FORMS}, {encoding}")
    if url.drivername == POSTGRESQL and "sslmode" in url.query:  # libpq's name, which hosts use
        url = url.difference_update_query(["sslmode"]).update_query_dict({"ssl": url.query["sslmode"]})
    return url


def describe(error: Exception, url: URL) -> str:
    """Format an error of a driver as one line that names the database, without the passwords in its address."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    reason = " ".join(_reason(cause).split()) or type(cause).__name__
    for password in _passwords(url):
        for spelling in (password, quote(password, safe=""), quote_plus(password)):
            reason = reason.replace(spelling, "***")
    server = f"{url.host}:{url.port}" if url.port else url.host
    place = f"{url.database} on {server}" if url.host else url.database or "in memory"
    if reason == "database disk image is malformed":
        return f"the database {place} is damaged; restore a backup or delete it"
    return f"the database {place} cannot be used: {reason[:MAX_REASON_CHARS]}"


def _reason(cause: BaseException) -> str:
    """Return the text of an error of a driver, without the values in a statement."""
    if isinstance(cause, PoolTimeoutError):
        return "all connections are in use"
    if isinstance(cause, ConnectionRefusedError) and cause.errno:
        return os.strerror(cause.errno)
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, TimeoutError):
        return f"no answer within {TIMEOUT_S} seconds"
    if type(cause).__name__ == "InternalClientError":  # a statement collided with the server's last message
        return "the connection was lost"
    return ARGUMENT_VALUE.sub(r"\1", str(cause))


def make_engine(url: URL) -> AsyncEngine:
    """Create an engine, without connecting. Raises DatabaseError if the driver is not installed."""
    options: dict[str, Any]
    if url.drivername == SQLITE:  # it allows one writer: its transactions queue here, in order
        options = {"connect_args": {"timeout": TIMEOUT_S}, "pool_size": 1}
    else:
        options = {
            # Without a timeout, a statement would wait forever for a lock or for a lost network.
            "connect_args": {"timeout": TIMEOUT_S, "command_timeout": TIMEOUT_S},
            "pool_size": 5,
            "pool_pre_ping": True,
            "isolation_level": "READ COMMITTED",  # the server's default may be one that aborts concurrent writes
        }
    try:
        engine = create_async_engine(
            url,
            hide_parameters=True,  # an error must not repeat a question
            poolclass=AsyncAdaptedQueuePool,
            max_overflow=0,
            **options,
        )
    except ModuleNotFoundError as error:
        extra = "postgresql" if url.drivername == POSTGRESQL else "discord"
        install = f"pip install 'footnote[{extra}]'"
        raise DatabaseError(
            f"this database needs the library {error.name}, which is not installed; run: {install}"
        ) from None
    if url.drivername == SQLITE:
        event.listen(engine.sync_engine, "connect", _configure)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


def make_quick_engine(url: URL) -> Engine:
    """Create an engine for SQLite without asyncio, for one thread: a statement costs a tenth.

    Its commits wait for no disk: a power cut may undo the last of them, but damages nothing.
    """
    engine = create_engine(url.set(drivername="sqlite"), hide_parameters=True, connect_args={"timeout": TIMEOUT_S})
    event.listen(engine, "connect", _configure_quick)
    event.listen(engine, "begin", _begin)
    return engine


async def close_engine(engine: AsyncEngine) -> None:
    """Close all connections, without waiting for the server."""
    if engine.dialect.name == "postgresql":  # a graceful close waits for TIMEOUT_S per connection on a lost network
        event.listen(engine.sync_engine, "close", lambda connection, _: connection.driver_connection.terminate())
    await engine.dispose()


async def prepare_postgresql(connection: AsyncConnection) -> None:
    """Lock out other processes that migrate, until the transaction ends. Raises DatabaseError if text is not UTF-8."""
    encoding = (await connection.exec_driver_sql("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        name = connection.engine.url.database
        raise DatabaseError(f"the database {name} stores text as {encoding}; create one with ENCODING 'UTF8'")
    await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")


def make_private(url: URL) -> None:
    """Create the file of a SQLite database, if missing, and let only its owner read and write it. Raises OSError."""
    if url.drivername != SQLITE or not url.database or url.database.startswith((":", "file:")):
        return
    file = Path(url.database)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        # Opening and closing the file would drop the locks that this process holds on it.
        with contextlib.suppress(PermissionError):  # the file of another user: SQLite reports if it is unusable
            file.chmod(0o600)


def _passwords(url: URL) -> Iterator[str]:
    if url.password:
        yield url.password
    for name, value in url.query.items():
        if "pass" in name.lower():
            yield from (value,) if isinstance(value, str) else value


def _configure(connection: Any, _record: object) -> None:
    # By itself the driver begins a transaction only before the first change, and none for CREATE TABLE.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _configure_quick(connection: Any, record: object) -> None:
    _configure(connection, record)
    connection.execute("PRAGMA synchronous = NORMAL").close()


def _begin(connection: Connection) -> None:
    # A transaction that takes the write lock at once can wait for it; one that takes it later can only fail.
    reads = connection.get_execution_options().get(READS_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
