"""Windows are encoded each on its own, and their vectors can be carried to another machine."""

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.index.build import build_index
from retrieval.index.window_vectors import WindowVectors, encode_here, pack_vectors, unpack_vectors
from retrieval.types import Window
from tests.support.small_corpus import digest
from tests.support.small_index import TEXTS, read
from tests.support.word_encoder import WordEncoder

WINDOW = Window("Library. The library opens at nine. Cat!", 0, ((9, 35), (36, 40)))
NO_TOKENS = WindowVectors(np.zeros(13, np.int8), np.zeros((2, 13), np.float32), (np.zeros((1, 4), np.uint8),))


def packed(window: Window = WINDOW) -> bytes:
    [(_, vectors)] = encode_here(WordEncoder(), [window])
    return pack_vectors(vectors)


def test_vectors_survive_packing() -> None:
    """Every array comes back with the same shape, type and values."""
    encoder = WordEncoder()
    [(position, vectors)] = encode_here(encoder, [WINDOW])
    unpacked = unpack_vectors(pack_vectors(vectors), WINDOW, encoder.dimension, token_bytes=4)
    assert position == 0
    assert [rows.shape for rows in unpacked.tokens] == [(5, 4), (1, 4)]
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = [*zip(vectors.tokens, unpacked.tokens, strict=True)]
    pairs += [(vectors.window, unpacked.window), (vectors.sentences, unpacked.sentences)]
    for before, after in pairs:
        assert before.dtype == after.dtype
        assert np.array_equal(before, after)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        packed()[:-1],
        packed(Window(WINDOW.text, 0, WINDOW.spans[:1])),
        pack_vectors(NO_TOKENS),
        msgspec.msgpack.encode({"window": b""}),
    ],
    ids=["empty", "cut off", "of another window", "a sentence without tokens", "another form"],
)
def test_damaged_vectors_are_refused(damaged: bytes) -> None:
    """Nothing that is not the vectors of the window gets into an index."""
    with pytest.raises(ValueError, match="damaged vectors of a window"):
        unpack_vectors(damaged, WINDOW, WordEncoder.dimension, token_bytes=4)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1.1])
def test_vectors_that_are_not_of_unit_length_are_refused(value: float) -> None:
    """One that is no number would spoil every search, and a longer one would come first in each."""
    [(_, vectors)] = encode_here(WordEncoder(), [WINDOW])
    sentences = vectors.sentences.copy()
    sentences[1] = 0
    sentences[1, 0] = value
    damaged = pack_vectors(replace(vectors, sentences=sentences))
    with pytest.raises(ValueError, match="damaged vectors of a window"):
        unpack_vectors(damaged, WINDOW, WordEncoder.dimension, token_bytes=4)


def test_order_of_encoding_does_not_matter() -> None:
    """An index is the same when its windows arrive backwards, and refused when one is missing."""
    reads = [read(*item) for item in sorted(TEXTS.items())]
    forward = build_index(reads, WordEncoder(), "en", "gen-1").index
    backward = build_index(
        reads, WordEncoder(), "en", "gen-1", encode=lambda *call: reversed(list(encode_here(*call)))
    ).index
    assert digest(backward) == digest(forward)
    with pytest.raises(RuntimeError, match="1 windows were not encoded"):
        build_index(reads, WordEncoder(), "en", "gen-1", encode=lambda *call: iter(list(encode_here(*call))[1:]))
