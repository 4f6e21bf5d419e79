"""A small folder of documents that changes, indexed with the encoder that can be explained.

A rebuild takes tens of milliseconds and is the real one in all else, so that proofs can afford thousands.
"""

import hashlib
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from retrieval.encoding import models
from retrieval.index.build import build_index
from retrieval.index.index import Index
from retrieval.progress import silent
from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.store import opening
from retrieval.types import Encoder, ReadDocument
from retrieval.upkeep.plan import RebuildOptions
from retrieval.upkeep.rebuild import Report, rebuild
from tests.support.word_encoder import WORDS, WordEncoder

DOCUMENTS = 3


def options(root: Path) -> RebuildOptions:
    """Return what a rebuild of root/seeds into root/index needs."""
    return RebuildOptions(root / "seeds", root / "index", "words", "en", 1_000_000)


@contextmanager
def in_place_of_the_model(encoder: Encoder) -> Iterator[None]:
    """Let rebuilds and readers find an encoder where they look for a compiled model."""
    stands_in = {
        "find": lambda _: Path("words"),
        "find_verified": lambda _: Path("words"),
        "signature": lambda _: {},
        "fingerprint": lambda *_: encoder.fingerprint,
        "compile_model": lambda *_: False,
        "is_intact": lambda _: True,
        "damaged_files": lambda _: [],
    }
    with ExitStack() as stack:
        for name, value in stands_in.items():
            stack.enter_context(mock.patch.object(models, name, value))
        for module in ("retrieval.upkeep.rebuild", "retrieval.encoding.encoder"):
            stack.enter_context(mock.patch(f"{module}.open_encoder", return_value=encoder))
        yield


def rebuild_small(root: Path, *, full: bool = False) -> Report:
    """Rebuild root/index from root/seeds."""
    with in_place_of_the_model(WordEncoder()):
        return rebuild(options(root), silent, full=full)


def sentence(rng: random.Random) -> str:
    """Return a sentence of known and of rare words."""
    words = [rng.choice(WORDS) if rng.random() < 0.8 else f"item{rng.randrange(50)}" for _ in range(rng.randint(3, 8))]
    return " ".join(words).capitalize() + "."


def write_document(path: Path, rng: random.Random) -> None:
    """Write a document of one to three paragraphs."""
    paragraphs = [" ".join(sentence(rng) for _ in range(rng.randint(1, 4))) for _ in range(rng.randint(1, 3))]
    path.write_text("\n\n".join(paragraphs) + "\n")


def fill(root: Path, rng: random.Random) -> None:
    """Write the first documents."""
    (root / "seeds").mkdir(parents=True)
    for number in range(DOCUMENTS):
        write_document(root / "seeds" / f"document{number}.txt", rng)


def edit(root: Path, rng: random.Random) -> None:
    """Add, change, rename or remove a document at random; never the last ones, and never to no effect."""
    seeds = root / "seeds"
    here = sorted(seeds.iterdir())
    kind = rng.choice(["add", "append", "change", "letter", "rename", "remove"])
    one = rng.choice(here)
    if kind == "add" or (kind == "remove" and len(here) <= DOCUMENTS):
        write_document(seeds / f"document{rng.getrandbits(40)}.txt", rng)
    elif kind == "rename":
        one.rename(seeds / f"document{rng.getrandbits(40)}.txt")
    elif kind == "remove":
        one.unlink()
    elif kind in ("append", "change"):
        kept = one.read_text() if kind == "append" else sentence(rng)
        one.write_text(f"{kept}\n\n{sentence(rng)} The museum has item{rng.getrandbits(30)}.\n")
    else:  # the same size, and perhaps the same time
        text = one.read_text()
        one.write_text(("c" if text[0] == "b" else "b") + text[1:])


def texts(root: Path) -> dict[str, str]:
    """Return the documents of root/seeds."""
    return {path.name: path.read_text() for path in (root / "seeds").iterdir()}


def expected(root: Path, without: str = "") -> str:
    """Return the digest of the index that root/seeds should have, maybe without a document of it.

    It is built from nothing and never stored.
    """
    reads = [read_file(entry, 1_000_000) for entry in list_files(root / "seeds")[0] if entry.id != without]
    whole = [one for one in reads if isinstance(one, ReadDocument)]
    return digest(build_index(whole, WordEncoder(), "en", "gen-0").index)


def digest(index: Index) -> str:
    """Return a checksum of all that an index holds but its name: of every text, vector and token."""
    lexical, late = index.lexical, index.late
    vectors = index.dense.rows(np.arange(index.count, dtype=np.int64))
    arrays: list[NDArray[Any]] = [index.table, index.checksums, index.kinds, index.window_keys, vectors]
    arrays += [getattr(lexical, name) for name in opening.LEXICAL_ARRAYS]
    arrays += [late.sizes, late.checksums, *(late.row(row) for row in range(index.count))]  # wherever they lie
    found = hashlib.sha256(repr([(one.id, one.title, one.text, one.sha256) for one in index.documents]).encode())
    for array in arrays:
        found.update(repr((array.shape, array.dtype)).encode() + array.tobytes())
    for row in range(index.count):
        index.text(row)
    return found.hexdigest()


def opened_digest(root: Path) -> str:
    """Return the digest of what a reader of root/index gets, which must come without a warning."""
    opened = opening.open_index(root / "index")
    if opened.warning:
        raise AssertionError(f"opened with a warning: {opened.warning}")
    return digest(opened.index)


def leftovers(root: Path) -> list[str]:
    """Return the names of unfinished files and folders in root/index."""
    return sorted(path.name for path in (root / "index").rglob("*.tmp"))
