"""Rate limits like Discord's: buckets with headers, a global limit, and the count of invalid requests."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from bot.sandbox.loopback.world_records import Clock, Json

RULES: list[tuple[str, int, float]] = [  # pattern of "METHOD /path", requests, per so many seconds
    (r"^POST /channels/\d+/messages$", 5, 5.0),
    (r"^PATCH /channels/\d+/messages/\d+$", 5, 5.0),
    (r"^DELETE /channels/\d+/messages/\d+$", 5, 1.0),
    (r"^POST /channels/\d+/typing$", 5, 5.0),
    (r"^\w+ /webhooks/\d+/", 5, 2.0),
    (r"^(PUT|POST|GET) /applications/", 5, 20.0),
]
GLOBAL = (50, 1.0)  # requests, per so many seconds
MAX_BUCKETS = 1_000  # beyond that, those that are full again are forgotten


@dataclass
class Bucket:
    """How many requests are left until `ends`, when the bucket is full again."""

    remaining: int
    ends: float


class Limits:
    """Counts requests. With `enabled` False every request passes, but the headers are still sent."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._global = Bucket(GLOBAL[0], 0.0)
        self.enabled = True
        self.rules = list(RULES)  # the first one that matches counts
        self.ban_after = 10_000  # invalid requests (401, 403, 429); Discord counts them over ten minutes
        self.invalid = 0

    def banned(self) -> bool:
        """Return whether the address is banned for its invalid requests."""
        return self.invalid >= self.ban_after

    def take(self, method: str, path: str) -> tuple[dict[str, str], Json | None]:
        """Count a request. Returns its headers and, if it came too early, the body of the 429."""
        line = f"{method} {path}"
        rule = next((rule for rule in self.rules if re.search(rule[0], line)), None)
        if not path.startswith(("/interactions", "/webhooks")):
            wait = self._count(self._global, *GLOBAL)
            if wait is not None and self.enabled:
                return too_many(wait, everywhere=True)
        if rule is None:
            return {}, None
        pattern, limit, seconds = rule
        major = "/".join(path.split("/")[1 : 4 if path.startswith("/webhooks") else 3])
        if len(self._buckets) >= MAX_BUCKETS:
            self._buckets = {key: kept for key, kept in self._buckets.items() if kept.ends > self._clock.now()}
        bucket = self._buckets.setdefault((pattern, major), Bucket(limit, 0.0))
        wait = self._count(bucket, limit, seconds)
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(bucket.remaining if self.enabled else limit - 1),
            "X-RateLimit-Reset": f"{self._clock.wall() + bucket.ends - self._clock.now():.3f}",
            "X-RateLimit-Reset-After": f"{max(0.0, bucket.ends - self._clock.now()):.3f}",
            "X-RateLimit-Bucket": hashlib.md5(pattern.encode(), usedforsecurity=False).hexdigest(),
        }
        if wait is None or not self.enabled:
            return headers, None
        limit_headers, body = too_many(wait)
        return headers | limit_headers, body

    def _count(self, bucket: Bucket, limit: int, seconds: float) -> float | None:
        """Take a request from a bucket. Returns the seconds to wait if it is empty."""
        now = self._clock.now()
        if now >= bucket.ends:
            bucket.remaining, bucket.ends = limit, now + seconds
        if bucket.remaining <= 0:
            return bucket.ends - now
        bucket.remaining -= 1
        return None


def too_many(wait: float, *, everywhere: bool = False, via: bool = True) -> tuple[dict[str, str], Json]:
    """Build the headers and the body of a 429; without `via` it comes from the protection in front of Discord."""
    headers = {"Retry-After": f"{wait:.3f}", "X-RateLimit-Scope": "global" if everywhere else "user"}
    headers |= {"Via": "1.1 google"} if via else {}
    headers |= {"X-RateLimit-Global": "true"} if everywhere else {}
    return headers, {"message": "You are being rate limited.", "retry_after": round(wait, 3), "global": everywhere}
