"""Open graphs with onnxruntime, and run compiled models with their tokenizers; torch is not needed.

Control tokens in a text ("[SEP]") are read as plain characters.

Each text is run alone and on one thread, so that its vectors depend on nothing else; several texts can run at the same
time. Batches are slower: 16 windows of 163 tokens took 1.5 times as long in one batch as one after another, since they
exceed the caches of a core. A second thread would save less than one of the four milliseconds of a question, and occupy
the core of the lexical search or of another question.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from retrieval.concurrency import available_cores
from retrieval.errors import ModelError
from retrieval.types import Float32

Session: TypeAlias = onnxruntime.InferenceSession


def open_session(graph: str | bytes) -> Session:
    """Open a graph, given as its path or its bytes, on one thread. Raises what onnxruntime raises."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # half the memory, a little slower
    options.log_severity_level = 3
    # What optimizing would find was done when the graph was written: the same scores, and half the time to load.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


class CompiledModel:
    """A graph, the tokenizer and the manifest in the folder of a compiled model."""

    def __init__(self, folder: Path, manifest: dict[str, Any], threads: int, graph: str = "model") -> None:
        """Load <graph>.onnx and tokenizer.json. Raises ModelError if either cannot be loaded."""
        self.manifest = manifest
        self.threads = threads or available_cores()
        try:
            self._session = open_session(str(folder / f"{graph}.onnx"))
            self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both libraries raise bare Exception subclasses of their own
            raise ModelError(
                f"cannot load the compiled model in {folder}: {' '.join(str(error).split())[:200]}"
            ) from None
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.window_tokens)
        self.tokenizer.encode_special_tokens = True

    @cached_property
    def counting_tokenizer(self) -> Tokenizer:
        """Copy the tokenizer without truncation, on first use, because only building an index needs it."""
        tokenizer = Tokenizer.from_str(self.tokenizer.to_str())
        tokenizer.no_truncation()
        tokenizer.encode_special_tokens = True  # not part of the serialized tokenizer
        return tokenizer

    @property
    def window_tokens(self) -> int:
        """Return the number of tokens, special ones included, that the model reads of a text."""
        return int(self.manifest["window_tokens"])

    def run(self, encoding: Encoding, outputs: Sequence[str]) -> list[Float32]:
        """Run the graph on one text; return the outputs with these names."""
        values = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        inputs = {name: np.array([values[name]], np.int64) for name in self.manifest["inputs"]}
        return [output[0] for output in self._session.run(list(outputs), inputs)]
