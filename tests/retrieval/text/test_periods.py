"""Days, months and years of a text, with ranges, open ends and exceptions."""

import pytest

from retrieval.text.periods import (
    DAY_STEMS,
    MONTH_STEMS,
    asked_periods,
    is_calendar_word,
    is_schedule_line,
    named_in,
    years_in,
)


def spelled(mask: int, stems: tuple[str, ...]) -> str:
    """Write a mask as the names of its bits."""
    return " ".join(stem for place, stem in enumerate(stems) if mask >> place & 1)


@pytest.mark.parametrize(
    ("text", "included", "excluded"),
    [
        ("Open from Monday to Friday.", "mon tue wed thu fri", ""),
        ("Mon–Thu 9-5, Sat 10-2", "mon tue wed thu sat", ""),
        ("Saturday to Monday", "mon sat sun", ""),
        ("between Tuesday and Thursday", "tue wed thu", ""),
        ("on Tuesdays and Thursdays", "tue thu", ""),
        ("Day: Sat and Sun; Opens: 9:00", "sat sun", ""),
        ("on weekdays", "mon tue wed thu fri", ""),
        ("at the weekend", "sat sun", ""),
        ("Open daily except Mondays", "mon tue wed thu fri sat sun", "mon"),
        ("closed on Sundays", "", "sun"),
        ("Sun protects nobody. I sat there and wed her.", "", ""),
        ("", "", ""),
    ],
)
def test_days_of_a_text(text: str, included: str, excluded: str) -> None:
    """Abbreviations count only beside what makes them days; ranges go round the weekend."""
    days = named_in(text)[0]
    assert (spelled(days.included, DAY_STEMS), spelled(days.excluded, DAY_STEMS)) == (included, excluded)


@pytest.mark.parametrize(
    ("text", "included"),
    [
        ("May to September", "may jun jul aug sep"),
        ("from October until March", "jan feb mar oct nov dec"),
        ("In may it may rain.", "may"),
        ("You may march on.", ""),
        ("on 3 June 2023", "jun"),
        ("open all year round", "jan feb mar apr may jun jul aug sep oct nov dec"),
        ("open year-round", "jan feb mar apr may jun jul aug sep oct nov dec"),
    ],
)
def test_months_of_a_text(text: str, included: str) -> None:
    """Words that are also verbs count only where they can be months."""
    assert spelled(named_in(text)[1].included, MONTH_STEMS) == included


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("in 2019 and 2021", {(2019, 2019), (2021, 2021)}),
        ("between 2019 and 2021", {(2019, 2021)}),
        ("1990–94", {(1990, 1994)}),
        ("in the 1990s", {(1990, 1999)}),
        ("since 2010", {(2010, 9999)}),
        ("until 1989", {(0, 1989)}),
        ("1,200 people on 2000.5 acres", set()),
    ],
)
def test_years_of_a_text(text: str, years: set[tuple[int, int]]) -> None:
    """Ranges, decades and open ends are intervals; large numbers are no years."""
    assert set(years_in(text)) == years


def test_a_question_is_not_limited_to_what_it_only_counts_from() -> None:
    """What happened "after 1990" happened in another year, what happened "in 1990" in this one."""
    assert asked_periods("Who won after 1990, before May?") == (0, 0, ())
    assert asked_periods("Who won in 1990 on a Monday in may?") == (1, 1 << 4, ((1990, 1990),))


def test_names_of_days_and_months_are_calendar_words() -> None:
    """Also in the plural."""
    assert [word for word in ("Saturdays", "July", "Safari", "weekend", "s") if is_calendar_word(word)] == [
        "Saturdays", "July", "weekend"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fri 9–14", True), ("Sat, Sun closed", True), ("Mon–Thu: 9 am to noon", True), ("Saturdays open", False),
        ("9–14", False), ("Fri 9–14 in the cellar", False), ("", False),
    ],
)  # fmt: skip
def test_the_line_of_a_schedule_has_nothing_but_days_and_hours(text: str, expected: bool) -> None:
    """Words for being open or closed are part of it."""
    assert is_schedule_line(text) is expected
