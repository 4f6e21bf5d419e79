"""A compiled encoder computes what sentence-transformers computes, and its files have checksums."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoding import models
from retrieval.encoding.encoder import OnnxEncoder, open_encoder
from retrieval.errors import ModelError
from retrieval.progress import silent
from tests.support.tiny_encoder import make_encoder

SENTENCES = ["The library opens at nine.", "Öffnet um neun. 開きます。", "Short.", "A ferry crosses twice a day. " * 30]


def test_the_default_model_was_compared_with_sentence_transformers(compiled_model: tuple[Path, str]) -> None:
    """Compiled, it differs from sentence-transformers by at most 1e-4; with 8 bits, its cosines are at least 0.98."""
    folder, fingerprint = compiled_model
    manifest = models.read_manifest(models.compiled_folder(folder, fingerprint))
    assert (manifest["dimension"], manifest["window_tokens"]) == (384, 256)
    assert 0 < manifest["largest_difference"] <= 1e-4
    assert 0.98 <= manifest["cosine"] < 1
    assert manifest["files"]["model.weights"]["size"] < 30_000_000  # 90 MB without quantization


def test_the_vectors_of_a_text_depend_on_nothing_else(encoder: OnnxEncoder) -> None:
    """Alone or among longer texts, a text has the same vectors to the last bit."""
    together = list(encoder.encode_windows(SENTENCES))
    for text, encoded in zip(SENTENCES, together, strict=True):
        alone = next(encoder.encode_windows([text]))
        np.testing.assert_array_equal(encoded.vector, alone.vector)
        np.testing.assert_array_equal(encoded.tokens, alone.tokens)
        np.testing.assert_array_equal(encoded.spans, alone.spans)
        assert np.linalg.norm(encoded.vector) == pytest.approx(1, abs=1e-5)


def test_token_spans_are_characters_of_the_text(encoder: OnnxEncoder) -> None:
    """Spans count characters, also after characters outside ASCII."""
    text = "Öffnet 😀 um neun."
    encoded = encoder.encode_question(text)
    assert [text[start:end] for start, end in encoded.spans][-4:] == ["um", "ne", "un", "."]


def test_control_tokens_in_a_text_are_read_as_characters(encoder: OnnxEncoder) -> None:
    """A question cannot inject a separator."""
    assert len(encoder.encode_question("[SEP]").spans) == 3
    assert encoder.count_tokens(["[SEP] [PAD]", ""]) == [6, 0]


def test_long_texts_are_truncated_but_counted_in_full(encoder: OnnxEncoder) -> None:
    """The model reads 256 tokens, two of them special, also after tokens were counted."""
    text = "word " * 1_000
    assert len(next(encoder.encode_windows([text])).tokens) == 254
    assert encoder.count_tokens([text]) == [1_000]
    assert len(next(encoder.encode_windows([text])).tokens) == 254


def test_a_damaged_compiled_model_is_noticed(compiled_model: tuple[Path, str], tmp_path: Path) -> None:
    """Every file has a checksum, and a broken file is not loaded."""
    folder, fingerprint = compiled_model
    copy = models.compiled_folder(tmp_path, fingerprint)
    shutil.copytree(models.compiled_folder(folder, fingerprint), copy)
    assert models.is_intact(copy)
    (copy / "tokenizer.json").write_text("{}")
    assert models.damaged_files(copy) == ["tokenizer.json"]
    with pytest.raises(ModelError, match="cannot load the compiled model"):
        open_encoder(copy, fingerprint, 0)
    (copy / "manifest.json").unlink()
    assert not models.is_intact(copy)


def test_a_folder_without_a_usable_model_is_refused(tmp_path: Path) -> None:
    """Pickled weights are never loaded, and the message for a broken model is one line."""
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(ModelError, match=r"contains no \.safetensors weights"):
        models.fingerprint(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(ModelError, match="cannot be compiled: ") as caught:
        models.compile_model(tmp_path, tmp_path / "out", silent)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_the_fingerprint_depends_on_the_content(tmp_path: Path) -> None:
    """Changed weights, tokenizers or settings make another model; a changed readme does not."""
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    first = models.fingerprint(tmp_path)
    (tmp_path / "README.md").write_text("words")
    assert models.fingerprint(tmp_path) == first
    (tmp_path / "tokenizer.json").write_text("{}")
    assert models.fingerprint(tmp_path) != first


def test_a_model_with_cls_pooling_and_prompts_can_be_compiled(tmp_path: Path) -> None:
    """The compiled model keeps its prompt for questions, whose tokens are not part of the result."""
    make_encoder(tmp_path / "tiny")
    target = tmp_path / "compiled"
    models.compile_model(tmp_path / "tiny", target, silent)
    encoder = open_encoder(target, "tiny", 1)
    assert encoder.dimension == 16
    passage, question = next(encoder.encode_windows(["the cat"])), encoder.encode_question("the cat")
    assert question.spans.tolist() == passage.spans.tolist() == [[0, 3], [4, 7]]
    assert not np.allclose(passage.vector, question.vector)
