"""Compile a sentence-transformers model to ONNX: python -m retrieval.encoding.compile ROLE MODEL_FOLDER TARGET.

It imports torch and sentence-transformers, and runs in a process of its own. The graph takes token ids. That of an
encoder has two outputs: `sentence`, float32 (b, d), as sentence-transformers computes it, and `tokens`, float32
(b, t, d), the last hidden state. A model with an adapter for questions has a second graph for them. All outputs are
compared with those of sentence-transformers for real texts. `compile_cross_encoder` compiles the other role.

The weights of an encoder are then quantized to 8 bits (dynamic quantization), which takes a quarter of the memory and
two thirds of the time, unless that turns its token vectors too much. On XQuAD-R, cross-validated by article, P@1 / R@5
/ MRR@10 are 0.842 / 0.983 / 0.905 with 8 bits, and 0.840 / 0.983 / 0.904 without quantization.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.encoding import models
from retrieval.encoding.compile_cross_encoder import compile_cross_encoder
from retrieval.encoding.graphs import (
    EXPORTED,
    LOAD_OPTIONS,
    MODEL_OPTIONS,
    QUANTIZED,
    SAMPLE_TEXTS,
    check_largest,
    optimize,
    write_model,
)
from retrieval.encoding.token_quantizer import COORDINATES_PER_BYTE, dequantize, quantize
from retrieval.errors import ModelError
from retrieval.types import Float32

if TYPE_CHECKING:
    from retrieval.encoding.encoder import OnnxEncoder
    from retrieval.encoding.session import CompiledModel

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

    With an adapter for questions, also questions.onnx and questions.weights. Raises ModelError if the compiled model
    does not compute what sentence-transformers does.
    """
    from sentence_transformers import SentenceTransformer

    from retrieval.encoding.encoder import PASSAGES, QUESTIONS, OnnxEncoder
    from retrieval.encoding.question_adapter import adapt

    model = SentenceTransformer(str(source), model_kwargs=MODEL_OPTIONS, **LOAD_OPTIONS).eval()
    manifest = _compile_graph(model, target, PASSAGES) | {
        "dimension": int(model.get_embedding_dimension() or 0),
        "prompts": {
            "question": model.prompts.get("query", ""),
            "passage": model.prompts.get("passage") or model.prompts.get("document", ""),
        },
    }
    encoder = OnnxEncoder(target, manifest, fingerprint="", threads=0)
    words = sorted(word for word in model.tokenizer.get_vocab() if len(word) > 1 and word.isalpha()) or ["a"]
    mean, basis = _projection(encoder, words)
    np.savez(target / "projection.npz", mean=mean, basis=basis)
    manifest["similarity_range"] = _similarity_range(OnnxEncoder(target, manifest, fingerprint="", threads=0), words)
    if adapter := models.find_adapter(source):
        adapt(model, adapter)
        manifest[QUESTIONS] = _compile_graph(model, target, QUESTIONS)
    return manifest


def _compile_graph(model: Any, target: Path, graph: str) -> dict[str, Any]:
    """Write a graph of an encoder with 8-bit weights, if its vectors stay about the same; return its manifest.

    That has the `largest_difference` of the graph from sentence-transformers before the weights were quantized, and the
    mean `cosine` of the token vectors after it.
    """
    from retrieval.encoding.session import CompiledModel

    def outputs(features: dict[str, Any]) -> tuple[Any, ...]:
        embeddings = model(features)
        return embeddings["sentence_embedding"], embeddings["token_embeddings"]

    axes = {"sentence": {0: "batch"}, "tokens": {0: "batch", 1: "token"}}
    example = model.preprocess(["an example", "a somewhat longer example of two"])
    manifest = write_model(model, example, outputs, axes, target, graph)
    compiled = CompiledModel(target, manifest, 0, graph)
    manifest["largest_difference"] = _compare(model, compiled)
    manifest["cosine"] = _quantize_weights(compiled, target, graph)
    return manifest


def _quantize_weights(compiled: "CompiledModel", target: Path, graph: str) -> float:
    """Quantize the weights of an encoder's graph to 8 bits if its vectors stay about the same.

    Returns the mean cosine of the token vectors with those of the given model.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from retrieval.encoding.session import CompiledModel

    full_tokens = [_run(compiled, text)[1] for text in SAMPLE_TEXTS]
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
    optimize(target / QUANTIZED, target, graph)
    result = CompiledModel(target, compiled.manifest, 0, graph)
    cosines = [_cosines(full, _run(result, text)[1]) for full, text in zip(full_tokens, SAMPLE_TEXTS, strict=True)]
    cosine = round(float(np.concatenate(cosines).mean()), 4)
    if cosine < MIN_QUANTIZED_COSINE:
        optimize(target / EXPORTED, target, graph)
    for name in (EXPORTED, QUANTIZED):
        (target / name).unlink()
    return cosine


def _run(compiled: "CompiledModel", text: str) -> tuple[Float32, Float32]:
    from retrieval.encoding.encoder import run_text

    return run_text(compiled, compiled.tokenizer.encode(text))


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


def _compare(model: Any, compiled: "CompiledModel") -> float:
    """Compute the largest difference between an encoder's graph and sentence-transformers. Raises ModelError."""
    differences = []
    for text in SAMPLE_TEXTS:
        expected = model.encode([text], prompt="", normalize_embeddings=True, convert_to_numpy=True)[0]
        tokens = model.encode([text], prompt="", output_value="token_embeddings")[0].numpy()
        sentence, hidden = _run(compiled, text)
        if hidden.shape != tokens.shape:
            raise ModelError(f"the compiled model returns tokens {hidden.shape}, sentence-transformers {tokens.shape}")
        if hidden.shape[1] != len(expected):
            raise ModelError("a layer after pooling changes the dimension; such models cannot be used")
        differences += [np.abs(expected - sentence).max(), np.abs(tokens - hidden).max()]
    return check_largest(differences)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
