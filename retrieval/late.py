"""Late interaction: compare each token of a question with the tokens of a sentence (Khattab and Zaharia 2020).

The token vectors of a window are projected to unit rows whose coordinates are all alike, and kept with
two bits a coordinate: the four-level quantizer of a normal distribution (Max 1960). They are by far
the largest part of an index, so they are mapped, not read, and each sentence's bytes carry a
checksum of their own that is compared when they are used. tests/benchmarks/compression.py prints
what other numbers of dimensions and bits would cost.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from retrieval.errors import DamagedIndexError
from retrieval.records import Float32, Int64, UInt8, UInt64

LOW, BOUND, HIGH = 0.4528, 0.9816, 1.5104  # levels ±LOW and ±HIGH, told apart at ±BOUND, in standard deviations
LEVELS = np.array([-HIGH, -LOW, LOW, HIGH], np.float32)
PER_BYTE = 4
# All four coordinates of each byte's value, as one 16-byte item, for numpy copies an item at once.
DECODED = np.stack(np.meshgrid(LEVELS, LEVELS, LEVELS, LEVELS, indexing="ij"), axis=-1).reshape(256, 4)
ITEMS = np.ascontiguousarray(DECODED).view(np.complex128).ravel()
SECOND_BITS = np.uint8(0b01010101)  # of the four codes of a byte


@dataclass(frozen=True, slots=True)
class LateIndex:
    """Token vectors of n sentences: those of row i are tokens[offsets[i]:offsets[i+1]].

    `tokens` uint8 (t, k / 4), see quantize; `offsets` int64 (n + 1,), every row has a token;
    `checks` uint64 (n,).
    """

    tokens: UInt8
    offsets: Int64
    checks: UInt64

    def __post_init__(self) -> None:
        if len(self.offsets) != len(self.checks) + 1 or int(self.offsets[-1]) != len(self.tokens):
            raise DamagedIndexError("the token vectors contradict themselves")

    @property
    def count(self) -> int:
        """Return n."""
        return len(self.checks)

    def row(self, row: int) -> UInt8:
        """Return the tokens of a row, uint8 (t, k / 4). Raises DamagedIndexError when they are not what was stored."""
        tokens = self.tokens[int(self.offsets[row]) : int(self.offsets[row + 1])]
        if tokens_check(tokens) != int(self.checks[row]):
            raise DamagedIndexError(f"the token vectors of sentence {row} are damaged; run footnote rebuild --full")
        return tokens

    def similarities(self, question: Float32, rows: Int64) -> Float32:
        """Return for each token of a question its largest cosine with a token of each row.

        `question` float32 (q, k), unit rows; the result is float32 (q, len(rows)).
        """
        if len(rows) == 0 or len(question) == 0:
            return np.zeros((len(question), len(rows)), np.float32)
        tokens = [self.row(row) for row in rows.tolist()]
        starts = np.cumsum([0, *(len(one) for one in tokens[:-1])])
        packed = np.concatenate(tokens)
        products = question @ _levels(packed).T
        products *= _scales(packed)
        largest: Float32 = np.maximum.reduceat(products, starts, axis=1)
        return largest


def quantize(projected: Float32) -> UInt8:
    """Return unit rows, float32 (t, k), with two bits a coordinate, uint8 (t, k / 4); k is a multiple of 4."""
    scaled = projected * np.sqrt(projected.shape[1])
    codes = (scaled > -BOUND).astype(np.uint8) + (scaled > 0) + (scaled > BOUND)
    packed: UInt8 = codes[:, 0::4] << 6 | codes[:, 1::4] << 4 | codes[:, 2::4] << 2 | codes[:, 3::4]
    return packed


def dequantize(packed: UInt8) -> Float32:
    """Return what quantize kept of its rows, again as unit rows, float32 (t, k)."""
    rows: Float32 = _levels(packed) * _scales(packed)[:, np.newaxis]
    return rows


def _levels(packed: UInt8) -> Float32:
    """Return the levels of packed rows, float32 (t, k), all of them of about the same length."""
    levels: Float32 = np.take(ITEMS, packed, mode="clip").view(np.float32).reshape(len(packed), -1)
    return levels


def _scales(packed: UInt8) -> Float32:
    """Return what makes unit rows of the levels of packed rows, float32 (t,)."""
    coordinates = packed.shape[1] * PER_BYTE
    # The codes 0 and 3 stand for the large levels, 1 and 2, whose bits differ, for the small ones.
    small = np.bitwise_count((packed ^ (packed >> 1)) & SECOND_BITS).sum(axis=1, dtype=np.int64)
    squares = HIGH**2 * coordinates - (HIGH**2 - LOW**2) * small
    scales: Float32 = (1.0 / np.sqrt(squares)).astype(np.float32)
    return scales


def build_late(rows: list[UInt8]) -> LateIndex:
    """Put the token vectors of all sentences together; row i is rows[i]."""
    offsets = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)
    tokens = np.concatenate(rows) if rows else np.empty((0, 1), np.uint8)
    return LateIndex(tokens, offsets, np.array([tokens_check(row) for row in rows], np.uint64))


def tokens_check(tokens: UInt8) -> int:
    """Return a 64-bit checksum of token vectors: the first eight bytes of their BLAKE2b hash."""
    return int.from_bytes(hashlib.blake2b(tokens.tobytes(), digest_size=8).digest(), "little")
