"""What differs between the folder of documents and what an index was built from."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from retrieval import files
from retrieval.errors import DataError
from retrieval.reading.folder import UNREADABLE, list_files
from retrieval.reading.metadata import digest_of
from retrieval.store.manifest import BuildSettings, Manifest, SourceState
from retrieval.types import Document, FileEntry, Rejected

BUILDER_VERSION = 5  # raised whenever reading, splitting or indexing gives something else for the same documents
REJECTED = ""  # stands for the checksum of a file that was rejected
UNREAD = "?"  # and of one that could not be read, which may pass without its size or time changing
NEEDS = "needs "  # and, with the name of a library, of one that could be read if that were installed
SHA256 = re.compile("[0-9a-f]{64}")
LACKING = re.compile(r"needs (\w+), which is not installed")
YOUNG = -1  # stands for the time of a file that was written so lately that the next change may bear the same time


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between the folder and an index, as sorted document ids."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]  # (old id, new id)
    unchanged: int

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.renamed)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many documents were added, changed, removed and renamed."""
        return {kind: len(getattr(self, kind)) for kind in ("added", "changed", "removed", "renamed")}


def since(seeds: Path, manifest: Manifest) -> Changes:
    """Return how a folder differs from what an index was built from. Raises SeedsError when the folder is missing."""
    entries, _ = list_files(seeds)
    return compare(entries, manifest.sources)


def build_settings(language: str, max_bytes: int, golden: Path | None, precision: float) -> BuildSettings:
    """Return what, besides documents and model, decides the content of an index.

    Raises DataError when the golden file cannot be read.
    """
    try:
        checksum = files.sha256(golden) if golden else None
    except OSError as error:
        raise DataError(f"cannot read the golden questions in {golden}: {error.strerror}") from None
    return BuildSettings(BUILDER_VERSION, language, max_bytes, checksum, precision if golden else None)


def known_of(
    entries: Iterable[FileEntry], documents: Iterable[Document], rejected: Iterable[Rejected]
) -> dict[str, SourceState]:
    """Return what a manifest keeps of files, for compare."""
    checksums = {one.path: UNREAD for one in rejected if one.reason.startswith(UNREADABLE)}
    checksums |= {one.path: f"{NEEDS}{found[1]}" for one in rejected if (found := LACKING.match(one.reason))}
    checksums |= {document.id: document.sha256 for document in documents}
    kept = {}
    for entry in entries:
        checksum = checksums.get(entry.id, REJECTED)
        read = checksum == UNREAD or SHA256.fullmatch(checksum)
        time = YOUNG if entry.just_written and read else entry.mtime_ns
        kept[entry.id] = SourceState(entry.size, time, checksum, digest_of(entry.metadata))
    return kept


def compare(entries: list[FileEntry], sources: dict[str, SourceState]) -> Changes:
    """Return how files differ from a manifest's sources.

    A file of the same size, time and facts counts as unchanged; any other is compared by its content.
    """
    here = {entry.id: entry for entry in entries}
    added = sorted(here.keys() - sources.keys())
    removed = sorted(sources.keys() - here.keys())
    both = sorted(here.keys() & sources.keys())
    changed = [name for name in both if _differs(here[name], sources[name])]
    renamed = []
    by_checksum = {sources[name].checksum: name for name in removed if SHA256.fullmatch(sources[name].checksum)}
    for name in list(added) if by_checksum else []:
        checksum = _checksum(here[name])
        old = by_checksum.pop(checksum, None) if checksum else None
        if old is not None:
            renamed.append((old, name))
            added.remove(name)
            removed.remove(old)
    return Changes(tuple(added), tuple(changed), tuple(removed), tuple(renamed), len(both) - len(changed))


def _differs(entry: FileEntry, known: SourceState) -> bool:
    if known.facts != digest_of(entry.metadata):
        return True
    if known.checksum == UNREAD:
        return _checksum(entry) is not None
    if known.checksum.startswith(NEEDS) and find_spec(known.checksum.removeprefix(NEEDS)):
        return True
    if entry.size == known.size and entry.mtime_ns == known.mtime_ns:
        return False
    return entry.size != known.size or known.checksum == REJECTED or _checksum(entry) != known.checksum


def _checksum(entry: FileEntry) -> str | None:
    try:
        return files.sha256(entry.path)
    except OSError:
        return None
