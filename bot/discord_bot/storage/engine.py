"""Open a database by its address: SQLite, with its pragmas set, or PostgreSQL.

Every error is one line for people without the password of the database.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, AsyncAdaptedQueuePool, Connection, event, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

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
TIMEOUT_S: Final = 10  # SQLite: for the transaction of another process; PostgreSQL: for the connection
# WAL lets others read during a write; secure_delete overwrites deleted rows.
PRAGMAS: Final = ("journal_mode = WAL", "foreign_keys = ON", "secure_delete = ON")


class DatabaseError(FootnoteError):
    """The database cannot be used; the text is one line for people."""


def default_url(index_folder: Path) -> str:
    """Return the address of the SQLite file next to the folder of the index.

    Not inside it: the index can be rebuilt at any time and may be deleted, settings and votes may not.
    """
    file = index_folder.parent / "discord.sqlite"
    return URL.create(SQLITE, database=str(file)).render_as_string(hide_password=False)


def parse_address(address: str) -> URL:
    """Parse an address and set the driver that Footnote uses. Raises DatabaseError, which never repeats the address."""
    try:
        url = make_url(address)
    except (SQLAlchemyError, ValueError):
        raise DatabaseError(f"the database address cannot be parsed; {ADDRESS_FORMS}") from None
    if url.drivername not in DRIVERS:
        raise DatabaseError(f"the database address names an unsupported kind of database; {ADDRESS_FORMS}")
    return url.set(drivername=DRIVERS[url.drivername])


def describe(error: Exception, url: URL) -> str:
    """Format an error of a driver as one line that names the database, without the passwords in its address."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    reason = " ".join(text.split()) or type(cause).__name__
    for password in _passwords(url):
        for spelling in (password, quote(password, safe=""), quote_plus(password)):
            reason = reason.replace(spelling, "***")
    place = f"{url.database} on {url.host}" if url.host else url.database or "in memory"
    return f"the database {place} cannot be used: {reason[:MAX_REASON_CHARS]}"


def make_engine(url: URL) -> AsyncEngine:
    """Create an engine, without connecting. Raises DatabaseError if the driver is not installed."""
    try:
        engine = create_async_engine(
            url,
            connect_args={"timeout": TIMEOUT_S},
            hide_parameters=True,  # an error must not repeat a question
            poolclass=AsyncAdaptedQueuePool,
            # SQLite allows one writer: its transactions queue here, in order.
            pool_size=1 if url.drivername == SQLITE else 5,
            max_overflow=0,
            pool_pre_ping=url.drivername != SQLITE,
        )
    except ModuleNotFoundError as error:
        raise DatabaseError(f"this database needs a Python package; run: pip install {error.name}") from None
    if url.drivername == SQLITE:
        event.listen(engine.sync_engine, "connect", _configure)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


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


def _begin(connection: Connection) -> None:
    # A transaction that takes the write lock at once can wait for it; one that takes it later can only fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
