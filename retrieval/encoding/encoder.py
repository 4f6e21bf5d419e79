"""Encode texts as vectors with a compiled embedding model."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Encoding

from retrieval.concurrency import map_ahead
from retrieval.encoding.models import read_manifest
from retrieval.encoding.session import CompiledModel
from retrieval.types import Encoded, Encoder, Float32, Int32

OUTPUTS = ("sentence", "tokens")


class OnnxEncoder:
    """An Encoder from the folder of a compiled model; see retrieval.types.Encoder for its methods."""

    def __init__(self, folder: Path, manifest: dict[str, Any], fingerprint: str, threads: int) -> None:
        """Load the files of the folder. Raises ModelError if one cannot be loaded."""
        self._model = CompiledModel(folder, manifest, threads)
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

    def project(self, tokens: Float32) -> Float32:
        """Centre and rotate token vectors, float32 (t, d); return unit rows, float32 (t, k)."""
        mean, basis = self._projection
        unit = tokens / np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-12)
        projected = (unit - mean) @ basis
        result: Float32 = projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-12)
        return result

    def encode_question(self, question: str) -> Encoded:
        """Encode one question, with the model's prompt for questions."""
        return self._encode(question, self._model.manifest["prompts"]["question"])

    def encode_windows(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """Encode passages, with the model's prompt for passages; item i belongs to texts[i]."""
        prompt = self._model.manifest["prompts"]["passage"]
        return map_ahead(lambda text: self._encode(text, prompt), texts, self._model.threads)

    def run_raw(self, text: str) -> tuple[Float32, Float32]:
        """Return the unit sentence vector, (d,), and all token vectors, (t, d), of a text without a prompt."""
        sentence, tokens = self._model.run(self._model.tokenizer.encode(text), OUTPUTS)
        return _unit(sentence), tokens

    def _encode(self, text: str, prompt: str) -> Encoded:
        encoding = self._model.tokenizer.encode(prompt + text)
        sentence, tokens = self._model.run(encoding, OUTPUTS)
        return _encoded(encoding, _unit(sentence), tokens, len(prompt))


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


def _unit(vector: Float32) -> Float32:
    return (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)


def _encoded(encoding: Encoding, sentence: Float32, tokens: Float32, prompt: int) -> Encoded:
    """Drop special tokens and those of the prompt, which is `prompt` characters long, and shift the spans."""
    spans: Int32 = np.array(encoding.offsets, np.int32).reshape(-1, 2) - prompt
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
