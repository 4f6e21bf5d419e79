"""Find the SQLite file of an index: next to the folder of the index, and named after it.

Not inside it: the index can be rebuilt at any time and may be deleted, settings and votes may not. Earlier versions had
one discord.sqlite for all indexes in a place. It is renamed once, if only one index can be meant.
"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from bot.discord_bot.storage.engine import TIMEOUT_S, DatabaseError
from retrieval import files

SHARED_NAME: Final = "discord.sqlite"


def find_file(index_folder: Path, other_indexes: bool, notify: Callable[[str], None]) -> Path:
    """Return the SQLite file of an index; rename the one of earlier versions to it if there is no other index beside.

    If there is, the old file stays in use, since an empty database would forget who may see what; `notify` gets a line
    that says how to decide. Raises DatabaseError if the file cannot be renamed, for example because a bot uses it.
    """
    own = index_folder.parent / f"discord-{index_folder.name}.sqlite"
    shared = index_folder.parent / SHARED_NAME
    if own.exists() or not shared.exists():
        return own
    if other_indexes:
        notify(
            f"the database {shared} may belong to any index in its folder, so they share it; to give it to this one, "
            f"stop the bots and rename it to {own.name}"
        )
        return shared
    try:
        with _locked(shared.parent):
            if shared.exists() and not own.exists():  # no other process has done it meanwhile
                _rename(shared, own)
    except (sqlite3.Error, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DatabaseError(f"the database {shared} cannot be renamed to {own.name}: {reason}") from None
    return own


def _rename(old: Path, new: Path) -> None:
    """Rename a SQLite database with all that is in its -wal. Raises sqlite3.Error and OSError."""
    address = f"{old.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=TIMEOUT_S, isolation_level=None)) as connection:
        # Without a write-ahead log, the database is one file, and renaming that is one step.
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        if mode != "delete":
            raise sqlite3.OperationalError(f"its journal stays {mode}")
        connection.execute("BEGIN EXCLUSIVE")  # a bot of an earlier version must not open it now
        files.rename(old, new)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Wait until no other process has locked a folder, and lock it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
