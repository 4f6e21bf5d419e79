"""Compile a sentence-transformers cross-encoder to ONNX, as `compile` does an encoder.

The graph takes token ids and has the output `score`, float32 (b,), which CrossEncoder.predict returns.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retrieval.encoding.graphs import (
    EXPORTED,
    LOAD_OPTIONS,
    MODEL_OPTIONS,
    SAMPLE_TEXTS,
    check_largest,
    write_model,
)
from retrieval.errors import ModelError

if TYPE_CHECKING:
    from retrieval.encoding.cross_encoder import OnnxCrossEncoder

SAMPLE_QUESTIONS = (SAMPLE_TEXTS[0], "[SEP]", SAMPLE_TEXTS[3])
SAMPLE_PASSAGES = (*SAMPLE_TEXTS, ".")


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
    manifest = write_model(model, example, outputs, {"score": {0: "batch"}}, target) | {
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


def _compare_scores(model: Any, cross_encoder: "OnnxCrossEncoder") -> float:
    """Compute the largest difference between a compiled cross-encoder and sentence-transformers. Raises ModelError."""
    differences = []
    for question in SAMPLE_QUESTIONS:
        expected = model.predict([(question, passage) for passage in SAMPLE_PASSAGES])
        differences.extend(np.abs(expected - cross_encoder.scores(question, SAMPLE_PASSAGES)))
    return check_largest(differences)
