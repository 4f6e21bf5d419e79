"""Let one process at a time write an index.

index/writer.lock     locked by the operating system until the process ends; its content means nothing
index/writer.json     describes the writer to people; it does not decide who may write
"""

import datetime
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from retrieval import files
from retrieval.errors import BusyError, StoreError
from retrieval.store import layout

LOCK = "writer.lock"
WRITER = "writer.json"


class Writer(msgspec.Struct, frozen=True):
    """The process that writes an index, as it describes itself."""

    process: int
    host: str
    since: str  # ISO 8601, UTC


@contextmanager
def writing(folder: Path, *, wait: bool = False, as_mirror: bool = False) -> Iterator[None]:
    """Lock an index for writing. Raises BusyError if another process has the lock and `wait` is false.

    A folder that mirrors the index of another machine is only written by who mirrors, and no other folder is. Raises
    StoreError otherwise.
    """
    from filelock import FileLock, Timeout  # reading does not need it

    try:
        files.make_folder(folder)
        with FileLock(folder / LOCK, timeout=-1 if wait else 0):
            _check_owner(folder, as_mirror=as_mirror)
            note = json.dumps(msgspec.to_builtins(_this_process()))
            files.write_if_possible(folder / WRITER, note.encode())
            try:
                yield
            finally:
                with suppress(OSError):
                    (folder / WRITER).unlink()
    except Timeout:
        raise BusyError(f"{_name_writer(folder)} is writing the index in {folder}; try again when it is done") from None


def _check_owner(folder: Path, *, as_mirror: bool) -> None:
    """Mark a new folder as a mirror; raise StoreError if it is one and should not be, or the other way round."""
    is_mirror = layout.is_mirror(folder)
    if as_mirror and not is_mirror:
        if layout.generations(folder):
            raise StoreError(f"{folder} is an index of its own; choose another index folder to mirror searchers in")
        files.replace(folder / layout.MIRROR, b"")
    if is_mirror and not as_mirror:
        raise StoreError(f"{folder} mirrors an index; rebuild it or roll it back where its searchers run")


def _this_process() -> Writer:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Writer(os.getpid(), socket.gethostname(), now)


def _name_writer(folder: Path) -> str:
    """Name the process that writes an index, without details if its description cannot be read."""
    try:
        writer = msgspec.json.decode((folder / WRITER).read_bytes(), type=Writer)
        datetime.datetime.fromisoformat(writer.since)
    except (OSError, ValueError, msgspec.MsgspecError):
        return "another process"
    host = "" if writer.host == socket.gethostname() else f" on {writer.host[:64]!r}"
    return f"another process ({writer.process}{host}, since {writer.since})"
