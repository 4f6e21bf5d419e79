"""A small folder of documents that changes, indexed with the word encoder.

Everything but the model is real. A rebuild takes tens of milliseconds, so a proof can afford thousands.
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
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.progress import silent
from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.store import opening
from retrieval.types import Encoder, ReadDocument
from retrieval.upkeep.plan import RebuildOptions
from retrieval.upkeep.rebuild import Report, rebuild
from tests.support.word_encoder import WORDS, WordEncoder

INITIAL_DOCUMENTS = 3


def options(root: Path) -> RebuildOptions:
    """Return the options to rebuild root/index from root/seeds."""
    return RebuildOptions(root / "seeds", root / "index", "words", "en", 1_000_000)


@contextmanager
def use_encoder(encoder: Encoder) -> Iterator[None]:
    """Let rebuilds and readers use an encoder instead of a compiled model."""
    replacements = {
        "find": lambda _: Path("words"),
        "find_verified": lambda _: Path("words"),
        "signature": lambda _: {},
        "fingerprint": lambda *_: encoder.fingerprint,
        "compile_model": lambda *_: False,
        "is_intact": lambda _: True,
        "damaged_files": lambda _: [],
    }
    with ExitStack() as stack:
        for name, value in replacements.items():
            stack.enter_context(mock.patch.object(models, name, value))
        for module in ("retrieval.upkeep.rebuild", "retrieval.encoding.encoder"):
            stack.enter_context(mock.patch(f"{module}.open_encoder", return_value=encoder))
        yield


def rebuild_corpus(root: Path, *, full: bool = False) -> Report:
    """Rebuild root/index from root/seeds."""
    with use_encoder(WordEncoder()):
        return rebuild(options(root), silent, full=full)


def sentence(rng: random.Random) -> str:
    """Return a sentence of words that the encoder knows and rare ones."""
    words = [rng.choice(WORDS) if rng.random() < 0.8 else f"item{rng.randrange(50)}" for _ in range(rng.randint(3, 8))]
    return " ".join(words).capitalize() + "."


def write_document(path: Path, rng: random.Random) -> None:
    """Write a document of one to three paragraphs."""
    paragraphs = [" ".join(sentence(rng) for _ in range(rng.randint(1, 4))) for _ in range(rng.randint(1, 3))]
    path.write_text("\n\n".join(paragraphs) + "\n")


def fill(root: Path, rng: random.Random) -> None:
    """Write the initial documents."""
    (root / "seeds").mkdir(parents=True)
    for number in range(INITIAL_DOCUMENTS):
        write_document(root / "seeds" / f"document{number}.txt", rng)


def edit(root: Path, rng: random.Random) -> None:
    """Add, change, rename or remove a random document; something always changes, and some documents always remain."""
    seeds = root / "seeds"
    paths = sorted(seeds.iterdir())
    kind = rng.choice(["add", "append", "change", "letter", "rename", "remove"])
    path = rng.choice(paths)
    if kind == "add" or (kind == "remove" and len(paths) <= INITIAL_DOCUMENTS):
        write_document(seeds / f"document{rng.getrandbits(40)}.txt", rng)
    elif kind == "rename":
        path.rename(seeds / f"document{rng.getrandbits(40)}.txt")
    elif kind == "remove":
        path.unlink()
    elif kind in ("append", "change"):
        beginning = path.read_text() if kind == "append" else sentence(rng)
        path.write_text(f"{beginning}\n\n{sentence(rng)} The museum has item{rng.getrandbits(30)}.\n")
    else:  # the size stays the same, and perhaps the time
        text = path.read_text()
        path.write_text(("c" if text[0] == "b" else "b") + text[1:])


def texts(root: Path) -> dict[str, str]:
    """Return the texts of root/seeds by file name."""
    return {path.name: path.read_text() for path in (root / "seeds").iterdir()}


def expected_digest(root: Path, without: str = "") -> str:
    """Compute the digest of an index built from scratch of root/seeds, optionally without one of the documents."""
    reads = [read_file(entry, 1_000_000) for entry in list_files(root / "seeds")[0] if entry.id != without]
    documents = [read for read in reads if isinstance(read, ReadDocument)]
    return digest(build_index(documents, WordEncoder(), "en", "gen-0").index)


def digest(index: EmbeddedIndex) -> str:
    """Return a checksum of everything in an index except its name: every text, vector and token."""
    lexical, late = index.lexical, index.late
    vectors = index.dense.rows(np.arange(index.count, dtype=np.int64))
    arrays: list[NDArray[Any]] = [index.table, index.checksums, index.answer_types, index.window_keys, vectors]
    arrays += [getattr(lexical, name) for name in opening.LEXICAL_ARRAYS]
    if index.words is not None:
        arrays += [index.words.letters, index.words.lengths, index.words.counts]
    arrays += [late.sizes, late.checksums, *(late.row(row) for row in range(index.count))]  # in whichever segment
    documents = [(document.id, document.title, document.text, document.sha256) for document in index.documents]
    checksum = hashlib.sha256(repr(documents).encode())
    for array in arrays:
        checksum.update(repr((array.shape, array.dtype)).encode() + array.tobytes())
    for row in range(index.count):
        index.text(row)
    return checksum.hexdigest()


def opened_digest(root: Path) -> str:
    """Open root/index and return its digest. Raises AssertionError if there is a warning."""
    opened = opening.open_index(root / "index")
    if opened.warning:
        raise AssertionError(f"opened with a warning: {opened.warning}")
    return digest(opened.index)


def leftovers(root: Path) -> list[str]:
    """Return the names of unfinished files and folders in root/index."""
    return sorted(path.name for path in (root / "index").rglob("*.tmp"))
