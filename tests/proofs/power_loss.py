"""Simulate power cuts while an index is written: python -m tests.proofs.power_loss [N].

Every write, fsync, rename, link and unlink of several rebuilds and a rollback is recorded. Each case cuts the record at
one place and creates a disk as it might be found: contents that were not synced are dropped, kept, truncated, garbled
or have holes, and unsynced entries of folders are dropped or kept in any combination. The index must open in a whole
state, either the last one that was reported or the one that was being written, and the next rebuild must succeed.
"""

import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from retrieval.errors import NoIndexError
from retrieval.store import layout, opening, publishing
from tests.support import small_corpus, watched_disk

REBUILDS = 4


@dataclass(frozen=True, slots=True)
class Event:
    """A call that changed the disk, or a step of the writer: "begin" or "reported"."""

    operation: str
    path: str
    detail: Any


@dataclass(slots=True)
class File:
    """The content of a file, and the content that is certainly on the disk."""

    content: bytes = b""
    synced: bytes = b""


@dataclass(slots=True)
class Folder:
    """The entries of a folder, those that are certainly on the disk, and the changes that are not synced."""

    entries: "dict[str, File | Folder]" = field(default_factory=dict)
    synced: "dict[str, File | Folder]" = field(default_factory=dict)
    pending: "list[tuple[str | None, str | None, File | Folder]]" = field(
        default_factory=list
    )  # (removed name, added name, entry)

    def change(self, removed: str | None, added: str | None, entry: "File | Folder") -> None:
        """Remove an entry, add one, or rename one."""
        _apply(self.entries, removed, added, entry)
        self.pending.append((removed, added, entry))


def _apply(entries: "dict[str, File | Folder]", removed: str | None, added: str | None, entry: "File | Folder") -> None:
    if removed is not None:
        entries.pop(removed, None)
    if added is not None:
        entries[added] = entry


class Disk:
    """A simulated disk that knows what was synced."""

    def __init__(self) -> None:
        self.root = Folder()

    def replay(self, event: Event) -> None:
        """Repeat a recorded call."""
        parts = list(Path(event.path).parts) or [""]
        folder = self._folder(parts[:-1])
        name = parts[-1]
        if event.operation == "create":
            existing = folder.entries.get(name)
            if isinstance(existing, File):
                existing.content = b""
            else:
                folder.change(None, name, File())
        elif event.operation == "mkdir":
            folder.change(None, name, Folder())
        elif event.operation == "write":
            self._file(folder, name).content += event.detail
        elif event.operation in ("unlink", "rmdir"):
            folder.change(name, None, folder.entries[name])
        elif event.operation == "rename":
            target = Path(event.detail).parts
            assert list(target[:-1]) == parts[:-1], "only renames within a folder, which are atomic, are modelled"
            folder.change(name, target[-1], folder.entries[name])
        elif event.operation == "link":
            linked = Path(event.detail)
            folder.change(None, name, self._file(self._folder(list(linked.parts[:-1])), linked.name))
        elif event.operation == "fsync":
            entry = folder.entries[name] if name else folder
            if isinstance(entry, File):
                entry.synced = entry.content
            else:
                entry.synced, entry.pending = dict(entry.entries), []

    def _folder(self, parts: list[str]) -> Folder:
        folder = self.root
        for name in parts:
            inner = folder.entries[name]
            assert isinstance(inner, Folder)
            folder = inner
        return folder

    @staticmethod
    def _file(folder: Folder, name: str) -> File:
        file = folder.entries[name]
        assert isinstance(file, File)
        return file


def restore(folder: Folder, target: Path, rng: random.Random, mode: str) -> None:
    """Write a folder as it might be found after the power cut; `mode` decides on unsynced entries."""
    target.mkdir()
    entries = dict(folder.synced)
    for removed, added, entry in folder.pending:
        if mode == "kept" or (mode == "any" and rng.random() < 0.5):
            _apply(entries, removed, added, entry)
    for name, entry in entries.items():
        if isinstance(entry, Folder):
            restore(entry, target / name, rng, mode)
        else:
            (target / name).write_bytes(_restored_content(entry, rng))


