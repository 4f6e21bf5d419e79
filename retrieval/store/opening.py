"""Open a generation: compare checksums before a byte is parsed, then parse what is small and map what is large.

Token vectors are by far the largest part; those of a row are compared when they are used. See retrieval.store.layout
for the layout.
"""

import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, overload

import numpy as np

from retrieval import files
from retrieval.errors import DamagedIndexError
from retrieval.index.dense import read_dense
from retrieval.index.index import Index
from retrieval.index.late_interaction import LateIndex, Segment
from retrieval.index.lexical import LexicalIndex
from retrieval.store.arrays import read_arrays
from retrieval.store.manifest import Manifest, read_manifest
from retrieval.store.read_lock import Hold
from retrieval.types import Document, Heading, Mark, TableSpan

PARTS = ("texts.utf8", "documents.json", "sentences.arrays", "lexical.arrays", "vectors.faiss")
# What documents.json keeps of a document.
DOCUMENT = ("id", "title", "source", "published", "url", "sha256", "collection", "headings", "unit", "marks", "tables")
SPANS = {"headings": Heading._make, "marks": Mark._make, "tables": TableSpan._make}  # from the lists of JSON
LEXICAL = ("vocabulary", "offsets", "rows", "scores", "counts", "lengths", "peaks")  # what lexical.arrays keeps
DECODED = 16  # texts; one of 10 MB takes 5 ms
TOKENS = re.compile(r"tokens-(\d+)\.2bit")  # mapped, their checksums compared row by row when they are used


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
        self._made: dict[int, StoredDocument] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, row: int) -> Document: ...
    @overload
    def __getitem__(self, row: slice) -> list[Document]: ...
    def __getitem__(self, row: int | slice) -> Document | list[Document]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        made = self._made.get(row)
        if made is None:
            entry = self._entries[row]
            spans = {name: tuple(map(make, entry[name])) for name, make in SPANS.items()}
            made = self._made[row] = StoredDocument(entry | spans, partial(self._decoded, row))
        return made

    def _decode(self, row: int) -> str:
        entry = self._entries[row]
        return str(self._texts[entry["first_byte"] : entry["end_byte"]], "utf-8")


def open_generation(folder: Path, name: str) -> tuple[Index, Manifest]:
    """Open a generation after comparing every checksum. Raises DamagedIndexError, StoreError."""
    hold = Hold(folder)  # before a byte is read
    manifest = read_manifest(folder)
    try:
        if manifest.generation != name:
            raise DamagedIndexError(f"{folder} holds {manifest.generation}")
        content = _verified(folder, manifest.files)
        sentences = read_arrays(content["sentences.arrays"])
        index = Index(
            generation=name,
            fingerprint=manifest.fingerprint,
            language=manifest.language,
            documents=StoredDocuments(json.loads(bytes(content["documents.json"])), content["texts.utf8"]),
            table=sentences["columns"].T,
            checksums=sentences["checks"],
            kinds=sentences["kinds"],
            window_keys=sentences["window_keys"],
            dense=read_dense(content["vectors.faiss"], manifest.recall),
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


def damaged_files(folder: Path, manifest: Manifest, names: set[str]) -> list[str]:
    """Return which of the named files of a generation do not match their checksum."""
    return [name for name in sorted(names) if not files.matches(folder / name, manifest.files[name])]


def token_files(manifest: Manifest) -> list[str]:
    """Return the names of a generation's files of token vectors, in the order in which they are counted through."""
    found = [match for match in map(TOKENS.fullmatch, manifest.files) if match]
    return [match[0] for match in sorted(found, key=lambda match: int(match[1]))]


def _map_tokens(folder: Path, manifest: Manifest, width: int) -> tuple[Segment, ...]:
    """Map the token vectors. Raises DamagedIndexError when a file has another size than it should."""
    segments = []
    for name in token_files(manifest):
        path, facts = folder / name, manifest.files[name]
        try:
            size = path.stat().st_size
            if size != facts["size"]:
                raise DamagedIndexError(f"{path} has {size} bytes, not {facts['size']}")
            # As a plain array: each slice of a memmap costs as much as comparing its checksum.
            tokens = np.asarray(np.memmap(path, np.uint8, "r", shape=(size // width, width)))
            reader = files.FileReader(path)
        except OSError as error:
            raise DamagedIndexError(f"{path} cannot be read: {error.strerror}") from None
        segments.append(Segment(tokens, (path, facts), reader))
    return tuple(segments)


def _verified(folder: Path, known: dict[str, files.FileFacts]) -> dict[str, memoryview]:
    """Return the content of every part. Raises DamagedIndexError when one is not what the manifest says."""
    content = {}
    for name in PARTS:
        try:
            content[name] = files.map_content(folder / name)
        except OSError as error:
            raise DamagedIndexError(f"{folder / name} cannot be read: {error.strerror}") from None
    large = [name for name in PARTS if len(content[name]) >= files.MAPPED_FROM]
    with ThreadPoolExecutor(max(len(large), 1)) as pool:  # hashing leaves the interpreter to others
        compared = {name: pool.submit(files.content_matches, content[name], known[name]) for name in large}
        for name in PARTS:
            same = compared[name].result() if name in compared else files.content_matches(content[name], known[name])
            if not same:
                raise DamagedIndexError(f"{folder / name} does not match its checksum")
    return content
