"""Read and write files safely: contents are hashed, synced to disk, and renamed to their final names.

All writes to the index go through this module; which files there are is left to `retrieval.store`.
"""

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

MIN_MAPPED_BYTES = 1 << 25  # smaller files are read into memory
# The error codes of file systems that do not support hard links, or not for this file.
UNLINKABLE = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}


class FileFacts(TypedDict):
    """The facts about a file in a manifest: its size in bytes and the SHA-256 of its content."""

    size: int
    sha256: str


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file's content, in hex digits."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < MIN_MAPPED_BYTES:
            return hashlib.sha256(file.read()).hexdigest()
        # A single call on the mapped file lets other threads run all the time.
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return hashlib.sha256(content).hexdigest()


def sha256_bytes(content: bytes) -> str:
    """Compute the SHA-256 of bytes, in hex digits."""
    return hashlib.sha256(content).hexdigest()


def describe(path: Path) -> FileFacts:
    """Compute the size and checksum of a file."""
    return {"size": path.stat().st_size, "sha256": sha256(path)}


def matches(path: Path, facts: FileFacts) -> bool:
    """Return whether a file exists and has this size and checksum."""
    try:
        return path.stat().st_size == facts["size"] and sha256(path) == facts["sha256"]
    except OSError:
        return False


class FileReader:
    """Reads parts of a finished file; unlike pages of a mapped file, they do not stay in the memory of the process."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises OSError."""
        self._descriptor: int | None = None
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self, start: int, size: int) -> bytes:
        """Read `size` bytes from `start` on, fewer at the end of the file. Raises OSError."""
        assert self._descriptor is not None  # noqa: S101 - it is None only if opening failed
        return os.pread(self._descriptor, size, start)

    def __del__(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def map_content(path: Path) -> memoryview:
    """Return the content of a file; a large file is mapped, and must not change afterwards. Raises OSError."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < MIN_MAPPED_BYTES:
            return memoryview(file.read())
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def content_matches(content: memoryview, facts: FileFacts) -> bool:
    """Return whether a content has this size and checksum."""
    if len(content) != facts["size"]:
        return False
    is_equal = hashlib.sha256(content).hexdigest() == facts["sha256"]
    madvise = getattr(content.obj, "madvise", None)  # only mapped files have it, and not on every system
    if madvise:
        madvise(mmap.MADV_DONTNEED)  # only pages that are used again should take memory
    return is_equal


def write(path: Path, content: bytes | memoryview) -> FileFacts:
    """Write a new file, sync it, and return its facts."""
    return write_stream(path, lambda write_part: write_part(content))


def write_stream(path: Path, fill: Callable[[Callable[[bytes | memoryview], object]], object]) -> FileFacts:
    """Write a new file, sync it, and return its facts; `fill` gets a callable that writes the next part."""
    digest = hashlib.sha256()
    size = 0
    with _named_errors(path), path.open("wb") as file:

        def write_part(data: bytes | memoryview) -> None:
            nonlocal size
            file.write(data)
            digest.update(data)
            size += len(data)

        fill(write_part)
        file.flush()
        _fsync(file.fileno())
    return {"size": size, "sha256": digest.hexdigest()}


def link(source: Path, target: Path) -> bool:
    """Give a finished file a second name; return False if the file system does not support that."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno in UNLINKABLE:
            return False
        error.filename = str(target)
        raise
    return True


def replace(path: Path, content: bytes) -> None:
    """Replace a file, or create it, so that readers see either the old content or the new one."""
    partial = path.with_name(path.name + ".tmp")
    try:
        write(partial, content)
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    sync(path.parent)


def replace_text(path: Path, text: str) -> None:
    """Replace a text file among documents, or create it; no listing sees a part of it. Raises OSError."""
    import tempfile  # answering does not need it

    descriptor, partial = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
        Path(partial).chmod(0o644)
        Path(partial).replace(path)
    except OSError:
        with suppress(OSError):
            Path(partial).unlink(missing_ok=True)
        raise


def write_if_possible(path: Path, content: bytes) -> None:
    """Write a file that nothing depends on: it is not synced, and errors are ignored."""
    with suppress(OSError):
        path.write_bytes(content)


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents, and sync each new entry to disk."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def rename(source: Path, target: Path) -> None:
    """Rename a finished folder, whose files are synced, to its final name."""
    sync(source)
    source.rename(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Sync a file or folder to disk."""
    with _named_errors(path):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            _fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    """Add the path to errors of writing and syncing, which do not name one themselves."""
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
    """Delete a folder with its contents, if it exists; `quietly` ignores what cannot be deleted."""
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=quietly)


def discard(folder: Path) -> None:
    """Delete a finished folder as far as possible; rename it first, so that nobody finds it half deleted."""
    renamed = folder.with_name(folder.name + ".tmp")
    with suppress(OSError):
        folder.rename(renamed)
        remove_tree(renamed, quietly=True)
