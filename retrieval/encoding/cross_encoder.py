"""Score passages for a question with a compiled cross-encoder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.concurrency import map_ahead
from retrieval.encoding.models import read_manifest
from retrieval.encoding.session import CompiledModel
from retrieval.types import Float32


class OnnxCrossEncoder:
    """A CrossEncoder from the folder of a compiled model; see retrieval.types.CrossEncoder for its methods."""

    def __init__(self, folder: Path, manifest: dict[str, Any], fingerprint: str, threads: int) -> None:
        """Load the files of the folder. Raises ModelError if one cannot be loaded."""
        self._model = CompiledModel(folder, manifest, threads)
        self._fingerprint = fingerprint

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the model."""
        return self._fingerprint

    def scores(self, question: str, passages: Sequence[str]) -> Float32:
        """Score passages as CrossEncoder.predict of sentence-transformers does, float32 (len(passages),)."""
        prompted = self._model.manifest["prompt"] + question
        encodings = self._model.tokenizer.encode_batch([(prompted, passage) for passage in passages])
        scores = map_ahead(lambda encoding: self._model.run(encoding, ["score"])[0], encodings, self._model.threads)
        return np.array(list(scores), np.float32)


def open_cross_encoder(folder: Path, fingerprint: str, threads: int) -> OnnxCrossEncoder:
    """Open a compiled cross-encoder; with 0 threads it uses one per core. Raises ModelError."""
    return OnnxCrossEncoder(folder, read_manifest(folder), fingerprint, threads)
