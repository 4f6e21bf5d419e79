"""Announcements of a change, corrections, and what holds for a short time only."""

import pytest

from retrieval.text.announcements import announces_change, asks_for_now, corrects, holds_for_now


def test_a_change_is_announced() -> None:
    """By what is done with a date, or by what it replaces."""
    for text in ("The talk has moved to May 3.", "New date: May 3", "It is now on May 3.", "Monday instead of Friday"):
        assert announces_change(text)
    for text in ("The talk is on May 3.", "We know the movers.", "A newer date palm"):
        assert not announces_change(text)


def test_a_correction_begins_as_one() -> None:
    """The same word later in the message corrects nothing."""
    for text in ("Correction: it is room 5", "small update – room 5", "EDIT: room 5"):
        assert corrects(text)
    for text in ("We have sent a correction.", "Updated rooms are on the door.", "sorry, I cannot come"):
        assert not corrects(text)


@pytest.mark.parametrize(
    ("text", "for_now"),
    [
        ("The desk opens at ten this week only.", True),
        ("Today only: half price.", True),
        ("Just this once, the desk opens at ten.", True),
        ("The essay is now due this Friday.", False),
        ("The desk opens at ten.", False),
        ("The pool opens on Fridays only.", False),
        ("Today the museum has 300 books.", False),
    ],
)
def test_what_holds_for_a_short_time_says_so(text: str, for_now: bool) -> None:
    """A day on which something always happens is no short time, and a new date is for good."""
    assert holds_for_now(text) is for_now
    assert asks_for_now("when does it open this week")
    assert not asks_for_now("when does it open on fridays")
