"""Turn pairs into batches of about the same length, with the token positions where an answer may start and end."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from retrieval.encoding.span_reader import MAX_TOKENS, NO_ANSWER, Window, text_tokens, window_text
from retrieval.training.pairs import Pair


@dataclass(frozen=True)
class Batch:
    """Arrays (pairs, tokens): `ids` and `types` int64, the others bool.

    `filled` is False in the padding. `text` marks where an answer may stand: position 0, for no answer, and the tokens
    of the window's text. `starts` and `ends` mark the right ones of these.
    """

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    filled: NDArray[np.bool_]
    text: NDArray[np.bool_]
    starts: NDArray[np.bool_]
    ends: NDArray[np.bool_]


@dataclass(frozen=True)
class EncodedPair:
    """The tokens of a pair and the marks of Batch, one for each token."""

    ids: list[int]
    types: list[int]
    text: NDArray[np.bool_]
    starts: NDArray[np.bool_]
    ends: NDArray[np.bool_]


def encode(tokenizer: Tokenizer, pairs: Sequence[Pair]) -> list[EncodedPair]:
    """Encode pairs; leaves out those that are too long.

    Whatever the tokenizer's file says, it must not pad or cut, and control tokens in a text are plain characters.
    """
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True
    windows = [Window(pair.window.head, pair.window.text) for pair in pairs]
    texts = [(pair.question, window_text(window)) for pair, window in zip(pairs, windows, strict=True)]
    encodings = tokenizer.encode_batch(texts)
    marked = [_mark(*given) for given in zip(encodings, windows, pairs, strict=True)]
    return [result for result in marked if result is not None]


def _mark(encoding: Encoding, window: Window, pair: Pair) -> EncodedPair | None:
    """Mark where the answer starts and ends; None if the pair is too long or an answer covers no token."""
    if len(encoding.ids) > MAX_TOKENS:
        return None
    tokens, offsets = text_tokens(encoding, window)
    text, starts, ends = np.zeros((3, len(encoding.ids)), bool)
    text[tokens] = True
    for start, end in pair.window.evidence:
        inside = tokens[(offsets[:, 0] < end) & (offsets[:, 1] > start)]
        if len(inside) == 0:
            return None
        if pair.window.exact:
            starts[inside[0]] = ends[inside[-1]] = True
        else:
            starts[inside] = ends[inside] = True
    if not pair.window.evidence:
        starts[NO_ANSWER] = ends[NO_ANSWER] = True
    text[NO_ANSWER] = True
    return EncodedPair(encoding.ids, encoding.type_ids, text, starts, ends)


def make_batches(encoded: Sequence[EncodedPair], batch_tokens: int, rng: random.Random) -> list[Batch]:
    """Group pairs of about the same length into batches of at most `batch_tokens` tokens, padding included."""
    order = sorted(range(len(encoded)), key=lambda row: len(encoded[row].ids))
    groups: list[list[EncodedPair]] = [[]]
    for row in order:
        if (len(groups[-1]) + 1) * len(encoded[row].ids) > batch_tokens and groups[-1]:
            groups.append([])
        groups[-1].append(encoded[row])
    rng.shuffle(groups)
    return [pad(group) for group in groups if group]


def pad(group: Sequence[EncodedPair]) -> Batch:
    """Put pairs into arrays as wide as the longest."""
    width = max(len(pair.ids) for pair in group)

    def fill(name: str, dtype: Any) -> NDArray[Any]:
        array = np.zeros((len(group), width), dtype)
        for row, pair in enumerate(group):
            array[row, : len(pair.ids)] = getattr(pair, name)
        return array

    lengths = np.array([len(pair.ids) for pair in group])
    filled = np.arange(width)[None, :] < lengths[:, None]
    return Batch(
        fill("ids", np.int64),
        fill("types", np.int64),
        filled,
        fill("text", bool),
        fill("starts", bool),
        fill("ends", bool),
    )
