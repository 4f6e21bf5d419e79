"""Ids are remembered within bounds; sessions and refused requests stay far below Discord's limits."""

from itertools import pairwise

import pytest

from bot.discord_bot.wire.continuity import IDENTIFY_RESERVE, IdentifyBudget, InvalidRequests, SeenIds


class ManualClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_id_is_new_once() -> None:
    """The second time it is not; the ids of another kind of event are separate."""
    seen_ids = SeenIds()
    assert seen_ids.add(("MESSAGE_CREATE", "1"))
    assert not seen_ids.add(("MESSAGE_CREATE", "1"))
    assert seen_ids.add(("INTERACTION_CREATE", "1"))


def test_the_oldest_ids_are_forgotten_first() -> None:
    """Memory is bounded, and an id that came again lately stays."""
    seen_ids = SeenIds(size=3)
    assert [seen_ids.add(key) for key in (1, 2, 3, 1, 4)] == [True, True, True, False, True]
    assert len(seen_ids) == 3
    assert not seen_ids.add(1)
    assert seen_ids.add(2)


def test_sessions_start_five_seconds_apart() -> None:
    """Discord would refuse the second of two in quick succession."""
    clock = ManualClock()
    budget = IdentifyBudget(clock)
    assert budget.wait() == 0
    budget.spend()
    clock.now += 2
    assert budget.wait() == pytest.approx(3)
    clock.now += 3
    assert budget.wait() == 0


def test_never_a_thousand_sessions_a_day() -> None:
    """A client that starts sessions as fast as it may stays under 1,000 in any 24 hours."""
    clock = ManualClock()
    budget = IdentifyBudget(clock)
    starts = []
    while clock.now < 1000 + 3 * 86_400:
        if wait := budget.wait():
            clock.now += wait
            continue
        budget.spend()
        starts.append(clock.now)
    most_in_a_day = max(sum(start <= other < start + 86_400 for other in starts) for start in starts[::10])
    assert 900 < most_in_a_day < 1000
    spaced = starts[IDENTIFY_RESERVE + 10 :]
    gaps = [second - first for first, second in pairwise(spaced)]
    assert min(gaps) >= 90


def test_discords_own_count_is_respected() -> None:
    """With few sessions left, they start 100 s apart; with none, after the count starts over."""
    clock = ManualClock()
    budget = IdentifyBudget(clock, spacing=0)
    budget.set_remaining(200, 50_000)
    assert budget.wait() == 0
    budget.spend()
    assert budget.wait() == pytest.approx(100)
    budget.set_remaining(0, 50_000)
    assert budget.wait() == pytest.approx(50_000)
    clock.now += 50_000
    assert budget.wait() == 0


def test_refused_requests_count_for_ten_minutes() -> None:
    """At the limit there are too many, and ten minutes later there are none."""
    clock = ManualClock()
    invalid_requests = InvalidRequests(clock, limit=3)
    for _ in range(3):
        assert not invalid_requests.too_many
        invalid_requests.add()
        clock.now += 1
    assert invalid_requests.too_many
    clock.now += 600
    assert not invalid_requests.too_many
    assert len(invalid_requests) == 0
