"""Questions have weights of their own, and passages keep theirs."""

import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from retrieval import files
from retrieval.encoding import models
from retrieval.encoding.encoder import OnnxEncoder, open_encoder
from retrieval.encoding.question_adapter import adapt, read_changes, write_changes
from retrieval.errors import ModelError
from tests.support.tiny_encoder import make_encoder

MATRIX, BIAS = "encoder.layer.1.output.dense.weight", "encoder.layer.1.output.dense.bias"
TEXT = "the cat the dog"


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    """Load the weights of a model by their names in an adapter."""
    model = SentenceTransformer(str(folder), device="cpu")
    return {name.split("model.", 1)[-1]: value.detach() for name, value in model.named_parameters()}


@pytest.fixture
def adapted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a tiny model that counts as the default one, with a random adapter of full rank."""
    folder = make_encoder(tmp_path / "tiny")
    torch.manual_seed(1)
    changes = {name: torch.randn(value.shape) for name, value in weights_of(folder).items() if name in (MATRIX, BIAS)}
    write_changes(changes, tmp_path / "adapter.safetensors")
    monkeypatch.setattr(models, "QUESTION_ADAPTER", tmp_path / "adapter.safetensors")
    monkeypatch.setattr(models, "DEFAULT_WEIGHTS_SHA256", files.sha256(folder / models.WEIGHTS))
    return folder


def test_an_adapter_keeps_the_largest_singular_values_of_a_change(tmp_path: Path) -> None:
    """What is lost of a matrix is as long as the values that were cut off; of anything else, half precision."""
    torch.manual_seed(0)
    matrix, bias = torch.randn(12, 8), torch.randn(12)
    values = torch.linalg.svdvals(matrix)
    for rank in (8, 3):
        write_changes({MATRIX: matrix, BIAS: bias}, tmp_path / "a.safetensors", rank)
        read = read_changes(tmp_path / "a.safetensors")
        lost = torch.linalg.norm(read[MATRIX] - matrix)
        assert lost.item() == pytest.approx(torch.linalg.norm(values[rank:]).item(), abs=0.01)
        torch.testing.assert_close(read[BIAS], bias, atol=2e-3, rtol=1e-3)


def test_adapting_adds_the_changes_to_the_weights_of_a_model(adapted: Path) -> None:
    """To those that it names, and to no others."""
    before = weights_of(adapted)
    model = SentenceTransformer(str(adapted), device="cpu")
    adapt(model, models.QUESTION_ADAPTER)
    changes = read_changes(models.QUESTION_ADAPTER)
    assert changes.keys() == {MATRIX, BIAS}
    for name, value in model.named_parameters():
        own = name.split("model.", 1)[-1]
        torch.testing.assert_close(value.detach(), before[own] + changes.get(own, 0.0))


@pytest.mark.parametrize("name", ["encoder.layer.7.output.dense.bias", MATRIX])
def test_an_adapter_of_another_model_is_refused(adapted: Path, tmp_path: Path, name: str) -> None:
    """With an unknown name or another shape; a file that is none is refused as well."""
    model = SentenceTransformer(str(adapted), device="cpu")
    write_changes({name: torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="does not fit the model"):
        adapt(model, tmp_path / "other.safetensors")
    (tmp_path / "other.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot read"):
        adapt(model, tmp_path / "other.safetensors")


def test_only_questions_are_encoded_with_the_adapter(adapted: Path, compiled: Path) -> None:
    """Passages have the vectors of the model as it is, questions those of the adapted one."""
    encoder = open_encoder(compiled, "tiny", 1)
    model = SentenceTransformer(str(adapted), device="cpu")
    passage = model.encode([TEXT], prompt="", normalize_embeddings=True)[0]
    np.testing.assert_allclose(next(encoder.encode_windows([TEXT])).vector, passage, atol=0.05)
    adapt(model, models.QUESTION_ADAPTER)
    question = model.encode([TEXT], prompt="query: ", normalize_embeddings=True)[0]
    assert encoder.encode_question(TEXT).vector @ question == pytest.approx(1, abs=0.01)
    assert encoder.encode_question(TEXT).vector @ passage < 0.95


@pytest.fixture
def compiled(adapted: Path, tmp_path: Path) -> Path:
    """Return the folder of the compiled tiny model; compiled in this process, which knows that it is the default."""
    from retrieval.encoding.compile import compile_encoder

    (tmp_path / "compiled").mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as the process does that compiles
        manifest = compile_encoder(adapted, tmp_path / "compiled")
    (tmp_path / "compiled" / models.MANIFEST).write_text(json.dumps(manifest))
    return tmp_path / "compiled"


def test_a_question_does_not_need_the_graph_for_passages(compiled: Path) -> None:
    """It is loaded for the first passage."""
    encoder = open_encoder(compiled, "tiny", 1)
    (compiled / "model.onnx").unlink()
    assert len(encoder.encode_question(TEXT).tokens) == 4
    with pytest.raises(ModelError, match="cannot load the compiled model"):
        next(encoder.encode_windows([TEXT]))


def test_another_adapter_makes_another_model_and_only_of_the_default_one(adapted: Path, tmp_path: Path) -> None:
    """Answers depend on it, so the fingerprint does; a cross-encoder and any other model have none."""
    other = tmp_path / "other"
    shutil.copytree(adapted, other)
    (other / models.WEIGHTS).write_bytes(b"others")
    assert models.find_adapter(adapted) == models.QUESTION_ADAPTER
    assert models.find_adapter(other) is None

    def fingerprints() -> list[str]:
        return [models.fingerprint(adapted), models.fingerprint(adapted, "cross-encoder"), models.fingerprint(other)]

    before = fingerprints()
    write_changes({BIAS: torch.zeros(16)}, models.QUESTION_ADAPTER)
    assert [one == two for one, two in zip(before, fingerprints(), strict=True)] == [False, True, True]


def test_the_shipped_adapter_fits_the_default_model_and_brings_questions_to_their_answers(
    encoder: OnnxEncoder,
) -> None:
    """In other words than the passage; as a passage, the question stays farther away."""
    asked = "my kid typed the wrong password too often, how do i let him in again"
    passages = [
        "To unlock a user, the administrator opens the profile of the user and ticks Enabled.",
        "Passwords have at least eight characters and are stored with a salt.",
    ]
    unlock, passwords = (one.vector for one in encoder.encode_windows(passages))
    question, plain = encoder.encode_question(asked).vector, next(encoder.encode_windows([asked])).vector
    assert question @ unlock - question @ passwords > plain @ unlock - plain @ passwords
