"""Write a span model as one ONNX file with weights of 8 bits, and read such a file back into a span model.

Weights of linear layers have a scale for each output, word embeddings one for each word. Only seven bits are used: with
eight, the sum of two products overflows on processors without VNNI instructions, so that results would depend on the
processor. Activations are quantized while running, by com.microsoft operators of onnxruntime. The graph reads one
window at a time, so it needs no mask.
"""

from collections.abc import Collection, Sequence
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
HIDDEN = "hidden"
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
    (1, tokens, 2), and `judged`, float32 (1, 1, 1).
    """
    graph = _Graph()
    hidden = _embed(graph, state)
    for row in range(layers - 1):
        hidden = _layer(graph, hidden, f"layers.{row}", state)
    _head(graph, _layer(graph, hidden, f"layers.{layers - 1}", state), "head", "logits", state)
    _head(graph, _judge(graph, hidden, state), "judge.head", "judged", state)
    given = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "tokens"]) for name in ("ids", "types")]
    shapes: dict[str, list[str | int]] = {"logits": [1, "tokens", 2], "judged": [1, 1, 1]}
    results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "reader", given, results, graph.weights),
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
    return _attend(graph, hidden, _split(graph, mixed, name, ("queries", "keys", "values")), name, state)


def _judge(graph: _Graph, hidden: str, state: dict[str, Array]) -> str:
    """Add the layer of position 0 alone."""
    first = graph.add("Slice", [hidden, "zero", graph.weight("one", np.ones(1, np.int64)), "one"], "judge.first")
    query = graph.linear(first, "judge.query", state)
    keys_values = _split(graph, graph.linear(hidden, "judge.attention", state), "judge", ("keys", "values"))
    return _attend(graph, first, [query, *keys_values], "judge", state)


def _split(graph: _Graph, mixed: str, name: str, kinds: Sequence[str]) -> list[str]:
    parts = [f"{name}.{kind}" for kind in kinds]
    graph.nodes.append(helper.make_node("Split", [mixed], parts, name=f"{name}.split", axis=2))
    return parts


def _head(graph: _Graph, hidden: str, name: str, result: str, state: dict[str, Array]) -> None:
    """Add a linear layer that is not quantized."""
    weight, bias = (graph.weight(f"{name}.weight", state[f"{name}.weight"].T), f"{name}.bias")
    graph.add("Add", [graph.add("MatMul", [hidden, weight], f"{name}.out"), graph.weight(bias, state[bias])], result)


def _attend(graph: _Graph, hidden: str, parts: list[str], name: str, state: dict[str, Array]) -> str:
    """Add what follows on queries, keys and values: attention and the wide part."""
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
    layers = count_layers(state)
    model = SpanModel(words.shape[0], words.shape[1], len(wide), layers, len(state["positions.weight"]))
    model.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in state.items()}, strict=False)
    if "judge.head.bias" not in state:  # trained before there was a judge
        model.judge.begin_as(model.layers[-1], model.head)
    return model


def count_layers(state: Collection[str]) -> int:
    """Count the layers of a span model, besides the judge's, by the names of its weights."""
    return len([name for name in state if name.startswith("layers.") and name.endswith(".wide.bias")])


def to_hidden_states(path: Path) -> bytes:
    """Return the part of a file of `to_onnx` that computes HIDDEN, what its judge reads, (1, tokens, size).

    Raises ModelError.
    """
    try:
        model = onnx.load(str(path))
        names = [node.output[0] for node in model.graph.node]
        split = next(node for node in model.graph.node if node.name == "judge.first")
        end = names.index(split.input[0]) + 1
    except Exception as error:  # protobuf raises an exception class of its own
        raise ModelError(f"{path}: not a reader with a judge: {' '.join(str(error).split())[:200]}") from None
    nodes = [*model.graph.node[:end], helper.make_node("Identity", [names[end - 1]], [HIDDEN])]
    read = {name for node in nodes for name in node.input}
    weights = [weight for weight in model.graph.initializer if weight.name in read]
    result = helper.make_tensor_value_info(HIDDEN, TensorProto.FLOAT, [1, "tokens", "size"])
    graph = helper.make_graph(nodes, "reader", model.graph.input, [result], weights)
    part = helper.make_model(graph, opset_imports=model.opset_import, ir_version=IR_VERSION)
    return bytes(part.SerializeToString())


def _dequantize(name: str, weights: dict[str, Array]) -> Array:
    """Return a parameter of a span model, float32, from the weights of a graph."""
    array = weights[name]
    if name in ("head.weight", "judge.head.weight"):
        return array.T
    if name == "words.weight":
        return array * weights["words.scale"]
    scale = weights.get(name.removesuffix(".weight") + ".scale") if name.endswith(".weight") else None
    return array if scale is None else array.T * scale[:, None]
