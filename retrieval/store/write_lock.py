"""One writer of an index: an operating-system lock, which ends with the process that holds it.

index/writer.lock     what is locked; its content means nothing
index/writer.json     who holds it, for people; never asked whether it is held
"""

import datetime
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from retrieval import files
from retrieval.errors import BusyError

LOCK = "writer.lock"
HOLDER = "writer.json"


@contextmanager
def writing(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of the one writer of an index. Raises BusyError when it is taken and wait is false."""
    from filelock import FileLock, Timeout  # reading needs none

    try:
        files.make_folder(folder)
        with FileLock(folder / LOCK, timeout=-1 if wait else 0):
            files.write_if_possible(folder / HOLDER, json.dumps(_myself()).encode())
            try:
                yield
            finally:
                with suppress(OSError):
                    (folder / HOLDER).unlink()
    except Timeout:
        raise BusyError(f"{_holder(folder)} is writing the index in {folder}; try again when it is done") from None


def _myself() -> dict[str, str | int]:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {"process": os.getpid(), "host": socket.gethostname(), "since": now}


def _holder(folder: Path) -> str:
    """Return who says to hold the lock, or "another process" when that cannot be read."""
    try:
        found = json.loads((folder / HOLDER).read_text("utf-8"))
        process, host, since = int(found["process"]), str(found["host"]), str(found["since"])
        datetime.datetime.fromisoformat(since)
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
    here = "" if host == socket.gethostname() else f" on {host[:64]!r}"
    return f"another process ({process}{here}, since {since})"
