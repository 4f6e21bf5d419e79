"""Make a temporary folder that is deleted in the end, if need be by the next process that makes one.

A process that is killed deletes nothing. Each folder has a file that its process holds locked as long as it lives, so
that the next one can tell which folders are left behind. The operating system releases the lock whatever happens; a
process id could be that of another process by then, and in a container always is.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from retrieval import files

LOCK = ".lock"


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """Yield a new folder that only this user can read, after deleting those that were left behind."""
    remove_left_behind(prefix)
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as name:
        new = Path(name, f"{LOCK}.new")
        descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with suppress(OSError):  # a file system without locks: the folder is never taken for one left behind
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                new.rename(new.with_name(LOCK))  # under this name it is locked from the start
            yield Path(name)
        finally:
            os.close(descriptor)


def remove_left_behind(prefix: str) -> None:
    """Delete this user's temporary folders whose processes have ended."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):  # it is gone, or another process deletes it
            found = folder.lstat()
            is_own_folder = not folder.is_symlink() and folder.is_dir() and found.st_uid == os.geteuid()
            if is_own_folder and _is_unlocked(folder / LOCK):
                files.remove_tree(folder, quietly=True)


def _is_unlocked(file: Path) -> bool:
    """Tell whether nobody holds a lock file. Raises OSError if there is none."""
    descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
