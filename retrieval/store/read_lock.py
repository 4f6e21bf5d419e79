"""Lock a generation while it is read, so that no rebuild deletes it.

It is a shared lock of the operating system on the manifest, which ends with the process, however that ends. Where
nothing can be locked, as on some network disks, reading works without the lock and no generation seems to be read.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from retrieval.store.manifest import MANIFEST


class ReadLock:
    """A shared lock on a generation, released when this object is garbage-collected."""

    def __init__(self, folder: Path) -> None:
        """Lock if possible; never wait, never fail."""
        self._descriptor: int | None = None
        with suppress(BlockingIOError):  # it is being deleted
            self._descriptor = _lock(folder, fcntl.LOCK_SH)

    def __del__(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def exclusive(folder: Path) -> Iterator[bool]:
    """Yield whether nobody reads a generation; if so, nobody can begin to read it within the block."""
    try:
        descriptor = _lock(folder, fcntl.LOCK_EX)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _lock(folder: Path, kind: int) -> int | None:
    """Lock a generation and return the descriptor, None if locking is not possible here.

    Raises BlockingIOError if another lock is in the way.
    """
    try:
        descriptor = os.open(folder / MANIFEST, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return descriptor
