"""Compile a sentence-transformers model to ONNX: python -m retrieval.encoding.compile ROLE MODEL_FOLDER TARGET.

The only module that imports torch and sentence-transformers; it runs in a process of its own. The graph takes token
ids. That of an encoder has two outputs: `sentence`, float32 (b, d), as sentence-transformers computes it, and `tokens`,
float32 (b, t, d), the last hidden state. That of a cross-encoder has the output `score`, float32 (b,), which
CrossEncoder.predict returns. All outputs are compared with those of sentence-transformers for real texts.

The weights of an encoder are then quantized to 8 bits (dynamic quantization), which takes a quarter of the memory and
two thirds of the time, unless that turns its token vectors too much. On XQuAD-R, cross-validated by article, P@1 / R@5
/ MRR@10 are 0.842 / 0.983 / 0.905 with 8 bits, and 0.840 / 0.983 / 0.904 without quantization.
"""

import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.encoding.token_quantizer import COORDINATES_PER_BYTE, dequantize, quantize
from retrieval.errors import ModelError
from retrieval.types import Float32

if TYPE_CHECKING:
    from retrieval.encoding.cross_encoder import OnnxCrossEncoder
    from retrieval.encoding.encoder import OnnxEncoder

MAX_DIFFERENCE = 1e-4  # between the outputs of the graph and those of sentence-transformers
# Mean cosine of the token vectors with 8-bit weights and without quantization: 0.99 for all-MiniLM-L6-v2. The two bits
# per coordinate of an index leave 0.94.
MIN_QUANTIZED_COSINE = 0.98
MAX_DIMENSIONS = 384  # of stored token vectors; with two bits each, the 33 tokens of a sentence take 3.2 KB
# A direction that all vectors share would waste bits, so it is subtracted. If they share little, as those of
# all-MiniLM-L6-v2 (0.24) do, subtracting it makes refusals worse: AUROC at far / near / nearest is then 0.9948 / 0.9645
# / 0.8596 in place of 0.9957 / 0.9650 / 0.8607.
MIN_MEAN_LENGTH = 0.5  # of the mean of unit vectors, for subtracting it
PROJECTION_TEXTS = 800
SIMILARITY_PAIRS = 200
PASSAGE_WORDS = 24
QUESTION_WORDS = 8
SAMPLE_TEXTS = (
    "When does the library open on Saturdays?",
    "The reading room opens at nine in the morning, except in August, when it stays closed all day.",
    "Der Lesesaal öffnet um neun Uhr. 図書館は九時に開きます。 Библиотека открывается в девять часов.",
    "A ferry crosses twice a day; tickets cost 4.50 and are sold on board. " * 40,
)
SAMPLE_QUESTIONS = (SAMPLE_TEXTS[0], "[SEP]", SAMPLE_TEXTS[3])
SAMPLE_PASSAGES = (*SAMPLE_TEXTS, ".")
EXPORTED, QUANTIZED = "exported.onnx", "quantized.onnx"  # intermediate graphs
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# On the CPU, without the network and without code from the model's folder.
LOAD_OPTIONS: dict[str, Any] = {"device": "cpu", "local_files_only": True, "trust_remote_code": False}
# Eager attention: the graph of torch's own attention handles fully masked rows, which takes a tenth of the time.
MODEL_OPTIONS = {"use_safetensors": True, "attn_implementation": "eager"}


def main(arguments: list[str]) -> int:
    """Compile a model; return 0, or print one line to stderr and return 1."""
    role, source, target = arguments[0], Path(arguments[1]), Path(arguments[2])
    warnings.filterwarnings("ignore")
    try:
        compiled = compile_encoder(source, target) if role == "encoder" else compile_cross_encoder(source, target)
        (target / "compiled.json").write_text(json.dumps(compiled), "utf-8")
    except Exception as error:  # one line for the caller, whatever a model folder causes
        kind = "" if isinstance(error, ModelError) else f"{type(error).__name__}: "
        print(f"{kind}{' '.join(str(error).split())[:300]}", file=sys.stderr)
        return 1
    return 0


