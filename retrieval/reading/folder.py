"""List the documents of a folder, with their metadata, and give a reason for every other file.

Symbolic links are not followed, and nothing outside the folder is touched. A footnote.toml holds metadata of all
documents in its folder and below; if it is invalid, these are rejected, since it may apply to them. A
.footnote-files.json holds metadata of single files; if it is invalid, they are read without.
"""

import errno
import hashlib
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, NamedTuple

from retrieval.errors import SeedsError
from retrieval.folder_metadata import NO_METADATA, FolderMetadata
from retrieval.reading.file_metadata import (
    FILES_METADATA,
    MAX_FILES_METADATA_BYTES,
    FileMetadata,
    FilesMetadata,
    parse_files_metadata,
    with_file_metadata,
)
from retrieval.reading.formats.registry import ADVICE, FORMATS
from retrieval.reading.metadata import (
    MAX_METADATA_BYTES,
    METADATA_FILE,
    METADATA_FILE_VARIANTS,
    MetadataError,
    parse_folder_metadata,
)
from retrieval.text.file_suffixes import PLAIN_SUFFIXES, is_plain_name
from retrieval.types import KEPT_PREFIX, Document, DocumentState, FileEntry, Rejected

SUFFIXES = (*PLAIN_SUFFIXES, *FORMATS)
UNSUPPORTED = "unsupported format"  # the reason of a file that no reader takes, perhaps with what to do
UNREADABLE_PREFIX = "cannot be read: "  # of the reason if the system does not let us read a file
GLOSSARY_FILE = "glossary.toml"  # see retrieval.reading.glossary
GLOSSARY_FILE_VARIANTS = (GLOSSARY_FILE, f"{GLOSSARY_FILE}.txt")  # in lower case; some editors append .txt
GLOSSARY_MISPLACED = f"not used: a glossary is named {GLOSSARY_FILE} and is at the top of the folder of documents"
KEPT_FOLDER = KEPT_PREFIX[:-1]  # of answers and messages that moderators keep
GOLDEN_FILE = f"{KEPT_FOLDER}/golden.jsonl"  # golden questions of the kept answers, see retrieval.upkeep.kept_golden
KEPT_KIND = "kept answer"  # of these golden questions
WRONG_QUOTES_FILE = f"{KEPT_FOLDER}/wrong_quotes.jsonl"  # see retrieval.reading.wrong_quotes
COMPANION_FILES = (GLOSSARY_FILE, GOLDEN_FILE, WRONG_QUOTES_FILE)  # not documents, but about them
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # no link is followed, no FIFO waited for
MAX_PART_BYTES = 1_000_000  # of a file that another one includes
MAX_DOCUMENT_BYTES = 1_024_000_000  # the highest limit of the settings; a larger file was never indexed
ARCHIVE_PATH = re.compile(r"((?:[^/]+/)*?[^/]+\.zip)/", re.IGNORECASE)
CHUNK_BYTES = 1 << 20
SECOND_NS = 1_000_000_000
# The coarsest clocks among file systems in use: FAT's, and those that store fractions of a second.
CLOCK_STEP_NS, FRACTION_CLOCK_STEP_NS = 2 * SECOND_NS, SECOND_NS // 10

Listing = tuple[list[FileEntry], list[Rejected]]


class _Known(NamedTuple):
    """What is known about the files of a folder and below: their metadata, or the name of an invalid footnote.toml.

    `files` is the nearest .footnote-files.json, with paths below `files_folder`.
    """

    metadata: FolderMetadata | str = NO_METADATA
    files: FilesMetadata = MappingProxyType({})
    files_folder: str = ""

    def of_file(self, path: str) -> FileMetadata | None:
        """Return the metadata of a single file, given by its whole path."""
        return self.files.get(path.removeprefix(self.files_folder).lstrip("/")) if self.files else None


