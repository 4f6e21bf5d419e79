"""Write the folder of a reader: the weights, the tokenizer and reader.json, which names their checksums."""

import json
import pickle
from pathlib import Path
from typing import Any

import torch

from retrieval import files
from retrieval.encoding.span_reader import MANIFEST, TOKENIZER, WEIGHTS
from retrieval.errors import DataError
from retrieval.training.export import Array, count_layers, from_onnx, to_onnx

MAX_BYTES = 25_000_000  # of weights and tokenizer together, so that they can be shipped with the code


def read_checkpoint(path: Path) -> tuple[dict[str, Array], int]:
    """Return the weights, float32, of a checkpoint of the training loop, and on how many pairs they were trained.

    Raises DataError if there is none.
    """
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        return {name: tensor.numpy() for name, tensor in saved["model"].items()}, saved["position"]["pairs"]
    except (OSError, RuntimeError, KeyError, ValueError, pickle.UnpicklingError) as error:
        raise DataError(f"{path}: not a checkpoint: {' '.join(str(error).split())[:200]}") from None


def mean_with(state: dict[str, Array], start: Path) -> dict[str, Array]:
    """Return the mean of weights and those that their training started from, a reader.onnx.

    It keeps more of what was known before (Wortsman et al. 2022, robust fine-tuning). The judge is the trained one, and
    is to be trained again on that mean. Raises ModelError.
    """
    before = from_onnx(start).state_dict()
    return {
        name: array if name.startswith("judge.") else (array + before[name].numpy()) / 2
        for name, array in state.items()
    }


def write_reader(state: dict[str, Array], pairs: int, tokenizer: Path, folder: Path, facts: dict[str, Any]) -> None:
    """Write a reader from its weights, with the number of pairs that trained it and some facts for reader.json.

    Raises DataError if the files are too large to be shipped.
    """
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
        "pairs": pairs,
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
