"""Days of a month that a text names."""

import pytest

from retrieval.text.month_days import MonthDays, has_exception, month_days_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("open on monday 4 may", [(5, 4, 5, 4)]),
        ("Whit Monday, 25 May: closed", [(5, 25, 5, 25)]),
        ("the 4th of July and March 3rd", [(7, 4, 7, 4), (3, 3, 3, 3)]),
        ("Over Christmas (Dec 24 – Jan 2)", [(12, 24, 1, 2)]),
        ("from Mon 28 March 2022 to Fri, 1 April", [(3, 28, 4, 1)]),
        ("1 to 14 April; June 3–5", [(4, 1, 4, 14), (6, 3, 6, 5)]),
        ("closed on Christmas Eve and New Year’s Day", [(12, 24, 12, 24), (1, 1, 1, 1)]),
        ("boxing day to new years eve", [(12, 26, 12, 31)]),
        ("24 December to New Year's Day", [(12, 24, 1, 1)]),
        ("25 and 26 December: closed", [(12, 25, 12, 25), (12, 26, 12, 26)]),
        ("3, 5 & the 9–11 May", [(5, 3, 5, 3), (5, 5, 5, 5), (5, 9, 5, 11)]),
        ("24 or 26 December, rooms 2 and 3", [(12, 24, 12, 24), (12, 26, 12, 26)]),
        ("at Christmas, on Easter Monday, on a new day", []),
        ("until 4 May, since June 3", []),
        ("a guard of level 4 may march 5 miles in May 2020", []),
        ("", []),
    ],
)
def test_days_and_ranges_are_found(text: str, expected: list[tuple[int, int, int, int]]) -> None:
    """Days that time is counted from are left out, and so are verbs."""
    assert [(*days.first, *days.last) for days in month_days_in(text)] == expected


def test_a_range_may_go_on_in_the_next_year() -> None:
    """The second of January is between Christmas and Epiphany, and the third of February is not."""
    holidays = MonthDays((12, 24), (1, 6))
    assert [holidays.contains(day) for day in ((12, 31), (1, 2), (2, 3))] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Dec 24 – Jan 2: closed", True), ("6 April", True), ("1 May – 30 September: 9–20", False), ("Mon–Fri", False)],
)
def test_a_season_is_no_exception(text: str, expected: bool) -> None:
    """What is so for weeks tells how it usually is."""
    assert has_exception(text) is expected
