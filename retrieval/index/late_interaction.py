"""Late interaction: compare each token of a question with the tokens of a sentence (Khattab and Zaharia 2020).

Token vectors are kept as `retrieval.encoding.token_quantizer` packs them. They are by far the largest part of an index,
so only the rows that a search uses are read, and each row has a checksum of its own that is compared at that time.

They lie in segments that are never changed: a generation shares those of the one before, and adds one with what is new.
"""

import hashlib
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

import numpy as np

from retrieval.encoding.token_quantizer import unit_scales, unpack_levels
from retrieval.errors import DamagedIndexError
from retrieval.files import FileFacts, FileReader
from retrieval.types import Bool, Float32, Int32, Int64, UInt8, UInt64

MOST_SEGMENTS = 8
DEAD = 1 / 3  # of a segment: with more than that in no row, it is written anew


@dataclass(frozen=True, slots=True)
class Segment:
    """Token vectors, uint8 (t, k / 4), and the file that holds them with its checksum, None before they are stored.

    `reader`, where there is one, reads that file: of mapped token vectors ever more would stay in memory.
    """

    tokens: UInt8
    stored: tuple[Path, FileFacts] | None = None
    reader: FileReader | None = None

    def piece(self, first: int, count: int) -> bytes:
        """Return the bytes of so many token vectors, of fewer when the file is too short. Raises OSError."""
        if self.reader is None:
            return self.tokens[first : first + count].tobytes()
        width = self.tokens.shape[1]
        return self.reader.read(first * width, count * width)


@dataclass(frozen=True, slots=True)
class LateIndex:
    """Token vectors of n sentences: those of row i are sizes[i] from starts[i] on, all segments counted through.

    `starts` int64 and `sizes` int32 (n,), every row has a token and lies in one segment; `checksums` uint64 (n,).
    """

    segments: tuple[Segment, ...]
    starts: Int64
    sizes: Int32
    checksums: UInt64
    _firsts: tuple[int, ...] = field(init=False, repr=False, compare=False)  # where each segment begins, and the end

    def __post_init__(self) -> None:
        firsts = (0, *accumulate(len(one.tokens) for one in self.segments))
        object.__setattr__(self, "_firsts", firsts)
        whole = len(self.starts) == len(self.sizes) == len(self.checksums)
        if whole and len(self.starts):
            whole = int(self.starts.min()) >= 0 and int(self.starts.max()) < firsts[-1] and int(self.sizes.min()) > 0
            ends = np.array(firsts[1:], np.int64)
            whole = whole and bool((self.starts + self.sizes <= ends[self.segment_of_rows()]).all())
        if not whole:
            raise DamagedIndexError("the token vectors contradict themselves")

    @property
    def count(self) -> int:
        """Return n."""
        return len(self.checksums)

    def segment_of_rows(self) -> Int64:
        """Return the number of each row's segment, int64 (n,)."""
        return np.searchsorted(np.array(self._firsts[1:], np.int64), self.starts, "right")

    def row(self, row: int) -> UInt8:
        """Return the tokens of a row, uint8 (t, k / 4). Raises DamagedIndexError when they are not what was stored."""
        return self._unpacked([row])

    def _unpacked(self, rows: list[int]) -> UInt8:
        """Return the tokens of rows one after the other, uint8 (t, k / 4). Raises DamagedIndexError as row does."""
        pieces = []
        for row, start, size in zip(rows, self.starts[rows].tolist(), self.sizes[rows].tolist(), strict=True):
            number = bisect_right(self._firsts, start) - 1
            try:
                piece = self.segments[number].piece(start - self._firsts[number], size)
            except OSError:
                piece = b""
            if _check(piece) != self.checksums[row]:
                raise DamagedIndexError(
                    f"the token vectors of sentence {row} are damaged; run: footnote rebuild --full"
                )
            pieces.append(piece)
        return np.frombuffer(b"".join(pieces), np.uint8).reshape(-1, self.segments[0].tokens.shape[1])

    def similarities(self, question: Float32, rows: Int64) -> Float32:
        """Return for each token of a question its largest cosine with a token of each row.

        `question` float32 (q, k), unit rows; the result is float32 (q, len(rows)).
        """
        if len(rows) == 0 or len(question) == 0:
            return np.zeros((len(question), len(rows)), np.float32)
        packed = self._unpacked(rows.tolist())
        sizes = self.sizes[rows]
        products = question @ unpack_levels(packed).T
        products *= unit_scales(packed)
        largest: Float32 = np.maximum.reduceat(products, np.cumsum(sizes) - sizes, axis=1)
        return largest


