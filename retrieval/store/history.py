"""The generations that an index keeps, and what differs between two of them."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import DamagedIndexError, StoreError
from retrieval.index.index import Column, Index
from retrieval.store import layout, opening
from retrieval.store.manifest import read_manifest
from retrieval.store.read_lock import unread


@dataclass(frozen=True, slots=True)
class Kept:
    """A generation on the disk. Where its manifest cannot be read, `problem` says why and the rest is unknown."""

    name: str
    live: bool
    bytes: int
    created: str | None
    documents: int | None
    sentences: int | None
    in_use: bool  # somebody reads it now
    problem: str | None


@dataclass(frozen=True, slots=True)
class DocumentDifference:
    """The sentences of a document, verbatim and in its order, that only one of two generations holds."""

    document: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two generations; documents by id."""

    added: tuple[DocumentDifference, ...]
    changed: tuple[DocumentDifference, ...]
    removed: tuple[DocumentDifference, ...]
    renamed: tuple[tuple[str, str], ...]  # (old id, new id)
    unchanged: int

    @property
    def sentences(self) -> tuple[int, int]:
        """Return how many sentences were added and removed."""
        touched = (*self.added, *self.changed, *self.removed)
        return sum(len(one.added) for one in touched), sum(len(one.removed) for one in touched)


def kept(folder: Path) -> list[Kept]:
    """Return the generations of an index folder, newest first; opens none."""
    live = layout.current(folder)
    return [_describe(folder / name, live=name == live) for name in layout.finished(folder)]


def compare(folder: Path, old: str, new: str) -> Difference:
    """Return what differs between two generations. Raises StoreError when one is not there or not whole."""
    before, after = _open(folder, old), _open(folder, new)
    was = {document.id: (row, document.sha256) for row, document in enumerate(before.documents)}
    now = {document.id: (row, document.sha256) for row, document in enumerate(after.documents)}
    removed = {was[name][1]: name for name in sorted(was.keys() - now.keys(), reverse=True)}
    renamed, added = [], []
    for name in sorted(now.keys() - was.keys()):
        earlier = removed.pop(now[name][1], None)
        if earlier is None:
            added.append(name)
        else:
            renamed.append((earlier, name))
    gone = sorted(was.keys() - now.keys() - {earlier for earlier, _ in renamed})
    both = sorted(was.keys() & now.keys())
    changed = [name for name in both if was[name][1] != now[name][1]]
    return Difference(
        added=tuple(DocumentDifference(name, tuple(_sentences(after, now[name][0])), ()) for name in added),
        changed=tuple(_changed(name, before, was[name][0], after, now[name][0]) for name in changed),
        removed=tuple(DocumentDifference(name, (), tuple(_sentences(before, was[name][0]))) for name in gone),
        renamed=tuple(renamed),
        unchanged=len(both) - len(changed),
    )


def _open(folder: Path, name: str) -> Index:
    names = layout.finished(folder)
    if name not in names:
        raise StoreError(f"there is no generation {name} in {folder}; there are {', '.join(names) or 'none'}")
    return opening.open_generation(folder / name, name)[0]


def _changed(name: str, before: Index, old: int, after: Index, new: int) -> DocumentDifference:
    was, now = _sentences(before, old), _sentences(after, new)
    return DocumentDifference(name, tuple(_without(now, Counter(was))), tuple(_without(was, Counter(now))))


def _without(texts: list[str], others: Counter[str]) -> list[str]:
    """Return the texts that are left when each of the others took one like it away."""
    left = []
    for text in texts:
        if others[text]:
            others[text] -= 1
        else:
            left.append(text)
    return left


def _sentences(index: Index, document: int) -> list[str]:
    text = index.documents[document].text
    spans = index.table[index.document_rows(document)][:, [Column.START, Column.END]]
    return [text[start:end] for start, end in spans.tolist()]


def _describe(folder: Path, *, live: bool) -> Kept:
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    created, documents, sentences, problem = None, None, None, None
    try:
        manifest = read_manifest(folder)
        created, documents, sentences = manifest.created, manifest.counts.documents, manifest.counts.sentences
    except (DamagedIndexError, StoreError) as error:
        problem = str(error)
    with unread(folder) as free:
        in_use = not free
    return Kept(folder.name, live, size, created, documents, sentences, in_use, problem)
