"""Read a folder of .txt and .md files into documents, and say of every other file why not.

Symbolic links are never followed and nothing outside the folder is read. A file that cannot be
read correctly is rejected with a reason; it never stops the others. Offsets of quotes count
characters of the file as `open(path, encoding="utf-8").read()` gives it, so the front matter and a
byte order mark stay part of the text. Other encodings are rejected, not guessed: a wrong guess
would turn up inside a verbatim quote.
"""

import codecs
import datetime
import errno
import hashlib
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import SeedsError
from retrieval.records import Block, Document, Rejected

SUFFIXES = (".md", ".txt")
FRONT_MATTER = re.compile(
    r"\ufeff?---[ \t]*\n((?:[A-Za-z_][\w-]*:(?:[ \t]|\n)|#).*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
FRONT_MATTER_LIMIT = 16_384  # characters
OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
PUBLISHED = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
TITLE_LIMIT = 256  # characters
UNREADABLE = "cannot be read: "  # begins the reason of a file that the system did not let us read
OUT_OF_MEANS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # errors that are ours, not a file's
YOUNG_NS = 2_000_000_000  # the coarsest clock of a file system in use, FAT's


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of the folder before it is read; size and mtime_ns tell whether it may have changed."""

    id: str
    path: Path
    size: int  # bytes
    mtime_ns: int
    young: bool = False  # written so shortly before it was listed that it may change again at the same time


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document with its blocks of text, in the order of the file."""

    document: Document
    blocks: tuple[Block, ...]


def list_files(folder: Path) -> tuple[list[FileEntry], list[Rejected]]:
    """List the readable-looking documents below folder, sorted by id, and the rejected rest.

    Hidden files and folders (leading dot) are passed over in silence.
    Raises SeedsError when the folder is missing or cannot be listed.
    """
    files: list[FileEntry] = []
    rejected: list[Rejected] = []
    try:
        for entry in _walk(folder, rejected):
            found = _classify(entry, folder)
            if isinstance(found, FileEntry):
                files.append(found)
            elif found is not None:
                rejected.append(found)
    except OSError as error:
        if not folder.exists():
            raise SeedsError(f"the seeds folder {folder} does not exist; name one with --seeds") from None
        raise SeedsError(f"cannot list the seeds folder {folder}: {error.strerror}") from None
    return sorted(files, key=lambda file: file.id), sorted(rejected, key=lambda one: one.path)


def read_file(file: FileEntry, max_bytes: int) -> ReadDocument | Rejected:
    """Read one file; returns the document, or why there is none.

    Raises SeedsError when no file could be read now: too many are open, or there is no memory.
    """
    from retrieval.blocks import body_blocks  # listing needs none

    try:
        if file.size > max_bytes:
            limit = f"documents.max_megabytes, {max_bytes / 1_000_000:.0f} MB"
            return Rejected(file.id, f"{file.size / 1_000_000:.1f} MB is over the limit ({limit})")
        content = _read_bytes(file.path, max_bytes)
        text = _decode(content)
        metadata, body = _front_matter(text)
        blocks = tuple(body_blocks(text, body, markdown=file.id.lower().endswith(".md")))
        if not any(block.kind == "prose" for block in blocks):
            return Rejected(file.id, "empty" if not text[body:].strip() else "holds no sentence to quote")
        title = _title(metadata, text, blocks, file.id)
        document = Document(
            id=file.id,
            title=title,
            source=_line_of_text(metadata, "source"),
            published=_published(metadata),
            url=_url(metadata),
            text=text,
            sha256=hashlib.sha256(content).hexdigest(),
            collection=collection_of(file.id),
        )
    except OSError as error:
        if error.errno in OUT_OF_MEANS:
            raise SeedsError(f"cannot read {file.path}: {error.strerror}") from None
        return Rejected(file.id, f"{UNREADABLE}{error.strerror or error}")
    except _RejectError as error:
        return Rejected(file.id, str(error))
    return ReadDocument(document, blocks)


def collection_of(document: str) -> str:
    """Return the collection of a document's id: its first folder, or "" where it is in none."""
    folder, _, name = document.partition("/")
    return folder if name else ""


class _RejectError(Exception):
    """Why a file is not read."""


def _walk(folder: Path, rejected: list[Rejected]) -> Iterator[os.DirEntry[str]]:
    """Yield every entry that is not hidden, deepest folders included; unlistable folders are rejected."""
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as entries:
                visible = sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)
        except OSError as error:
            if current == folder:
                raise
            rejected.append(Rejected(_printable_id(current, folder), f"cannot be listed: {error.strerror}"))
            continue
        for entry in visible:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            yield entry