def build_late(rows: list[UInt8]) -> LateIndex:
    """Put the token vectors of all sentences together into one segment; row i is rows[i]."""
    sizes = np.array([len(row) for row in rows], np.int32)
    starts = np.cumsum(sizes, dtype=np.int64) - sizes
    segments = (Segment(np.concatenate(rows)),) if rows else ()
    return LateIndex(segments, starts, sizes, np.array([token_checksum(row) for row in rows], np.uint64))


def merge_late(first: LateIndex, second: LateIndex, take: Int64) -> LateIndex:
    """Return the token vectors of the rows of `first`, then of `second`, that `take` names, in its order.

    Stored segments of the first stay as they are while enough of them is in use; all else goes into one new segment.
    """
    both = LateIndex(
        (*first.segments, *second.segments),
        np.concatenate([first.starts, second.starts + sum(len(one.tokens) for one in first.segments)]),
        np.concatenate([first.sizes, second.sizes]),
        np.concatenate([first.checksums, second.checksums]),
    )
    starts, sizes, numbers = both.starts[take], both.sizes[take], both.segment_of_rows()[take]
    lengths = np.array([len(one.tokens) for one in both.segments], np.int64)
    kept = _kept(both.segments, lengths, np.bincount(numbers, sizes, len(lengths)).astype(np.int64))
    moved = ~kept[numbers]
    fresh = _gathered(both.segments, starts[moved] - (np.cumsum(lengths) - lengths)[numbers[moved]], sizes[moved],
                      numbers[moved])  # fmt: skip
    shift = np.cumsum(np.where(kept, 0, lengths))  # how much is left out before each segment
    starts = starts - shift[numbers] if len(starts) else starts
    new_sizes = sizes[moved].astype(np.int64)
    starts[moved] = int(lengths[kept].sum()) + np.cumsum(new_sizes) - new_sizes
    segments = tuple(one for one, stays in zip(both.segments, kept.tolist(), strict=True) if stays)
    return LateIndex((*segments, *([Segment(fresh)] if len(fresh) else [])), starts, sizes, both.checksums[take])


def _kept(segments: tuple[Segment, ...], lengths: Int64, used: Int64) -> Bool:
    """Return which segments stay as they are, bool (s,), from how many of their token vectors are in use."""
    stored = np.array([one.stored is not None for one in segments], bool)
    kept: Bool = stored & (used > 0) & (used >= (1 - DEAD) * lengths)
    if int(kept.sum()) >= MOST_SEGMENTS:  # the small ones become one
        kept &= used * MOST_SEGMENTS > used.sum()
    return kept


def _gathered(segments: tuple[Segment, ...], places: Int64, sizes: Int32, numbers: Int64) -> UInt8:
    """Copy the token vectors of rows, runs of neighbours at once; rows stand at `places` in segments of `numbers`."""
    width = segments[0].tokens.shape[1] if segments else 1
    tokens = np.empty((int(sizes.sum()), width), np.uint8)
    breaks = np.flatnonzero((places[1:] != (places + sizes)[:-1]) | (numbers[1:] != numbers[:-1])) + 1
    done = 0
    for start, end in zip([0, *breaks.tolist()], [*breaks.tolist(), len(places)], strict=True):
        if end > start:
            first, last = int(places[start]), int(places[end - 1]) + int(sizes[end - 1])
            tokens[done : done + last - first] = segments[int(numbers[start])].tokens[first:last]
            done += last - first
    return tokens


def token_checksum(tokens: UInt8) -> int:
    """Return a 64-bit checksum of token vectors: the first eight bytes of their BLAKE2b hash."""
    return _check(tokens.tobytes())


def _check(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")
