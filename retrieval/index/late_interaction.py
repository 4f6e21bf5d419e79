"""Late interaction: compare each token of a question with the tokens of a sentence (Khattab and Zaharia 2020).

Token vectors are stored as `retrieval.encoding.token_quantizer` packs them. They are by far the largest part of an
index, so only the rows that a search uses are read, and each row has a checksum that is verified at that time.

They are stored in immutable segments: a generation shares the segments of the one before it, and adds one with the new
rows.
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

MAX_SEGMENTS = 8
MAX_UNUSED_SHARE = 1 / 3  # of a segment; one with more unused token vectors is copied into the new segment


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """The file of a segment, and its size and checksum."""

    path: Path
    facts: FileFacts


@dataclass(frozen=True, slots=True)
class Segment:
    """Packed token vectors, uint8 (t, k / 4), and their file; None before they are stored.

    `reader`, if there is one, reads the file instead of the mapped `tokens`: pages of a mapped file would stay in
    memory.
    """

    tokens: UInt8
    file: SegmentFile | None = None
    reader: FileReader | None = None

    def read(self, first: int, count: int) -> bytes:
        """Read `count` token vectors, fewer if the file is too short. Raises OSError."""
        if self.reader is None:
            return self.tokens[first : first + count].tobytes()
        width = self.tokens.shape[1]
        return self.reader.read(first * width, count * width)


@dataclass(frozen=True, slots=True)
class LateIndex:
    """The packed token vectors of n sentences.

    Row i has sizes[i] of them from starts[i] on, counted through all segments; each row has at least one, and is within
    one segment. `starts` is int64 (n,), `sizes` int32 (n,), and `checksums` uint64 (n,).
    """

    segments: tuple[Segment, ...]
    starts: Int64
    sizes: Int32
    checksums: UInt64
    _bounds: tuple[int, ...] = field(init=False, repr=False, compare=False)  # start of each segment, and the end

    def __post_init__(self) -> None:
        bounds = (0, *accumulate(len(segment.tokens) for segment in self.segments))
        object.__setattr__(self, "_bounds", bounds)
        is_consistent = len(self.starts) == len(self.sizes) == len(self.checksums)
        if is_consistent and len(self.starts):
            ends = np.array(bounds[1:], np.int64)
            is_consistent = (
                int(self.starts.min()) >= 0
                and int(self.starts.max()) < bounds[-1]
                and int(self.sizes.min()) > 0
                and bool((self.starts + self.sizes <= ends[self.segment_of_rows()]).all())
            )
        if not is_consistent:
            raise DamagedIndexError("the parts of the token vectors contradict each other")

    @property
    def count(self) -> int:
        """Return n."""
        return len(self.checksums)

    def segment_of_rows(self) -> Int64:
        """Return the number of each row's segment, int64 (n,)."""
        return np.searchsorted(np.array(self._bounds[1:], np.int64), self.starts, "right")

    def row(self, row: int) -> UInt8:
        """Read the packed tokens of a row, uint8 (t, k / 4). Raises DamagedIndexError if their checksum differs."""
        return self._read_rows([row])

    def _read_rows(self, rows: list[int]) -> UInt8:
        """Read the packed tokens of rows one after the other, uint8 (t, k / 4). Raises DamagedIndexError."""
        contents = []
        for row, start, size in zip(rows, self.starts[rows].tolist(), self.sizes[rows].tolist(), strict=True):
            number = bisect_right(self._bounds, start) - 1
            try:
                content = self.segments[number].read(start - self._bounds[number], size)
            except OSError:
                content = b""
            if _checksum(content) != self.checksums[row]:
                problem = f"the token vectors of sentence {row} are damaged"
                raise DamagedIndexError(f"{problem}; run: footnote rebuild --full")
            contents.append(content)
        return np.frombuffer(b"".join(contents), np.uint8).reshape(-1, self.segments[0].tokens.shape[1])

    def similarities(self, question: Float32, rows: Int64) -> Float32:
        """Compute the largest cosine of each question token with the tokens of each row, float32 (q, len(rows)).

        `question` holds unit rows, float32 (q, k). Raises DamagedIndexError.
        """
        if len(rows) == 0 or len(question) == 0:
            return np.zeros((len(question), len(rows)), np.float32)
        packed = self._read_rows(rows.tolist())
        sizes = self.sizes[rows]
        products = question @ unpack_levels(packed).T
        products *= unit_scales(packed)
        largest: Float32 = np.maximum.reduceat(products, np.cumsum(sizes) - sizes, axis=1)
        return largest


