"""Edit documents at random; rebuild in steps and from nothing: python -m tests.proofs.incremental [EDITS SEEDS].

After each edit the index that was brought up to date must be the one that is built from nothing: the same
sentences and citations, the same ten best for every question, scores within 1e-5. A rebuild without a
change must touch no file. The last seed goes through the real model, the others through the encoder
that can be explained.
"""

import os
import random
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np

from config.settings import RANKER
from retrieval.asking.quotes import citation_id_of_row
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding import models
from retrieval.encoding.encoder import open_encoder
from retrieval.index.index import Index
from retrieval.progress import silent
from retrieval.store import opening, write_lock
from retrieval.types import Encoder
from retrieval.upkeep.rebuild import rebuild
from tests.support import small_corpus
from tests.support.word_encoder import WordEncoder

QUESTIONS = ("who opens the library", "price of the ferry", "does the cat sleep on monday", "museum item7")
TOLERANCE = 1e-5
HALF = 2.0**-10  # the step of half precision, in which vectors are kept: they may be rounded to either side
WRITER = (write_lock.LOCK, write_lock.WRITER)


def prove(root: Path, edits: int, encoder: Encoder, seed: int = 0) -> int:
    """Check so many edits; returns how many windows were encoded for them. Raises AssertionError."""
    rng = random.Random(seed)
    small_corpus.fill(root, rng)
    stepwise = small_corpus.options(root)
    encoded = 0
    with small_corpus.in_place_of_the_model(encoder), mock.patch.object(os, "fsync"):  # nothing here pulls the plug
        rebuild(stepwise, silent)
        for number in range(edits):
            small_corpus.edit(root, rng)
            report = rebuild(stepwise, silent)
            assert report.published, f"edit {number} of seed {seed} was not seen"
            encoded += report.encoded_windows
            before = _tree(stepwise.index)
            assert not rebuild(stepwise, silent).published
            assert _tree(stepwise.index) == before, "a rebuild without a change wrote something"
            rebuild(replace(stepwise, index=root / "full"), silent, full=True)
            pair = [opening.open_index(folder).index for folder in (stepwise.index, root / "full")]
            try:
                compare(pair[0], pair[1], encoder)
            except AssertionError as error:
                raise AssertionError(f"edit {number} of seed {seed}: {error}") from error
    return encoded


def compare(one: Index, other: Index, encoder: Encoder) -> None:
    """Raise AssertionError unless two indexes answer alike."""
    assert [(d.id, d.title, d.text, d.sha256) for d in one.documents] == [
        (d.id, d.title, d.text, d.sha256) for d in other.documents
    ]
    np.testing.assert_array_equal(one.table, other.table)
    assert _citations(one) == _citations(other)
    rows = np.arange(one.count, dtype=np.int64)
    np.testing.assert_allclose(one.dense.rows(rows), other.dense.rows(rows), rtol=HALF, atol=TOLERANCE)
    ranker = read_ranker(RANKER)
    first, second = (Retriever(index, encoder, ranker) for index in (one, other))
    for question in QUESTIONS:
        hits, wanted = first.rank(question)[:10], second.rank(question)[:10]
        assert [hit.row for hit in hits] == [hit.row for hit in wanted]
        np.testing.assert_allclose([h.score for h in hits], [h.score for h in wanted], atol=TOLERANCE)
        np.testing.assert_allclose([h.probability for h in hits], [h.probability for h in wanted], atol=TOLERANCE)


def _citations(index: Index) -> list[str]:
    return [citation_id_of_row(index, row) for row in range(index.count)]


def _tree(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return inode, size and time of everything below a folder but the lock, which says who had it last."""
    stats = {path: path.stat() for path in folder.rglob("*") if not path.name.startswith(WRITER)}
    return {str(path): (one.st_ino, one.st_size, one.st_mtime_ns) for path, one in stats.items()}


def main() -> int:
    """Print how many edits gave the same index."""
    edits, seeds = (int(one) for one in sys.argv[1:3]) if len(sys.argv) > 2 else (500, 20)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = models.find_verified(models.DEFAULT_MODEL)
        fingerprint = models.fingerprint(source)
        models.compile_model(source, root / "compiled", silent)
        real = open_encoder(root / "compiled", fingerprint, 0)
        for seed in range(seeds):
            encoder: Encoder = real if seed == seeds - 1 else WordEncoder()
            encoded = prove(root / str(seed), edits, encoder, seed)
            print(f"seed {seed}: {edits} edits, {encoded} windows encoded; the same as from nothing", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
