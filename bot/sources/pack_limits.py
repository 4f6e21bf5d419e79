"""Check a pack of Git before it is unpacked: no object may be larger than a limit, however small its data.

Follows gitformat-pack: a header of 12 bytes, then for each object its type and size, the base of a delta, zlib data.
"""

import zlib
from typing import IO

from bot.sources.budget import Budget
from bot.sources.sync_errors import SyncError

CHUNK_BYTES = 1 << 16
HEADER_BYTES = 12
OFFSET_DELTA, REFERENCE_DELTA = 6, 7
TYPES = (1, 2, 3, 4, OFFSET_DELTA, REFERENCE_DELTA)
CHECKSUM_BYTES = 20
DAMAGED = "the server sent a damaged pack"


def check_pack(pack: IO[bytes], max_object_bytes: int, max_total_bytes: int, budget: Budget) -> None:
    """Raise SyncError if a pack is damaged, or if one object or all together are too large when they are unpacked."""
    pack.seek(0)
    header = pack.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES or header[:4] != b"PACK":
        raise SyncError(DAMAGED)
    reader = _Reader(pack)
    total = 0
    for _ in range(int.from_bytes(header[8:12], "big")):
        budget.spend()
        kind, size = reader.read_type_and_size()
        if kind not in TYPES:
            raise SyncError(DAMAGED)
        if kind == OFFSET_DELTA:
            reader.read_offset()
        elif kind == REFERENCE_DELTA:
            reader.read(CHECKSUM_BYTES)
        start = reader.inflate(size, max_object_bytes)
        if kind in (OFFSET_DELTA, REFERENCE_DELTA):
            size = _target_size(start)
        total += size
        if size > max_object_bytes or total > max_total_bytes:
            raise SyncError("the repository has objects that are too large when they are unpacked")
    pack.seek(0)


def _target_size(delta: bytes) -> int:
    """Read the size of what a delta makes: the second of the two numbers it begins with."""
    size, shift, numbers = 0, 0, 0
    for byte in delta:
        if numbers == 1:
            size |= (byte & 0x7F) << shift
            shift += 7
        if not byte & 0x80:
            numbers += 1
        if numbers == 2:
            return size
    raise SyncError(DAMAGED)


class _Reader:
    """Reads the entries of a pack one after another."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._rest = file, b""

    def read(self, size: int) -> bytes:
        while len(self._rest) < size:
            chunk = self._file.read(CHUNK_BYTES)
            if not chunk:
                raise SyncError(DAMAGED)
            self._rest += chunk
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def read_type_and_size(self) -> tuple[int, int]:
        byte = self.read(1)[0]
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 0x80:
            byte = self.read(1)[0]
            size |= (byte & 0x7F) << shift
            shift += 7
        return kind, size

    def read_offset(self) -> None:
        while self.read(1)[0] & 0x80:
            pass

    def inflate(self, size: int, limit: int) -> bytes:
        """Inflate an object of a declared size, and return what its first chunk begins with."""
        if size > limit:
            raise SyncError("the repository has objects that are too large when they are unpacked")
        engine, done, start = zlib.decompressobj(), 0, b""
        try:
            while not engine.eof:
                data = engine.unconsumed_tail or self._rest or self._file.read(CHUNK_BYTES)
                if not engine.unconsumed_tail:
                    self._rest = b""
                if not data:
                    raise SyncError(DAMAGED)
                output = engine.decompress(data, CHUNK_BYTES)
                start += output[: CHECKSUM_BYTES - len(start)]  # the first output may be a single byte
                done += len(output)
                if done > size:
                    raise SyncError(DAMAGED)
        except zlib.error:
            raise SyncError(DAMAGED) from None
        self._rest = engine.unused_data + self._rest
        if done != size:
            raise SyncError(DAMAGED)
        return start
