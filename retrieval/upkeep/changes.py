"""Compare the seeds folder with the files that an index was built from.

A file of the same size and modification time counts as unchanged; any other is compared by its content.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from retrieval import files
from retrieval.errors import DataError
from retrieval.reading.folder import MAX_PART_BYTES, archive_of, list_files, read_inside
from retrieval.reading.isolated import ocr
from retrieval.reading.metadata import digest_of
from retrieval.store.manifest import BuildSettings, Manifest, SourceState
from retrieval.types import Document, FileEntry, Rejected

BUILDER_VERSION = 10  # raise whenever reading, splitting or indexing the same documents gives another index
SETTING_NAMES = {  # of BuildSettings
    "builder": "the version of Footnote",
    "language": "documents.language",
    "max_bytes": "documents.max_megabytes",
    "golden": "the golden questions",
    "precision": "answer.precision",
}
# Markers in place of the checksum of a file that was not indexed.
REJECTED = ""
UNREADABLE_MARKER = "?"  # the file may become readable without a change of its size or time
MISSING_LIBRARY = "needs "  # followed by the name of the library
YOUNG = -1  # in place of the time of a file so new that its next change may have the same time
SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences between a folder and an index, as sorted ids of documents, or of files that look like some."""

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


def changes_since(seeds: Path, manifest: Manifest) -> Changes:
    """Compare a folder with the index of a manifest. Raises SeedsError if the folder is missing."""
    entries, _ = list_files(seeds)
    return find_changes(entries, manifest.sources)


def build_settings(language: str, max_bytes: int, golden: Path | None, precision: float) -> BuildSettings:
    """Collect what decides the content of an index besides documents and model.

    Raises DataError if the golden file cannot be read.
    """
    try:
        checksum = files.sha256(golden) if golden else None
    except OSError as error:
        raise DataError(f"cannot read the golden questions in {golden}: {error.strerror}") from None
    return BuildSettings(BUILDER_VERSION, language, max_bytes, checksum, precision if golden else None)


def changed_settings(old: BuildSettings, new: BuildSettings) -> list[str]:
    """Name what differs between two settings of an index, in words for people."""
    return [name for field, name in SETTING_NAMES.items() if getattr(old, field) != getattr(new, field)]


def source_states(
    entries: Collection[FileEntry], documents: Iterable[Document], rejected: Iterable[Rejected]
) -> dict[str, SourceState]:
    """Describe the files of a folder for a manifest, so that find_changes can compare with them later."""
    checksums = {file.path: _marker(file) for file in rejected}
    includes: dict[str, tuple[tuple[str, str], ...]] = {}
    listed = {entry.id for entry in entries}
    for document in documents:
        name = file_of(document.id, listed)
        checksums[name] = document.sha256
        includes[name] = document.includes
    states = {}
    for entry in entries:
        checksum = checksums.get(entry.id, REJECTED)
        comparable = checksum == UNREADABLE_MARKER or SHA256.fullmatch(checksum)
        time = YOUNG if entry.just_written and comparable else entry.mtime_ns
        parts = includes.get(entry.id, ())
        states[entry.id] = SourceState(entry.size, time, checksum, digest_of(entry.metadata), entry.ctime_ns, parts)
    return states


def file_of(document: str, files: Collection[str]) -> str:
    """Return the id of the file that a document is in: of those listed, its own or that of an archive."""
    return document if document in files else archive_of(document) or document


def rejected_before(manifest: Manifest) -> list[Rejected]:
    """Return the files that an index of a manifest was built without, as they were rejected then."""
    rejected = []
    for file in manifest.rejected_files:
        marker = manifest.sources[file.path].checksum if file.path in manifest.sources else REJECTED
        library = marker.removeprefix(MISSING_LIBRARY) if marker.startswith(MISSING_LIBRARY) else ""
        rejected.append(replace(file, missing_library=library, unreadable=marker == UNREADABLE_MARKER))
    return rejected


def _marker(file: Rejected) -> str:
    if file.unreadable:
        return UNREADABLE_MARKER
    return f"{MISSING_LIBRARY}{file.missing_library}" if file.missing_library else REJECTED


def document_changes(changes: Changes, sources: dict[str, SourceState], documents: Iterable[str]) -> Changes:
    """Restrict the changes of files to documents: those of the sources of a manifest, and those that there are now.

    A file that is rejected is no document, so one that was not rejected before counts as removed, not as changed.
    """
    before = {name for name, source in sources.items() if SHA256.fullmatch(source.checksum)}
    after = set(documents)
    renamed = tuple((old, new) for old, new in changes.renamed if new in after)
    changed = before & after & set(changes.changed)
    return Changes(
        added=tuple(sorted(after - before - {new for _, new in renamed})),
        changed=tuple(sorted(changed)),
        removed=tuple(sorted(before - after - {old for old, _ in renamed})),
        renamed=renamed,
        unchanged=len(before & after) - len(changed),
    )


def find_changes(entries: list[FileEntry], sources: dict[str, SourceState]) -> Changes:
    """Compare the files of a folder with the sources of a manifest."""
    here = {entry.id: entry for entry in entries}
    added = sorted(here.keys() - sources.keys())
    removed = sorted(sources.keys() - here.keys())
    both = sorted(here.keys() & sources.keys())
    changed = [name for name in both if _differs(here[name], sources[name]) or _part_differs(here[name], sources[name])]
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


def _is_installed(library: str) -> bool:
    """Tell whether a library that a file needs is installed, or the program that recognizes text."""
    return ocr.is_installed() if library == ocr.PROGRAM else find_spec(library) is not None


def _differs(entry: FileEntry, known: SourceState) -> bool:
    if known.facts != digest_of(entry.metadata):
        return True
    if known.checksum == UNREADABLE_MARKER:
        return _checksum(entry) is not None
    if known.checksum.startswith(MISSING_LIBRARY) and _is_installed(known.checksum.removeprefix(MISSING_LIBRARY)):
        return True
    # A tool can keep size and mtime while it changes the content, but not ctime as well.
    if (entry.size, entry.mtime_ns, entry.ctime_ns) == (known.size, known.mtime_ns, known.ctime_ns):
        return False
    return entry.size != known.size or known.checksum == REJECTED or _checksum(entry) != known.checksum


def _part_differs(entry: FileEntry, known: SourceState) -> bool:
    """Tell whether a file that a document includes changed."""
    folder = Path(entry.location.removesuffix(entry.id))
    return any(_checksum_inside(folder, path) != checksum for path, checksum in known.includes)


def _checksum_inside(folder: Path, path: str) -> str:
    """Compute the SHA-256 of a file below a folder, "" if it cannot be read."""
    try:
        return files.sha256_bytes(read_inside(folder, path, MAX_PART_BYTES))
    except OSError:
        return ""


def _checksum(entry: FileEntry) -> str | None:
    """Return the SHA-256 of a file, None if it cannot be read."""
    try:
        return files.sha256(entry.path)
    except OSError:
        return None
