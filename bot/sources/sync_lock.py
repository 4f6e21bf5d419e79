"""Let one process at a time sync into a folder of documents."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.sources.source_manifest import SYNC_FOLDER
from bot.sources.sync_errors import SyncError
from retrieval import files

LOCK = ".lock"  # a name that no source can have


@contextmanager
def syncing(seeds: Path) -> Iterator[None]:
    """Lock a folder of documents until the process ends. Raises SyncError if another process has the lock."""
    folder = seeds / SYNC_FOLDER
    if folder.is_symlink():
        raise SyncError(f"{folder} is a link; remove it")
    files.make_folder(folder)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise SyncError(f"another process syncs into {seeds}; try again when it is done") from None
    try:
        yield
    finally:
        os.close(descriptor)
