"""Compile a sentence-transformers model to ONNX: python -m retrieval.compile MODEL_FOLDER TARGET.

The only module that imports torch and sentence-transformers, and it runs in a process of its own.
The graph takes token ids and gives two outputs: `sentence` float32 (b, d) as sentence-transformers
computes it, and `tokens` float32 (b, t, d), the last hidden state. Both are compared with
sentence-transformers on real text before the result counts.
"""

import json
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.records import Float32

if TYPE_CHECKING:
    from retrieval.encoder import OnnxEncoder

LARGEST_DIFFERENCE = 1e-4
# Late interaction alone on XQuAD-R, P@1 / R@5 at so many dimensions of one byte (float32 of all 384: 0.832 / 0.973):
# 64: 0.811 / 0.971; 96: 0.828 / 0.975; 128: 0.825 / 0.974. At 33 tokens a sentence, 96 are 3.2 KB.
DIMENSIONS = 96
SAMPLE_TEXTS = 800
SAMPLE_WORDS = 24
SAMPLE = (
    "When does the library open on Saturdays?",
    "The reading room opens at nine in the morning, except in August, when it stays closed all day.",
    "Der Lesesaal öffnet um neun Uhr. 図書館は九時に開きます。 Библиотека открывается в девять часов.",
    "A ferry crosses twice a day; tickets cost 4.50 and are sold on board. " * 40,
)


def main(arguments: list[str]) -> int:
    """Compile; returns 0, or 1 with one line on stderr."""
    source, target = Path(arguments[0]), Path(arguments[1])
    warnings.filterwarnings("ignore")
    try:
        compile_folder(source, target)
    except Exception as error:  # the caller gets one line whatever a foreign model folder does
        print(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}", file=sys.stderr)
        return 1
    return 0


def compile_folder(source: Path, target: Path) -> None:
    """Write model.onnx, model.weights, tokenizer.json, projection.npz and compiled.json into target.

    Raises ValueError when the compiled model would not compute what sentence-transformers does.
    """
    from sentence_transformers import SentenceTransformer

    from retrieval.encoder import OnnxEncoder

    model = SentenceTransformer(
        str(source), device="cpu", local_files_only=True, model_kwargs={"use_safetensors": True}
    ).eval()
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in model.preprocess(["a"])]
    _export(model, names, target / "exported.onnx")
    model.tokenizer.backend_tokenizer.save(str(target / "tokenizer.json"))
    _optimize(target)
    compiled = {
        "format": 1,
        "dimension": int(model.get_embedding_dimension() or 0),
        "window_tokens": int(model.max_seq_length or 512),
        "inputs": names,
        "prompts": {
            "question": model.prompts.get("query", ""),
            "passage": model.prompts.get("passage") or model.prompts.get("document", ""),
        },
    }
    encoder = OnnxEncoder(target, compiled, fingerprint="", threads=0)
    compiled["largest_difference"] = _compare(model, encoder)
    mean, basis = _projection(encoder, model.tokenizer.get_vocab())
    np.savez(target / "projection.npz", mean=mean, basis=basis)
    (target / "compiled.json").write_text(json.dumps(compiled), "utf-8")


def _export(model: Any, names: list[str], path: Path) -> None:
    """Write the model as an ONNX graph with two outputs."""
    import torch

    class Graph(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: Any) -> tuple[Any, Any]:
            output = self.model(dict(zip(names, inputs, strict=True)))
            return output["sentence_embedding"], output["token_embeddings"]

    example = model.preprocess(["an example", "a somewhat longer example of two"])
    axes = {name: {0: "batch", 1: "token"} for name in [*names, "tokens"]} | {"sentence": {0: "batch"}}
    torch.onnx.export(
        Graph(),
        tuple(example[name] for name in names),
        str(path),
        input_names=names,
        output_names=["sentence", "tokens"],
        dynamic_axes=axes,
        dynamo=False,
        opset_version=17,
    )


def _optimize(target: Path) -> None:
    """Optimize the graph once and put its weights into a file that is mapped, not parsed: both load faster."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(target / "model.onnx")
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", "model.weights")
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    onnxruntime.InferenceSession(str(target / "exported.onnx"), options, providers=["CPUExecutionProvider"])
    (target / "exported.onnx").unlink()


def _projection(encoder: "OnnxEncoder", vocabulary: Iterable[str]) -> tuple[Float32, Float32]:
    """Return the mean (d,) and the first principal axes (d, k) of the model's token vectors.

    They are learned from random words of the model's own vocabulary, so they belong to the model and
    not to any documents; on text the result is as good (see DIMENSIONS).
    """
    words = sorted(word for word in vocabulary if len(word) > 1 and word.isalpha())
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(words or ["a"], SAMPLE_WORDS)) for _ in range(SAMPLE_TEXTS)]
    tokens = np.concatenate([encoded.tokens for encoded in encoder.encode_windows(texts)])
    tokens /= np.maximum(np.linalg.norm(tokens, axis=1, keepdims=True), 1e-12)
    mean = tokens.mean(axis=0)
    values = np.linalg.eigh(np.cov((tokens - mean).T))
    axes = values.eigenvectors[:, ::-1][:, : min(DIMENSIONS, len(mean))]
    return mean.astype(np.float32), np.ascontiguousarray(axes, np.float32)


def _compare(model: Any, encoder: "OnnxEncoder") -> float:
    """Return the largest difference between the compiled model and sentence-transformers."""
    largest = 0.0
    for text in SAMPLE:
        expected = model.encode([text], prompt="", normalize_embeddings=True, convert_to_numpy=True)[0]
        tokens = model.encode([text], prompt="", output_value="token_embeddings")[0].numpy()
        sentence, hidden = encoder.run_raw(text)
        if hidden.shape != tokens.shape:
            raise ValueError(f"the compiled model sees {hidden.shape} tokens, sentence-transformers {tokens.shape}")
        if hidden.shape[1] != len(expected):
            raise ValueError("a layer after pooling changes the dimension; window encoding needs one without")
        largest = max(largest, float(np.abs(expected - sentence).max()), float(np.abs(tokens - hidden).max()))
    if largest > LARGEST_DIFFERENCE:
        raise ValueError(f"the compiled model differs from sentence-transformers by {largest:.1e}")
    return largest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
