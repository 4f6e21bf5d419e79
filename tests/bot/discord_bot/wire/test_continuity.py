"""Ids are remembered in bounds; sessions and refused requests stay far from what Discord punishes."""

import pytest

from bot.discord_bot.wire.continuity import IDENTIFY_RESERVE, IdentifyBudget, InvalidRequests, Seen


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_id_is_new_once() -> None:
    """The second time, it is not; another kind of event has its own ids."""
    seen = Seen()
    assert seen.first(("MESSAGE_CREATE", "1"))
    assert not seen.first(("MESSAGE_CREATE", "1"))
    assert seen.first(("INTERACTION_CREATE", "1"))


def test_the_oldest_ids_go_first() -> None:
    """Memory is bounded, and what came again lately stays."""
    seen = Seen(size=3)
    assert [seen.first(key) for key in (1, 2, 3, 1, 4)] == [True, True, True, False, True]
    assert len(seen) == 3
    assert not seen.first(1)
    assert seen.first(2)


def test_sessions_are_five_seconds_apart() -> None:
    """Discord refuses two in a row."""
    clock = Hands()
    budget = IdentifyBudget(clock)
    assert budget.wait() == 0
    budget.spend()
    clock.now += 2
    assert budget.wait() == pytest.approx(3)
    clock.now += 3
    assert budget.wait() == 0


def test_never_a_thousand_sessions_a_day() -> None:
    """A client that starts one as soon as it may stays under 1,000 in any 24 hours."""
    clock = Hands()
    budget = IdentifyBudget(clock)
    times = []
    while clock.now < 1000 + 3 * 86_400:
        if wait := budget.wait():
            clock.now += wait
            continue
        budget.spend()
        times.append(clock.now)
    worst = max(sum(start <= other < start + 86_400 for other in times) for start in times[::10])
    assert 900 < worst < 1000
    gaps = [
        second - first
        for first, second in zip(times[IDENTIFY_RESERVE + 10 :], times[IDENTIFY_RESERVE + 11 :], strict=False)
    ]
    assert min(gaps) >= 90


def test_discords_count_is_heeded() -> None:
    """With few left, each waits 100 s for the one before it; with none, for the day's end."""
    clock = Hands()
    budget = IdentifyBudget(clock, spacing=0)
    budget.told(200, 50_000)
    assert budget.wait() == 0
    budget.spend()
    assert budget.wait() == pytest.approx(100)
    budget.told(0, 50_000)
    assert budget.wait() == pytest.approx(50_000)
    clock.now += 50_000
    assert budget.wait() == 0


def test_refused_requests_are_counted_for_ten_minutes() -> None:
    """At the limit there are too many, and ten minutes later none."""
    clock = Hands()
    invalid = InvalidRequests(clock, limit=3)
    for _ in range(3):
        assert not invalid.too_many
        invalid.add()
        clock.now += 1
    assert invalid.too_many
    clock.now += 600
    assert not invalid.too_many
    assert len(invalid) == 0
