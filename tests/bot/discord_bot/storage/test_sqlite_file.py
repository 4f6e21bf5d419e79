"""Which SQLite file belongs to an index, and that renaming the one of earlier versions loses nothing."""

import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.discord_bot.storage import sqlite_file
from bot.discord_bot.storage.engine import DatabaseError
from bot.discord_bot.storage.sqlite_file import find_file
from retrieval import files
from tests.support.fork_server import ForkServer
from tests.support.killed_rename import KILLED

ROWS = [("stored",), ("only in the write-ahead log",)]


def fail(line: str) -> None:
    """Take a notice where none is expected."""
    pytest.fail(line)


def rows_of(file: Path) -> list[tuple[str]]:
    """Read the rows of an existing database, as the bot would: with a write-ahead log."""
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        return connection.execute("SELECT text FROM rows ORDER BY rowid").fetchall()


def open_old(folder: Path) -> sqlite3.Connection:
    """Create discord.sqlite with one row in the file and one in its -wal, which closing the connection would merge."""
    connection = sqlite3.connect(folder / "discord.sqlite", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE rows (text TEXT)")
    connection.execute("INSERT INTO rows VALUES (?)", ROWS[0])
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("INSERT INTO rows VALUES (?)", ROWS[1])
    return connection


@pytest.fixture
def killed_bot(tmp_path: Path) -> Callable[[Path], None]:
    """Return what puts the files into a folder that a killed bot of an earlier version left."""
    (tmp_path / "original").mkdir()
    with closing(open_old(tmp_path / "original")):
        shutil.copytree(tmp_path / "original", tmp_path / "killed")
    assert {file.name for file in (tmp_path / "killed").iterdir()} == {
        "discord.sqlite",
        "discord.sqlite-shm",
        "discord.sqlite-wal",
    }

    def leave_files(folder: Path) -> None:
        shutil.copytree(tmp_path / "killed", folder, dirs_exist_ok=True)

    return leave_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for indexes and databases, whose name has special characters."""
    (tmp_path / "a b?c=d#e%20f@g:h").mkdir()
    return tmp_path / "a b?c=d#e%20f@g:h"


def names(folder: Path) -> set[str]:
    """Return the names of the files of databases in a folder."""
    return {file.name for file in folder.iterdir()}


def test_indexes_beside_each_other_have_databases_of_their_own(folder: Path) -> None:
    """Each is named after the folder of the index and is next to it; nothing is created yet."""
    assert find_file(folder / "index", True, fail) == folder / "discord-index.sqlite"
    assert find_file(folder / "index-1a2b3c4d", True, fail) == folder / "discord-index-1a2b3c4d.sqlite"
    assert find_file(folder / "missing" / "index", False, fail) == folder / "missing" / "discord-index.sqlite"
    assert names(folder) == set()


def test_old_file_is_renamed_with_its_journal(folder: Path, killed_bot: Callable[[Path], None]) -> None:
    """What was only in the write-ahead log is kept, and nothing is left under the old name."""
    killed_bot(folder)
    file = find_file(folder / "index", False, fail)
    assert names(folder) == {"discord-index.sqlite"}
    assert rows_of(file) == ROWS
    assert find_file(folder / "index", False, fail) == file


def test_killed_at_any_line_nothing_is_lost(tmp_path: Path, killed_bot: Callable[[Path], None]) -> None:
    """The next start finishes what a killed one began."""
    codes: list[int] = []
    with ForkServer("tests.support.killed_rename") as server:
        while not codes or codes[-1] == KILLED:
            folder = tmp_path / str(len(codes))
            killed_bot(folder)
            codes.append(server.wait(server.start("find_file", str(folder), len(codes))))
            file = find_file(folder / "index", False, fail)
            assert rows_of(file) == ROWS
            assert {name for name in names(folder) if "index" not in name} == set()
    assert codes[-1] == 0
    assert len(codes) > 15


@pytest.mark.parametrize("operation", ["rename", "sync"])
def test_disk_error_loses_nothing(
    folder: Path, killed_bot: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """It is one line, and the next start succeeds."""
    killed_bot(folder)

    def full(*_: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files, operation, full)
        with pytest.raises(DatabaseError) as caught:
            find_file(folder / "index", False, fail)
    assert str(caught.value) == (
        f"the database {folder / 'discord.sqlite'} cannot be renamed to discord-index.sqlite: No space left on device"
    )
    assert rows_of(find_file(folder / "index", False, fail)) == ROWS


def test_other_index_leaves_the_old_file_in_use(folder: Path, killed_bot: Callable[[Path], None]) -> None:
    """Nothing is moved or emptied, and a line says how to decide."""
    killed_bot(folder)
    before, notices = names(folder), list[str]()
    assert find_file(folder / "index", True, notices.append) == folder / "discord.sqlite"
    assert names(folder) == before
    (notice,) = notices
    assert notice.endswith("to give it to this one, stop the bots and rename it to discord-index.sqlite")


def test_file_of_the_index_comes_before_an_old_one(folder: Path, killed_bot: Callable[[Path], None]) -> None:
    """Nothing is overwritten, whether or not there are other indexes."""
    killed_bot(folder)
    find_file(folder / "index", False, fail)
    killed_bot(folder)
    for other_indexes in (False, True):
        assert find_file(folder / "index", other_indexes, fail) == folder / "discord-index.sqlite"
    assert rows_of(folder / "discord.sqlite") == rows_of(folder / "discord-index.sqlite") == ROWS


def test_database_in_use_is_not_renamed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot of an earlier version that still runs keeps its file, and the new one does not start."""
    monkeypatch.setattr(sqlite_file, "TIMEOUT_S", 0.01)
    with closing(open_old(folder)) as running:
        with pytest.raises(DatabaseError, match=r"cannot be renamed to discord-index.sqlite: database is locked$"):
            find_file(folder / "index", False, fail)
        running.execute("INSERT INTO rows VALUES ('later')")
    assert rows_of(find_file(folder / "index", False, fail)) == [*ROWS, ("later",)]


def test_file_that_is_no_database_is_not_renamed(folder: Path) -> None:
    """It stays as it is."""
    (folder / "discord.sqlite").write_bytes(b"garbage" * 1_000)
    with pytest.raises(DatabaseError, match="file is not a database"):
        find_file(folder / "index", False, fail)
    assert (folder / "discord.sqlite").read_bytes() == b"garbage" * 1_000


def test_processes_that_start_together_rename_once(folder: Path, killed_bot: Callable[[Path], None]) -> None:
    """The others wait, and find the renamed file."""
    killed_bot(folder)
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(find_file(folder / "index", False, fail))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [folder / "discord-index.sqlite"] * 8
    assert names(folder) == {"discord-index.sqlite"}
    assert rows_of(found[0]) == ROWS
