"""A tiny encoder that sentence-transformers loads."""

import shutil
from pathlib import Path


def make_encoder(folder: Path) -> Path:
    """Write a random BERT with two layers and a few words, as sentence-transformers saves it; return the folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(0)
    base = folder / "base"
    base.mkdir(parents=True)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "dog", "query", ":"]
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
    return folder
