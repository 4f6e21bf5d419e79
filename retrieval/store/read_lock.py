"""Who reads a generation: a shared lock on its manifest, for as long as its index is in use.

The operating system ends the lock with the process, however that ends. Where nothing can be locked (some network
disks), reading goes on without, and nobody seems to read.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from retrieval.store.manifest import MANIFEST


class Hold:
    """Keeps a generation from being deleted until it is itself forgotten."""

    def __init__(self, folder: Path) -> None:
        """Lock what can be locked; never waits, never fails."""
        self._descriptor: int | None = None
        with suppress(BlockingIOError):  # it is being deleted
            self._descriptor = _lock(folder, fcntl.LOCK_SH)

    def __del__(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextmanager
def unread(folder: Path) -> Iterator[bool]:
    """Yield whether nobody holds a generation; nobody can take hold of it inside."""
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
    """Return a descriptor that holds a lock, None where nothing can be locked. Raises BlockingIOError."""
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
