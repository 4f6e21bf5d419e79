"""Share compiled models between index folders through a cache folder of the user.

    <cache>/<fingerprint>-<versions>/entry.json    what the model was compiled from and with, and its files
    <cache>/<fingerprint>-<versions>/…             the files of the compiled model

An index folder gets a copy of its own, so it can be moved, and damage in one folder does not reach another. The cache
only saves time: an entry that is damaged, incomplete, of other versions or not the user's own is ignored, and a cache
that cannot be written is not written. Entries are complete when they get their names, so several processes can use a
cache at the same time; those that compile the same model at once all do, and the first entry stays.
"""

import hashlib
import os
import platform
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import BinaryIO

import msgspec

from retrieval import files
from retrieval.encoding import models
from retrieval.files import FileFacts
from retrieval.progress import Progress

# The packages that decide what the compiler writes, besides its own version, which is part of the fingerprint.
COMPILER_PACKAGES = (
    "numpy",
    "onnx",
    "onnxruntime",
    "safetensors",
    "sentence-transformers",
    "tokenizers",
    "torch",
    "transformers",
)
RECORD = "entry.json"
ENTRY_NAME = re.compile(r"[0-9a-f]{16}-[0-9a-f]{16}")
TEMPORARY_PREFIX = "footnote-tmp-"
FILE_NAME = re.compile(r"\w[\w.-]*")
MAX_ENTRY_AGE_S = 180 * 86_400  # since the entry was last used
MAX_TEMPORARY_AGE_S = 86_400  # left behind by a process that was killed
CHUNK_BYTES = 1 << 20


class CacheEntry(msgspec.Struct, frozen=True):
    """The record of an entry: the origin of the compiled model, and the facts about each of its files by name."""

    origin: dict[str, str]
    files: dict[str, FileFacts]


def prepare(
    source: Path,
    index_folder: Path,
    fingerprint: str,
    progress: Progress,
    role: models.Role = "encoder",
    cache: Path | None = None,
) -> bool:
    """Put a compiled model into an index folder, unless that contains it undamaged: from the cache, else compiled.

    Returns whether it was compiled. `cache` is the cache folder, None for none. The caller holds the write lock of the
    index. Raises ModelError if compiling fails; errors of the cache are ignored.
    """
    target = models.compiled_folder(index_folder, fingerprint)
    if models.is_intact(target):
        return False
    origin = _origin(fingerprint) if cache else None
    if cache is None or origin is None:
        return models.compile_model(source, target, progress, role)
    entry = _entry_folder(cache, origin)
    if _copy_to_index(entry, origin, target):
        return False
    compiled = models.compile_model(source, target, progress, role)
    _copy_to_cache(target, origin, entry)
    return compiled


def would_compile(index_folder: Path, fingerprint: str, cache: Path | None = None) -> bool:
    """Return whether `prepare` would have to compile a model; writes nothing."""
    if models.is_intact(models.compiled_folder(index_folder, fingerprint)):
        return False
    origin = _origin(fingerprint) if cache else None
    return cache is None or origin is None or not _is_usable(_entry_folder(cache, origin), origin)


def _origin(fingerprint: str) -> dict[str, str] | None:
    """Collect everything that decides the content of a compiled model; None if a package is missing.

    The instructions that a processor has are not part of it: the optimized graph has no layouts for one processor and
    the weights use seven bits, since a compiled model moves to other processors together with its index folder.
    """
    try:
        versions = {package: metadata.version(package) for package in COMPILER_PACKAGES}
    except metadata.PackageNotFoundError:
        return None
    return {"fingerprint": fingerprint, "system": sys.platform, "machine": platform.machine()} | versions


def _entry_folder(cache: Path, origin: dict[str, str]) -> Path:
    digest = hashlib.sha256(msgspec.json.encode(origin, order="sorted")).hexdigest()
    return cache / f"{origin['fingerprint']}-{digest[:16]}"


