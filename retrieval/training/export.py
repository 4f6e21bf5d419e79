"""Write a span model as one ONNX file with weights of 8 bits, and read such a file back into a span model.

Weights of linear layers have a scale for each output, word embeddings one for each word. Only seven bits are used: with
eight, the sum of two products overflows on processors without VNNI instructions, so that results would depend on the
processor. Activations are quantized while running, by com.microsoft operators of onnxruntime. The graph reads one
window at a time, so it needs no mask.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from retrieval.encoding.span_reader import MAX_TOKENS
from retrieval.errors import ModelError
from retrieval.training.span_model import EPSILON, HEADS, LARGEST_INTEGER, SpanModel

ORT_DOMAIN = "com.microsoft"
OPSETS = (("", 17), (ORT_DOMAIN, 1))
IR_VERSION = 10  # onnxruntime 1.23 reads it
Array = NDArray[Any]


def quantize(weights: Array) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Quantize the rows of a matrix: return integers from -63 to 63, and the scale of each row."""
    scales = np.maximum(np.abs(weights).max(axis=1), 1e-12).astype(np.float32) / LARGEST_INTEGER
    return np.rint(weights / scales[:, None]).astype(np.int8), scales


class _Graph:
    """The nodes and weights of an ONNX graph that is being built."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, name: str, array: Array) -> str:
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, inputs: list[str], name: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def linear(self, hidden: str, name: str, state: dict[str, Array]) -> str:
        """Multiply by a quantized weight and add the bias."""
        integers, scales = quantize(state[f"{name}.weight"])
        inputs = [
            hidden,
            self.weight(f"{name}.weight", integers.T),
            self.weight(f"{name}.scale", scales),
            self.weight(f"{name}.zero", np.zeros(len(scales), np.int8)),
            self.weight(f"{name}.bias", state[f"{name}.bias"]),
        ]
        return self.add("DynamicQuantizeMatMul", inputs, f"{name}.out", ORT_DOMAIN)

    def norm(self, first: str, second: str, name: str, state: dict[str, Array]) -> str:
        """Add two tensors and normalise.

        The operator of onnxruntime that does both at once takes a quarter of the time of the whole graph more.
        """
        inputs = [
            self.add("Add", [first, second], f"{name}.sum"),
            self.weight(f"{name}.weight", state[f"{name}.weight"]),
            self.weight(f"{name}.bias", state[f"{name}.bias"]),
        ]
        return self.add("LayerNormalization", inputs, f"{name}.out", axis=-1, epsilon=EPSILON)


def to_onnx(state: dict[str, Array], layers: int) -> bytes:
    """Serialize a span model, given by its float32 weights.

    The graph reads `ids` and `types`, int64 (1, tokens), at most MAX_TOKENS tokens, and returns `logits`, float32
    (1, tokens, 2).
    """
    graph = _Graph()
    hidden = _embed(graph, state)
    for row in range(layers):
        hidden = _layer(graph, hidden, f"layers.{row}", state)
    graph.weight("head.weight", state["head.weight"].T)
    graph.weight("head.bias", state["head.bias"])
    graph.add("Add", [graph.add("MatMul", [hidden, "head.weight"], "head.out"), "head.bias"], "logits")
    given = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "tokens"]) for name in ("ids", "types")]
    result = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "tokens", 2])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "reader", given, [result], graph.weights),
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in OPSETS],
        ir_version=IR_VERSION,
        producer_name="footnote",
    )
    return bytes(model.SerializeToString())


def _embed(graph: _Graph, state: dict[str, Array]) -> str:
    """Add the embeddings of words, positions and types, and normalise."""
    integers, scales = quantize(state["words.weight"])
    graph.weight("words.weight", integers)
    graph.weight("words.scale", scales[:, None])
    graph.add("Gather", ["words.weight", "ids"], "words.integers")
    graph.add("Cast", ["words.integers"], "words.floats", to=TensorProto.FLOAT)
    graph.add("Gather", ["words.scale", "ids"], "words.scales")
    graph.add("Mul", ["words.floats", "words.scales"], "words.out")
    graph.weight("positions.weight", state["positions.weight"][:MAX_TOKENS])
    graph.weight("zero", np.zeros(1, np.int64))
    graph.add("Shape", ["ids"], "tokens", start=1, end=2)
    graph.add("Slice", ["positions.weight", "zero", "tokens", "zero"], "positions.slice")
    graph.add("Unsqueeze", ["positions.slice", "zero"], "positions.out")
    graph.weight("types.weight", state["types.weight"])
    graph.add("Gather", ["types.weight", "types"], "types.out")
    graph.add("Add", ["types.out", "positions.out"], "places.out")
    return graph.norm("words.out", "places.out", "norm", state)


def _layer(graph: _Graph, hidden: str, name: str, state: dict[str, Array]) -> str:
    """Add a transformer layer."""
    mixed = graph.linear(hidden, f"{name}.attention", state)
    parts = [f"{name}.{part}" for part in ("queries", "keys", "values")]
    graph.nodes.append(helper.make_node("Split", [mixed], parts, name=f"{name}.split", axis=2))
    graph.add("MultiHeadAttention", parts, f"{name}.mixed", ORT_DOMAIN, num_heads=HEADS)
    hidden = graph.norm(hidden, graph.linear(f"{name}.mixed", f"{name}.output", state), f"{name}.attention_norm", state)
    wide = graph.add("Gelu", [graph.linear(hidden, f"{name}.wide", state)], f"{name}.gelu", ORT_DOMAIN)
    return graph.norm(hidden, graph.linear(wide, f"{name}.narrow", state), f"{name}.norm", state)


def from_onnx(path: Path) -> SpanModel:
    """Read a file of `to_onnx` back into a span model, to train it further. Raises ModelError."""
    try:
        weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(str(path)).graph.initializer}
        state = {name: _dequantize(name, weights) for name in weights if name.endswith(("weight", "bias"))}
        words, wide = state["words.weight"], state["layers.0.wide.bias"]
    except Exception as error:  # protobuf raises an exception class of its own
        raise ModelError(f"{path}: not the weights of a reader: {' '.join(str(error).split())[:200]}") from None
    layers = len([name for name in state if name.endswith(".wide.bias")])
    model = SpanModel(words.shape[0], words.shape[1], len(wide), layers, len(state["positions.weight"]))
    model.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in state.items()})
    return model


def _dequantize(name: str, weights: dict[str, Array]) -> Array:
    """Return a parameter of a span model, float32, from the weights of a graph."""
    array = weights[name]
    if name == "head.weight":
        return array.T
    if name == "words.weight":
        return array * weights["words.scale"]
    scale = weights.get(name.removesuffix(".weight") + ".scale") if name.endswith(".weight") else None
    return array if scale is None else array.T * scale[:, None]
