"""Write the graph of a sentence-transformers model as ONNX; only the process that compiles models imports this."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import ModelError

MAX_DIFFERENCE = 1e-4  # between the outputs of the graph and those of sentence-transformers
SAMPLE_TEXTS = (
    "When does the library open on Saturdays?",
    "The reading room opens at nine in the morning, except in August, when it stays closed all day.",
    "Der Lesesaal öffnet um neun Uhr. 図書館は九時に開きます。 Библиотека открывается в девять часов.",
    "A ferry crosses twice a day; tickets cost 4.50 and are sold on board. " * 40,
)
EXPORTED, QUANTIZED = "exported.onnx", "quantized.onnx"  # intermediate graphs
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# On the CPU, without the network and without code from the model's folder.
LOAD_OPTIONS: dict[str, Any] = {"device": "cpu", "local_files_only": True, "trust_remote_code": False}
# Eager attention: the graph of torch's own attention handles fully masked rows, which takes a tenth of the time.
MODEL_OPTIONS = {"use_safetensors": True, "attn_implementation": "eager"}


def write_model(
    model: Any,
    example: dict[str, Any],
    outputs: Callable[[dict[str, Any]], tuple[Any, ...]],
    axes: dict[str, dict[int, str]],
    target: Path,
    graph: str = "model",
) -> dict[str, Any]:
    """Write the graph, as exported and optimized, the weights and the tokenizer of a model; return its manifest.

    `outputs` computes the outputs of the graph from features such as `example`, one tensor for each key of `axes`.
    """
    names = [name for name in INPUTS if name in example]
    _export(model, [(name, example[name]) for name in names], outputs, axes, target / EXPORTED)
    model.tokenizer.backend_tokenizer.save(str(target / "tokenizer.json"))
    optimize(target / EXPORTED, target, graph)
    return {
        "format": 1,
        "window_tokens": int(model.max_seq_length or 512),
        "inputs": names,
    }


def _export(
    model: Any,
    example: list[tuple[str, Any]],
    outputs: Callable[[dict[str, Any]], tuple[Any, ...]],
    axes: dict[str, dict[int, str]],
    path: Path,
) -> None:
    """Export a model as an ONNX graph whose inputs and outputs have names, any batch size and any length."""
    import torch

    names = [name for name, _ in example]

    class Graph(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model  # an attribute, so that its weights are exported

        def forward(self, *inputs: Any) -> tuple[Any, ...]:
            return outputs(dict(zip(names, inputs, strict=True)))

    torch.onnx.export(
        Graph(),
        tuple(tensor for _, tensor in example),
        str(path),
        input_names=names,
        output_names=list(axes),
        dynamic_axes={name: {0: "batch", 1: "token"} for name in names} | axes,
        dynamo=False,
        opset_version=17,
    )


def optimize(exported: Path, target: Path, graph: str) -> None:
    """Optimize a graph, and put its weights into a file that can be mapped: both make loading faster."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target / f"{graph}.onnx")
    weights = f"{graph}.weights"
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", weights)
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    onnxruntime.InferenceSession(str(exported), options, providers=["CPUExecutionProvider"])


def check_largest(differences: list[Any]) -> float:
    """Return the largest difference. Raises ModelError if it is too large or not a number."""
    largest = float(np.max(differences))
    if not largest <= MAX_DIFFERENCE:
        raise ModelError(f"the compiled model differs from sentence-transformers by {largest:.1e}")
    return largest
