"""Cooldowns: the burst, the rate, and the keys in memory."""

import pytest

from bot.serving.cooldown import MAX_KEYS, Cooldown


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def test_cooldown_allows_a_burst_and_then_the_rate() -> None:
    """Ten at once, then one every three seconds; whoever waits as told is never rejected."""
    clock = Clock()
    cooldown = Cooldown(10, 30.0, clock)

    assert [cooldown.wait(1) for _ in range(10)] == [0.0] * 10
    assert cooldown.wait(1) == pytest.approx(3.0)
    assert cooldown.wait(1) == pytest.approx(3.0)  # asking too early does not count
    assert cooldown.wait(2) == 0.0
    clock.now += 2.9
    assert cooldown.wait(1) == pytest.approx(0.1)
    clock.now += 0.1
    assert cooldown.wait(1) == 0.0
    assert cooldown.wait(1) == pytest.approx(3.0)
    clock.now += 30.0
    assert [cooldown.wait(1) for _ in range(11)] == [0.0] * 10 + [pytest.approx(3.0)]


def test_cooldown_is_exact_over_a_long_time() -> None:
    """Over an hour of constant asking, exactly the burst and the rate are allowed."""
    clock = Clock()
    cooldown = Cooldown(10, 30.0, clock)
    allowed = 0
    for _ in range(36_000):
        allowed += cooldown.wait(1) == 0.0
        clock.now += 0.1

    assert abs(allowed - (10 + 3_600 / 3)) <= 1


def test_cooldown_drops_full_buckets() -> None:
    """Keys are dropped once they no longer matter, and there are never more than 10,000."""
    clock = Clock()
    cooldown = Cooldown(1, 10.0, clock)
    for key in range(MAX_KEYS + 500):
        assert cooldown.wait(key) == 0.0
    assert len(cooldown._full_at) == MAX_KEYS
    clock.now += 11.0
    cooldown.wait(-1)

    assert list(cooldown._full_at) == [-1]
