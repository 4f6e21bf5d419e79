"""Opens a database by its address: SQLite, set up with care, or PostgreSQL.

Every error is one line for people, and none holds the password of the database.
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
FORM: Final = f"write {SQLITE}:////path/to/file or {POSTGRESQL}://USER:PASSWORD@HOST/NAME"
WAIT_SECONDS: Final = 10  # for another process's transaction (SQLite), for the server to answer (PostgreSQL)
# WAL lets others read while one writes; what was deleted is overwritten, not only forgotten.
PRAGMAS: Final = ("journal_mode = WAL", "foreign_keys = ON", "secure_delete = ON")


class DatabaseError(FootnoteError):
    """The database of settings, votes and gaps cannot be used; the text is one line for people."""


def default_url(index_folder: Path) -> str:
    """Return the address of the SQLite file beside the folder of the index.

    Not inside it: the index can be made anew at any time and may be deleted, settings and votes may not.
    """
    file = index_folder.parent / "discord.sqlite"
    return URL.create(SQLITE, database=str(file)).render_as_string(hide_password=False)


def parse(address: str) -> URL:
    """Return an address with the driver that Footnote uses. Raises DatabaseError, which never repeats it."""
    try:
        url = make_url(address)
    except (SQLAlchemyError, ValueError):
        raise DatabaseError(f"the address of the database cannot be understood; {FORM}") from None
    if url.drivername not in DRIVERS:
        raise DatabaseError(f"the address of the database names a kind that cannot be used; {FORM}")
    return url.set(drivername=DRIVERS[url.drivername])


def describe(error: Exception, url: URL) -> str:
    """Put an error of a driver into one line that names the database, without any password of its address."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    told = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    reason = " ".join(told.split()) or type(cause).__name__
    for secret in _passwords(url):
        for written in (secret, quote(secret, safe=""), quote_plus(secret)):
            reason = reason.replace(written, "***")
    place = f"{url.database} on {url.host}" if url.host else url.database or "in memory"
    return f"the database {place} cannot be used: {reason[:300]}"


def make_engine(url: URL) -> AsyncEngine:
    """Return an engine that has not connected yet. Raises DatabaseError when the driver is missing."""
    try:
        engine = create_async_engine(
            url,
            connect_args={"timeout": WAIT_SECONDS},
            hide_parameters=True,  # an error must not repeat what somebody asked
            poolclass=AsyncAdaptedQueuePool,
            # SQLite has one writer at a time: its transactions wait for each other here, in order.
            pool_size=1 if url.drivername == SQLITE else 5,
            max_overflow=0,
            pool_pre_ping=url.drivername != SQLITE,
        )
    except ModuleNotFoundError as error:
        raise DatabaseError(f"this database needs a Python package; run: pip install {error.name}") from None
    if url.drivername == SQLITE:
        event.listen(engine.sync_engine, "connect", _set_up)
        event.listen(engine.sync_engine, "begin", _begin)
    return engine


def make_private(url: URL) -> None:
    """Make the file of a SQLite database readable and writable for its owner only. Raises OSError."""
    if url.drivername != SQLITE or not url.database or url.database.startswith((":", "file:")):
        return
    file = Path(url.database)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        # Not opened and closed here, which would drop the locks of connections in this process.
        with contextlib.suppress(PermissionError):  # somebody else's file: SQLite says whether it can be used
            file.chmod(0o600)


def _passwords(url: URL) -> Iterator[str]:
    if url.password:
        yield url.password
    for name, value in url.query.items():
        if "pass" in name.lower():
            yield from (value,) if isinstance(value, str) else value


def _set_up(connection: Any, _record: object) -> None:
    # The driver would begin a transaction only before the first change, and none for CREATE TABLE.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # Taking the lock at once makes a transaction wait; taking it later could only fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
