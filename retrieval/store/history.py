"""List the generations of an index, and compare two of them."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import DamagedIndexError, StoreError
from retrieval.index.index import Column, Index
from retrieval.store import layout, opening
from retrieval.store.manifest import read_manifest
from retrieval.store.read_lock import exclusive


@dataclass(frozen=True, slots=True)
class StoredGeneration:
    """A generation on the disk. If its manifest cannot be read, `problem` says why and the rest is None."""

    name: str
    live: bool
    bytes: int
    created: str | None
    documents: int | None
    sentences: int | None
    in_use: bool  # a process is reading it
    problem: str | None


@dataclass(frozen=True, slots=True)
class DocumentDiff:
    """The sentences of a document that only one of two generations has, verbatim and in their order."""

    document: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GenerationDiff:
    """The differences between two generations, sorted by document id."""

    added: tuple[DocumentDiff, ...]
    changed: tuple[DocumentDiff, ...]
    removed: tuple[DocumentDiff, ...]
    renamed: tuple[tuple[str, str], ...]  # (old id, new id)
    unchanged: int

    @property
    def sentences(self) -> tuple[int, int]:
        """Return how many sentences were added and removed."""
        documents = (*self.added, *self.changed, *self.removed)
        return sum(len(document.added) for document in documents), sum(len(document.removed) for document in documents)


def list_generations(folder: Path) -> list[StoredGeneration]:
    """Describe the generations of an index folder, newest first, without opening them."""
    live = layout.current(folder)
    return [_describe(folder / name, live=name == live) for name in layout.generations(folder)]


def diff_generations(folder: Path, old: str, new: str) -> GenerationDiff:
    """Compare two generations. Raises StoreError if one does not exist or is not whole."""
    before, after = _open(folder, old), _open(folder, new)
    was = {document.id: (row, document.sha256) for row, document in enumerate(before.documents)}
    now = {document.id: (row, document.sha256) for row, document in enumerate(after.documents)}
    removed_by_checksum = {was[name][1]: name for name in sorted(was.keys() - now.keys(), reverse=True)}
    renamed, added = [], []
    for name in sorted(now.keys() - was.keys()):
        earlier = removed_by_checksum.pop(now[name][1], None)
        if earlier is None:
            added.append(name)
        else:
            renamed.append((earlier, name))
    removed = sorted(was.keys() - now.keys() - {earlier for earlier, _ in renamed})
    both = sorted(was.keys() & now.keys())
    changed = [name for name in both if was[name][1] != now[name][1]]
    return GenerationDiff(
        added=tuple(DocumentDiff(name, tuple(_sentences(after, now[name][0])), ()) for name in added),
        changed=tuple(_diff_document(name, before, was[name][0], after, now[name][0]) for name in changed),
        removed=tuple(DocumentDiff(name, (), tuple(_sentences(before, was[name][0]))) for name in removed),
        renamed=tuple(renamed),
        unchanged=len(both) - len(changed),
    )


def _open(folder: Path, name: str) -> Index:
    layout.check_generation(folder, name)
    return opening.open_generation(folder / name, name)[0]


def _diff_document(name: str, before: Index, old: int, after: Index, new: int) -> DocumentDiff:
    """Compare the sentences of a document in row `old` of one index and row `new` of another."""
    was, now = _sentences(before, old), _sentences(after, new)
    return DocumentDiff(name, tuple(_subtract(now, Counter(was))), tuple(_subtract(was, Counter(now))))


def _subtract(texts: list[str], others: Counter[str]) -> list[str]:
    """Compute the multiset difference `texts` - `others`, in order."""
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


def _describe(folder: Path, *, live: bool) -> StoredGeneration:
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    created, documents, sentences, problem = None, None, None, None
    try:
        manifest = read_manifest(folder)
        created, documents, sentences = manifest.created, manifest.counts.documents, manifest.counts.sentences
    except (DamagedIndexError, StoreError) as error:
        problem = str(error)
    with exclusive(folder) as free:
        in_use = not free
    return StoredGeneration(folder.name, live, size, created, documents, sentences, in_use, problem)
