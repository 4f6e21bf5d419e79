"""List a folder of documents, and say of every file that is not one why not.

Symbolic links are never followed and nothing outside the folder is looked at. A footnote.toml says what is true of all
documents of its folder and those below; where it is wrong, they are rejected, for what it meant to say may matter.
"""

import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from retrieval.errors import SeedsError
from retrieval.reading.formats.registry import FORMATS
from retrieval.reading.metadata import FILE, FILE_LIMIT, MetadataError, read_folder_metadata
from retrieval.types import NO_METADATA, Document, DocumentState, FileEntry, FolderMetadata, Rejected

PLAIN_SUFFIXES = (".md", ".txt")
SUFFIXES = (*PLAIN_SUFFIXES, *FORMATS)
UNREADABLE_PREFIX = "cannot be read: "  # begins the reason of a file that the system did not let us read
SECOND_NS = 1_000_000_000
# The coarsest clocks of file systems in use: FAT's, and of those that tell fractions of a second.
YOUNG_NS, YOUNG_WITH_FRACTION_NS = 2 * SECOND_NS, SECOND_NS // 10

Listing = tuple[list[FileEntry], list[Rejected]]


def list_files(folder: Path) -> Listing:
    """List the readable-looking documents below folder, sorted by id, and the rejected rest.

    Hidden files and folders (leading dot) are passed over in silence.
    Raises SeedsError when the folder is missing or cannot be listed.
    """
    files: list[FileEntry] = []
    rejected: list[Rejected] = []
    try:
        for entry, metadata in _walk(folder, rejected):
            found = _classify(entry, folder, metadata)
            if isinstance(found, FileEntry):
                files.append(found)
            elif found is not None:
                rejected.append(found)
    except OSError as error:
        if not folder.exists():
            raise SeedsError(f"the seeds folder {folder} does not exist; name one with --seeds") from None
        raise SeedsError(f"cannot list the seeds folder {folder}: {error.strerror}") from None
    return sorted(files, key=lambda file: file.id), sorted(rejected, key=lambda one: one.path)


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Return up to max_bytes + 1 bytes of a regular file, not following a link or waiting on a FIFO in its place.

    Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return file.read(max_bytes + 1)


def document_state(document: Document, folder: Path) -> DocumentState:
    """Compare the file of a document in the seeds folder with what was indexed, by checksum."""
    try:
        content = (folder / document.id).read_bytes()
    except OSError:
        return "vanished"
    return "unchanged" if hashlib.sha256(content).hexdigest() == document.sha256 else "changed"


def _walk(folder: Path, rejected: list[Rejected]) -> Iterator[tuple[os.DirEntry[str], FolderMetadata | str]]:
    """Yield every entry that is not hidden with what is said of its folder; unlistable folders are rejected.

    What is said is a text where the footnote.toml that says it is wrong: that file's name.
    """
    waiting: list[tuple[Path, FolderMetadata | str]] = [(folder, NO_METADATA)]
    while waiting:
        current, metadata = waiting.pop()
        try:
            with os.scandir(current) as entries:
                visible = sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)
        except OSError as error:
            if current == folder:
                raise
            rejected.append(
                Rejected(_printable(_name(os.fspath(current), folder)), f"cannot be listed: {error.strerror}")
            )
            continue
        said = next((entry for entry in visible if entry.name == FILE and not entry.is_symlink()), None)
        if said is not None and not isinstance(metadata, str):
            try:
                metadata = read_folder_metadata(read_bytes(Path(said.path), FILE_LIMIT), metadata)
            except (MetadataError, OSError) as error:
                reason = str(error) if isinstance(error, MetadataError) else f"{UNREADABLE_PREFIX}{error.strerror}"
                metadata = _printable(_name(said.path, folder))
                rejected.append(Rejected(metadata, reason))
        for entry in visible:
            if entry.is_dir(follow_symlinks=False):
                waiting.append((Path(entry.path), metadata))
            if entry is not said:
                yield entry, metadata


def _classify(entry: os.DirEntry[str], folder: Path, metadata: FolderMetadata | str) -> FileEntry | Rejected | None:
    name = _name(entry.path, folder)
    shown = _printable(name)
    documentlike = entry.name.lower().endswith(SUFFIXES)
    if entry.is_symlink():
        return Rejected(shown, "a symbolic link; links are not followed")
    if entry.is_dir(follow_symlinks=False):
        return Rejected(shown, "a folder named like a document; its files are read") if documentlike else None
    if not entry.is_file(follow_symlinks=False):
        return Rejected(shown, "not a regular file")
    if not documentlike:
        return Rejected(shown, "its format is not read")
    if isinstance(metadata, str):
        return Rejected(shown, f"{metadata} is wrong, and it may say something of this file")
    if name != shown:
        return Rejected(shown, "its name is not printable UTF-8; rename it")
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Rejected(shown, f"{UNREADABLE_PREFIX}{error.strerror}")
    clock = YOUNG_WITH_FRACTION_NS if status.st_mtime_ns % SECOND_NS else YOUNG_NS
    just_written = status.st_mtime_ns > time.time_ns() - clock
    return FileEntry(name, entry.path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, just_written, metadata)


def _name(path: str, folder: Path) -> str:
    """Return the path below folder of what was found there; pathlib takes ten times as long, for every file."""
    return path.removeprefix(os.fspath(folder)).lstrip("/")


def _printable(name: str) -> str:
    """Return a name with unprintable characters as escapes, so that lists stay one line each."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in name)
