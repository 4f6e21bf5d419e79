"""Open generations: verify checksums before a byte is parsed, then parse small parts and map large ones.

A folder comes in, an index goes out. Token vectors are by far the largest part; those of a sentence are verified when
they are used, unless somebody asks for damaged_tokens.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from retrieval import files
from retrieval.errors import DamagedIndexError, StoreError
from retrieval.files import FileFacts
from retrieval.index.dense import read_dense
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.index.index import Index
from retrieval.index.late_interaction import LateIndex, Segment, SegmentFile
from retrieval.index.lexical import LexicalIndex
from retrieval.index.search_engine import DenseSearch, TokenVectors
from retrieval.index.words import Words
from retrieval.store import layout
from retrieval.store.arrays import read_arrays
from retrieval.store.manifest import Manifest, read_manifest
from retrieval.store.read_lock import ReadLock
from retrieval.store.stored_documents import StoredDocuments
from retrieval.types import Float32, Int64

SMALL_PARTS = ("texts.utf8", "documents.json", "sentences.arrays", "lexical.arrays")  # a tenth of the bytes
PARTS = (*SMALL_PARTS, "vectors.faiss")
LEXICAL_ARRAYS = ("vocabulary", "offsets", "rows", "scores", "counts", "lengths", "peaks")
WORD_ARRAYS = {"word_letters": "letters", "word_lengths": "lengths", "word_counts": "counts"}  # fields of Words
MALFORMED = (KeyError, ValueError, TypeError, msgspec.MsgspecError)  # what parsing a wrong file can raise
Connect = Callable[[Manifest, int], tuple[DenseSearch, TokenVectors]]  # a manifest and d -> the searches of its rows
TOKEN_FILE = re.compile(r"tokens-(\d+)\.2bit")  # mapped


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened generation. `warning` says why it is not the one that CURRENT names, None if it is."""

    index: EmbeddedIndex
    manifest: Manifest
    warning: str | None


def open_index(folder: Path) -> Opened:
    """Open the live generation, or if it is damaged the newest whole one before it, with a warning.

    Raises NoIndexError if there is no generation, DamagedIndexError if none is whole, StoreError if a newer version
    wrote the live one or the folder is a mirror.
    """
    if layout.is_mirror(folder):
        raise StoreError(f"{folder} mirrors an index without its vectors; run this where its searchers run")
    while True:
        live = layout.current(folder)
        try:
            opened = _open_newest_whole(folder, live)
        except DamagedIndexError:
            if layout.current(folder) == live:
                raise
        else:
            if opened.warning is None or layout.current(folder) == live:
                return opened
        # Meanwhile a rebuild deleted the generation and published a newer one.


def _open_newest_whole(folder: Path, live: str | None) -> Opened:
    """Open the generation that CURRENT names, or the newest whole one before it. Raises what open_index raises."""
    names = layout.generations(folder)
    if live is None:
        layout.check_generation(folder, None)
    damage = "" if live in names else f"{layout.CURRENT} names no generation"
    if live in names:
        names = names[names.index(live) :]
    for name in names:
        try:
            index, manifest = open_generation(folder / name, name)
        except DamagedIndexError as error:
            damage = damage or str(error)
        else:
            warning = f"{damage}; answering from {name}; run: footnote rebuild" if damage else None
            return Opened(index, manifest, warning)
    raise DamagedIndexError(f"no generation in {folder} is whole ({damage}); run: footnote rebuild --full")


def open_generation(folder: Path, name: str) -> tuple[EmbeddedIndex, Manifest]:
    """Open a generation after verifying every checksum but those of token vectors.

    Raises DamagedIndexError, StoreError.
    """
    lock = ReadLock(folder)  # before a byte is read
    manifest, content = _read_verified(folder, name, PARTS)
    try:
        sentences = read_arrays(content["sentences.arrays"])
        index = EmbeddedIndex(
            **_common_parts(manifest, content, sentences),
            dense=read_dense(content["vectors.faiss"], manifest.recall),
            late=LateIndex(
                _map_tokens(folder, manifest, int(sentences["token_bytes"][0])),
                sentences["token_starts"],
                sentences["token_sizes"],
                sentences["token_checks"],
            ),
            hold=lock,
        )
    except MALFORMED as error:
        raise DamagedIndexError(f"{folder} is malformed ({type(error).__name__}: {error})") from None
    return index, manifest


def open_without_vectors(folder: Path, name: str, connect: Connect) -> tuple[Index, Manifest]:
    """Open a generation of which only SMALL_PARTS are there; `connect` makes the searches of what is elsewhere.

    Raises DamagedIndexError, StoreError.
    """
    lock = ReadLock(folder)
    manifest, content = _read_verified(folder, name, SMALL_PARTS)
    try:
        sentences = read_arrays(content["sentences.arrays"])
        dense, late = connect(manifest, sentences["window_vectors"].shape[1])
        return Index(**_common_parts(manifest, content, sentences), dense=dense, late=late, hold=lock), manifest
    except MALFORMED as error:
        raise DamagedIndexError(f"{folder} is malformed ({type(error).__name__}: {error})") from None


