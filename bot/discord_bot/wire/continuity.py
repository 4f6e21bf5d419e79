"""What outlives a client: the ids of past events, and the counts of sessions and refused requests.

The supervisor replaces a client that fails beyond repair; the clients of a process share one Continuity.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

IDENTIFY_RESERVE = 100  # sessions that may start in quick succession
IDENTIFY_SPACING_S = 100.0  # between sessions once the reserve is used up: 100 + 864 a day stay below 1,000
FEW_SESSIONS_LEFT = 250  # by Discord's own count; from then on sessions are spaced as well
NEGLIGIBLE_WAIT_S = 1e-3
MAX_INVALID_REQUESTS = 1_000  # Discord bans an address at 10,000
INVALID_REQUESTS_WINDOW_S = 600.0

Clock = Callable[[], float]


class SeenIds:
    """The last `size` ids of events: Discord may send an event again after a RESUME."""

    def __init__(self, size: int = 20_000) -> None:
        self._size = size
        self._ids: OrderedDict[Hashable, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, key: Hashable) -> bool:
        """Remember an id. Returns whether it is new."""
        new = key not in self._ids
        self._ids[key] = None
        self._ids.move_to_end(key)
        if len(self._ids) > self._size:
            self._ids.popitem(last=False)
        return new


class IdentifyBudget:
    """Keeps new sessions far below the 1,000 in 24 hours at which Discord resets the token.

    A reserve allows for bad minutes and refills by one session per IDENTIFY_SPACING_S. Discord's own count, from
    /gateway/bot, includes the sessions of earlier processes. Sessions always start at least `spacing` seconds apart.
    """

    def __init__(self, clock: Clock = time.monotonic, *, reserve: int = IDENTIFY_RESERVE, spacing: float = 5.0) -> None:
        self._clock = clock
        self._reserve = reserve
        self._spacing = spacing
        self._tokens = float(reserve)
        self._refilled_at = clock()
        self._last_start: float | None = None
        self._remaining: int | None = None
        self._reset_at = 0.0
        self.used = 0

    def set_remaining(self, remaining: int, reset_after: float) -> None:
        """Adopt Discord's count: sessions left, and seconds until the count starts over."""
        self._remaining = remaining
        self._reset_at = self._clock() + reset_after

    def wait(self) -> float:
        """Return the seconds until a session may start; 0 means now."""
        now = self._clock()
        self._refill(now)
        waits = [0.0]
        if self._last_start is not None:
            waits.append(self._last_start + self._spacing - now)
        if self._tokens < 1:
            waits.append((1 - self._tokens) * IDENTIFY_SPACING_S)
        if self._remaining is not None and now < self._reset_at:
            if self._remaining < 1:
                waits.append(self._reset_at - now)
            elif self._remaining <= FEW_SESSIONS_LEFT and self._last_start is not None:
                waits.append(self._last_start + IDENTIFY_SPACING_S - now)
        return longest if (longest := max(waits)) > NEGLIGIBLE_WAIT_S else 0.0

    def spend(self) -> None:
        """Count a session that starts now."""
        now = self._clock()
        self._refill(now)
        self._tokens -= 1
        self._last_start = now
        self.used += 1
        if self._remaining is not None:
            self._remaining -= 1

    def _refill(self, now: float) -> None:
        self._tokens = min(float(self._reserve), self._tokens + (now - self._refilled_at) / IDENTIFY_SPACING_S)
        self._refilled_at = now


class InvalidRequests:
    """Counts the requests that Discord refused (401, 403, 429) in the last ten minutes."""

    def __init__(self, clock: Clock = time.monotonic, *, limit: int = MAX_INVALID_REQUESTS) -> None:
        self._clock = clock
        self._limit = limit
        self._times: deque[float] = deque()

    def __len__(self) -> int:
        while self._times and self._times[0] <= self._clock() - INVALID_REQUESTS_WINDOW_S:
            self._times.popleft()
        return len(self._times)

    def add(self) -> None:
        """Count a refused request."""
        self._times.append(self._clock())

    @property
    def too_many(self) -> bool:
        """Return whether nothing should be sent for now."""
        return len(self) >= self._limit


@dataclass(slots=True)
class Continuity:
    """What a client takes over from the one before it."""

    seen_ids: SeenIds = field(default_factory=SeenIds)
    budget: IdentifyBudget = field(default_factory=IdentifyBudget)
    invalid_requests: InvalidRequests = field(default_factory=InvalidRequests)
    last_heard: float | None = None  # when the last frame of a session came, by time.monotonic