def build_late(rows: list[UInt8]) -> LateIndex:
    """Put the packed tokens of all sentences into one segment; row i is rows[i]."""
    sizes = np.array([len(row) for row in rows], np.int32)
    starts = np.cumsum(sizes, dtype=np.int64) - sizes
    segments = (Segment(np.concatenate(rows)),) if rows else ()
    return LateIndex(segments, starts, sizes, np.array([token_checksum(row) for row in rows], np.uint64))


def merge_late(first: LateIndex, second: LateIndex, take: Int64) -> LateIndex:
    """Merge two indexes: row i is row take[i] of the rows of `first` followed by those of `second`.

    Segments that have a file stay as they are while enough of them is in use; all other rows go into one new segment.
    """
    both = LateIndex(
        (*first.segments, *second.segments),
        np.concatenate([first.starts, second.starts + sum(len(segment.tokens) for segment in first.segments)]),
        np.concatenate([first.sizes, second.sizes]),
        np.concatenate([first.checksums, second.checksums]),
    )
    starts, sizes, numbers = both.starts[take], both.sizes[take], both.segment_of_rows()[take]
    lengths = np.array([len(segment.tokens) for segment in both.segments], np.int64)
    used = np.bincount(numbers, sizes, len(lengths)).astype(np.int64)
    stays = _segments_to_keep(both.segments, lengths, used)
    moves = ~stays[numbers]
    first_tokens = np.cumsum(lengths) - lengths
    new_tokens = _copy_tokens(both.segments, starts[moves] - first_tokens[numbers[moves]], sizes[moves], numbers[moves])
    dropped_before = np.cumsum(np.where(stays, 0, lengths))
    starts = starts - dropped_before[numbers] if len(starts) else starts
    new_sizes = sizes[moves].astype(np.int64)
    starts[moves] = int(lengths[stays].sum()) + np.cumsum(new_sizes) - new_sizes
    segments = [segment for segment, keep in zip(both.segments, stays.tolist(), strict=True) if keep]
    if len(new_tokens):
        segments.append(Segment(new_tokens))
    return LateIndex(tuple(segments), starts, sizes, both.checksums[take])


def _segments_to_keep(segments: tuple[Segment, ...], lengths: Int64, used: Int64) -> Bool:
    """Mark the segments to keep as they are, bool (s,), by how many of their token vectors are in use."""
    has_file = np.array([segment.file is not None for segment in segments], bool)
    keep: Bool = has_file & (used > 0) & (used >= (1 - MAX_UNUSED_SHARE) * lengths)
    if int(keep.sum()) >= MAX_SEGMENTS:  # merge the small ones
        keep &= used * MAX_SEGMENTS > used.sum()
    return keep


def _copy_tokens(segments: tuple[Segment, ...], starts: Int64, sizes: Int32, numbers: Int64) -> UInt8:
    """Copy the packed tokens of rows, by their starts within segments and segment numbers; adjacent rows at once."""
    width = segments[0].tokens.shape[1] if segments else 1
    tokens = np.empty((int(sizes.sum()), width), np.uint8)
    breaks = np.flatnonzero((starts[1:] != (starts + sizes)[:-1]) | (numbers[1:] != numbers[:-1])) + 1
    done = 0
    for begin, end in zip([0, *breaks.tolist()], [*breaks.tolist(), len(starts)], strict=True):
        if end > begin:
            first, last = int(starts[begin]), int(starts[end - 1]) + int(sizes[end - 1])
            tokens[done : done + last - first] = segments[int(numbers[begin])].tokens[first:last]
            done += last - first
    return tokens


def token_checksum(tokens: UInt8) -> int:
    """Compute the 64-bit checksum of packed tokens: their BLAKE2b hash with a digest of eight bytes."""
    return _checksum(tokens.tobytes())


def _checksum(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")
