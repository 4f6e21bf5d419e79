"""Follow-ups that are nothing but another day, month or number."""

import pytest

from retrieval.text.exchanged_limits import exchange_limit


@pytest.mark.parametrize(
    ("question", "follow_up", "exchanged"),
    [
        ("is the pool open on saturday", "on sunday?", "is the pool open on sunday"),
        ("Is it open from Monday to Friday?", "at the weekend", "Is it open on weekend?"),
        ("When is it open on Mon, Tue and Wed?", "Fridays", "When is it open on Fridays?"),
        ("is it open on monday 4 may", "5 June?", "is it open on 5 June"),
        ("What does it cost in July?", "in December?", "What does it cost in December?"),
        ("what does a tier iv forge cost", "tier v?", "what does a tier v forge cost"),
        ("Who is in room 12?", "in room 14", "Who is in room 14?"),
        ("price for 2 people", "for 4 people?", "price for 4 people"),
    ],
)
def test_it_takes_the_place_of_the_same_kind_of_thing(question: str, follow_up: str, exchanged: str) -> None:
    """Ranges and lists are exchanged as a whole."""
    assert exchange_limit(question, follow_up) == exchanged


@pytest.mark.parametrize(
    ("question", "follow_up"),
    [
        ("Is it open on Saturday?", "for children?"),
        ("Is it open on Saturday?", "on Sunday for children?"),
        ("Who is in room 12?", "on Sunday?"),
        ("Who is in room 12?", "on floor 14?"),
        ("Are level 3 and level 5 alike?", "level 7?"),
        ("Is it open?", ""),
        (f"Is it open on Saturday? {'Thank you. ' * 40}", "on Sunday?"),
    ],
)
def test_anything_else_is_no_exchange(question: str, follow_up: str) -> None:
    """Neither is what the question has twice."""
    assert exchange_limit(question, follow_up) is None
