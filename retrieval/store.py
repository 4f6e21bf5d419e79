"""Write and open generations: published atomically, verified before a byte of them is parsed.

A generation is written to gen-<n>.tmp, synced, read back, and renamed; CURRENT is replaced last.
See retrieval.generations for the layout.
"""

import io
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np

from retrieval import files, generations
from retrieval.errors import DamagedIndexError, NoIndexError, StoreError
from retrieval.generations import Manifest
from retrieval.holding import Hold, unread
from retrieval.index import Index
from retrieval.late import LateIndex
from retrieval.lexical import LexicalIndex
from retrieval.lock import writing
from retrieval.records import Document
from retrieval.vectors import read_vectors, write_vectors

PARTS = ("texts.utf8", "documents.json", "sentences.npz", "lexical.npz", "vectors.faiss")
# What documents.json keeps of a document.
DOCUMENT = ("id", "title", "source", "published", "url", "sha256", "headings", "unit", "marks")
LEXICAL = ("vocabulary", "offsets", "rows", "scores", "counts", "lengths")  # what lexical.npz keeps
TOKENS = "tokens.2bit"  # mapped, its checksums compared row by row when they are used


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened generation. `warning` says when it is not the one that CURRENT names, and why."""

    index: Index
    manifest: Manifest
    warning: str | None


class StoredDocuments(Sequence[Document]):
    """The documents of a generation; each text is decoded when it is asked for."""

    def __init__(self, entries: list[dict[str, Any]], texts: bytes) -> None:
        """Take the entries of documents.json and the bytes of texts.utf8."""
        self._entries = entries
        self._texts = texts

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
            entry |= {name: tuple(map(tuple, entry[name])) for name in ("headings", "marks")}
        text = self._texts[entry["first_byte"] : entry["end_byte"]].decode("utf-8")
        return Document(text=text, **{name: entry[name] for name in DOCUMENT})


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
        _read_back(building, index.generation)
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


def _read_back(folder: Path, name: str) -> None:
    """Compare every file of a written generation with its checksum. Raises DamagedIndexError."""
    _, manifest = open_generation(folder, name)
    if not files.matches(folder / TOKENS, manifest["files"][TOKENS]):
        raise DamagedIndexError(f"{folder / TOKENS} does not match its checksum")


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
    sentences = {
        "table": index.table,
        "checks": index.checks,
        "kinds": index.kinds,
        "window_keys": index.window_keys,
        "token_offsets": index.late.offsets,
        "token_checks": index.late.checks,
        "token_bytes": np.int64(index.late.tokens.shape[1]),
    }
    lexical = {name: getattr(index.lexical, name) for name in LEXICAL}
    contents: dict[str, bytes | memoryview] = {
        "texts.utf8": b"".join(texts),
        "documents.json": json.dumps(entries, ensure_ascii=False).encode(),
        "sentences.npz": _pack(**sentences),
        "lexical.npz": _pack(**lexical),
        TOKENS: memoryview(index.late.tokens.reshape(-1)),  # type: ignore[arg-type]  # arrays are buffers
    }
    written = {name: files.write(folder / name, content) for name, content in contents.items()}
    vectors = files.write_stream(folder / "vectors.faiss", lambda put: write_vectors(index.vectors, put))
    return written | {"vectors.faiss": vectors}


def open_generation(folder: Path, name: str) -> tuple[Index, Manifest]:
    """Open a generation after comparing every checksum. Raises DamagedIndexError, StoreError."""
    hold = Hold(folder)  # before a byte is read
    manifest = generations.read_manifest(folder)
    try:
        if manifest["generation"] != name:
            raise DamagedIndexError(f"{folder} holds {manifest['generation']}")
        content = {file: _verified(folder / file, manifest["files"][file]) for file in PARTS}
        sentences = _unpack(content["sentences.npz"])
        lexical = _unpack(content["lexical.npz"])
        index = Index(
            generation=name,
            fingerprint=manifest["fingerprint"],
            language=manifest["language"],
            documents=StoredDocuments(json.loads(content["documents.json"]), content["texts.utf8"]),
            table=sentences["table"],
            checks=sentences["checks"],
            kinds=sentences["kinds"],
            window_keys=sentences["window_keys"],
            vectors=read_vectors(content["vectors.faiss"], float(manifest["recall"])),
            lexical=LexicalIndex(**lexical),
            late=_map_tokens(folder / TOKENS, manifest["files"][TOKENS], sentences),
            hold=hold,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise DamagedIndexError(f"{folder} is malformed ({type(error).__name__}: {error})") from None
    return index, manifest


def tokens_match(folder: Path, opened: Opened) -> bool:
    """Return whether the token vectors of an opened generation, which opening only maps, match their checksum."""
    return files.matches(folder / opened.index.generation / TOKENS, opened.manifest["files"][TOKENS])


def _map_tokens(path: Path, facts: files.FileFacts, sentences: dict[str, Any]) -> LateIndex:
    """Map the token vectors. Raises DamagedIndexError when the file has another size than it should."""
    offsets, width = sentences["token_offsets"], int(sentences["token_bytes"])
    try:
        size = path.stat().st_size
        if size != facts["size"] or size != int(offsets[-1]) * width:
            raise DamagedIndexError(f"{path} has {size} bytes, not {facts['size']}")
        shape = (int(offsets[-1]), width)
        tokens = np.memmap(path, np.uint8, "r", shape=shape) if size else np.empty(shape, np.uint8)
    except OSError as error:
        raise DamagedIndexError(f"{path} cannot be read: {error.strerror}") from None
    return LateIndex(tokens, offsets, sentences["token_checks"])


def _verified(path: Path, facts: files.FileFacts) -> bytes:
    """Return a file's content. Raises DamagedIndexError when it is not what the manifest says."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DamagedIndexError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) != facts["size"] or files.sha256_bytes(content) != facts["sha256"]:
        raise DamagedIndexError(f"{path} does not match its checksum")
    return content


def _pack(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _unpack(content: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


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