def _classify(entry: os.DirEntry[str], folder: Path) -> FileEntry | Rejected | None:
    path = Path(entry.path)
    shown = _printable_id(path, folder)
    documentlike = entry.name.lower().endswith(SUFFIXES)
    if entry.is_symlink():
        return Rejected(shown, "a symbolic link; links are not followed")
    if entry.is_dir(follow_symlinks=False):
        return Rejected(shown, "a folder named like a document; its files are read") if documentlike else None
    if not entry.is_file(follow_symlinks=False):
        return Rejected(shown, "not a regular file")
    if not documentlike:
        return Rejected(shown, "not a .txt or .md file")
    name = path.relative_to(folder).as_posix()
    if name != shown:
        return Rejected(shown, "its name is not printable UTF-8; rename it")
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return Rejected(shown, f"{UNREADABLE}{error.strerror}")
    young = status.st_mtime_ns > time.time_ns() - YOUNG_NS
    return FileEntry(name, path, status.st_size, status.st_mtime_ns, young)


def _printable_id(path: Path, folder: Path) -> str:
    """Return the path below folder, unprintable characters as escapes, so that lists stay one line each."""
    name = path.relative_to(folder).as_posix()
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in name)


def _read_bytes(path: Path, max_bytes: int) -> bytes:
    """Read a regular file without following a link or waiting on a FIFO that took its place."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise _RejectError("grew over documents.max_megabytes while it was read")
    return content


def _decode(content: bytes) -> str:
    for mark, name in OTHER_ENCODINGS.items():
        if content.startswith(mark):
            raise _RejectError(f"is {name}; save it as UTF-8")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = content[error.start]
        line = content.count(b"\n", 0, error.start) + 1
        raise _RejectError(f"is not UTF-8 (byte 0x{byte:02x} in line {line}); save it as UTF-8") from None
    if "\0" in text:
        raise _RejectError("holds NUL bytes, so it is not plain text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _front_matter(text: str) -> tuple[dict[str, Any], int]:
    """Return the front matter and where the body starts; a leading rule that is no mapping is body."""
    start = 1 if text.startswith("\ufeff") else 0
    match = FRONT_MATTER.match(text, 0, FRONT_MATTER_LIMIT)
    if not match:
        return {}, start
    import yaml  # answering needs none

    try:
        # Every value stays the text it is: no dates that do not exist, no numbers, and no objects.
        metadata = yaml.load(match[1], Loader=yaml.BaseLoader)  # noqa: S506 - builds text, lists and mappings only
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark else ""
        problem = getattr(error, "problem", None) or "malformed"
        raise _RejectError(f"its front matter is not valid YAML{where}: {problem}") from None
    return (metadata, match.end()) if isinstance(metadata, dict) else ({}, start)


def _line_of_text(metadata: dict[str, Any], key: str) -> str | None:
    """Return a value of the front matter as one line, or None where it is missing or empty."""
    value = metadata.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _RejectError(f"{key} in its front matter is not a line of text")
    return " ".join(value.split())[:TITLE_LIMIT] or None


def _published(metadata: dict[str, Any]) -> str | None:
    value = metadata.get("published")
    if value is None or value == "":
        return None
    text = re.split(r"[T ]", str(value).strip())[0]
    try:
        if not PUBLISHED.fullmatch(text):
            raise ValueError
        datetime.date.fromisoformat(text + "0000-01-01"[len(text) :])
    except ValueError:
        raise _RejectError(f"published in its front matter is {text[:40]!r}, not a date such as 2023-06-04") from None
    return text


def _url(metadata: dict[str, Any]) -> str | None:
    url = _line_of_text(metadata, "url")
    if url is not None and not re.fullmatch(r"https?://[^\s<>\"']+", url):
        raise _RejectError(f"url in its front matter is {url[:40]!r}, not an http(s) address")
    return url


def _title(metadata: dict[str, Any], text: str, blocks: tuple[Block, ...], name: str) -> str:
    """Return the front matter's title, else the first heading, else the file name made readable."""
    given = _line_of_text(metadata, "title")
    if given:
        return given
    for block in blocks:
        if block.kind == "heading":
            heading = " ".join(text[block.start : block.end].split())
            return heading[:TITLE_LIMIT]
    stem = re.sub(r"[\s_\-.]+", " ", Path(name).stem).strip()
    return (stem[:1].upper() + stem[1:])[:TITLE_LIMIT] or name
