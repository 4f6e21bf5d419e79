"""Late interaction: compare each token of a question with the tokens of a sentence (Khattab and Zaharia 2020).

The token vectors of a window are projected to fewer dimensions, scaled to unit length and kept as
one signed byte a dimension. They are by far the largest part of an index, so they are mapped, not
read, and each sentence's bytes carry a checksum of their own that is compared when they are used.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from retrieval.errors import DamagedIndexError
from retrieval.records import Float32, Int8, Int64, UInt64

SCALE = 127.0


@dataclass(frozen=True, slots=True)
class LateIndex:
    """Token vectors of n sentences: those of row i are tokens[offsets[i]:offsets[i+1]].

    `tokens` int8 (t, k); `offsets` int64 (n + 1,), every row has a token; `checks` uint64 (n,).
    """

    tokens: Int8
    offsets: Int64
    checks: UInt64

    def __post_init__(self) -> None:
        if len(self.offsets) != len(self.checks) + 1 or int(self.offsets[-1]) != len(self.tokens):
            raise DamagedIndexError("the token vectors contradict themselves")

    @property
    def count(self) -> int:
        """Return n."""
        return len(self.checks)

    def row(self, row: int) -> Int8:
        """Return the tokens of a row, int8 (t, k). Raises DamagedIndexError when they are not what was stored."""
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
        tokens = [self.row(int(row)) for row in rows]
        starts = np.cumsum([0, *(len(one) for one in tokens[:-1])])
        products = question @ (np.concatenate(tokens).astype(np.float32).T / SCALE)
        largest: Float32 = np.maximum.reduceat(products, starts, axis=1)
        return largest


def quantize(projected: Float32) -> Int8:
    """Return unit rows, float32 (t, k), as signed bytes."""
    quantized: Int8 = np.rint(projected * SCALE).astype(np.int8)
    return quantized


def build_late(rows: list[Int8]) -> LateIndex:
    """Put the token vectors of all sentences together; row i is rows[i]."""
    offsets = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)
    tokens = np.concatenate(rows) if rows else np.empty((0, 1), np.int8)
    return LateIndex(tokens, offsets, np.array([tokens_check(row) for row in rows], np.uint64))


def tokens_check(tokens: Int8) -> int:
    """Return a 64-bit checksum of token vectors: the first eight bytes of their BLAKE2b hash."""
    return int.from_bytes(hashlib.blake2b(tokens.tobytes(), digest_size=8).digest(), "little")