def compile_encoder(source: Path, target: Path) -> dict[str, Any]:
    """Write model.onnx, model.weights, tokenizer.json and projection.npz to `target`; return the manifest.

    Raises ModelError if the compiled model does not compute what sentence-transformers does.
    """
    from sentence_transformers import SentenceTransformer

    from retrieval.encoding.encoder import OnnxEncoder

    model = SentenceTransformer(str(source), model_kwargs=MODEL_OPTIONS, **LOAD_OPTIONS).eval()

    def outputs(features: dict[str, Any]) -> tuple[Any, ...]:
        embeddings = model(features)
        return embeddings["sentence_embedding"], embeddings["token_embeddings"]

    axes = {"sentence": {0: "batch"}, "tokens": {0: "batch", 1: "token"}}
    example = model.preprocess(["an example", "a somewhat longer example of two"])
    manifest = _write_model(model, example, outputs, axes, target) | {
        "dimension": int(model.get_embedding_dimension() or 0),
        "prompts": {
            "question": model.prompts.get("query", ""),
            "passage": model.prompts.get("passage") or model.prompts.get("document", ""),
        },
    }
    encoder = OnnxEncoder(target, manifest, fingerprint="", threads=0)
    manifest["largest_difference"] = _compare(model, encoder)
    encoder = _quantize_weights(encoder, manifest, target)
    words = sorted(word for word in model.tokenizer.get_vocab() if len(word) > 1 and word.isalpha()) or ["a"]
    mean, basis = _projection(encoder, words)
    np.savez(target / "projection.npz", mean=mean, basis=basis)
    manifest["similarity_range"] = _similarity_range(OnnxEncoder(target, manifest, fingerprint="", threads=0), words)
    return manifest


def compile_cross_encoder(source: Path, target: Path) -> dict[str, Any]:
    """Write model.onnx, model.weights and tokenizer.json to `target`; return the manifest.

    Raises ModelError if `source` is not a cross-encoder with one label, or if the compiled one does not compute what
    sentence-transformers does.
    """
    from retrieval.encoding.cross_encoder import OnnxCrossEncoder

    model = _load_cross_encoder(source)

    def outputs(features: dict[str, Any]) -> tuple[Any, ...]:
        return (model.activation_fn(model(features)["scores"]).squeeze(-1),)

    example = model.preprocess([("an example", "a somewhat longer example"), ("of", "two")])
    manifest = _write_model(model, example, outputs, {"score": {0: "batch"}}, target) | {
        "prompt": model.prompts.get(model.default_prompt_name, ""),
    }
    cross_encoder = OnnxCrossEncoder(target, manifest, fingerprint="", threads=0)
    manifest["largest_difference"] = _compare_scores(model, cross_encoder)
    (target / EXPORTED).unlink()
    return manifest


def _load_cross_encoder(source: Path) -> Any:
    """Load a cross-encoder. Raises ModelError if it does not have all its weights, or not exactly one label.

    Other kinds of models load too, with a head of random weights, and would order passages at random. Such weights are
    recognized because they differ from one load to the next.
    """
    import torch
    from sentence_transformers import CrossEncoder

    def load(seed: int) -> Any:
        torch.manual_seed(seed)
        return CrossEncoder(
            str(source),
            model_kwargs=MODEL_OPTIONS | {"dtype": "float32"},  # half precision is slow on CPUs
            processor_kwargs={"split_special_tokens": True},  # plain characters, as in answering
            **LOAD_OPTIONS,
        ).eval()

    model, other_weights = load(0), load(1).state_dict()
    missing = [name for name, weights in model.state_dict().items() if not torch.equal(weights, other_weights[name])]
    if missing:
        raise ModelError(f"not a cross-encoder: its weights lack {missing[0]}")
    if model.num_labels != 1:
        raise ModelError(f"the cross-encoder has {model.num_labels} labels; expected one, the score")
    return model


def _write_model(
    model: Any,
    example: dict[str, Any],
    outputs: Callable[[dict[str, Any]], tuple[Any, ...]],
    axes: dict[str, dict[int, str]],
    target: Path,
) -> dict[str, Any]:
    """Write the graph, as exported and optimized, the weights and the tokenizer of a model; return its manifest.

    `outputs` computes the outputs of the graph from features such as `example`, one tensor for each key of `axes`.
    """
    names = [name for name in INPUTS if name in example]
    _export(model, [(name, example[name]) for name in names], outputs, axes, target / EXPORTED)
    model.tokenizer.backend_tokenizer.save(str(target / "tokenizer.json"))
    _optimize(target / EXPORTED, target)
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


