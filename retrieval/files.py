"""Every write to the index goes through here: hashed, synced to disk, renamed into place."""

import errno
import hashlib
import mmap
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypedDict

MAPPED_FROM = 1 << 25  # bytes; smaller files are read into memory
# What a disk says that knows no second names of a file, or not of this one.
UNLINKABLE = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


class FileFacts(TypedDict):
    """What a manifest knows of a file: its size in bytes and the SHA-256 of its content."""

    size: int
    sha256: str


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content as hex digits."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < MAPPED_FROM:
            return hashlib.sha256(file.read()).hexdigest()
        # One call over the mapped file leaves the interpreter to other threads for all of it.
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return hashlib.sha256(content).hexdigest()


def sha256_bytes(content: bytes) -> str:
    """Return the SHA-256 of bytes as hex digits."""
    return hashlib.sha256(content).hexdigest()


def describe(path: Path) -> FileFacts:
    """Return a file's size and checksum."""
    return {"size": path.stat().st_size, "sha256": sha256(path)}


def matches(path: Path, known: FileFacts) -> bool:
    """Return whether a file is there with the size and checksum that are known of it."""
    try:
        return path.stat().st_size == known["size"] and sha256(path) == known["sha256"]
    except OSError:
        return False


class FileReader:
    """Reads pieces of a finished file. Unlike of a mapped one, nothing of it stays in the memory of the process."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises OSError."""
        self._descriptor: int | None = None
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self, start: int, size: int) -> bytes:
        """Return so many bytes, fewer at the end of the file. Raises OSError."""
        assert self._descriptor is not None  # noqa: S101 - only a reader that was never opened has none
        return os.pread(self._descriptor, size, start)

    def __del__(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def map_content(path: Path) -> memoryview:
    """Return a file's content; a large file is mapped, and must then not be changed. Raises OSError."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < MAPPED_FROM:
            return memoryview(file.read())
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def content_matches(content: memoryview, known: FileFacts) -> bool:
    """Return whether a content has the size and checksum that are known of it."""
    if len(content) != known["size"]:
        return False
    same = hashlib.sha256(content).hexdigest() == known["sha256"]
    forget = getattr(content.obj, "madvise", None)  # of what is mapped, where the system has it
    if forget:
        forget(mmap.MADV_DONTNEED)  # so that only what is used later takes memory
    return same


def write(path: Path, content: bytes | memoryview) -> FileFacts:
    """Write a new file and sync it; returns its facts."""
    return write_stream(path, lambda put: put(content))


def write_stream(path: Path, fill: Callable[[Callable[[bytes | memoryview], object]], object]) -> FileFacts:
    """Write a new file with what fill puts, hashed on the way, and sync it; returns its facts."""
    digest = hashlib.sha256()
    size = 0
    with _naming(path), path.open("wb") as file:

        def put(data: bytes | memoryview) -> None:
            nonlocal size
            file.write(data)
            digest.update(data)
            size += len(data)

        fill(put)
        file.flush()
        _fsync(file.fileno())
    return {"size": size, "sha256": digest.hexdigest()}


def link(source: Path, target: Path) -> bool:
    """Give a finished file a second name; returns False where the disk has none."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in UNLINKABLE:
            return False
        error.filename = str(target)
        raise
    return True


def replace(path: Path, content: bytes) -> None:
    """Put content in the place of path so that a reader sees either the old file or the new one."""
    partial = path.with_name(path.name + ".tmp")
    try:
        write(partial, content)
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    sync(path.parent)


def write_if_possible(path: Path, content: bytes) -> None:
    """Write a note that nothing depends on: neither synced nor missed when it cannot be written."""
    with suppress(OSError):
        path.write_bytes(content)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, each of them synced into the one above."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def rename(source: Path, target: Path) -> None:
    """Rename a finished folder to its final name; everything in it must be synced."""
    sync(source)
    source.rename(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Sync a file or folder to the disk."""
    with _naming(path):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            _fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error of writing and syncing, which knows no file, name one."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def _fsync(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # fsync alone leaves data in the drive's cache
    else:
        os.fsync(descriptor)


def remove_tree(folder: Path, *, quietly: bool = False) -> None:
    """Delete a folder and all in it, if it is there; quietly: as much of it as can be deleted."""
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=quietly)


def discard(folder: Path) -> None:
    """Delete a finished folder as far as it can be; it loses its name first, so that nobody finds half of it."""
    doomed = folder.with_name(folder.name + ".tmp")
    with suppress(OSError):
        folder.rename(doomed)
        remove_tree(doomed, quietly=True)
