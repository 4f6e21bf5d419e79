"""Bound what the sync of one source may cost: bytes that are downloaded, and time."""

import time
from collections.abc import Callable

from bot.sources.sync_errors import SyncError

MEGABYTE = 1_000_000


class Budget:
    """What is left of the bytes and the time of one sync."""

    def __init__(self, max_megabytes: int, max_minutes: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Start the clock, whose unit is seconds."""
        self._max_megabytes, self._max_minutes, self._clock = max_megabytes, max_minutes, clock
        self._left = max_megabytes * MEGABYTE
        self._end = clock() + max_minutes * 60

    @property
    def max_bytes(self) -> int:
        """Return how much may be downloaded in all."""
        return self._max_megabytes * MEGABYTE

    def now(self) -> float:
        """Read the clock, in seconds."""
        return self._clock()

    @property
    def seconds_left(self) -> float:
        """Return the time that is left."""
        return self._end - self._clock()

    def spend(self, size: int = 0) -> None:
        """Count bytes that arrived. Raises SyncError if they are too many, or if the time is over."""
        self._left -= size
        if self._left < 0:
            raise SyncError(f"more than {self._max_megabytes:,} MB to download (sync.max_megabytes)")
        if self._clock() > self._end:
            raise SyncError(f"not done after {self._max_minutes} minutes (sync.max_minutes)")
