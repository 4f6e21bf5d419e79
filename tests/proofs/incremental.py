"""Edit random documents; rebuild incrementally and from scratch: python -m tests.proofs.incremental [EDITS SEEDS].

After each edit, the updated index must equal one built from scratch: the same sentences and citations, the same ten
best candidates for every question, scores within 1e-5. A rebuild without a change must touch no file. The last seed
uses the real model, the others use the word encoder; each second seed has documents in many formats.
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
from retrieval.index.embedded_index import EmbeddedIndex
from retrieval.index.index import Index
from retrieval.progress import silent
from retrieval.store import opening, write_lock
from retrieval.types import Encoder
from retrieval.upkeep.rebuild import rebuild
from tests.support import small_corpus, varied_corpus
from tests.support.word_encoder import WordEncoder

QUESTIONS = ("who opens the library", "price of the ferry", "does the cat sleep on monday", "museum item7")
TOLERANCE = 1e-5
HALF_PRECISION_STEP = 2.0**-10  # stored vectors may be rounded to either side
WRITER_FILES = (write_lock.LOCK, write_lock.WRITER)


def prove(root: Path, edits: int, encoder: Encoder, seed: int = 0, *, varied: bool = False) -> int:
    """Check so many edits, of text or of many formats; returns how many windows were encoded. Raises AssertionError."""
    rng = random.Random(seed)
    corpus = varied_corpus if varied else small_corpus
    corpus.fill(root, rng)
    incremental = small_corpus.options(root)
    encoded = 0
    with (
        small_corpus.use_encoder(encoder),
        varied_corpus.read_in_this_process(),
        mock.patch.object(os, "fsync"),  # syncing only costs time here
    ):
        rebuild(incremental, silent)
        for number in range(edits):
            corpus.edit(root, rng)
            report = rebuild(incremental, silent)
            assert report.published, f"edit {number} of seed {seed} was not found"
            encoded += report.encoded_windows
            before = _tree(incremental.index)
            assert not rebuild(incremental, silent).published
            assert _tree(incremental.index) == before, "a rebuild without a change wrote something"
            rebuild(replace(incremental, index=root / "full"), silent, full=True)
            pair = [opening.open_index(folder).index for folder in (incremental.index, root / "full")]
            try:
                compare(pair[0], pair[1], encoder)
            except AssertionError as error:
                raise AssertionError(f"edit {number} of seed {seed}: {error}") from error
    return encoded


def compare(updated: EmbeddedIndex, fresh: EmbeddedIndex, encoder: Encoder) -> None:
    """Compare an updated index with a fresh one. Raises AssertionError unless they answer alike."""
    assert [(d.id, d.title, d.text, d.sha256) for d in updated.documents] == [
        (d.id, d.title, d.text, d.sha256) for d in fresh.documents
    ]
    np.testing.assert_array_equal(updated.table, fresh.table)
    assert _citations(updated) == _citations(fresh)
    rows = np.arange(updated.count, dtype=np.int64)
    np.testing.assert_allclose(
        updated.dense.rows(rows), fresh.dense.rows(rows), rtol=HALF_PRECISION_STEP, atol=TOLERANCE
    )
    ranker = read_ranker(RANKER)
    first, second = (Retriever(index, encoder, ranker) for index in (updated, fresh))
    for question in QUESTIONS:
        hits, wanted = first.rank(question)[:10], second.rank(question)[:10]
        assert [hit.row for hit in hits] == [hit.row for hit in wanted]
        np.testing.assert_allclose([h.score for h in hits], [h.score for h in wanted], atol=TOLERANCE)
        np.testing.assert_allclose([h.probability for h in hits], [h.probability for h in wanted], atol=TOLERANCE)


def _citations(index: Index) -> list[str]:
    return [citation_id_of_row(index, row) for row in range(index.count)]


def _tree(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return inode, size and time of every file below a folder except the write lock, which every rebuild takes."""
    stats = {path: path.stat() for path in folder.rglob("*") if not path.name.startswith(WRITER_FILES)}
    return {str(path): (stat.st_ino, stat.st_size, stat.st_mtime_ns) for path, stat in stats.items()}


def main() -> int:
    """Check several seeds and print how many windows were encoded for each."""
    edits, seeds = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (500, 20)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = models.find_verified(models.DEFAULT_MODEL)
        fingerprint = models.fingerprint(source)
        models.compile_model(source, root / "compiled", silent)
        real = open_encoder(root / "compiled", fingerprint, 0)
        for seed in range(seeds):
            encoder: Encoder = real if seed == seeds - 1 else WordEncoder()
            varied = seed % 2 == 1
            encoded = prove(root / str(seed), edits, encoder, seed, varied=varied)
            formats = "many formats" if varied else "text"
            print(
                f"seed {seed}, {formats}: {edits} edits, {encoded} windows encoded; equal to a build from scratch",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