def _optimize(exported: Path, target: Path) -> None:
    """Optimize a graph, and put its weights into a file that can be mapped: both make loading faster."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target / "model.onnx")
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", "model.weights")
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    onnxruntime.InferenceSession(str(exported), options, providers=["CPUExecutionProvider"])


def _quantize_weights(encoder: "OnnxEncoder", manifest: dict[str, Any], target: Path) -> "OnnxEncoder":
    """Quantize an encoder's weights to 8 bits if its vectors stay about the same; return the resulting encoder.

    Adds to the manifest the mean `cosine` of the token vectors with those of the given encoder.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from retrieval.encoding.encoder import OnnxEncoder

    full_tokens = [encoder.run_raw(text)[1] for text in SAMPLE_TEXTS]
    quantize_dynamic(
        target / EXPORTED,
        target / QUANTIZED,
        per_channel=True,
        # Use only seven bits: with eight, the sum of two products overflows on processors without VNNI instructions, so
        # that vectors would depend on the processor.
        reduce_range=True,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    _optimize(target / QUANTIZED, target)
    result = OnnxEncoder(target, manifest, fingerprint="", threads=0)
    cosines = [_cosines(full, result.run_raw(text)[1]) for full, text in zip(full_tokens, SAMPLE_TEXTS, strict=True)]
    manifest["cosine"] = round(float(np.concatenate(cosines).mean()), 4)
    if manifest["cosine"] < MIN_QUANTIZED_COSINE:
        _optimize(target / EXPORTED, target)
        result = OnnxEncoder(target, manifest, fingerprint="", threads=0)
    for name in (EXPORTED, QUANTIZED):
        (target / name).unlink()
    return result


def _cosines(first: Float32, second: Float32) -> Float32:
    """Compute the cosine of each row of `first` with the same row of `second`, float32 (n,)."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosines: Float32 = (first * second).sum(axis=1) / np.maximum(lengths, 1e-12)
    return cosines


def _projection(encoder: "OnnxEncoder", words: list[str]) -> tuple[Float32, Float32]:
    """Compute the mean, (d,), to subtract from token vectors, and the axes, (d, k), to project them on.

    The axes span the first principal components and are rotated at random, so that all coordinates have about the same
    variance and can be quantized with the same number of bits. They are computed from random words of the model's
    vocabulary, hence belong to the model and not to any documents. k is a multiple of 4.
    """
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(words, PASSAGE_WORDS)) for _ in range(PROJECTION_TEXTS)]
    tokens = np.concatenate([encoded.tokens for encoded in encoder.encode_windows(texts)])
    tokens /= np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-12)
    mean = tokens.mean(axis=0)
    if np.linalg.norm(mean) < MIN_MEAN_LENGTH:
        mean = np.zeros_like(mean)
    eigen = np.linalg.eigh(np.cov((tokens - mean).T))
    dimensions = min(MAX_DIMENSIONS, len(mean)) // COORDINATES_PER_BYTE * COORDINATES_PER_BYTE
    rotation, _ = np.linalg.qr(rng.normal(size=(dimensions, dimensions)))
    axes = eigen.eigenvectors[:, ::-1][:, :dimensions] @ rotation
    return mean.astype(np.float32), np.ascontiguousarray(axes, np.float32)


def _similarity_range(encoder: "OnnxEncoder", words: list[str]) -> list[float]:
    """Compute the mean largest cosine of a token with unrelated words, and with words that include its own.

    Similarities are scaled to this range, so that learned weights are valid for other models too. Questions and
    passages are random words; half of the passages contain the words of the question in another order.
    """
    rng = np.random.default_rng(1)
    unrelated: list[float] = []
    same: list[float] = []
    for _ in range(SIMILARITY_PAIRS):
        question_words, other_words = rng.choice(words, QUESTION_WORDS), rng.choice(words, PASSAGE_WORDS)
        mixed_words = rng.permutation(np.concatenate([question_words, other_words[QUESTION_WORDS:]]))
        question = encoder.project(encoder.encode_question(" ".join(question_words)).tokens)
        for text, cosines in ((" ".join(other_words), unrelated), (" ".join(mixed_words), same)):
            passage = dequantize(quantize(encoder.project(next(encoder.encode_windows([text])).tokens)))
            cosines.append(float((question @ passage.T).max(axis=1).mean()))
    return [round(float(np.mean(cosines)), 4) for cosines in (unrelated, same)]


def _compare(model: Any, encoder: "OnnxEncoder") -> float:
    """Compute the largest difference between a compiled encoder and sentence-transformers. Raises ModelError."""
    differences = []
    for text in SAMPLE_TEXTS:
        expected = model.encode([text], prompt="", normalize_embeddings=True, convert_to_numpy=True)[0]
        tokens = model.encode([text], prompt="", output_value="token_embeddings")[0].numpy()
        sentence, hidden = encoder.run_raw(text)
        if hidden.shape != tokens.shape:
            raise ModelError(f"the compiled model returns tokens {hidden.shape}, sentence-transformers {tokens.shape}")
        if hidden.shape[1] != len(expected):
            raise ModelError("a layer after pooling changes the dimension; such models cannot be used")
        differences += [np.abs(expected - sentence).max(), np.abs(tokens - hidden).max()]
    return _largest(differences)


def _compare_scores(model: Any, cross_encoder: "OnnxCrossEncoder") -> float:
    """Compute the largest difference between a compiled cross-encoder and sentence-transformers. Raises ModelError."""
    differences = []
    for question in SAMPLE_QUESTIONS:
        expected = model.predict([(question, passage) for passage in SAMPLE_PASSAGES])
        differences.extend(np.abs(expected - cross_encoder.scores(question, SAMPLE_PASSAGES)))
    return _largest(differences)


def _largest(differences: list[Any]) -> float:
    """Return the largest difference. Raises ModelError if it is too large or not a number."""
    largest = float(np.max(differences))
    if not largest <= MAX_DIFFERENCE:
        raise ModelError(f"the compiled model differs from sentence-transformers by {largest:.1e}")
    return largest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
