"""Encode texts as vectors with a compiled embedding model.

A model that is adapted to questions (question_adapter) has a second graph for them. Then the graph for passages is only
loaded when a passage is encoded, which answering does not do.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Encoding

from retrieval.concurrency import map_ahead
from retrieval.encoding.models import read_manifest
from retrieval.encoding.session import CompiledModel
from retrieval.types import Encoded, Encoder, Float32, Int32

PASSAGES, QUESTIONS = "model", "questions"  # graphs


class OnnxEncoder:
    """An Encoder from the folder of a compiled model; see retrieval.types.Encoder for its methods."""

    def __init__(self, folder: Path, manifest: dict[str, Any], fingerprint: str, threads: int) -> None:
        """Load the files of the folder that a question needs. Raises ModelError if one cannot be loaded."""
        self._folder = folder
        self._model = CompiledModel(folder, manifest, threads, QUESTIONS if QUESTIONS in manifest else PASSAGES)
        self._fingerprint = fingerprint
        self._projection = _read_projection(folder)

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the model."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Return d."""
        return int(self._model.manifest["dimension"])

    @property
    def window_tokens(self) -> int:
        """Return the number of tokens, special ones included, that the model reads of a text."""
        return self._model.window_tokens

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, without special tokens and without truncation."""
        encodings = self._model.counting_tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding) for encoding in encodings]

    @property
    def similarity_range(self) -> tuple[float, float]:
        """Return the mean cosines of projected tokens with unrelated words, and with the same word in another text."""
        unrelated, same = self._model.manifest["similarity_range"]
        return float(unrelated), float(same)

    @property
    def projection(self) -> tuple[Float32, Float32]:
        """Return what `project` subtracts, float32 (d,), and the axes that it rotates to, float32 (d, k)."""
        return self._projection

    def project(self, tokens: Float32) -> Float32:
        """Centre and rotate token vectors, float32 (t, d); return unit rows, float32 (t, k)."""
        mean, basis = self._projection
        unit = tokens / np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-12)
        projected = (unit - mean) @ basis
        result: Float32 = projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-12)
        return result

    def encode_question(self, question: str) -> Encoded:
        """Encode one question, with the model's prompt for questions."""
        return _encode(self._model, question, self._model.manifest["prompts"]["question"])

    def encode_windows(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """Encode passages, with the model's prompt for passages; item i belongs to texts[i].

        Raises ModelError if the graph for passages cannot be loaded.
        """
        model, prompt = self._passages, self._model.manifest["prompts"]["passage"]
        return map_ahead(lambda text: _encode(model, text, prompt), texts, model.threads)

    @cached_property
    def _passages(self) -> CompiledModel:
        manifest = self._model.manifest
        return CompiledModel(self._folder, manifest, self._model.threads) if QUESTIONS in manifest else self._model


class CachedQuestions:
    """An Encoder that encodes each question only once, for asking the same questions of several indexes."""

    def __init__(self, encoder: Encoder) -> None:
        """Wrap an encoder; everything but the encoding of questions is passed through."""
        self._encoder = encoder
        self._encoded_questions: dict[str, Encoded] = {}
        self.fingerprint = encoder.fingerprint
        self.dimension = encoder.dimension
        self.window_tokens = encoder.window_tokens
        self.count_tokens = encoder.count_tokens
        self.encode_windows = encoder.encode_windows
        self.project = encoder.project
        self.similarity_range = encoder.similarity_range

    def encode_question(self, question: str) -> Encoded:
        """Encode a question, or return its vectors from the first time."""
        if question not in self._encoded_questions:
            self._encoded_questions[question] = self._encoder.encode_question(question)
        return self._encoded_questions[question]


def run_text(model: CompiledModel, encoding: Encoding) -> tuple[Float32, Float32]:
    """Run an encoder's graph; return the unit sentence vector, float32 (d,), and the token vectors, float32 (t, d)."""
    sentence, tokens = model.run(encoding, ("sentence", "tokens"))
    return (sentence / max(float(np.linalg.norm(sentence)), 1e-12)).astype(np.float32), tokens


def _encode(model: CompiledModel, text: str, prompt: str) -> Encoded:
    """Encode a text behind a prompt; drop special tokens and those of the prompt, and shift the spans."""
    encoding = model.tokenizer.encode(prompt + text)
    sentence, tokens = run_text(model, encoding)
    spans: Int32 = np.array(encoding.offsets, np.int32).reshape(-1, 2) - len(prompt)
    special = np.array(encoding.special_tokens_mask, bool)
    keep = np.flatnonzero(~special & (spans[:, 0] >= 0) & (spans[:, 1] > spans[:, 0]))
    return Encoded(sentence, tokens[keep], spans[keep])


def _read_projection(folder: Path) -> tuple[Float32, Float32]:
    """Read the mean and the axes of the projection; both are empty while the model is being compiled."""
    path = folder / "projection.npz"
    if not path.exists():
        return np.zeros(0, np.float32), np.zeros((0, 0), np.float32)
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["mean"], arrays["basis"]


def open_encoder(folder: Path, fingerprint: str, threads: int) -> OnnxEncoder:
    """Open a compiled encoder; with 0 threads it uses one per core. Raises ModelError."""
    return OnnxEncoder(folder, read_manifest(folder), fingerprint, threads)
