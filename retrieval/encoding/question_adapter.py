"""Adapt a sentence-transformers model to questions: change its weights for them, and for them only.

A question is shorter than a passage and worded by somebody else. So a copy of the model learns, on questions and the
passages that answer them, to put questions where the unchanged model puts those passages. Vectors of passages stay as
they are. Changes of matrices have a low rank (Hu et al. 2021): an adapter is a safetensors file, in half precision,
with NAME.left, (out, r), and NAME.right, (r, in), whose product is added to the matrix NAME, and with NAME.added for
whatever is no matrix. This module needs torch; `models.find_adapter` tells which model has an adapter.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from retrieval.errors import ModelError

RANK = 64
LEFT, RIGHT, ADDED = ".left", ".right", ".added"


def adapt(model: nn.Module, path: Path) -> None:
    """Add the changes of an adapter to the weights of a model. Raises ModelError if one does not fit.

    The names are those of the transformer, which may be a part of the model.
    """
    parameters = dict(model.named_parameters())
    for name, change in read_changes(path).items():
        fitting = [own for own in parameters if own == name or own.endswith(f".{name}")]
        if len(fitting) != 1 or parameters[fitting[0]].shape != change.shape:
            raise ModelError(f"{path.name} does not fit the model: {name}")
        parameters[fitting[0]].data += change


def read_changes(path: Path) -> dict[str, Tensor]:
    """Read the changes of an adapter, float32, by the name of the parameter. Raises ModelError."""
    try:
        stored = load_file(path)
        changes = {name.removesuffix(ADDED): tensor.float() for name, tensor in stored.items() if name.endswith(ADDED)}
        for name in stored:
            if name.endswith(LEFT):
                matrix = name.removesuffix(LEFT)
                changes[matrix] = stored[name].float() @ stored[matrix + RIGHT].float()
    except Exception as error:  # safetensors raises errors of its own, and torch for shapes that do not fit
        raise ModelError(f"cannot read {path}: {' '.join(str(error).split())[:200]}") from None
    return changes


def write_changes(changes: Mapping[str, Tensor], path: Path, rank: int = RANK) -> None:
    """Write changes of parameters as an adapter; of a matrix, its largest `rank` singular values are kept."""
    stored: dict[str, Tensor] = {}
    for name, change in sorted(changes.items()):
        if change.ndim != 2:
            stored[name + ADDED] = change.half()
            continue
        left, values, right = torch.linalg.svd(change.double(), full_matrices=False)
        roots = values[:rank].sqrt()
        stored[name + LEFT] = (left[:, :rank] * roots).half().contiguous()
        stored[name + RIGHT] = (roots[:, None] * right[:rank]).half().contiguous()
    save_file(stored, path)
