"""Collect what a source has now, beside its folder, and compare it with what the last sync wrote.

New content is written into a hidden folder; nothing of the documents changes here.
"""

import hashlib
import os
from pathlib import Path

import msgspec

from bot.sources.safe_paths import collision_key, is_document, is_hidden, path_problem, sets_metadata
from bot.sources.source_manifest import Manifest, SyncedFile, file_checksum
from bot.sources.sync_errors import SyncError
from retrieval import files
from retrieval.reading.file_metadata import FILES_METADATA, FileMetadata, encode_files_metadata
from retrieval.types import Rejected

IN_THE_WAY = "a file of this name that is not from the source is there; it is kept"
EDITED = "changed here since the last sync; it is kept as it is"


class Plan(msgspec.Struct, frozen=True):
    """The paths below the folder of a source that a switch changes, each with the SHA-256 of its content."""

    added: dict[str, str]
    changed: dict[str, str]  # the content after the switch
    before: dict[str, str]  # of what is changed or removed: the content that must be there
    removed: list[str]
    manifest: str = ""  # SHA-256 of the manifest that completes the switch


class Stage:
    """What one sync found: new content in files below `folder`, and a record of every file that there is now."""

    def __init__(self, folder: Path, live: Path, manifest: Manifest, max_files: int, max_file_bytes: int) -> None:
        """Compare with the folder of the source, `live`, and with the manifest of its last sync."""
        self.folder, self.live, self.manifest = folder, live, manifest
        self.max_files, self.max_file_bytes = max_files, max_file_bytes
        self.files: dict[str, SyncedFile] = {}
        self.skipped: list[Rejected] = []
        self.ignored = 0  # files of formats that cannot be read
        self._keys: set[str] = set()
        self._folder_keys: set[str] = set()
        self._checksums: dict[str, str | None] = {}
        self._blocked: dict[str, bool] = {}  # by folder

    def reset(self) -> None:
        """Forget what was found so far."""
        self.files.clear()
        self.skipped.clear()
        self._keys.clear()
        self._folder_keys.clear()
        self.ignored = 0

    def accepts(self, path: str) -> bool:
        """Return whether a file may be written under a path; if not, say why in `skipped`.

        Hidden files are left out silently, and what is no document is only counted. Raises SyncError for too many
        files.
        """
        if is_hidden(path):
            return False
        if not is_document(path) and not sets_metadata(path):
            self.ignored += 1
            return False
        problem = path_problem(path)
        if problem is None and collision_key(path) in self._keys:
            problem = "another file of the source has the same name on some systems"
        if problem is None and self._clashes(path):
            problem = "a folder of the source has the same name as a file of it"
        if problem:
            self.skip(path, problem)
            return False
        if len(self._keys) >= self.max_files:
            raise SyncError(f"more than {self.max_files:,} files (sync.max_files)")
        self._keys.add(collision_key(path))
        self._folder_keys.update(_folders_of(collision_key(path)))
        return True

    def is_taken(self, path: str) -> bool:
        """Return whether another file has a path already, or one that is the same on some systems."""
        return collision_key(path) in self._keys

    def skip(self, path: str, reason: str) -> None:
        """Report that a file is not taken."""
        shown = "".join(character if character.isprintable() else "�" for character in path[:200])
        self.skipped.append(Rejected(shown, reason))

    def is_intact(self, path: str) -> bool:
        """Return whether the file that the last sync wrote under a path is still there, unchanged."""
        known = self.manifest.files.get(path)
        return known is not None and self.checksum(path) == known.sha256

    def checksum(self, path: str) -> str | None:
        """Compute the SHA-256 of what is in the folder now, once: None for nothing, "" for no regular file."""
        if path not in self._checksums:
            self._checksums[path] = "" if self._is_blocked(path) else file_checksum(self.live / path)
        return self._checksums[path]

    def add(self, path: str, content: bytes, file: SyncedFile) -> None:
        """Take a file with its content; `file` is its record without checksum and size."""
        checksum = hashlib.sha256(content).hexdigest()
        self.files[path] = msgspec.structs.replace(file, sha256=checksum, size=len(content))
        if self.checksum(path) != checksum:
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def keep(self, path: str, file: SyncedFile) -> None:
        """Take a file as the last sync left it."""
        self.files[path] = file

    def drop(self, path: str) -> None:
        """Take a file back that was added or kept."""
        del self.files[path]

    def finish(self) -> Plan:
        """Add the metadata of the files; return what a switch must change, leaving out what people changed here."""
        described = {path: file.metadata for path, file in self.files.items() if file.metadata != FileMetadata()}
        if described:
            self._keys.add(FILES_METADATA)
            self.add(FILES_METADATA, encode_files_metadata(described), SyncedFile("", 0))
        plan = Plan({}, {}, {}, [])
        for path in sorted(self.files):
            self._compare(path, plan)
        for path in sorted(self.manifest.files.keys() - self.files.keys()):
            known = self.manifest.files[path].sha256
            current = self.checksum(path)
            if current == known:
                plan.removed.append(path)
                plan.before[path] = known
            elif current is not None:
                self.skip(path, f"gone from the source, but {EDITED}")
        return plan

    def _compare(self, path: str, plan: Plan) -> None:
        """Enter into the plan what has to be done with one file."""
        new, known, current = self.files[path].sha256, self.manifest.files.get(path), self.checksum(path)
        if current == new:
            return
        if current is None:
            plan.added[path] = new
        elif known is not None and current == known.sha256:
            plan.changed[path] = new
            plan.before[path] = known.sha256
        else:
            self.skip(path, EDITED if known is not None else IN_THE_WAY)
            if known is not None:
                self.files[path] = known  # still not what is there, so that the next sync reports it, too
            else:
                del self.files[path]

    def _clashes(self, path: str) -> bool:
        """Return whether a file would be where a folder of an accepted file is, or inside an accepted file."""
        key = collision_key(path)
        return key in self._folder_keys or not self._keys.isdisjoint(_folders_of(key))

    def _is_blocked(self, path: str) -> bool:
        """Return whether something that is no folder, such as a link, is where a folder of the path should be."""
        parent = path.rpartition("/")[0]
        if not parent:
            return False
        if parent not in self._blocked:
            folder = self.live / parent
            is_other = os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir())
            self._blocked[parent] = self._is_blocked(parent) or is_other
        return self._blocked[parent]


def _folders_of(path: str) -> list[str]:
    """Return the paths of all folders that a path is in."""
    return [path[:place] for place, character in enumerate(path) if character == "/"]


def clear(folder: Path) -> None:
    """Make an empty folder for a stage."""
    files.remove_tree(folder)
    files.make_folder(folder)
