"""A compiled cross-encoder scores like sentence-transformers; an index gets one only if it is usable."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoding import index_cross_encoder, models
from retrieval.encoding.cross_encoder import OnnxCrossEncoder, open_cross_encoder
from retrieval.errors import ModelError
from retrieval.progress import silent
from tests.support.tiny_cross_encoder import make_cross_encoder

PASSAGES = [
    "the library opens at nine.",
    "",
    " ",
    ".",
    "[SEP]",
    "the [SEP] cat [PAD]",
    "öffnet 図書館 😀",
    "a cat. " * 300,
]
QUESTIONS = ["when does the library open?", "?", "[SEP] [CLS]", "why " * 300]


@pytest.fixture(scope="module")
def compiled_tiny(compiled_cross_encoder: Path, tiny_cross_encoder: Path) -> OnnxCrossEncoder:
    fingerprint = index_cross_encoder.find(compiled_cross_encoder, str(tiny_cross_encoder))
    return open_cross_encoder(models.compiled_folder(compiled_cross_encoder, fingerprint), fingerprint, 1)


@pytest.fixture
def copy(compiled_cross_encoder: Path, tmp_path: Path) -> Path:
    """Return an index folder with a compiled cross-encoder that a test may damage."""
    return shutil.copytree(compiled_cross_encoder, tmp_path / "index")


def tree(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_scores_are_those_of_sentence_transformers(compiled_tiny: OnnxCrossEncoder, tiny_cross_encoder: Path) -> None:
    """They are for empty, overlong, foreign and hostile texts; control tokens are read as plain characters."""
    from sentence_transformers import CrossEncoder

    reference = CrossEncoder(
        str(tiny_cross_encoder), device="cpu", local_files_only=True, processor_kwargs={"split_special_tokens": True}
    )
    for question in QUESTIONS:
        expected = reference.predict([(question, passage) for passage in PASSAGES])
        assert np.ptp(expected) > 0.01
        np.testing.assert_allclose(compiled_tiny.scores(question, PASSAGES), expected, atol=1e-5)
    (as_control_token,) = CrossEncoder(str(tiny_cross_encoder), device="cpu", local_files_only=True).predict(
        [("?", "[SEP]")]
    )
    assert abs(as_control_token - compiled_tiny.scores("?", ["[SEP]"])[0]) > 1e-3


def test_a_score_does_not_depend_on_its_batch(compiled_tiny: OnnxCrossEncoder) -> None:
    """Alone or among longer passages, a passage has the same score; no passages have no scores."""
    passages = [f"{'word ' * n}." for n in range(25)]
    together = compiled_tiny.scores("which word?", passages)
    alone = [compiled_tiny.scores("which word?", [passage])[0] for passage in passages]
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert compiled_tiny.scores("which word?", []).shape == (0,)


def test_the_fingerprint_depends_on_weights_and_role(tiny_cross_encoder: Path, tmp_path: Path) -> None:
    """Other weights make another cross-encoder, and the same model as an encoder is yet another."""
    other = make_cross_encoder(tmp_path / "other", seed=1)
    same = make_cross_encoder(tmp_path / "same", seed=0)
    name = models.fingerprint(tiny_cross_encoder, "cross-encoder")
    assert name == models.fingerprint(same, "cross-encoder")
    assert name != models.fingerprint(other, "cross-encoder")
    assert name != models.fingerprint(tiny_cross_encoder)


def test_preparing_again_writes_nothing(compiled_cross_encoder: Path, tiny_cross_encoder: Path) -> None:
    """An undamaged compiled cross-encoder stays as it is."""
    before = tree(compiled_cross_encoder)
    assert not index_cross_encoder.would_compile(compiled_cross_encoder, str(tiny_cross_encoder))
    assert not index_cross_encoder.prepare(compiled_cross_encoder, str(tiny_cross_encoder), silent)
    assert tree(compiled_cross_encoder) == before


def test_the_same_weights_under_another_name_are_not_compiled_again(
    copy: Path, tiny_cross_encoder: Path, tmp_path: Path
) -> None:
    """Only the name in the file changes."""
    moved = shutil.copytree(tiny_cross_encoder, tmp_path / "moved")
    assert not index_cross_encoder.would_compile(copy, str(moved))
    assert not index_cross_encoder.prepare(copy, str(moved), silent)
    assert index_cross_encoder.find(copy, str(moved)) == models.fingerprint(tiny_cross_encoder, "cross-encoder")
    with pytest.raises(ModelError, match="is not compiled for this index; run: footnote rebuild"):
        index_cross_encoder.find(copy, str(tiny_cross_encoder))


def test_an_index_does_not_need_the_folder_of_the_model(copy: Path, tiny_cross_encoder: Path, tmp_path: Path) -> None:
    """On another machine, the name is enough to find the compiled model."""
    gone = tmp_path / "gone"
    content = json.loads((copy / "cross-encoder.json").read_text())
    (copy / "cross-encoder.json").write_text(json.dumps(content | {"name": str(gone)}))
    assert not index_cross_encoder.would_compile(copy, str(gone))
    assert index_cross_encoder.find(copy, str(gone)) == models.fingerprint(tiny_cross_encoder, "cross-encoder")


@pytest.mark.parametrize("name", ["model.onnx", "model.weights", "tokenizer.json", "manifest.json"])
def test_a_damaged_file_is_noticed(copy: Path, tiny_cross_encoder: Path, name: str) -> None:
    """Every file of the compiled cross-encoder is verified before use."""
    path = next(copy.rglob(name))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"is damaged; run: footnote rebuild$"):
        index_cross_encoder.find(copy, str(tiny_cross_encoder))
    assert index_cross_encoder.would_compile(copy, str(tiny_cross_encoder))


@pytest.mark.parametrize("fingerprint", ["../../outside", "", "0" * 15, 7])
def test_a_malformed_fingerprint_is_ignored(copy: Path, tiny_cross_encoder: Path, fingerprint: object) -> None:
    """No content of an index folder leads to a path outside of it."""
    (copy / "cross-encoder.json").write_text(json.dumps({"name": str(tiny_cross_encoder), "fingerprint": fingerprint}))
    with pytest.raises(ModelError, match="is not compiled for this index"):
        index_cross_encoder.find(copy, str(tiny_cross_encoder))


def test_a_model_that_is_not_a_usable_cross_encoder_is_refused_in_one_line(
    tiny_cross_encoder: Path, tmp_path: Path
) -> None:
    """The message for a missing folder, pickled weights, no trained head or two labels says what to do."""
    pickled = shutil.copytree(tiny_cross_encoder, tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    partly_pickled = shutil.copytree(tiny_cross_encoder, tmp_path / "partly")
    (partly_pickled / "2_Dense").mkdir()
    (partly_pickled / "2_Dense" / "pytorch_model.bin").write_bytes(b"\x80\x04")
    encoder = models.find_verified(models.DEFAULT_MODEL)
    two_labels = make_cross_encoder(tmp_path / "two", labels=2)
    reasons = {
        tmp_path / "missing": "is neither a folder nor a model on the hub",
        pickled: f"{pickled} contains no .safetensors weights",
        partly_pickled: f"{partly_pickled / '2_Dense'} contains no .safetensors weights",
        encoder: "not a cross-encoder: its weights lack 0.model.classifier.weight",
        two_labels: "the cross-encoder has 2 labels; expected one, the score",
    }
    for folder, reason in reasons.items():
        with pytest.raises(ModelError) as caught:
            index_cross_encoder.prepare(tmp_path / "index", str(folder), silent)
        message = str(caught.value)
        assert message.startswith(f'ranker.cross_encoder = "{folder}" cannot be used: ')
        assert reason in message
        assert message.endswith('; name another one, or "" for none')
        assert "\n" not in message
    assert not [path for path in (tmp_path / "index").rglob("*") if not path.name.endswith(".tmp") and path.is_file()]


def test_code_in_a_model_folder_is_never_run(tiny_cross_encoder: Path, tmp_path: Path) -> None:
    """A model that refers to code in its folder is refused, and the code has no effect."""
    hostile = shutil.copytree(tiny_cross_encoder, tmp_path / "hostile")
    config = json.loads((hostile / "config.json").read_text())
    own = {"AutoConfig": "own.Config", "AutoModelForSequenceClassification": "own.Model"}
    (hostile / "config.json").write_text(json.dumps(config | {"model_type": "own", "auto_map": own}))
    (hostile / "own.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w')\n")
    with pytest.raises(ModelError, match="cannot be used"):
        index_cross_encoder.prepare(tmp_path / "index", str(hostile), silent)
    assert not os.path.lexists(tmp_path / "trace")
