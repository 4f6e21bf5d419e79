"""Make a reader with random weights that depend only on a seed, and sets of questions to train it with."""

import gzip
import json
import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from retrieval.training import data_sets
from retrieval.training.export import to_onnx
from retrieval.training.pairs import PairMaker, PairStream
from retrieval.training.reading_sets import read_set
from retrieval.training.span_model import HEADS, SpanModel

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
LETTERS = string.ascii_lowercase + string.digits + string.punctuation + "›"
SIZE = 2 * HEADS
LAYERS = 2


def make_tokenizer() -> Tokenizer:
    """Make a tokenizer that reads single letters in lower case, as BERT's reads pieces of words."""
    pieces = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106 - not a secret
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def make_model(seed: int = 0, vocabulary: int = len(SPECIAL) + 2 * len(LETTERS)) -> SpanModel:
    """Make a small span model."""
    import torch

    torch.manual_seed(seed)
    return SpanModel(vocabulary, SIZE, 2 * SIZE, LAYERS, 256)


def weights(model: SpanModel) -> dict[str, Any]:
    """Return the weights as arrays."""
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


def write_weights(path: Path, seed: int = 0, vocabulary: int = len(SPECIAL) + 2 * len(LETTERS)) -> Path:
    """Write the weights of a small model as ONNX; return the path."""
    path.write_bytes(to_onnx(weights(make_model(seed, vocabulary)), LAYERS))
    return path


def name(number: int) -> str:
    """Return a name of its own for each number below 800."""
    first, second = divmod(number % 400, 20)
    return (
        "BCDFGHJKLMNPQRSTVWXZ"[first] + "aeiou"[second % 5] + "bdkm"[second // 5] + ("orin" if number < 400 else "ulat")
    )


def record(number: int, *, answerable: bool = True) -> dict[str, Any]:
    """Return a question about a passage of four sentences, the second of which answers it.

    Ten passages have the same title, three in a row are of the same region, and every twentieth is near the same town.
    """
    fort, person, region, town = name(number), name(799 - number), name(399 - number // 3), name(199 - number % 20)
    answer = f"{1800 + number}"
    sentences = [
        f"{fort} stands on a hill in {region} near {town}.",
        f"It was built in {answer} by {person}.",
        "Many people visit the museum every year.",
        f"Visitors of {fort} can rent a guide at the gate.",
    ]
    context = " ".join(sentences)
    answers = [{"text": answer, "start": context.index(answer)}] if answerable else []
    return {
        "id": f"q{number}",
        "title": f"Forts_{number // 10}",
        "context": context,
        "question": f"When did {person} build {fort} in {region} near {town}?",
        "answers": answers,
        "answerable": answerable,
    }


def write_set(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    """Write records as a set; return the path."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in records)
    return path


def write_sets(folder: Path) -> Path:
    """Write a small set for each of those that a reader is trained on; return their folder."""
    folder.mkdir()
    for entry in data_sets.SETS:
        write_set(folder / f"{entry.name}.jsonl.gz", [record(number) for number in range(200)])
    return folder


def make_stream(folder: Path) -> PairStream:
    """Make the pairs of one small set, which is written into a folder."""
    data = read_set(write_set(folder / "forts.jsonl.gz", [record(number) for number in range(60)]), {})
    return PairStream([(PairMaker(data), 1.0)], seed=1)
