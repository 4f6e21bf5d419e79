"""Remember of each source what it wrote: a manifest of its files with their checksums, and where its last sync stood.

It is .sync/NAME/manifest.json below the documents, hidden like all that begins with a dot. A file that does not match
it was changed by a person.
"""

import os
from pathlib import Path

import msgspec

from bot.sources.sync_errors import SyncError
from config.sync_settings import Source
from retrieval import files
from retrieval.reading.file_metadata import FileMetadata

SYNC_FOLDER = ".sync"
MANIFEST = "manifest.json"


class SyncedFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that a source wrote."""

    sha256: str
    size: int  # bytes
    metadata: FileMetadata = FileMetadata()
    address: str = ""  # where it is fetched, if a source has one for each file
    validators: tuple[str, str] = ("", "")  # its ETag and Last-Modified
    missing: int = 0  # how many syncs in a row did not find it


class Manifest(msgspec.Struct, frozen=True):
    """What the last sync of a source left in its folder."""

    folder: str
    origin: str  # what in its settings decides what a file contains
    state: dict[str, str]  # of the kind of source, such as the commit
    files: dict[str, SyncedFile]  # by path below the folder
    format: int = 1


def file_metadata(source: Source, url: str | None, title: str | None = None) -> FileMetadata:
    """Describe a file of a source with what the settings say about all of them."""
    return FileMetadata(url=url, title=title, source=source.citation_source, version=source.version or None)


def source_folder(seeds: Path, name: str) -> Path:
    """Return the hidden folder in which the manifest of a source and its caches are."""
    return seeds / SYNC_FOLDER / name


def read_manifest(seeds: Path, name: str, folder: str, origin: str) -> Manifest:
    """Read the manifest of a source, an empty one before its first sync.

    If its files came from another origin, such as another address, their checksums still say that they are its own,
    but their addresses, revisions and validators mean nothing any more, and are left out.
    Raises SyncError if it is damaged, or if the source filled another folder before.
    """
    path = source_folder(seeds, name) / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return Manifest(folder, origin, {}, {})
    except (OSError, msgspec.MsgspecError) as error:
        raise SyncError(f"{path} cannot be read ({_line(error)}); move it away to fetch everything again") from None
    if manifest.folder != folder:
        raise SyncError(
            f"its files are in the folder {manifest.folder}, not in {folder}; delete them and {path}, or name it again"
        )
    if manifest.origin != origin:
        own = {path: SyncedFile(file.sha256, file.size) for path, file in manifest.files.items()}
        return Manifest(folder, origin, {}, own)
    return manifest


def encode_manifest(manifest: Manifest) -> bytes:
    """Encode a manifest."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def file_checksum(path: Path) -> str | None:
    """Compute the SHA-256 of a regular file; None if there is none, "" if something else has its name."""
    try:
        if path.is_symlink() or not path.is_file():
            return "" if os.path.lexists(path) else None
        return files.sha256(path)
    except NotADirectoryError:
        return None


def _line(error: Exception) -> str:
    return " ".join(str(getattr(error, "strerror", None) or error).split())[:120]