@dataclass(frozen=True, slots=True)
class _NoVectors:
    """Stands for the vectors of an index that is only quoted from."""

    count: int
    dimension: int

    def search(self, *_: object) -> tuple[Int64, Float32]:
        """Raise StoreError."""
        raise StoreError("this index was opened without its vectors")

    def similarities(self, *_: object) -> Float32:
        """Raise StoreError."""
        raise StoreError("this index was opened without its vectors")


def open_for_quotes(folder: Path, name: str) -> Index:
    """Open a generation to quote from it, without its vectors, which a mirror does not have.

    Raises DamagedIndexError, StoreError.
    """

    def connect(manifest: Manifest, dimension: int) -> tuple[DenseSearch, TokenVectors]:
        nothing = _NoVectors(manifest.counts.sentences, dimension)
        return nothing, nothing

    return open_without_vectors(folder, name, connect)[0]


def _read_verified(folder: Path, name: str, parts: Sequence[str]) -> tuple[Manifest, dict[str, memoryview]]:
    """Read the manifest and verified parts of a generation. Raises DamagedIndexError, StoreError."""
    manifest = read_manifest(folder)
    if manifest.generation != name:
        raise DamagedIndexError(f"{folder} contains {manifest.generation}")
    try:
        return manifest, _read_parts(folder, manifest.files, parts)
    except MALFORMED as error:
        raise DamagedIndexError(f"{folder} is malformed ({type(error).__name__}: {error})") from None


def _common_parts(
    manifest: Manifest, content: Mapping[str, memoryview], sentences: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Return the fields of an Index that do not depend on where its vectors are."""
    documents = StoredDocuments(bytes(content["documents.json"]), content["texts.utf8"])
    return {
        "generation": manifest.generation,
        "fingerprint": manifest.fingerprint,
        "language": manifest.language,
        "documents": documents,
        "table": sentences["columns"].T,
        "blocks": sentences["blocks"].T,
        "checksums": sentences["checks"],
        "answer_types": sentences["kinds"],
        "window_keys": sentences["window_keys"],
        "window_vectors": sentences["window_vectors"],
        "lexical": LexicalIndex(**read_arrays(content["lexical.arrays"])),
        "glossary": manifest.glossary,
        "words": _read_words(sentences),
        "have_versions": documents.have_versions,
    }


def _read_words(arrays: Mapping[str, NDArray[Any]]) -> Words | None:
    """Return the words of the documents, None if the generation was built without them."""
    if not arrays.keys() >= WORD_ARRAYS.keys():
        return None
    return Words(**{field: arrays[name] for name, field in WORD_ARRAYS.items()})


def damaged_tokens(folder: Path, opened: Opened) -> list[Path]:
    """Find the files of token vectors that do not match their checksums; opening only maps them."""
    generation = folder / opened.index.generation
    names = set(token_files(opened.manifest))
    return [generation / name for name in damaged_files(generation, opened.manifest, names)]


def damaged_files(folder: Path, manifest: Manifest, names: set[str]) -> list[str]:
    """Find the named files of a generation that do not match their checksums."""
    return [name for name in sorted(names) if not files.matches(folder / name, manifest.files[name])]


def token_files(manifest: Manifest) -> list[str]:
    """Return the names of a generation's files of token vectors, in the order of their segments."""
    matches = [match for match in map(TOKEN_FILE.fullmatch, manifest.files) if match]
    return [match[0] for match in sorted(matches, key=lambda match: int(match[1]))]


def _map_tokens(folder: Path, manifest: Manifest, width: int) -> tuple[Segment, ...]:
    """Map the token vectors, `width` bytes each. Raises DamagedIndexError if a file does not have its size."""
    segments = []
    for name in token_files(manifest):
        path, facts = folder / name, manifest.files[name]
        try:
            size = path.stat().st_size
            if size != facts["size"]:
                raise DamagedIndexError(f"{path} has {size} bytes, not {facts['size']}")
            # A plain array, because slicing a memmap costs as much as verifying the slice.
            tokens = np.asarray(np.memmap(path, np.uint8, "r", shape=(size // width, width)))
            reader = files.FileReader(path)
        except OSError as error:
            raise DamagedIndexError(f"{path} cannot be read: {error.strerror}") from None
        segments.append(Segment(tokens, SegmentFile(path, facts), reader))
    return tuple(segments)


def _read_parts(folder: Path, known: dict[str, FileFacts], parts: Sequence[str]) -> dict[str, memoryview]:
    """Read and verify parts. Raises DamagedIndexError if one does not match its checksum."""
    content = {}
    for name in parts:
        try:
            content[name] = files.map_content(folder / name)
        except OSError as error:
            raise DamagedIndexError(f"{folder / name} cannot be read: {error.strerror}") from None
    large = [name for name in parts if len(content[name]) >= files.MIN_MAPPED_BYTES]
    with ThreadPoolExecutor(max(len(large), 1)) as pool:  # hashing releases the interpreter lock
        hashing = {name: pool.submit(files.content_matches, content[name], known[name]) for name in large}
        for name in parts:
            whole = hashing[name].result() if name in hashing else files.content_matches(content[name], known[name])
            if not whole:
                raise DamagedIndexError(f"{folder / name} does not match its checksum")
    return content
