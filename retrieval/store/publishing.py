"""The generations of an index: published atomically, opened only whole, and rolled back.

A generation is written to gen-<n>.tmp, synced, read back, and renamed; CURRENT is replaced last. Token vectors of the
generation before are not written again: their files get a second name. See retrieval.store.layout for the layout.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from retrieval import files
from retrieval.errors import DamagedIndexError, NoIndexError, StoreError
from retrieval.index.dense import write_dense
from retrieval.index.index import Index
from retrieval.store import layout, opening
from retrieval.store.arrays import write_arrays
from retrieval.store.manifest import FORMAT, Counts, Manifest, Provenance, write_manifest
from retrieval.store.read_lock import unread
from retrieval.store.write_lock import writing
from retrieval.types import UInt8


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened generation. `warning` says when it is not the one that CURRENT names, and why."""

    index: Index
    manifest: Manifest
    warning: str | None


def publish(folder: Path, index: Index, provenance: Provenance) -> Manifest:
    """Write an index as the generation it is named, make it the live one, and return its manifest.

    The caller holds the write lock.
    Raises StoreError, naming the file, when something cannot be written; the old one stays live.
    """
    building, final = folder / f"{index.generation}.tmp", folder / index.generation
    before = layout.current(folder)
    try:
        files.remove_tree(building)
        building.mkdir()
        written = _write_parts(building, index)
        linked = _link_tokens(building, index, written)
        counts = Counts(len(index.documents), index.count, len(index.window_keys), len(index.lexical.vocabulary))
        manifest = Manifest(
            **msgspec.structs.asdict(provenance),
            format=FORMAT,
            generation=index.generation,
            fingerprint=index.fingerprint,
            language=index.language,
            counts=counts,
            recall=index.dense.recall,
            files=written,
        )
        write_manifest(building, manifest)
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
        names, live = layout.finished(folder), layout.current(folder)
        older = names[names.index(live) + 1 :] if live in names else names
        wanted = name or next(iter(older), None)
        if wanted is None:
            raise StoreError(f"there is no generation before {live} in {folder}")
        if wanted not in names:
            raise StoreError(f"there is no generation {wanted} in {folder}; there are {', '.join(names) or 'none'}")
        index, manifest = opening.open_generation(folder / wanted, wanted)
        _point_to(folder, wanted)
        return Opened(index, manifest, None)


def open_index(folder: Path) -> Opened:
    """Open the live generation; if it is damaged, the newest whole one before it, with a warning.

    Raises NoIndexError when there is none, DamagedIndexError when none is whole, StoreError when the
    live one was written by a newer version.
    """
    while True:
        live = layout.current(folder)
        try:
            opened = _open_from(folder, live)
        except DamagedIndexError:
            if layout.current(folder) == live:
                raise
        else:
            if opened.warning is None or layout.current(folder) == live:
                return opened
        # A rebuild deleted what was being opened; there is a newer one by now.


def _open_from(folder: Path, live: str | None) -> Opened:
    """Open the generation that CURRENT names, or the newest whole one before it. Raises as open_index does."""
    names = layout.finished(folder)
    if live is None and not names:
        raise NoIndexError(f"there is no index in {folder}; run footnote rebuild")
    damage = "" if live in names else f"{layout.CURRENT} names no generation"
    if live in names:
        names = names[names.index(live) :]
    for name in names:
        try:
            index, manifest = opening.open_generation(folder / name, name)
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
    _, manifest = opening.open_generation(folder, name)
    if damaged := opening.damaged_files(folder, manifest, set(opening.token_files(manifest)) - linked):
        raise DamagedIndexError(f"{folder / damaged[0]} does not match its checksum")


def _point_to(folder: Path, name: str) -> None:
    """Make a generation the live one."""
    files.replace(folder / layout.CURRENT, f"{name}\n".encode())


def _withdraw(folder: Path, name: str, before: str | None) -> None:
    """Take back a generation that could not be published, even where only the last sync failed."""
    with suppress(OSError):
        if layout.current(folder) == name:
            if before:
                _point_to(folder, before)
            else:
                (folder / layout.CURRENT).unlink()
        files.discard(folder / name)
        files.remove_tree(folder / f"{name}.tmp", quietly=True)


def _write_parts(folder: Path, index: Index) -> dict[str, files.FileFacts]:
    """Write every file of a generation but the manifest; returns their facts by name."""
    texts = [one.text.encode("utf-8") for one in index.documents]
    ends = np.cumsum([len(text) for text in texts]).tolist()
    entries = [
        {name: getattr(one, name) for name in opening.DOCUMENT} | {"first_byte": end - len(text), "end_byte": end}
        for one, text, end in zip(index.documents, texts, ends, strict=True)
    ]
    late = index.late
    sentences: dict[str, NDArray[Any]] = {
        "columns": index.table.T,  # each of them in one piece, for columns are what is searched
        "checks": index.checksums,
        "kinds": index.kinds,
        "window_keys": index.window_keys,
        "token_starts": late.starts,
        "token_sizes": late.sizes,
        "token_checks": late.checksums,
        "token_bytes": np.array([late.segments[0].tokens.shape[1] if late.segments else 1], np.int64),
    }
    lexical = {name: getattr(index.lexical, name) for name in opening.LEXICAL}
    contents: dict[str, bytes | memoryview] = {
        "texts.utf8": b"".join(texts),
        "documents.json": json.dumps(entries, ensure_ascii=False).encode(),
        **{_new_tokens(index): _bytes_of(one.tokens) for one in late.segments if one.stored is None},
    }
    written = {name: files.write(folder / name, content) for name, content in contents.items()}
    for name, arrays in (("sentences.arrays", sentences), ("lexical.arrays", lexical)):
        written[name] = files.write_stream(folder / name, partial(write_arrays, arrays))
    written["vectors.faiss"] = files.write_stream(folder / "vectors.faiss", lambda put: write_dense(index.dense, put))
    return written


def _new_tokens(index: Index) -> str:
    """Return the name of the one file of token vectors that a generation adds."""
    return f"tokens-{layout.number(index.generation)}.2bit"


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


def damaged_tokens(folder: Path, opened: Opened) -> list[Path]:
    """Return the files of token vectors, which opening only maps, that do not match their checksum."""
    generation = folder / opened.index.generation
    names = set(opening.token_files(opened.manifest))
    return [generation / name for name in opening.damaged_files(generation, opened.manifest, names)]


def _prune(folder: Path, live: str, before: str | None) -> None:
    """Delete all but the live generation and the one that was live before it, and abandoned .tmp folders.

    A generation that somebody reads stays until a later time.
    """
    with suppress(OSError):  # what cannot be deleted now is deleted the next time
        for path in folder.glob("gen-*.tmp"):
            files.remove_tree(path, quietly=True)
        names = layout.finished(folder)
        kept = {live, before if before in names else next((name for name in names if name != live), live)}
        for name in set(names) - kept:
            with unread(folder / name) as free:
                if free:
                    files.discard(folder / name)
