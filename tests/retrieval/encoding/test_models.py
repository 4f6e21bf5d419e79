"""The compiled model computes what sentence-transformers computes, and is checked like the index."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoding import models
from retrieval.encoding.encoder import OnnxEncoder, open_encoder
from retrieval.errors import ModelError
from retrieval.progress import silent

SENTENCES = ["The library opens at nine.", "Öffnet um neun. 開きます。", "Short.", "A ferry crosses twice a day. " * 30]


def test_the_default_model_is_the_original_and_was_compared(compiled: tuple[Path, str]) -> None:
    """The compiler's own comparison with sentence-transformers on real text is within 1e-4, then 8 bits keep 0.98."""
    folder, fingerprint = compiled
    manifest = models.read_manifest(models.compiled_folder(folder, fingerprint))
    assert (manifest["dimension"], manifest["window_tokens"]) == (384, 256)
    assert 0 < manifest["largest_difference"] <= 1e-4
    assert 0.98 <= manifest["cosine"] < 1
    assert manifest["files"]["model.weights"]["size"] < 30_000_000  # of 90


def test_a_texts_vectors_depend_on_nothing_else(encoder: OnnxEncoder) -> None:
    """Alone or among longer texts, a text gets the same vectors, to the bit."""
    together = list(encoder.encode_windows(SENTENCES))
    for text, one in zip(SENTENCES, together, strict=True):
        alone = next(encoder.encode_windows([text]))
        np.testing.assert_array_equal(one.vector, alone.vector)
        np.testing.assert_array_equal(one.tokens, alone.tokens)
        np.testing.assert_array_equal(one.spans, alone.spans)
        assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)


def test_token_spans_are_characters_of_the_text(encoder: OnnxEncoder) -> None:
    """A token's span cuts the text where the token stands, beyond ASCII too."""
    text = "Öffnet 😀 um neun."
    encoded = encoder.encode_question(text)
    assert [text[start:end] for start, end in encoded.spans][-4:] == ["um", "ne", "un", "."]


def test_control_tokens_in_a_text_are_read_as_characters(encoder: OnnxEncoder) -> None:
    """A question cannot smuggle in a separator."""
    assert len(encoder.encode_question("[SEP]").spans) == 3
    assert encoder.count_tokens(["[SEP] [PAD]", ""]) == [6, 0]


def test_long_texts_are_cut_at_the_models_window(encoder: OnnxEncoder) -> None:
    """The model reads 256 tokens with the special ones; counting has no limit."""
    text = "word " * 1_000
    assert len(next(encoder.encode_windows([text])).tokens) == 254
    assert encoder.count_tokens([text]) == [1_000]
    assert len(next(encoder.encode_windows([text])).tokens) == 254


def test_a_damaged_compiled_model_is_noticed_and_compiled_anew(compiled: tuple[Path, str], tmp_path: Path) -> None:
    """Every file of it has a checksum; one that is cut is not loaded."""
    folder, fingerprint = compiled
    copy = models.compiled_folder(tmp_path, fingerprint)
    shutil.copytree(models.compiled_folder(folder, fingerprint), copy)
    assert models.is_intact(copy)
    (copy / "tokenizer.json").write_text("{}")
    assert models.damaged_files(copy) == ["tokenizer.json"]
    with pytest.raises(ModelError, match="cannot load the compiled model"):
        open_encoder(copy, fingerprint, 0)
    (copy / "manifest.json").unlink()
    assert not models.is_intact(copy)


def test_what_is_no_model_is_refused_with_a_reason(tmp_path: Path) -> None:
    """A folder without safetensors weights is never unpickled; a broken one fails in one line."""
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(ModelError, match=r"holds no \.safetensors weights"):
        models.fingerprint(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(ModelError, match="cannot be compiled: ") as caught:
        models.compile_model(tmp_path, tmp_path / "out", silent)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    """Any change of weights, tokenizer or settings is another model; a readme is not."""
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    first = models.fingerprint(tmp_path)
    (tmp_path / "README.md").write_text("words")
    assert models.fingerprint(tmp_path) == first
    (tmp_path / "tokenizer.json").write_text("{}")
    assert models.fingerprint(tmp_path) != first


def test_a_small_model_of_another_kind_works_the_same(tmp_path: Path) -> None:
    """A model made on the spot, with CLS pooling and a prompt for questions, compiles and keeps its prompt."""
    _make_tiny_model(tmp_path / "tiny")
    target = tmp_path / "compiled"
    models.compile_model(tmp_path / "tiny", target, silent)
    encoder = open_encoder(target, "tiny", 1)
    assert encoder.dimension == 16
    plain, asked = next(encoder.encode_windows(["the cat"])), encoder.encode_question("the cat")
    assert asked.spans.tolist() == plain.spans.tolist() == [[0, 3], [4, 7]]
    assert not np.allclose(plain.vector, asked.vector)


def _make_tiny_model(folder: Path) -> None:
    """Write a random BERT of two layers with a vocabulary of six words."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(0)
    base = folder / "base"
    base.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "query", ":"]
    (base / "vocab.txt").write_text("\n".join(words))
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(base)
    BertTokenizer(str(base / "vocab.txt")).save_pretrained(base)
    transformer = Transformer(str(base), max_seq_length=32)
    modules = [transformer, Pooling(16, pooling_mode="cls")]
    SentenceTransformer(modules=modules, device="cpu", prompts={"query": "query: "}).save(str(folder))
    shutil.rmtree(base)
