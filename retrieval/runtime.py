"""Run a compiled model on onnxruntime and tokenizers; torch is not needed here.

Control tokens in a text ("[SEP]") are read as the characters they are.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from retrieval.errors import ModelError
from retrieval.records import Float32


class CompiledModel:
    """The graph and the tokenizer of a compiled model folder, and its manifest."""

    def __init__(self, folder: Path, manifest: dict[str, Any], threads: int) -> None:
        """Load model.onnx and tokenizer.json. Raises ModelError when either cannot be loaded."""
        self.manifest = manifest
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or available_cores()
        # Threads that spin while they wait take the cores from what follows: 44 against 23 ms a question on two.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False  # a little slower, half the memory
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # done by the compiler
        try:
            path = str(folder / "model.onnx")
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both libraries raise bare Exception subclasses of their own
            raise ModelError(
                f"cannot load the compiled model in {folder}: {' '.join(str(error).split())[:200]}"
            ) from None
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.window_tokens)
        self.tokenizer.encode_special_tokens = True

    @property
    def window_tokens(self) -> int:
        """Return how many tokens, special ones included, the model reads at once."""
        return int(self.manifest["window_tokens"])

    def run(self, encodings: Sequence[Encoding], outputs: Sequence[str]) -> list[Float32]:
        """Return the named outputs of the graph for one batch; item i of each belongs to encodings[i]."""
        longest = max(len(one) for one in encodings)
        inputs = {name: np.zeros((len(encodings), longest), np.int64) for name in self.manifest["inputs"]}
        inputs["input_ids"][:] = self.manifest.get("padding_id", 0)  # manifests of older compilers name none
        for row, one in enumerate(encodings):
            values = {
                "input_ids": one.ids,
                "attention_mask": one.attention_mask,
                "token_type_ids": one.type_ids,
            }
            for name, array in inputs.items():
                array[row, : len(one)] = values[name]
        results: list[Float32] = self._session.run(list(outputs), inputs)
        return results


def batches(encodings: Sequence[Encoding], size: int) -> Iterator[list[int]]:
    """Yield the places of encodings in batches of a size; like lengths share one, so that little is padded."""
    order = sorted(range(len(encodings)), key=lambda i: len(encodings[i]))
    for first in range(0, len(order), size):
        yield order[first : first + size]


def available_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