def _restored_content(file: File, rng: random.Random) -> bytes:
    if file.content == file.synced:
        return file.content
    whole = file.content
    first, end = sorted(rng.randrange(len(whole) + 1) for _ in range(2))
    kind = rng.choice(["dropped", "kept", "truncated", "garbled", "hole"])
    return {
        "dropped": file.synced,
        "kept": whole,
        "truncated": whole[:first],
        "garbled": whole[:first] + rng.randbytes(end - first) + whole[end:],
        "hole": whole[:first] + bytes(end - first) + whole[end:],
    }[kind]


def record(root: Path, rng: random.Random) -> tuple[list[Event], list[str]]:
    """Rebuild several times and roll back once; return the calls, and the digests of the states in order."""
    events: list[Event] = []
    states: list[str] = []
    index = root / "index"

    def after(operation: str, path: str, detail: Any) -> None:
        if operation in watched_disk.WRITE_OPERATIONS:
            below = os.path.relpath(detail, root) if operation in ("rename", "link") else detail
            events.append(Event(operation, "" if path == str(root) else os.path.relpath(path, root), below))

    with watched_disk.watched(root.parent, after=after):
        for number in range(REBUILDS + 1):
            if number == REBUILDS - 1:
                events.append(Event("begin", "", len(states)))
                publishing.rollback(index)
                states.append(states[-2])
                events.append(Event("reported", "", len(states) - 1))
            small_corpus.edit(root, rng)
            states.append(small_corpus.expected_digest(root))
            events.append(Event("begin", "", len(states) - 1))
            small_corpus.rebuild_corpus(root)
            events.append(Event("reported", "", len(states) - 1))
    assert small_corpus.opened_digest(root) == states[-1]
    return [event for event in events if not event.path.startswith("seeds")], states


def check(root: Path, states: list[str], reported: int, begun: int) -> str:
    """Open an index and return which state it is in. Raises AssertionError unless that state is allowed."""
    try:
        opened = opening.open_index(root / "index")
    except NoIndexError:
        assert reported < 0, "a reported index is lost"
        return "nothing yet"
    digest = small_corpus.digest(opened.index)
    assert opened.warning is None or reported < 0, opened.warning
    allowed = {states[i]: i for i in (reported, begun) if i >= 0}
    assert digest in allowed, f"not a whole state, or too old: {opened.warning}"
    for name in layout.generations(root / "index")[:1]:
        opening.open_generation(root / "index" / name, name)
    return "as before" if allowed[digest] == reported else "as after"


def prove(root: Path, count: int, seed: int = 0) -> Counter[str]:
    """Check `count` cases, spread evenly over the record; return how often each state was found."""
    with mock.patch.object(os, "fsync"):  # the disk is simulated
        return _prove(root, count, random.Random(seed))


def _prove(root: Path, count: int, rng: random.Random) -> Counter[str]:
    small_corpus.fill(root / "recorded", rng)
    events, states = record(root / "recorded", rng)
    outcome: Counter[str] = Counter()
    places = sorted(int((number + rng.random()) * (len(events) + 1) / count) for number in range(count))
    disk, replayed, reported, begun = Disk(), 0, -1, -1
    for number, place in enumerate(places):
        for event in events[replayed:place]:
            if event.operation == "begin":
                begun = event.detail
            elif event.operation == "reported":
                reported = event.detail
            else:
                disk.replay(event)
        replayed = place
        case = root / f"case{number}"
        mode = ("any", "dropped", "any", "kept")[number % 4]
        restore(disk.root, case, rng, mode)
        try:
            outcome[check(case, states, reported, begun)] += 1
            shutil.copytree(root / "recorded" / "seeds", case / "seeds")
            small_corpus.rebuild_corpus(case)
            assert small_corpus.opened_digest(case) == states[-1], "the next rebuild did not repair it"
        except Exception as error:
            last = events[place - 1] if place else None
            raise AssertionError(
                f"case {number}, {mode} after {last and (last.operation, last.path)}: {error}"
            ) from error
        shutil.rmtree(case)
    return outcome


def main() -> int:
    """Check cases and print the outcome."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with tempfile.TemporaryDirectory() as folder:
        outcome = prove(Path(folder), count)
    print(f"{outcome.total()} cases: {', '.join(f'{n} {name}' for name, n in outcome.items())}; 0 broken")
    return 0


if __name__ == "__main__":
    sys.exit(main())
