"""The compiled cross-encoder of the second stage: a question and passages in, a score for each passage out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.concurrency import map_ahead
from retrieval.encoding.models import read_manifest
from retrieval.encoding.session import CompiledModel
from retrieval.types import Float32


class OnnxCrossEncoder:
    """A CrossEncoder over a compiled model folder; see records.CrossEncoder for its methods."""

    def __init__(self, folder: Path, manifest: dict[str, Any], fingerprint: str, threads: int) -> None:
        """Load the folder's files. Raises ModelError when one cannot be loaded."""
        self._model = CompiledModel(folder, manifest, threads)
        self._fingerprint = fingerprint

    @property
    def fingerprint(self) -> str:
        """Return the name of the exact weights."""
        return self._fingerprint

    def scores(self, question: str, passages: Sequence[str]) -> Float32:
        """Return what CrossEncoder.predict of sentence-transformers returns for each pair, float32 (len(passages),)."""
        asked = self._model.manifest["prompt"] + question
        encodings = self._model.tokenizer.encode_batch([(asked, passage) for passage in passages])
        scores = map_ahead(lambda one: self._model.run(one, ["score"])[0], encodings, self._model.threads)
        return np.array(list(scores), np.float32)


def open_cross_encoder(folder: Path, fingerprint: str, threads: int) -> OnnxCrossEncoder:
    """Open a compiled cross-encoder; `threads` 0 is one per core. Raises ModelError."""
    return OnnxCrossEncoder(folder, read_manifest(folder), fingerprint, threads)
