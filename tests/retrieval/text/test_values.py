"""Sentences give dates and numbers, which are compared."""

import time

import pytest

from retrieval.text.answer_types import DATE, NUMBER
from retrieval.text.values import values_differ, values_in


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("due Thu Feb 26", {"thu", "feb", "26"}),
        ("due on Thursday, 26th of February 2026", {"thu", "feb", "26", "2026"}),
        ("since 2026-02-05", {"feb", "5", "2026"}),
        ("Mar. 3rd, on Tues", {"mar", "3", "tue"}),
        ("open Mon–Fri", {"mon", "fri"}),
        ("until Friday 17:00", {"fri"}),
        ("The Sun sets at 9, and the Mar brand may sell.", set()),
    ],
)
def test_dates_are_the_same_however_they_are_written(text: str, values: set[str]) -> None:
    """Names of days and months count by their first letters; abbreviations are words unless a date goes on there."""
    assert values_in(text, DATE) == values


def test_numbers_outside_of_dates() -> None:
    """Words are numbers, too."""
    assert values_in("On Feb 26 and in 2019 it had 1,200 seats, twelve of them new.", NUMBER) == {"1200", "12"}


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ("due Feb 26", "due Feb 28", True),
        ("due Thu Feb 26", "due Feb 26", False),
        ("closes Friday 17:00", "closes Friday 18:00", True),
        ("closes Friday 17:00", "closes Friday 5:00 pm", False),
        ("closes Friday", "closes Friday 18:00", False),
        ("opens at nine", "opens at ten", True),
    ],
)
def test_dates_differ_by_their_times_if_by_nothing_else(first: str, second: str, differ: bool) -> None:
    """A date that is less exact does not differ."""
    assert values_differ(first, second, DATE) is differ


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ("You get four skips for the whole term.", "up to two skips per sheet", False),
        ("It costs 40 a year.", "4 € per month", False),
        ("5 €/night", "It costs 6 a night.", True),
        ("It costs 40 a year.", "It costs 45.", True),
        ("2 GB for a server", "3 GB for a client", True),
    ],
)
def test_numbers_differ_only_if_they_count_by_the_same(first: str, second: str, differ: bool) -> None:
    """Where one says nothing of that, they can be compared."""
    assert values_differ(first, second, NUMBER) is differ


def test_long_sentences_are_compared_quickly() -> None:
    """No pattern goes back and forth."""
    started = time.process_time()
    for text in ("1" * 20_000, "5 a " * 5_000, "5 " + "a" * 20_000, "in 1999 " * 2_500, "1:" * 10_000, "Mon " * 5_000):
        assert not values_differ(text, text, DATE)
        assert not values_differ(text, text, NUMBER)
    assert time.process_time() - started < 4
