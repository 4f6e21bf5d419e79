"""Write the folder of a reader: the weights, the tokenizer and reader.json, which names their checksums."""

import json
import pickle
from pathlib import Path
from typing import Any

import torch

from retrieval import files
from retrieval.encoding.span_reader import MANIFEST, TOKENIZER, WEIGHTS
from retrieval.errors import DataError
from retrieval.training.export import to_onnx

MAX_BYTES = 25_000_000  # of weights and tokenizer together, so that they can be shipped with the code


def write_reader(checkpoint: Path, tokenizer: Path, folder: Path, facts: dict[str, Any]) -> None:
    """Write a reader from a checkpoint of the training loop, with some facts for reader.json.

    Raises DataError if there is no checkpoint or the files are too large to be shipped.
    """
    try:
        saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
        state = {name: tensor.numpy() for name, tensor in saved["model"].items()}
    except (OSError, RuntimeError, KeyError, ValueError, pickle.UnpicklingError) as error:
        raise DataError(f"{checkpoint}: not a checkpoint: {' '.join(str(error).split())[:200]}") from None
    layers = len([name for name in state if name.endswith(".wide.bias")])
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
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")
