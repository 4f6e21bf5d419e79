"""Publish generations atomically, and roll back to older ones.

An index comes in, a numbered folder that never changes goes out. A generation is written to gen-<n>.tmp, synced, read
back and renamed; CURRENT is replaced last. Token vectors of the generation before are not written again: their files
get a second name.
"""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from retrieval import files
from retrieval.errors import DamagedIndexError, NothingOlderError, StoreError
from retrieval.files import FileFacts
from retrieval.index.dense import write_dense
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.store import layout, opening
from retrieval.store.arrays import write_arrays
from retrieval.store.deleting import delete_old_generations
from retrieval.store.manifest import FORMAT, Counts, Manifest, Provenance, write_manifest
from retrieval.store.opening import Opened
from retrieval.store.stored_documents import pack_documents
from retrieval.store.write_lock import writing
from retrieval.types import UInt8


def publish(folder: Path, index: EmbeddedIndex, provenance: Provenance) -> Manifest:
    """Write an index as the generation that it is named after, make it the live one and return its manifest.

    The caller holds the write lock. Raises StoreError, which names the file, if something cannot be written; the
    generation before stays live then.
    """
    building, final = folder / f"{index.generation}.tmp", folder / index.generation
    before = layout.current(folder)
    try:
        files.remove_tree(building)
        building.mkdir()
        written = _write_parts(building, index)
        linked = _link_tokens(building, index, written)
        manifest = Manifest(
            **msgspec.structs.asdict(provenance),
            format=FORMAT,
            generation=index.generation,
            fingerprint=index.fingerprint,
            language=index.language,
            counts=Counts(len(index.documents), index.count, len(index.window_keys), len(index.lexical.vocabulary)),
            recall=index.dense.recall,
            files=written,
            glossary=index.glossary,
        )
        write_manifest(building, manifest)
        _read_back(building, index.generation, linked)
        files.rename(building, final)
        _make_live(folder, index.generation)
    except OSError as error:
        _withdraw(folder, index.generation, before)
        raise StoreError(f"cannot write {error.filename or folder}: {error.strerror or error}") from None
    except DamagedIndexError as error:
        _withdraw(folder, index.generation, before)
        raise StoreError(f"the disk does not return what was written: {error}") from None
    delete_old_generations(folder, index.generation, before)
    return manifest


def rollback(folder: Path, name: str | None = None) -> Opened:
    """Make an older generation the live one and return it opened; by default the newest before the live one.

    Raises NoIndexError if there is no generation at all, StoreError if there is no such one, NothingOlderError by
    default, DamagedIndexError if it is not whole, BusyError.
    """
    with writing(folder):
        layout.check_generation(folder, name)
        names, live = layout.generations(folder), layout.current(folder)
        older = names[names.index(live) + 1 :] if live in names else names
        wanted = name or next(iter(older), None)
        if wanted is None:
            raise NothingOlderError(f"there is no generation before {live} in {folder}")
        index, manifest = opening.open_generation(folder / wanted, wanted)
        _make_live(folder, wanted)
        return Opened(index, manifest, None)


def _read_back(folder: Path, name: str, linked: set[str]) -> None:
    """Verify every file of a written generation except linked ones. Raises DamagedIndexError."""
    _, manifest = opening.open_generation(folder, name)
    if damaged := opening.damaged_files(folder, manifest, set(opening.token_files(manifest)) - linked):
        raise DamagedIndexError(f"{folder / damaged[0]} does not match its checksum")


def _make_live(folder: Path, name: str) -> None:
    files.replace(folder / layout.CURRENT, f"{name}\n".encode())


def _withdraw(folder: Path, name: str, before: str | None) -> None:
    """Undo what was done to publish a generation, even if only the last sync failed."""
    with suppress(OSError):
        if layout.current(folder) == name:
            if before:
                _make_live(folder, before)
            else:
                (folder / layout.CURRENT).unlink()
        files.discard(folder / name)
        files.remove_tree(folder / f"{name}.tmp", quietly=True)


def _write_parts(folder: Path, index: EmbeddedIndex) -> dict[str, FileFacts]:
    """Write every file of a generation except the manifest and linked token vectors; return their facts by name."""
    late = index.late
    sentences: dict[str, NDArray[Any]] = {
        "columns": index.table.T,  # each column contiguous, because columns are searched
        "blocks": index.blocks.T,
        "checks": index.checksums,
        "kinds": index.answer_types,
        "window_keys": index.window_keys,
        "window_vectors": index.window_vectors,
        "token_starts": late.starts,
        "token_sizes": late.sizes,
        "token_checks": late.checksums,
        "token_bytes": np.array([late.segments[0].tokens.shape[1] if late.segments else 1], np.int64),
    }
    lexical = {name: getattr(index.lexical, name) for name in opening.LEXICAL_ARRAYS}
    descriptions, texts = pack_documents(index.documents)
    contents: dict[str, bytes | memoryview] = {
        "texts.utf8": texts,
        "documents.json": descriptions,
        **{_new_tokens(index): _bytes_of(segment.tokens) for segment in late.segments if segment.file is None},
    }
    written = {name: files.write(folder / name, content) for name, content in contents.items()}
    if index.words is not None:
        sentences |= {name: getattr(index.words, field) for name, field in opening.WORD_ARRAYS.items()}
    for name, arrays in (("sentences.arrays", sentences), ("lexical.arrays", lexical)):
        written[name] = files.write_stream(folder / name, partial(write_arrays, arrays))
    written["vectors.faiss"] = files.write_stream(folder / "vectors.faiss", lambda put: write_dense(index.dense, put))
    return written


def _new_tokens(index: EmbeddedIndex) -> str:
    """Return the name of the one file of token vectors that a generation adds."""
    return f"tokens-{layout.number(index.generation)}.2bit"


def _bytes_of(tokens: UInt8) -> memoryview:
    return memoryview(tokens.reshape(-1))  # type: ignore[arg-type]  # arrays are buffers


def _link_tokens(folder: Path, index: EmbeddedIndex, written: dict[str, FileFacts]) -> set[str]:
    """Link or copy the stored token vectors and add their facts to `written`; return the names of the linked files.

    Raises DamagedIndexError if a copied file does not match its checksum.
    """
    linked = set()
    for segment in index.late.segments:
        if segment.file is None:
            continue
        path, facts = segment.file.path, segment.file.facts
        if files.link(path, folder / path.name):
            linked.add(path.name)
        elif files.write(folder / path.name, _bytes_of(segment.tokens)) != facts:
            raise DamagedIndexError(f"{path} does not match its checksum")
        written[path.name] = facts
    return linked
