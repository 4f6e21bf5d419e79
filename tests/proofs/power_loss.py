"""Take the power away while an index is written: python -m tests.proofs.power_loss [N].

Every write, fsync, rename, link and unlink of several rebuilds and a rollback is recorded. Then each case cuts the
record at one place and makes the disk as it might be found: of what was not synced, contents are
dropped, kept, cut, garbled or have holes, and entries of folders are dropped or kept in any
combination. What is found must open as a whole state: the last one that was reported, or the one that
was on its way; and the next rebuild must succeed.
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
    """A call that changed the disk, or ("begin" or "reported") a step of the writer."""

    operation: str
    path: str
    detail: Any


@dataclass(slots=True)
class File:
    """What readers of a file see, and what of it is certainly on the disk."""

    content: bytes = b""
    synced: bytes = b""


@dataclass(slots=True)
class Folder:
    """The entries of a folder, those that are certainly on the disk, and the changes that are not."""

    entries: "dict[str, File | Folder]" = field(default_factory=dict)
    synced: "dict[str, File | Folder]" = field(default_factory=dict)
    pending: "list[tuple[str | None, str | None, File | Folder]]" = field(default_factory=list)  # (gone, come, what)

    def change(self, gone: str | None, come: str | None, what: "File | Folder") -> None:
        """Take an entry away, put one there, or both at once."""
        _apply(self.entries, gone, come, what)
        self.pending.append((gone, come, what))


def _apply(entries: "dict[str, File | Folder]", gone: str | None, come: str | None, what: "File | Folder") -> None:
    if gone is not None:
        entries.pop(gone, None)
    if come is not None:
        entries[come] = what


class Disk:
    """A disk that remembers what was synced."""

    def __init__(self) -> None:
        self.root = Folder()

    def replay(self, event: Event) -> None:
        """Do what a recorded call did."""
        place = list(Path(event.path).parts) or [""]
        folder = self._folder(place[:-1])
        name = place[-1]
        if event.operation == "create":
            there = folder.entries.get(name)
            if isinstance(there, File):
                there.content = b""
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
            assert list(target[:-1]) == place[:-1], "renames within a folder are atomic, others are not modelled"
            folder.change(name, target[-1], folder.entries[name])
        elif event.operation == "link":
            linked = Path(event.detail)
            folder.change(None, name, self._file(self._folder(list(linked.parts[:-1])), linked.name))
        elif event.operation == "fsync":
            what = folder.entries[name] if name else folder
            if isinstance(what, File):
                what.synced = what.content
            else:
                what.synced, what.pending = dict(what.entries), []

    def _folder(self, place: list[str]) -> Folder:
        folder = self.root
        for name in place:
            inner = folder.entries[name]
            assert isinstance(inner, Folder)
            folder = inner
        return folder

    @staticmethod
    def _file(folder: Folder, name: str) -> File:
        file = folder.entries[name]
        assert isinstance(file, File)
        return file


def found_after(folder: Folder, target: Path, rng: random.Random, mood: str) -> None:
    """Write what of a folder might be found after the power is back."""
    target.mkdir()
    entries = dict(folder.synced)
    for gone, come, what in folder.pending:
        if mood == "kept" or (mood == "any" and rng.random() < 0.5):
            _apply(entries, gone, come, what)
    for name, what in entries.items():
        if isinstance(what, Folder):
            found_after(what, target / name, rng, mood)
        else:
            (target / name).write_bytes(_content(what, rng))


def _content(file: File, rng: random.Random) -> bytes:
    if file.content == file.synced:
        return file.content
    whole = file.content
    first, end = sorted(rng.randrange(len(whole) + 1) for _ in range(2))
    kind = rng.choice(["dropped", "kept", "cut", "garbled", "hole"])
    return {
        "dropped": file.synced,
        "kept": whole,
        "cut": whole[:first],
        "garbled": whole[:first] + rng.randbytes(end - first) + whole[end:],
        "hole": whole[:first] + bytes(end - first) + whole[end:],
    }[kind]


def record(root: Path, rng: random.Random) -> tuple[list[Event], list[str]]:
    """Rebuild several times and roll back once; returns the calls, and the digest of each state in order."""
    events: list[Event] = []
    states: list[str] = []
    index = root / "index"

    def after(operation: str, path: str, detail: Any) -> None:
        if operation in watched_disk.WRITES:
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
            states.append(small_corpus.expected(root))
            events.append(Event("begin", "", len(states) - 1))
            small_corpus.rebuild_small(root)
            events.append(Event("reported", "", len(states) - 1))
    assert small_corpus.opened_digest(root) == states[-1]
    return [one for one in events if not one.path.startswith("seeds")], states


def check(found: Path, states: list[str], reported: int, begun: int) -> str:
    """Open what was found; returns which state it is. Raises AssertionError unless it is one that may be."""
    try:
        opened = opening.open_index(found / "index")
    except NoIndexError:
        assert reported < 0, "a reported index is gone"
        return "nothing yet"
    digest = small_corpus.digest(opened.index)
    assert opened.warning is None or reported < 0, opened.warning
    allowed = {states[i]: i for i in (reported, begun) if i >= 0}
    assert digest in allowed, f"not a whole state, or one too old: {opened.warning}"
    for name in layout.generations(found / "index")[:1]:
        opening.open_generation(found / "index" / name, name)
    return "as before" if allowed[digest] == reported else "as after"


def prove(root: Path, count: int, seed: int = 0) -> Counter[str]:
    """Check `count` cases, spread evenly over the record; returns how often which state was found."""
    with mock.patch.object(os, "fsync"):  # this disk is only thought of
        return _prove(root, count, random.Random(seed))


def _prove(root: Path, count: int, rng: random.Random) -> Counter[str]:
    small_corpus.fill(root / "recorded", rng)
    events, states = record(root / "recorded", rng)
    outcome: Counter[str] = Counter()
    places = sorted(int((number + rng.random()) * (len(events) + 1) / count) for number in range(count))
    state, played, reported, begun = Disk(), 0, -1, -1
    for number, place in enumerate(places):
        for event in events[played:place]:
            if event.operation == "begin":
                begun = event.detail
            elif event.operation == "reported":
                reported = event.detail
            else:
                state.replay(event)
        played = place
        found = root / f"case{number}"
        mood = ("any", "dropped", "any", "kept")[number % 4]
        found_after(state.root, found, rng, mood)
        try:
            outcome[check(found, states, reported, begun)] += 1
            shutil.copytree(root / "recorded" / "seeds", found / "seeds")
            small_corpus.rebuild_small(found)
            assert small_corpus.opened_digest(found) == states[-1], "the next rebuild did not mend it"
        except Exception as error:
            last = events[place - 1] if place else None
            raise AssertionError(
                f"case {number}, {mood} after {last and (last.operation, last.path)}: {error}"
            ) from error
        shutil.rmtree(found)
    return outcome


def main() -> int:
    """Print the outcome of many cases."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with tempfile.TemporaryDirectory() as folder:
        outcome = prove(Path(folder), count)
    print(f"{outcome.total()} cases: {', '.join(f'{n} {name}' for name, n in outcome.items())}; 0 broken")
    return 0


if __name__ == "__main__":
    sys.exit(main())
