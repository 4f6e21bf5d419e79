"""Make a cross-encoder with random weights that depend only on a seed, small enough for a test."""

import shutil
import string
from pathlib import Path

WINDOW = 384


def make_cross_encoder(folder: Path, *, seed: int = 0, labels: int = 1, layers: int = 2, size: int = 16) -> Path:
    """Write a random BERT that reads single letters, as sentence-transformers saves it; return the folder."""
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    base = folder / "base"
    base.mkdir(parents=True)
    letters = string.ascii_lowercase + string.digits + string.punctuation
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (base / "vocab.txt").write_text("\n".join(words))
    config = BertConfig(
        vocab_size=len(words), hidden_size=size, num_hidden_layers=layers, num_attention_heads=2,
        intermediate_size=2 * size, max_position_embeddings=WINDOW, initializer_range=0.5,
    )  # fmt: skip
    config.num_labels = labels
    torch.manual_seed(seed)
    BertForSequenceClassification(config).save_pretrained(base)
    BertTokenizer(str(base / "vocab.txt")).save_pretrained(base)
    CrossEncoder(str(base), device="cpu").save(str(folder))
    shutil.rmtree(base)
    return folder
