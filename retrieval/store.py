"""Write and open generations: published atomically, verified before a byte of them is parsed.

A generation is written to gen-<n>.tmp, synced, read back, and renamed; CURRENT is replaced last. Token vectors of the
generation before are not written again: their files get a second name. See retrieval.generations for the layout.
"""

import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from retrieval import files, generations
from retrieval.arrays import read_arrays, write_arrays
from retrieval.errors import DamagedIndexError, NoIndexError, StoreError
from retrieval.generations import Manifest
from retrieval.holding import Hold, unread
from retrieval.index import Index
from retrieval.late import LateIndex, Segment
from retrieval.lexical import LexicalIndex
from retrieval.lock import writing
from retrieval.records import Document, UInt8
from retrieval.vectors import read_vectors, write_vectors

PARTS = ("texts.utf8", "documents.json", "sentences.arrays", "lexical.arrays", "vectors.faiss")
# What documents.json keeps of a document.
DOCUMENT = ("id", "title", "source", "published", "url", "sha256", "collection", "headings", "unit", "marks", "tables")
LEXICAL = ("vocabulary", "offsets", "rows", "scores", "counts", "lengths", "peaks")  # what lexical.arrays keeps
DECODED = 16  # texts; one of 10 MB takes 5 ms
TOKENS = re.compile(r"tokens-(\d+)\.2bit")  # mapped, their checksums compared row by row when they are used


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened generation. `warning` says when it is not the one that CURRENT names, and why."""

    index: Index
    manifest: Manifest
    warning: str | None


class StoredDocument(Document):
    """A document of a generation; its text is decoded when it is asked for."""

    __slots__ = ("_decode",)
    _decode: Callable[[], str]

    def __init__(self, entry: dict[str, Any], decode: Callable[[], str]) -> None:
        """Take an entry of documents.json and what returns the text."""
        for name in DOCUMENT:
            object.__setattr__(self, name, entry[name])
        object.__setattr__(self, "_decode", decode)

    @property
    def text(self) -> str:
        """Return the whole file, as it was read."""
        return self._decode()


class StoredDocuments(Sequence[Document]):
    """The documents of a generation; the texts used last are kept decoded."""

    def __init__(self, entries: list[dict[str, Any]], texts: memoryview) -> None:
        """Take the entries of documents.json and the bytes of texts.utf8."""
        self._entries = entries
        self._texts = texts
        self._decoded = lru_cache(DECODED)(self._decode)

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, row: int) -> Document: ...
    @overload
    def __getitem__(self, row: slice) -> list[Document]: ...
    def __getitem__(self, row: int | slice) -> Document | list[Document]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        entry = self._entries[row]
        if isinstance(entry["marks"], list):  # as JSON has them; made what they were when they are asked for first
            entry |= {name: tuple(map(tuple, entry[name])) for name in ("headings", "tables", "marks")}
        return StoredDocument(entry, partial(self._decoded, row))

    def _decode(self, row: int) -> str:
        entry = self._entries[row]
        return str(self._texts[entry["first_byte"] : entry["end_byte"]], "utf-8")


def publish(folder: Path, index: Index, about: Manifest) -> Manifest:
    """Write an index as the generation it is named, make it the live one, and return its manifest.

    `about` adds what the library cannot know (when, from which files). The caller holds the lock.
    Raises StoreError, naming the file, when something cannot be written; the old one stays live.
    """
    building, final = folder / f"{index.generation}.tmp", folder / index.generation
    before = generations.current(folder)
    try:
        files.remove_tree(building)
        building.mkdir()
        written = _write_parts(building, index)
        linked = _link_tokens(building, index, written)
        manifest = {
            "format": generations.FORMAT,
            "generation": index.generation,
            "fingerprint": index.fingerprint,
            "language": index.language,
            "counts": {
                "documents": len(index.documents),
                "sentences": index.count,
                "windows": len(index.window_keys),
                "terms": len(index.lexical.vocabulary),
            },
            "recall": index.vectors.recall,
            **about,
            "files": written,
        }
        generations.write_manifest(building, manifest)
        _read_back(building, index.generation, linked)
        files.rename(building, final)
        _point_to(folder, index.generation)
    except OSError as error:
        _withdraw(folder, index.generation, before)
        raise StoreError(f"cannot write {error.filename or folder}: {error.strerror or error}") from None
    except DamagedIndexError as error:
        _withdraw(folder, index.generation, before)
        raise StoreError(f"what was written is not what is read back: {error}") from None
    _prune(folder, index.generation, before)
    return manifest


def rollback(folder: Path, name: str | None = None) -> Opened:
    """Make a generation the live one again, by default the newest before the live one; returns it opened.

    Raises StoreError when there is no such generation, DamagedIndexError when it is not whole, BusyError.
    """
    with writing(folder):
        names, live = generations.finished(folder), generations.current(folder)
        older = names[names.index(live) + 1 :] if live in names else names
        wanted = name or next(iter(older), None)
        if wanted is None:
            raise StoreError(f"there is no generation before {live} in {folder}")
        if wanted not in names:
            raise StoreError(f"there is no generation {wanted} in {folder}; there are {', '.join(names) or 'none'}")
        index, manifest = open_generation(folder / wanted, wanted)
        _point_to(folder, wanted)
        return Opened(index, manifest, None)


def open_index(folder: Path) -> Opened:
    """Open the live generation; if it is damaged, the newest whole one before it, with a warning.

    Raises NoIndexError when there is none, DamagedIndexError when none is whole, StoreError when the
    live one was written by a newer version.
    """
    while True:
        live = generations.current(folder)
        try:
            opened = _open_from(folder, live)
        except DamagedIndexError:
            if generations.current(folder) == live:
                raise
        else:
            if opened.warning is None or generations.current(folder) == live:
                return opened
        # A rebuild deleted what was being opened; there is a newer one by now.


def _open_from(folder: Path, live: str | None) -> Opened:
    """Open the generation that CURRENT names, or the newest whole one before it. Raises as open_index does."""
    names = generations.finished(folder)
    if live is None and not names:
        raise NoIndexError(f"there is no index in {folder}; run footnote rebuild")
    damage = "" if live in names else f"{generations.CURRENT} names no generation"
    if live in names:
        names = names[names.index(live) :]
    for name in names:
        try:
            index, manifest = open_generation(folder / name, name)
        except DamagedIndexError as error:
            damage = damage or str(error)
        else:
            warning = f"{damage}; answering from {name}; run footnote rebuild" if damage else None
            return Opened(index, manifest, warning)
    raise DamagedIndexError(f"no generation in {folder} is whole ({damage}); run footnote rebuild --full")


def _read_back(folder: Path, name: str, linked: set[str]) -> None:
    """Compare every file of a written generation with its checksum, but for those that were only linked.

    Raises DamagedIndexError.
    """
    _, manifest = open_generation(folder, name)
    if damaged := _damaged(folder, manifest, set(_token_files(manifest)) - linked):
        raise DamagedIndexError(f"{folder / damaged[0]} does not match its checksum")


def _point_to(folder: Path, name: str) -> None:
    """Make a generation the live one."""
    files.replace(folder / generations.CURRENT, f"{name}\n".encode())


def _withdraw(folder: Path, name: str, before: str | None) -> None:
    """Take back a generation that could not be published, even where only the last sync failed."""
    with suppress(OSError):
        if generations.current(folder) == name:
            if before:
                _point_to(folder, before)
            else:
                (folder / generations.CURRENT).unlink()
        files.discard(folder / name)
        files.remove_tree(folder / f"{name}.tmp", quietly=True)


def _write_parts(folder: Path, index: Index) -> dict[str, files.FileFacts]:
    """Write every file of a generation but the manifest; returns their facts by name."""
    texts = [one.text.encode("utf-8") for one in index.documents]
    ends = np.cumsum([len(text) for text in texts]).tolist()
    entries = [
        {name: getattr(one, name) for name in DOCUMENT} | {"first_byte": end - len(text), "end_byte": end}
        for one, text, end in zip(index.documents, texts, ends, strict=True)
    ]
    late = index.late
    sentences: dict[str, NDArray[Any]] = {
        "table": index.table,
        "checks": index.checks,
        "kinds": index.kinds,
        "window_keys": index.window_keys,
        "token_starts": late.starts,
        "token_sizes": late.sizes,
        "token_checks": late.checks,
        "token_bytes": np.array([late.segments[0].tokens.shape[1] if late.segments else 1], np.int64),
    }
    lexical = {name: getattr(index.lexical, name) for name in LEXICAL}
    contents: dict[str, bytes | memoryview] = {
        "texts.utf8": b"".join(texts),
        "documents.json": json.dumps(entries, ensure_ascii=False).encode(),
        **{_new_tokens(index): _bytes_of(one.tokens) for one in late.segments if one.stored is None},
    }
    written = {name: files.write(folder / name, content) for name, content in contents.items()}
    for name, arrays in (("sentences.arrays", sentences), ("lexical.arrays", lexical)):
        written[name] = files.write_stream(folder / name, partial(write_arrays, arrays))
    written["vectors.faiss"] = files.write_stream(
        folder / "vectors.faiss", lambda put: write_vectors(index.vectors, put)
    )
    return written


def _new_tokens(index: Index) -> str:
    """Return the name of the one file of token vectors that a generation adds."""
    return f"tokens-{generations.number(index.generation)}.2bit"


def _bytes_of(tokens: UInt8) -> memoryview:
    return memoryview(tokens.reshape(-1))  # type: ignore[arg-type]  # arrays are buffers


def _link_tokens(folder: Path, index: Index, written: dict[str, files.FileFacts]) -> set[str]:
    """Take over the stored token vectors and add their facts; returns the names of those that were not copied.

    Raises DamagedIndexError when what is copied does not match its checksum.
    """
    linked = set()
    for segment in index.late.segments:
        if segment.stored is None:
            continue
        path, facts = segment.stored
        if files.link(path, folder / path.name):
            linked.add(path.name)
        elif files.write(folder / path.name, _bytes_of(segment.tokens)) != facts:
            raise DamagedIndexError(f"{path} does not match its checksum")
        written[path.name] = facts
    return linked


def open_generation(folder: Path, name: str) -> tuple[Index, Manifest]:
    """Open a generation after comparing every checksum. Raises DamagedIndexError, StoreError."""
    hold = Hold(folder)  # before a byte is read
    manifest = generations.read_manifest(folder)
    try:
        if manifest["generation"] != name:
            raise DamagedIndexError(f"{folder} holds {manifest['generation']}")
        content = _verified(folder, manifest["files"])
        sentences = read_arrays(content["sentences.arrays"])
        index = Index(
            generation=name,
            fingerprint=manifest["fingerprint"],
            language=manifest["language"],
            documents=StoredDocuments(json.loads(bytes(content["documents.json"])), content["texts.utf8"]),
            table=sentences["table"],
            checks=sentences["checks"],
            kinds=sentences["kinds"],
            window_keys=sentences["window_keys"],
            vectors=read_vectors(content["vectors.faiss"], float(manifest["recall"])),
            lexical=LexicalIndex(**read_arrays(content["lexical.arrays"])),
            late=LateIndex(
                _map_tokens(folder, manifest, int(sentences["token_bytes"][0])),
                sentences["token_starts"],
                sentences["token_sizes"],
                sentences["token_checks"],
            ),
            hold=hold,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise DamagedIndexError(f"{folder} is malformed ({type(error).__name__}: {error})") from None
    return index, manifest


def damaged_tokens(folder: Path, opened: Opened) -> list[Path]:
    """Return the files of token vectors, which opening only maps, that do not match their checksum."""
    generation = folder / opened.index.generation
    return [generation / name for name in _damaged(generation, opened.manifest, set(_token_files(opened.manifest)))]


def _damaged(folder: Path, manifest: Manifest, names: set[str]) -> list[str]:
    return [name for name in sorted(names) if not files.matches(folder / name, manifest["files"][name])]


def _token_files(manifest: Manifest) -> list[str]:
    """Return the names of a generation's files of token vectors, in the order in which they are counted through."""
    found = [match for match in map(TOKENS.fullmatch, manifest["files"]) if match]
    return [match[0] for match in sorted(found, key=lambda match: int(match[1]))]


