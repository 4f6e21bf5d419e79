"""Turn pairs into batches of about the same length, with the token positions where an answer may start and end."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from retrieval.encoding.span_reader import MAX_TOKENS, NO_ANSWER, Window, text_tokens, window_text
from retrieval.training.pairs import NEAR_MISS, Pair


@dataclass(frozen=True)
class Batch:
    """Arrays (pairs, tokens): `ids` and `types` int64, the others bool.

    `filled` is False in the padding. `text` marks where an answer may stand: position 0, for no answer, and the tokens
    of the window's text. `starts` and `ends` mark the right ones of these. `groups`, int64 (pairs,), numbers what is
    compared with each other. `found`, bool (pairs,), is False for what is judged only, not looked for.
    """

    ids: NDArray[np.int64]
    types: NDArray[np.int64]
    filled: NDArray[np.bool_]
    text: NDArray[np.bool_]
    starts: NDArray[np.bool_]
    ends: NDArray[np.bool_]
    groups: NDArray[np.int64]
    found: NDArray[np.bool_]


@dataclass(frozen=True)
class EncodedPair:
    """The tokens of a pair, the marks of Batch, one for each token, its group, and whether its answer is looked for."""

    ids: list[int]
    types: list[int]
    text: NDArray[np.bool_]
    starts: NDArray[np.bool_]
    ends: NDArray[np.bool_]
    group: int
    found: bool


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
    return EncodedPair(encoding.ids, encoding.type_ids, text, starts, ends, pair.group, pair.kind != NEAR_MISS)


def make_batches(encoded: Sequence[EncodedPair], batch_tokens: int, rng: random.Random) -> list[Batch]:
    """Gather groups of about the same length in batches of at most `batch_tokens` tokens, padding included.

    A larger group has a batch of its own.
    """
    by_group: dict[int, list[EncodedPair]] = {}
    for pair in encoded:
        by_group.setdefault(pair.group, []).append(pair)
    batches: list[list[EncodedPair]] = [[]]
    for group in sorted(by_group.values(), key=_longest):
        if (len(batches[-1]) + len(group)) * _longest(group) > batch_tokens and batches[-1]:
            batches.append([])
        batches[-1] += group
    rng.shuffle(batches)
    return [pad(batch) for batch in batches if batch]


def _longest(pairs: Sequence[EncodedPair]) -> int:
    return max(len(pair.ids) for pair in pairs)


def pad(pairs: Sequence[EncodedPair]) -> Batch:
    """Put pairs into arrays as wide as the longest."""
    width = _longest(pairs)

    def fill(name: str, dtype: Any) -> NDArray[Any]:
        array = np.zeros((len(pairs), width), dtype)
        for row, pair in enumerate(pairs):
            array[row, : len(pair.ids)] = getattr(pair, name)
        return array

    lengths = np.array([len(pair.ids) for pair in pairs])
    filled = np.arange(width)[None, :] < lengths[:, None]
    return Batch(
        fill("ids", np.int64),
        fill("types", np.int64),
        filled,
        fill("text", bool),
        fill("starts", bool),
        fill("ends", bool),
        np.array([pair.group for pair in pairs], np.int64),
        np.array([pair.found for pair in pairs], bool),
    )
