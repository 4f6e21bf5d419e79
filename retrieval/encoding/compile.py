"""Compile a sentence-transformers model to ONNX: python -m retrieval.encoding.compile ROLE MODEL_FOLDER TARGET.

The only module that imports torch and sentence-transformers, and it runs in a process of its own.
The graph takes token ids. An encoder's gives two outputs: `sentence` float32 (b, d) as
sentence-transformers computes it, and `tokens` float32 (b, t, d), the last hidden state. A
cross-encoder's gives `score` float32 (b,), what CrossEncoder.predict returns. All are compared with
sentence-transformers on real text before the result counts.

An encoder is then kept with weights of 8 bits (dynamic quantization), which takes a quarter of the memory and two
thirds of the time, where that keeps the direction of its vectors; where it does not, it stays as it was. On XQuAD-R,
P@1 / R@5 / MRR@10 were 0.840 / 0.983 / 0.904 with the full ones and are 0.842 / 0.983 / 0.905, cross-validated by
article.
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

LARGEST_DIFFERENCE = 1e-4
# Mean cosine of token vectors of 8-bit weights with those of full ones; all-MiniLM-L6-v2 has 0.99. Two bits a
# coordinate, in which an index keeps them, leave 0.94.
FAITHFUL = 0.98
DIMENSIONS = 384  # at most; at two bits each, 33 tokens a sentence take 3.2 KB
SAMPLE_TEXTS = 800
SAMPLE_WORDS = 24
# Vectors that share a direction are centred, for it would waste the bits. Where they hardly do, as those of
# all-MiniLM-L6-v2 (0.24), centring costs refusal: AUROC at far / near / nearest 0.9948 / 0.9645 / 0.8596 with it,
# 0.9957 / 0.9650 / 0.8607 without.
CENTRED_FROM = 0.5  # length of the mean of unit vectors
SAMPLE_PAIRS = 200
QUESTION_WORDS = 8
SAMPLE = (
    "When does the library open on Saturdays?",
    "The reading room opens at nine in the morning, except in August, when it stays closed all day.",
    "Der Lesesaal öffnet um neun Uhr. 図書館は九時に開きます。 Библиотека открывается в девять часов.",
    "A ferry crosses twice a day; tickets cost 4.50 and are sold on board. " * 40,
)
SAMPLE_QUESTIONS = (SAMPLE[0], "[SEP]", SAMPLE[3])
SAMPLE_PASSAGES = (*SAMPLE, ".")
EXPORTED, LIGHTENED = "exported.onnx", "lightened.onnx"  # graphs on the way to model.onnx
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
# On the processor, from safetensors alone, without code from the folder and without the network.
LOADING: dict[str, Any] = {"device": "cpu", "local_files_only": True, "trust_remote_code": False}
# Attention written out: the graph of torch's own has steps against masks without a gap, which took a tenth of the time.
LOADED = {"use_safetensors": True, "attn_implementation": "eager"}


def main(arguments: list[str]) -> int:
    """Compile; returns 0, or 1 with one line on stderr."""
    role, source, target = arguments[0], Path(arguments[1]), Path(arguments[2])
    warnings.filterwarnings("ignore")
    try:
        compiled = compile_encoder(source, target) if role == "encoder" else compile_cross_encoder(source, target)
        (target / "compiled.json").write_text(json.dumps(compiled), "utf-8")
    except Exception as error:  # the caller gets one line whatever a foreign model folder does
        kind = "" if isinstance(error, ModelError) else f"{type(error).__name__}: "
        print(f"{kind}{' '.join(str(error).split())[:300]}", file=sys.stderr)
        return 1
    return 0


def compile_encoder(source: Path, target: Path) -> dict[str, Any]:
    """Write model.onnx, model.weights, tokenizer.json and projection.npz into target; return what the manifest says.

    Raises ModelError when the compiled model would not compute what sentence-transformers does.
    """
    from sentence_transformers import SentenceTransformer

    from retrieval.encoding.encoder import OnnxEncoder

    model = SentenceTransformer(str(source), model_kwargs=LOADED, **LOADING).eval()

    def outputs(features: dict[str, Any]) -> tuple[Any, ...]:
        found = model(features)
        return found["sentence_embedding"], found["token_embeddings"]

    axes = {"sentence": {0: "batch"}, "tokens": {0: "batch", 1: "token"}}
    example = model.preprocess(["an example", "a somewhat longer example of two"])
    compiled = _write(model, example, outputs, axes, target) | {
        "dimension": int(model.get_embedding_dimension() or 0),
        "prompts": {
            "question": model.prompts.get("query", ""),
            "passage": model.prompts.get("passage") or model.prompts.get("document", ""),
        },
    }
    encoder = OnnxEncoder(target, compiled, fingerprint="", threads=0)
    compiled["largest_difference"] = _compare(model, encoder)
    encoder = _lighten(encoder, compiled, target)
    words = sorted(word for word in model.tokenizer.get_vocab() if len(word) > 1 and word.isalpha()) or ["a"]
    mean, basis = _projection(encoder, words)
    np.savez(target / "projection.npz", mean=mean, basis=basis)
    compiled["similarity_range"] = _similarity_range(OnnxEncoder(target, compiled, fingerprint="", threads=0), words)
    return compiled


def compile_cross_encoder(source: Path, target: Path) -> dict[str, Any]:
    """Write model.onnx, model.weights and tokenizer.json into target; return what the manifest says.

    Raises ModelError when the folder holds no cross-encoder with one label, or when the compiled one
    would not compute what sentence-transformers does.
    """
    from retrieval.encoding.cross_encoder import OnnxCrossEncoder

    model = _load_cross_encoder(source)

    def outputs(features: dict[str, Any]) -> tuple[Any, ...]:
        return (model.activation_fn(model(features)["scores"]).squeeze(-1),)

    example = model.preprocess([("an example", "a somewhat longer example"), ("of", "two")])
    compiled = _write(model, example, outputs, {"score": {0: "batch"}}, target) | {
        "prompt": model.prompts.get(model.default_prompt_name, ""),
    }
    compiled["largest_difference"] = _compare_pairs(
        model, OnnxCrossEncoder(target, compiled, fingerprint="", threads=0)
    )
    (target / EXPORTED).unlink()
    return compiled


def _load_cross_encoder(source: Path) -> Any:
    """Load a cross-encoder. Raises ModelError when the folder lacks some of its weights, or it has not one label.

    A model of another kind loads as well, with a head of random weights, and would order passages by chance.
    Such weights differ from one load to the next.
    """
    import torch
    from sentence_transformers import CrossEncoder

    def load(seed: int) -> Any:
        torch.manual_seed(seed)
        return CrossEncoder(
            str(source),
            model_kwargs=LOADED | {"dtype": "float32"},  # many are stored in half, which processors are slow at
            processor_kwargs={"split_special_tokens": True},  # control tokens are characters, as on the answer path
            **LOADING,
        ).eval()

    model, others = load(0), load(1).state_dict()
    missing = [name for name, weights in model.state_dict().items() if not torch.equal(weights, others[name])]
    if missing:
        raise ModelError(f"it is no cross-encoder: {missing[0]} is not among its weights")
    if model.num_labels != 1:
        raise ModelError(f"expected a cross-encoder with one label, a score; this one has {model.num_labels} labels")
    return model


def _write(
    model: Any,
    example: dict[str, Any],
    outputs: Callable[[dict[str, Any]], tuple[Any, ...]],
    axes: dict[str, dict[int, str]],
    target: Path,
) -> dict[str, Any]:
    """Write graph, weights and tokenizer of a model, and the graph as exported; return what every manifest says.

    `outputs` turns features such as `example` into what the graph gives, one tensor for each key of `axes`.
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
    """Write the model as an ONNX graph with named inputs and outputs of any batch size and length."""
    import torch

    names = [name for name, _ in example]

    class Graph(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model  # its weights become the graph's

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
    """Optimize a graph once and put its weights into a file that is mapped, not parsed: both load faster."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target / "model.onnx")
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", "model.weights")
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    onnxruntime.InferenceSession(str(exported), options, providers=["CPUExecutionProvider"])


def _lighten(encoder: "OnnxEncoder", compiled: dict[str, Any], target: Path) -> "OnnxEncoder":
    """Put weights of 8 bits in the place of an encoder's where its vectors stay what they are; returns what is kept.

    The manifest gets `cosine`, the mean one of the token vectors of both.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from retrieval.encoding.encoder import OnnxEncoder

    full = [encoder.run_raw(text)[1] for text in SAMPLE]
    quantize_dynamic(
        target / EXPORTED,
        target / LIGHTENED,
        per_channel=True,
        # Of seven bits: the sum of two products of eight does not fit the instruction of processors without VNNI, which
        # cuts it off; others would give other vectors.
        reduce_range=True,
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    _optimize(target / LIGHTENED, target)
    light = OnnxEncoder(target, compiled, fingerprint="", threads=0)
    cosines = [_cosines(one, light.run_raw(text)[1]) for one, text in zip(full, SAMPLE, strict=True)]
    compiled["cosine"] = round(float(np.concatenate(cosines).mean()), 4)
    if compiled["cosine"] < FAITHFUL:
        _optimize(target / EXPORTED, target)
        light = OnnxEncoder(target, compiled, fingerprint="", threads=0)
    for name in (EXPORTED, LIGHTENED):
        (target / name).unlink()
    return light


def _cosines(first: Float32, second: Float32) -> Float32:
    """Return the cosine of each row of one matrix with that of another, float32 (n,)."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosines: Float32 = (first * second).sum(axis=1) / np.maximum(lengths, 1e-12)
    return cosines


def _projection(encoder: "OnnxEncoder", words: list[str]) -> tuple[Float32, Float32]:
    """Return what to take off the model's token vectors (d,) and axes (d, k) to turn them to, k a multiple of 4.

    The axes span the first principal components and are then turned at random, so that no coordinate
    holds more than another and each may be kept with as few bits. They are learned from random words
    of the model's own vocabulary, so they belong to the model and not to any documents.
    """
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(words, SAMPLE_WORDS)) for _ in range(SAMPLE_TEXTS)]
    tokens = np.concatenate([encoded.tokens for encoded in encoder.encode_windows(texts)])
    tokens /= np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-12)
    mean = tokens.mean(axis=0)
    if np.linalg.norm(mean) < CENTRED_FROM:
        mean = np.zeros_like(mean)
    values = np.linalg.eigh(np.cov((tokens - mean).T))
    kept = min(DIMENSIONS, len(mean)) // COORDINATES_PER_BYTE * COORDINATES_PER_BYTE
    turned, _ = np.linalg.qr(rng.normal(size=(kept, kept)))
    return mean.astype(np.float32), np.ascontiguousarray(values.eigenvectors[:, ::-1][:, :kept] @ turned, np.float32)


def _similarity_range(encoder: "OnnxEncoder", words: list[str]) -> list[float]:
    """Return the mean largest cosine of a token with unrelated words, and with words that hold its own.

    Between the two lies what a similarity of this model can say; learned weights carry over to
    another model on that scale. Questions and passages are random words, half of the passages hold
    those of the question in another order.
    """
    rng = np.random.default_rng(1)
    unrelated: list[float] = []
    same: list[float] = []
    for _ in range(SAMPLE_PAIRS):
        asked, others = rng.choice(words, QUESTION_WORDS), rng.choice(words, SAMPLE_WORDS)
        holding = rng.permutation(np.concatenate([asked, others[QUESTION_WORDS:]]))
        question = encoder.project(encoder.encode_question(" ".join(asked)).tokens)
        for text, found in ((" ".join(others), unrelated), (" ".join(holding), same)):
            passage = dequantize(quantize(encoder.project(next(encoder.encode_windows([text])).tokens)))
            found.append(float((question @ passage.T).max(axis=1).mean()))
    return [round(float(np.mean(found)), 4) for found in (unrelated, same)]


def _compare(model: Any, encoder: "OnnxEncoder") -> float:
    """Return the largest difference between the compiled encoder and sentence-transformers."""
    differences = []
    for text in SAMPLE:
        expected = model.encode([text], prompt="", normalize_embeddings=True, convert_to_numpy=True)[0]
        tokens = model.encode([text], prompt="", output_value="token_embeddings")[0].numpy()
        sentence, hidden = encoder.run_raw(text)
        if hidden.shape != tokens.shape:
            raise ModelError(f"the compiled model sees {hidden.shape} tokens, sentence-transformers {tokens.shape}")
        if hidden.shape[1] != len(expected):
            raise ModelError("a layer after pooling changes the dimension; window encoding needs one without")
        differences += [np.abs(expected - sentence).max(), np.abs(tokens - hidden).max()]
    return _largest(differences)


def _compare_pairs(model: Any, cross_encoder: "OnnxCrossEncoder") -> float:
    """Return the largest difference between the compiled cross-encoder and sentence-transformers."""
    differences = []
    for question in SAMPLE_QUESTIONS:
        expected = model.predict([(question, passage) for passage in SAMPLE_PASSAGES])
        differences.extend(np.abs(expected - cross_encoder.scores(question, SAMPLE_PASSAGES)))
    return _largest(differences)


def _largest(differences: list[Any]) -> float:
    """Return the largest difference. Raises ModelError when it is too large or not a number."""
    largest = float(np.max(differences))
    if not largest <= LARGEST_DIFFERENCE:
        raise ModelError(f"the compiled model differs from sentence-transformers by {largest:.1e}")
    return largest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
