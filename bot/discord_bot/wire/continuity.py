"""What outlives a client: the ids already handled, and how many sessions and refused requests there were.

The supervisor makes a new client when one fails beyond repair; all of them share one Continuity.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

IDENTIFY_SPACING = 100.0  # seconds between sessions once the reserve is used: 100 + 864 a day stay below 1,000
IDENTIFY_RESERVE = 100
FEW_LEFT = 250  # with no more than this left by Discord's own count, sessions are spaced too
ROUNDING = 1e-3  # seconds that are no reason to wait
INVALID_LIMIT = 1_000  # Discord bans an address at 10,000
INVALID_WINDOW = 600.0

Clock = Callable[[], float]


class Seen:
    """The ids of the last events, at most `size`: Discord may send one again after a RESUME."""

    def __init__(self, size: int = 20_000) -> None:
        self._size = size
        self._ids: OrderedDict[Hashable, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._ids)

    def first(self, key: Hashable) -> bool:
        """Remember an id and return whether it is new."""
        new = key not in self._ids
        self._ids[key] = None
        self._ids.move_to_end(key)
        if len(self._ids) > self._size:
            self._ids.popitem(last=False)
        return new


class IdentifyBudget:
    """How long to wait before a new session: Discord resets the token of who starts 1,000 in 24 hours.

    A reserve serves bad minutes; it fills up again by one per IDENTIFY_SPACING. Discord's own count, from
    /gateway/bot, knows of earlier processes. Any two sessions are `spacing` seconds apart.
    """

    def __init__(self, clock: Clock = time.monotonic, *, reserve: int = IDENTIFY_RESERVE, spacing: float = 5.0) -> None:
        self._clock = clock
        self._reserve = reserve
        self._spacing = spacing
        self._tokens = float(reserve)
        self._filled = clock()
        self._last: float | None = None
        self._remaining: int | None = None
        self._resets = 0.0
        self.used = 0

    def told(self, remaining: int, reset_after: float) -> None:
        """Take over Discord's count: sessions left, and seconds until they are all there again."""
        self._remaining = remaining
        self._resets = self._clock() + reset_after

    def wait(self) -> float:
        """Return the seconds until a session may start; 0 is now."""
        now = self._clock()
        self._fill(now)
        waits = [0.0]
        if self._last is not None:
            waits.append(self._last + self._spacing - now)
        if self._tokens < 1:
            waits.append((1 - self._tokens) * IDENTIFY_SPACING)
        if self._remaining is not None and now < self._resets:
            if self._remaining < 1:
                waits.append(self._resets - now)
            elif self._remaining <= FEW_LEFT and self._last is not None:
                waits.append(self._last + IDENTIFY_SPACING - now)
        return longest if (longest := max(waits)) > ROUNDING else 0.0

    def spend(self) -> None:
        """Count a session that starts now."""
        now = self._clock()
        self._fill(now)
        self._tokens -= 1
        self._last = now
        self.used += 1
        if self._remaining is not None:
            self._remaining -= 1

    def _fill(self, now: float) -> None:
        self._tokens = min(float(self._reserve), self._tokens + (now - self._filled) / IDENTIFY_SPACING)
        self._filled = now


class InvalidRequests:
    """Requests that Discord refused (401, 403, 429) in the last ten minutes."""

    def __init__(self, clock: Clock = time.monotonic, *, limit: int = INVALID_LIMIT) -> None:
        self._clock = clock
        self._limit = limit
        self._times: deque[float] = deque()

    def add(self) -> None:
        """Count one."""
        self._times.append(self._clock())

    def __len__(self) -> int:
        while self._times and self._times[0] <= self._clock() - INVALID_WINDOW:
            self._times.popleft()
        return len(self._times)

    @property
    def too_many(self) -> bool:
        """Whether to send nothing for now."""
        return len(self) >= self._limit


@dataclass(slots=True)
class Continuity:
    """What every client of one process shares."""

    seen: Seen = field(default_factory=Seen)
    budget: IdentifyBudget = field(default_factory=IdentifyBudget)
    invalid: InvalidRequests = field(default_factory=InvalidRequests)
    heard: float | None = None  # when an event could last arrive, by time.monotonic
