"""Write the folder of a reader: the weights, the tokenizer and reader.json, which names their checksums."""

import json
import pickle
from pathlib import Path
from typing import Any

import torch

from retrieval import files
from retrieval.encoding.span_reader import MANIFEST, TOKENIZER, WEIGHTS
from retrieval.errors import DataError
from retrieval.training.export import count_layers, from_onnx, to_onnx

MAX_BYTES = 25_000_000  # of weights and tokenizer together, so that they can be shipped with the code


def write_reader(
    checkpoint: Path, tokenizer: Path, folder: Path, facts: dict[str, Any], mean_with: Path | None = None
) -> None:
    """Write a reader from a checkpoint of the training loop, with some facts for reader.json.

    With the weights that the training started from, a reader.onnx, it has the mean of both, which keeps more of what
    was known before (Wortsman et al. 2022, robust fine-tuning). Its judge is the trained one, and is to be trained
    again on that mean. Raises DataError if there is no checkpoint or the files
    are too large to be shipped.
    """
    try:
        saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
        state = {name: tensor.numpy() for name, tensor in saved["model"].items()}
    except (OSError, RuntimeError, KeyError, ValueError, pickle.UnpicklingError) as error:
        raise DataError(f"{checkpoint}: not a checkpoint: {' '.join(str(error).split())[:200]}") from None
    if mean_with is not None:
        before = from_onnx(mean_with).state_dict()
        shared = {name: (array + before[name].numpy()) / 2 for name, array in state.items() if "judge" not in name}
        state |= shared
    layers = count_layers(state)
    contents = {WEIGHTS: to_onnx(state, layers), TOKENIZER: tokenizer.read_bytes()}
    if sum(map(len, contents.values())) > MAX_BYTES:
        raise DataError(f"the reader has more than {MAX_BYTES / 1e6:.0f} MB; train fewer layers")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    manifest = {
        "files": {name: files.sha256_bytes(content) for name, content in contents.items()},
        "layers": layers,
        "pairs": saved["position"]["pairs"],
        **facts,
    }
    _write_manifest(folder, manifest)


def record_figures(folder: Path, figures: list[dict[str, Any]]) -> None:
    """Add figures of `judge` to reader.json, which keeps those of other files; of kinds, the AUROC only."""
    short = [
        {
            **{name: value for name, value in entry.items() if not isinstance(value, dict)},
            "auroc": {kind: value["auroc"] for kind, value in entry.items() if isinstance(value, dict)},
        }
        for entry in figures
    ]
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    measured = {(entry["file"], entry["casual"]) for entry in figures}
    others = [entry for entry in manifest.get("figures", []) if (entry["file"], entry["casual"]) not in measured]
    _write_manifest(folder, {**manifest, "figures": others + short})


def _write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write reader.json."""
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")
