"""Encode windows, each on its own: its text and spans decide its vectors, whichever process or machine encodes it.

`pack_vectors` and `unpack_vectors` carry them from one machine to another.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from threadpoolctl import threadpool_limits

from retrieval.encoding.token_quantizer import quantize
from retrieval.index.index import quantize_vectors
from retrieval.types import Encoded, Encoder, Float32, Int8, UInt8, UInt64, Window


@dataclass(frozen=True, slots=True)
class WindowVectors:
    """The vectors of a window with s sentences: int8 (d,), float32 (s, d), and each sentence's quantized tokens."""

    window: Int8
    sentences: Float32
    tokens: tuple[UInt8, ...]


MAX_LENGTH = 1.001  # of a unit vector, rounded
# Encodes windows and yields, in any order, the position and the vectors of each.
EncodeWindows = Callable[[Encoder, Sequence[Window]], Iterator[tuple[int, WindowVectors]]]


def encode_here(encoder: Encoder, windows: Sequence[Window]) -> Iterator[tuple[int, WindowVectors]]:
    """Encode windows in this process; yield the position and the vectors of each, in order."""
    with threadpool_limits(1, "blas"):  # its threads would spin on the cores that the encoder needs
        encoded_windows = encoder.encode_windows([window.text for window in windows])
        for position, (window, encoded) in enumerate(zip(windows, encoded_windows, strict=True)):
            sentences = [sentence_vectors(encoded, span) for span in window.spans]
            yield (
                position,
                WindowVectors(
                    quantize_vectors(encoded.vector[np.newaxis])[0],
                    np.array([vector for _, vector in sentences], np.float32).reshape(-1, encoder.dimension),
                    tuple(quantize(encoder.project(tokens)) for tokens, _ in sentences),
                ),
            )


def sentence_vectors(encoded: Encoded, span: tuple[int, int]) -> tuple[Float32, Float32]:
    """Return the token vectors within a span of a window, float32 (t, d), and their unit mean, float32 (d,).

    A sentence beyond the end of the model's window gets the window's vector as its only token.
    """
    inside = (encoded.spans[:, 0] >= span[0]) & (encoded.spans[:, 1] <= span[1])
    tokens = encoded.tokens[inside] if inside.any() else encoded.vector[np.newaxis]
    mean = tokens.mean(axis=0)
    vector: Float32 = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
    return tokens, vector


def window_keys(windows: Sequence[Window], fingerprint: str) -> UInt64:
    """Hash what determines the vectors of each window (text, spans and model), uint64 (w, 2)."""
    keys = b"".join(
        hashlib.blake2b(repr((fingerprint, window.text, window.spans)).encode(), digest_size=16).digest()
        for window in windows
    )
    return np.frombuffer(keys, np.uint64).reshape(-1, 2)


class _Packed(msgspec.Struct, array_like=True, frozen=True):
    """The arrays of WindowVectors as little-endian bytes."""

    window: bytes
    sentences: bytes
    tokens: list[bytes]


def pack_vectors(vectors: WindowVectors) -> bytes:
    """Pack the vectors of a window; equal vectors give equal bytes."""
    tokens = [rows.tobytes() for rows in vectors.tokens]
    return msgspec.msgpack.encode(_Packed(vectors.window.tobytes(), vectors.sentences.astype("<f4").tobytes(), tokens))


def unpack_vectors(packed: bytes, window: Window, dimension: int, token_bytes: int) -> WindowVectors:
    """Unpack the vectors of a window; `token_bytes` is the size of a quantized token.

    Raises ValueError if they are damaged or cannot be those of the window.
    """
    try:
        content = msgspec.msgpack.decode(packed, type=_Packed)
        vectors = WindowVectors(
            np.frombuffer(content.window, np.int8).reshape(dimension),
            np.frombuffer(content.sentences, "<f4").reshape(len(window.spans), dimension),
            tuple(np.frombuffer(rows, np.uint8).reshape(-1, token_bytes) for rows in content.tokens),
        )
    except (msgspec.DecodeError, ValueError):
        raise ValueError("damaged vectors of a window") from None
    is_whole = len(vectors.tokens) == len(window.spans) and all(map(len, vectors.tokens))
    lengths = np.linalg.norm(vectors.sentences.astype(np.float64), axis=1)
    if not is_whole or not (lengths <= MAX_LENGTH).all():  # false for what is no number, too
        raise ValueError("damaged vectors of a window")
    return vectors