def _map_tokens(folder: Path, manifest: Manifest, width: int) -> tuple[Segment, ...]:
    """Map the token vectors. Raises DamagedIndexError when a file has another size than it should."""
    segments = []
    for name in _token_files(manifest):
        path, facts = folder / name, manifest["files"][name]
        try:
            size = path.stat().st_size
            if size != facts["size"]:
                raise DamagedIndexError(f"{path} has {size} bytes, not {facts['size']}")
            # As a plain array: each slice of a memmap costs as much as comparing its checksum.
            tokens = np.asarray(np.memmap(path, np.uint8, "r", shape=(size // width, width)))
            reader = files.Reader(path)
        except OSError as error:
            raise DamagedIndexError(f"{path} cannot be read: {error.strerror}") from None
        segments.append(Segment(tokens, (path, facts), reader))
    return tuple(segments)


def _verified(folder: Path, known: dict[str, files.FileFacts]) -> dict[str, memoryview]:
    """Return the content of every part. Raises DamagedIndexError when one is not what the manifest says."""
    content = {}
    for name in PARTS:
        try:
            content[name] = files.content(folder / name)
        except OSError as error:
            raise DamagedIndexError(f"{folder / name} cannot be read: {error.strerror}") from None
    large = [name for name in PARTS if len(content[name]) >= files.MAPPED_FROM]
    with ThreadPoolExecutor(max(len(large), 1)) as pool:  # hashing leaves the interpreter to others
        compared = {name: pool.submit(files.holds, content[name], known[name]) for name in large}
        for name in PARTS:
            same = compared[name].result() if name in compared else files.holds(content[name], known[name])
            if not same:
                raise DamagedIndexError(f"{folder / name} does not match its checksum")
    return content


def _prune(folder: Path, live: str, before: str | None) -> None:
    """Delete all but the live generation and the one that was live before it, and abandoned .tmp folders.

    A generation that somebody reads stays until a later time.
    """
    with suppress(OSError):  # what cannot be deleted now is deleted the next time
        for path in folder.glob("gen-*.tmp"):
            files.remove_tree(path, quietly=True)
        names = generations.finished(folder)
        kept = {live, before if before in names else next((name for name in names if name != live), live)}
        for name in set(names) - kept:
            with unread(folder / name) as free:
                if free:
                    files.discard(folder / name)