def list_files(folder: Path) -> Listing:
    """List the files below a folder that look like documents, and the rejected others, each sorted by path.

    Hidden files and folders (leading dot) are skipped silently. Raises SeedsError if the folder does not exist or
    cannot be listed.
    """
    files: list[FileEntry] = []
    rejected: list[Rejected] = []
    try:
        for entry, known in _walk(folder, rejected):
            listed = _classify(entry, folder, known)
            if isinstance(listed, FileEntry):
                files.append(listed)
            elif listed is not None:
                rejected.append(listed)
    except OSError as error:
        if not folder.exists():
            raise SeedsError(f"the seeds folder {folder} does not exist; name one with --seeds") from None
        raise SeedsError(f"cannot list the seeds folder {folder}: {error.strerror}") from None
    return sorted(files, key=lambda file: file.id), sorted(rejected, key=lambda file: file.path)


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Read up to max_bytes + 1 bytes of a regular file, without following a link or waiting for a FIFO.

    Raises OSError.
    """
    with _regular_file(os.open(path, READ_FLAGS)) as file:
        return file.read(max_bytes + 1)


def read_inside(folder: Path, name: str, max_bytes: int) -> bytes:
    """Read up to max_bytes + 1 bytes of a regular file below a folder, with no link in its path. Raises OSError."""
    with _open_inside(folder, name) as file:
        return file.read(max_bytes + 1)


def document_state(document: Document, folder: Path) -> DocumentState:
    """Compare the file of a document in the seeds folder with what was indexed, by checksum.

    Anything but a regular file without links in its path counts as vanished, as it does when the folder is listed.
    """
    try:
        with _open_document(folder, document.id) as file:
            if os.fstat(file.fileno()).st_size > MAX_DOCUMENT_BYTES:
                return "changed"
            digest, left = hashlib.sha256(), MAX_DOCUMENT_BYTES
            while left > 0 and (chunk := file.read(min(left, CHUNK_BYTES))):
                digest.update(chunk)
                left -= len(chunk)
    except OSError:
        return "vanished"
    return "unchanged" if digest.hexdigest() == document.sha256 else "changed"


def is_removed_answer(folder: Path, document: str) -> bool:
    """Tell whether a document, given by its id, is a kept answer whose file was removed since it was indexed.

    Where there is no folder of documents, as where only an index was copied to, none counts as removed.
    """
    if not document.startswith(f"{KEPT_FOLDER}/"):
        return False
    return not os.path.isfile(folder / document) and os.path.isdir(folder)  # noqa: PTH112, PTH113 - never raise


def archive_of(document: str) -> str | None:
    """Return the id of the archive that a document with an id is in, if it is in one."""
    match = ARCHIVE_PATH.match(document)
    return match[1] if match else None


def _open_document(folder: Path, name: str) -> BinaryIO:
    """Open the file of a document, which may be the archive that it is in. Raises OSError."""
    archive = archive_of(name)
    try:
        return _open_inside(folder, name)
    except (FileNotFoundError, NotADirectoryError):
        if archive is None:
            raise
        return _open_inside(folder, archive)


def _open_inside(folder: Path, name: str) -> BinaryIO:
    """Open a regular file below a folder, without following a link or waiting for a FIFO. Raises OSError."""
    *parents, last = name.split("/")
    if ".." in (*parents, last):
        raise OSError(errno.EINVAL, "outside the folder")
    current = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for parent in parents:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            above, current = current, os.open(parent, flags, dir_fd=current)
            os.close(above)
        descriptor = os.open(last, READ_FLAGS, dir_fd=current)
    finally:
        os.close(current)
    return _regular_file(descriptor)


def _regular_file(descriptor: int) -> BinaryIO:
    """Wrap the descriptor of a regular file, or close it and raise OSError."""
    file = open(descriptor, "rb")  # noqa: SIM115 - a descriptor, which the caller closes
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file")
    return file


def _walk(folder: Path, rejected: list[Rejected]) -> Iterator[tuple[os.DirEntry[str], _Known]]:
    """Yield every entry that is not hidden, with what is known about the files of its folder.

    Appends folders that cannot be listed, and invalid files of metadata, to `rejected`.
    """
    waiting = [(folder, _Known())]
    while waiting:
        current, known = waiting.pop()
        try:
            with os.scandir(current) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if current == folder:
                raise
            name = _printable(_relative(os.fspath(current), folder))
            rejected.append(Rejected(name, f"cannot be listed: {error.strerror}"))
            continue
        visible = []
        for entry in listed:
            try:
                if entry.name == FILES_METADATA:
                    content = read_bytes(Path(entry.path), MAX_FILES_METADATA_BYTES)
                    known = known._replace(files=parse_files_metadata(content), files_folder=os.fspath(current))
                elif entry.name.lower() in METADATA_FILE_VARIANTS:
                    if not isinstance(known.metadata, str):
                        known = known._replace(
                            metadata=_read_metadata(entry, known.metadata, _relative(os.fspath(current), folder))
                        )
                elif not entry.name.startswith("."):
                    visible.append(entry)
            except (MetadataError, OSError) as error:
                reason = str(error) if isinstance(error, MetadataError) else f"{UNREADABLE_PREFIX}{error.strerror}"
                name = _printable(_relative(entry.path, folder))
                rejected.append(Rejected(name, reason))
                if entry.name != FILES_METADATA:
                    known = known._replace(metadata=name)
        for entry in visible:
            if entry.is_dir(follow_symlinks=False):
                waiting.append((Path(entry.path), known))
            yield entry, known


def _read_metadata(entry: os.DirEntry[str], inherited: FolderMetadata, folder: str) -> FolderMetadata:
    """Read the footnote.toml of a folder below the seeds folder, or a file that is meant to be one.

    Raises MetadataError or OSError for anything but a regular file of that exact name: ignoring it could put documents
    into a collection that it was meant to keep them out of.
    """
    if entry.is_symlink():
        raise MetadataError("a symbolic link; links are not followed")
    if entry.name != METADATA_FILE:
        raise MetadataError(f"rename it to {METADATA_FILE}")
    content = read_bytes(Path(entry.path), MAX_METADATA_BYTES)
    parsed = parse_folder_metadata(content, replace(inherited, site=None, version=None))
    parsed = replace(parsed, site=inherited.site) if parsed.site is None else replace(parsed, site_folder=folder)
    if parsed.version is None:
        return replace(parsed, version=inherited.version)
    return replace(parsed, version_folder=folder)


def _classify(entry: os.DirEntry[str], folder: Path, known: _Known) -> FileEntry | Rejected | None:
    """Decide whether an entry is a document, rejected, or None for a folder and what is about documents."""
    name = _relative(entry.path, folder)
    shown = _printable(name)
    if name in COMPANION_FILES:
        return None
    if entry.name.lower() in GLOSSARY_FILE_VARIANTS:
        return Rejected(shown, GLOSSARY_MISPLACED)
    has_known_suffix = entry.name.lower().endswith(SUFFIXES)
    if entry.is_symlink():
        return Rejected(shown, "a symbolic link; links are not followed")
    if entry.is_dir(follow_symlinks=False):
        return Rejected(shown, "a folder named like a document; its files are read") if has_known_suffix else None
    if not entry.is_file(follow_symlinks=False):
        return Rejected(shown, "not a regular file")
    if not has_known_suffix and not is_plain_name(entry.name):
        advice = ADVICE.get(os.path.splitext(entry.name)[1].lower())  # noqa: PTH122 - a Path would be slow
        return Rejected(shown, f"{UNSUPPORTED}: {advice}" if advice else UNSUPPORTED)
    metadata = known.metadata
    if isinstance(metadata, str):
        return Rejected(shown, f"{metadata} is invalid and may apply to this file")
    if name != shown:
        return Rejected(shown, "its name is not printable UTF-8; rename it")
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Rejected(shown, f"{UNREADABLE_PREFIX}{error.strerror}")
    clock_step = FRACTION_CLOCK_STEP_NS if status.st_mtime_ns % SECOND_NS else CLOCK_STEP_NS
    just_written = status.st_mtime_ns > time.time_ns() - clock_step
    file, address = known.of_file(entry.path), None
    if file:
        metadata = with_file_metadata(metadata, file, _relative(known.files_folder, folder))
        address = file.url
    times = (status.st_mtime_ns, status.st_ctime_ns)
    return FileEntry(name, entry.path, status.st_size, *times, just_written, metadata, address)


def _relative(path: str, folder: Path) -> str:
    """Strip the folder from a path below it; pathlib would take ten times as long for every file."""
    return path.removeprefix(os.fspath(folder)).lstrip("/")


def _printable(name: str) -> str:
    """Escape unprintable characters, so that every name in a list takes one line."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in name)
