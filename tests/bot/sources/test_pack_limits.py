"""A pack is checked before it is unpacked, wherever its parts begin and end."""

import hashlib
import io
import zlib

import pytest

from bot.sources.budget import Budget
from bot.sources.pack_limits import CHUNK_BYTES, check_pack
from bot.sources.sync_errors import SyncError

DELTA = bytes([0x90, 0x4E, 0x90, 0x4E]) + b"\x90\x10" * 40  # makes 10,000 bytes out of 10,000


def make_pack(padding: int) -> bytes:
    """Make a pack of a blob of random bytes and a delta; `padding` moves the delta within the file."""
    blob = hashlib.shake_128(b"x").digest(CHUNK_BYTES - 300 + padding)
    entries = _head(3, len(blob)) + zlib.compress(blob, 0)
    entries += _head(7, len(DELTA)) + bytes(20) + zlib.compress(DELTA)
    pack = b"PACK" + (2).to_bytes(4, "big") + (2).to_bytes(4, "big") + entries
    return pack + hashlib.sha1(pack).digest()  # noqa: S324 - Git's


def _head(kind: int, size: int) -> bytes:
    head, rest = kind << 4 | size & 15, size >> 4
    parts = []
    while rest:
        parts.append(head | 0x80)
        head, rest = rest & 0x7F, rest >> 7
    return bytes([*parts, head])


def test_a_delta_may_begin_at_the_end_of_what_is_read_at_once() -> None:
    """Its first bytes come out one by one there; every place around the end of a part is tried."""
    for padding in range(220, 300):
        check_pack(io.BytesIO(make_pack(padding)), 100_000, 200_000, Budget(1, 1))


def test_the_size_that_a_delta_makes_counts_there_as_well() -> None:
    """It is in its first bytes."""
    for padding in range(220, 300):
        with pytest.raises(SyncError, match="too large when they are unpacked"):
            check_pack(io.BytesIO(make_pack(padding)), 100_000, CHUNK_BYTES + 5_000, Budget(1, 1))
