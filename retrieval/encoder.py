"""The compiled model on onnxruntime and tokenizers; torch is not needed here.

Control tokens in a text ("[SEP]") are read as the characters they are.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from retrieval.errors import ModelError
from retrieval.model import read_manifest
from retrieval.records import Encoded, Float32, Int32

BATCH = 8


class OnnxEncoder:
    """An Encoder over a compiled model folder; see records.Encoder for its methods."""

    def __init__(self, folder: Path, manifest: dict[str, Any], fingerprint: str, threads: int) -> None:
        """Load model.onnx and tokenizer.json. Raises ModelError when either cannot be loaded."""
        self._manifest = manifest
        self._fingerprint = fingerprint
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or available_cores()
        options.enable_cpu_mem_arena = False  # a little slower, half the memory
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # done by the compiler
        try:
            path = str(folder / "model.onnx")
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both libraries raise bare Exception subclasses of their own
            raise ModelError(
                f"cannot load the compiled model in {folder}: {' '.join(str(error).split())[:200]}"
            ) from None
        self._projection = _read_projection(folder)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.window_tokens)
        self._tokenizer.encode_special_tokens = True

    @property
    def fingerprint(self) -> str:
        """Return the name of the exact weights."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Return d."""
        return int(self._manifest["dimension"])

    @property
    def window_tokens(self) -> int:
        """Return how many tokens, special ones included, the model reads of one text."""
        return int(self._manifest["window_tokens"])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Count the tokens of each text, without special tokens and without a limit.

        Only for building: not safe while another thread encodes.
        """
        self._tokenizer.no_truncation()
        try:
            counted = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        finally:
            self._tokenizer.enable_truncation(self.window_tokens)
        return [len(one) for one in counted]

    def project(self, tokens: Float32) -> Float32:
        """Return token vectors (t, d) in fewer dimensions, unit rows, float32 (t, k)."""
        mean, basis = self._projection
        unit = tokens / np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-12)
        projected = (unit - mean) @ basis
        result: Float32 = projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-12)
        return result

    def encode_question(self, question: str) -> Encoded:
        """Encode one question, with the model's prompt for questions."""
        return self._encode([question], self._manifest["prompts"]["question"])[0]

    def encode_windows(self, texts: Sequence[str]) -> list[Encoded]:
        """Encode texts with the model's prompt for passages; item i belongs to texts[i]."""
        return self._encode(texts, self._manifest["prompts"]["passage"])

    def run_raw(self, text: str) -> tuple[Float32, Float32]:
        """Return the unit sentence vector (d,) and all token vectors (t, d) of one text without a prompt."""
        sentence, tokens = self._run(self._tokenizer.encode_batch([text]))
        return sentence[0], tokens[0]

    def _encode(self, texts: Sequence[str], prompt: str) -> list[Encoded]:
        encodings = self._tokenizer.encode_batch([prompt + text for text in texts])
        # Texts of like length share a batch, so that little is padded; the order is stable.
        order = sorted(range(len(texts)), key=lambda i: len(encodings[i]))
        results: dict[int, Encoded] = {}
        for first in range(0, len(order), BATCH):
            chosen = order[first : first + BATCH]
            sentences, tokens = self._run([encodings[i] for i in chosen])
            for place, i in enumerate(chosen):
                results[i] = _encoded(encodings[i], sentences[place], tokens[place], len(prompt))
        return [results[i] for i in range(len(texts))]

    def _run(self, encodings: list[Encoding]) -> tuple[Float32, Float32]:
        longest = max(len(one) for one in encodings)
        inputs = {name: np.zeros((len(encodings), longest), np.int64) for name in self._manifest["inputs"]}
        for row, one in enumerate(encodings):
            values = {
                "input_ids": one.ids,
                "attention_mask": one.attention_mask,
                "token_type_ids": one.type_ids,
            }
            for name, array in inputs.items():
                array[row, : len(one)] = values[name]
        sentences, tokens = self._session.run(["sentence", "tokens"], inputs)
        norms = np.maximum(np.linalg.norm(sentences, axis=1, keepdims=True), 1e-12)
        return (sentences / norms).astype(np.float32), tokens


def _encoded(encoding: Encoding, sentence: Float32, tokens: Float32, prompt: int) -> Encoded:
    """Drop special and prompt tokens, and count the spans from the end of the prompt."""
    spans: Int32 = np.array(encoding.offsets, np.int32).reshape(-1, 2) - prompt
    special = np.array(encoding.special_tokens_mask, bool)
    keep = np.flatnonzero(~special & (spans[:, 0] >= 0) & (spans[:, 1] > spans[:, 0]))
    return Encoded(sentence, tokens[keep], spans[keep])


def _read_projection(folder: Path) -> tuple[Float32, Float32]:
    """Return mean and axes; nothing of both while the model is still being compiled."""
    path = folder / "projection.npz"
    if not path.exists():
        return np.zeros(0, np.float32), np.zeros((0, 0), np.float32)
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["mean"], arrays["basis"]


def open_encoder(folder: Path, fingerprint: str, threads: int) -> OnnxEncoder:
    """Open a compiled model; `threads` 0 is one per core. Raises ModelError."""
    return OnnxEncoder(folder, read_manifest(folder), fingerprint, threads)


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
