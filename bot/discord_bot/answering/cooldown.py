"""Cooldowns: how often somebody may ask, as token buckets that are forgotten when they are full again."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEYS = 10_000


class Cooldown:
    """Allows `rate` questions in `seconds` for each key, and as many at once."""

    def __init__(self, rate: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._seconds = seconds
        self._clock = clock
        self._full_at: OrderedDict[int, float] = OrderedDict()  # when the key's bucket will be full

    def wait(self, key: int) -> float:
        """Return 0 and count a question, or the seconds until the next one is allowed.

        See the generic cell rate algorithm: a bucket is known by the time at which it will be full.
        """
        now = self._clock()
        each = self._seconds / self._rate
        full_at = max(self._full_at.get(key, now), now)
        too_early = full_at + each - self._seconds - now
        if too_early > 1e-9:
            return too_early
        self._full_at[key] = full_at + each
        self._full_at.move_to_end(key)
        self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        while self._full_at and (next(iter(self._full_at.values())) <= now or len(self._full_at) > MOST_KEYS):
            self._full_at.popitem(last=False)
