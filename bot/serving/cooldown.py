"""Limit how often somebody may ask, with one token bucket per key that is dropped once it is full again."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

MAX_KEYS = 10_000


class Cooldown:
    """Allows each key `rate` questions in `seconds`, all of which may come at once."""

    def __init__(self, rate: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.seconds = seconds
        self._clock = clock
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()  # when the bucket of each key will be full

    def wait(self, key: Hashable) -> float:
        """Count a question and return 0, or return the seconds until the next one is allowed.

        This is the generic cell rate algorithm: the time at which a bucket will be full describes it completely.
        """
        now = self._clock()
        seconds_each = self.seconds / self.rate
        full_at = max(self._full_at.get(key, now), now)
        too_early_by = full_at + seconds_each - self.seconds - now
        if too_early_by > 1e-9:
            return too_early_by
        self._full_at[key] = full_at + seconds_each
        self._full_at.move_to_end(key)
        self._drop_full_buckets(now)
        return 0.0

    def _drop_full_buckets(self, now: float) -> None:
        while self._full_at and (next(iter(self._full_at.values())) <= now or len(self._full_at) > MAX_KEYS):
            self._full_at.popitem(last=False)