def _copy_to_index(entry: Path, origin: dict[str, str], target: Path) -> bool:
    """Copy an entry to the folder of a compiled model, comparing checksums; return False if it cannot be used."""
    partial = target.with_name(target.name + ".tmp")
    try:
        record = _read_record(entry, origin)
        if record is None:
            return False
        files.remove_tree(partial)
        partial.mkdir(parents=True)
        for name, facts in record.files.items():
            with _open_private(entry / name) as file:
                if _copy(file, partial / name) != facts:
                    return False
        if not models.is_intact(partial):
            return False
        files.remove_tree(target)
        files.rename(partial, target)
    except OSError:
        return False
    finally:
        files.remove_tree(partial, quietly=True)
    with suppress(OSError):
        os.utime(entry)  # it is in use
    return True


def _copy_to_cache(compiled: Path, origin: dict[str, str], entry: Path) -> None:
    """Make an entry of a compiled model, unless there is a usable one; ignore errors of the file system."""
    with suppress(OSError):
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_old(entry.parent)
        if _is_usable(entry, origin):
            return
        with tempfile.TemporaryDirectory(
            prefix=TEMPORARY_PREFIX, dir=entry.parent, ignore_cleanup_errors=True
        ) as temporary:
            new = Path(temporary) / "new"
            new.mkdir(mode=0o700)
            facts = {}
            for path in sorted(compiled.iterdir()):
                with path.open("rb") as file:
                    facts[path.name] = _copy(file, new / path.name)
            files.write(new / RECORD, msgspec.json.encode(CacheEntry(origin, facts)))
            for path in new.iterdir():
                path.chmod(0o600)
            if os.path.lexists(entry):
                entry.rename(Path(temporary) / "old")
            new.rename(entry)


def _is_usable(entry: Path, origin: dict[str, str]) -> bool:
    """Return whether an entry is of this origin and all its files match their checksums."""
    try:
        record = _read_record(entry, origin)
        return record is not None and all(_describe(entry / name) == facts for name, facts in record.files.items())
    except OSError:
        return False


def _read_record(entry: Path, origin: dict[str, str]) -> CacheEntry | None:
    """Read the record of an entry; None if the entry is not the user's own or its record is not of this origin.

    Raises OSError if there is none.
    """
    status = entry.lstat()
    if not stat.S_ISDIR(status.st_mode) or not _is_private(status):
        return None
    with _open_private(entry / RECORD) as file:
        content = file.read(CHUNK_BYTES)
    try:
        record = msgspec.json.decode(content, type=CacheEntry)
    except msgspec.MsgspecError:
        return None
    if record.origin != origin or models.MANIFEST not in record.files:
        return None
    return record if all(FILE_NAME.fullmatch(name) for name in record.files) else None


def _describe(path: Path) -> FileFacts:
    """Compute the size and checksum of a file of an entry. Raises OSError."""
    with _open_private(path) as file:
        digest = hashlib.sha256()
        while part := file.read(CHUNK_BYTES):
            digest.update(part)
        return {"size": file.tell(), "sha256": digest.hexdigest()}


def _copy(source: BinaryIO, target: Path) -> FileFacts:
    """Copy an open file and sync the copy; return the facts about what was copied. Raises OSError."""

    def copy_parts(write_part: Callable[[bytes | memoryview], object]) -> None:
        while part := source.read(CHUNK_BYTES):
            write_part(part)

    return files.write_stream(target, copy_parts)


def _open_private(path: Path) -> BinaryIO:
    """Open a plain file that only the user can change. Raises OSError for any other, such as a link or a pipe."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode) or not _is_private(status):
        file.close()
        raise PermissionError(f"{path} is not a file that only its user can change")
    return file


def _is_private(status: os.stat_result) -> bool:
    """Return whether a file or folder belongs to the user and nobody else can write to it."""
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _remove_old(cache: Path) -> None:
    """Delete the entries that were not used for long, and what killed processes left. Raises OSError."""
    now = time.time()
    for path in cache.iterdir():
        age_s = now - path.lstat().st_mtime
        is_old_entry = ENTRY_NAME.fullmatch(path.name) and age_s > MAX_ENTRY_AGE_S
        is_left_behind = path.name.startswith(TEMPORARY_PREFIX) and age_s > MAX_TEMPORARY_AGE_S
        if (is_old_entry or is_left_behind) and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
