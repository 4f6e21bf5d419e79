"""What can be told from the cells alone: which rows name columns, and which tables hold facts."""

import pytest

from retrieval.text.cell_types import cell_type, is_series, word_form
from retrieval.text.header_evidence import are_facts, names_columns


def grid(*rows: str) -> list[list[str]]:
    """Split rows at " | "."""
    return [[cell.strip() for cell in row.split("|")] for row in rows]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("12", "number"), ("1,200.50", "number"), ("≈ 40", "number"), ("2021", "year"), ("2021/22", "year"),
        ("3rd", "ordinal"), ("9:00", "time"), ("9 a.m.", "time"), ("2024-05-01", "date"), ("1 May 2024", "date"),
        ("Monday", "day or month"), ("Jan.", "day or month"), ("Mo-Fr", ""), ("€ 20", "money"), ("20 euros", "money"),
        ("35 %", "share"), ("3 m", "measure in m"), ("12 miles", "measure in miles"), ("yes", "yes or no"),
        ("Mon 9 Mar (2026-03-09)", "date"), ("9-Mar-26", "date"), ("Mar 2026", "date"), ("-£35", "money"),
        ("($20.00)", "money"), ("(20.00)", "number"), ("(3)", ""),
        ("https://a.example/b", "address"), ("Ines Falk", ""), ("", ""), ("—", ""), ("Room 7", ""),
    ],
)  # fmt: skip
def test_a_value_has_a_type(cell: str, expected: str) -> None:
    """Words have none, and neither has a cell that says nothing."""
    assert cell_type(cell) == expected


def test_words_have_a_form() -> None:
    """Several capitals may be a person as well as a heading in title case."""
    forms = ["slate", "Slate", "Ines Falk", "Guild of Pilots", "Built by hand", ""]
    assert [word_form(text) for text in forms] == ["lower", "title", "name", "name", "phrase", "lower"]


def test_series_are_years_in_equal_steps_and_counts() -> None:
    """Such cells stand above columns, unlike any other numbers."""
    assert [is_series(cells) for cells in (["2021", "2022"], ["2000", "2010", "2020"], ["1", "2", "3"])] == [True] * 3
    assert [is_series(cells) for cells in (["1880", "1931"], ["1", "2"], ["20", "25", "30"], ["2021"])] == [False] * 4


@pytest.mark.parametrize(
    "rows",
    [
        ("Room | Is it heated? | How many beds?", "Attic | no | 4", "Tower | yes | 2"),
        ("Room | 2021 | 2022", "Attic | 20 | 25", "Tower | 30 | 35"),
        ("Post | 2021 | 2022", "Keeper | Ines Falk | Otto Berg"),
        ("Level | 1st | 2nd | 3rd", "5 | 4 | 3 | 2", "6 | 4 | 3 | 3"),
        ("Stop | Monday | Sunday", "Mill | 9:00 | 10:00"),
        ("Floor | 1 | 2 | 3", "Beds | 4 | 6 | 5"),
        ("Boat | 5 kg | 10 kg", "Canoe | 3 € | 4 €", "Skiff | 5 € | 6 €"),
        ("No. | Name | Home Town", "a | Ines Falk | New York", "b | Otto Berg | Leeds"),
        (" | Attic | Tower", "Beds | 4 | 2", "Stove | wood | gas"),
        ("Room | Opens | Opens | Note", "Attic | 9:00 | 14:00 | cold"),
        ("Room | Warden | Colour", "Attic | Falk | Green", "Tower | Berg | Red"),
        ("Room | Price", "Attic | 20", "Tower | 30"),
        ("Room | Heated?", "Attic | no", "Tower | yes"),
        ("Day | Opens", "Monday | nine", "Tuesday | four"),
        ("Level | Rages", "1st | 2", "20th | Unlimited"),
        ("Word | Meaning", "bow | front", "stern | back"),
        ("Word | Use", "bow | it goes first through the water", "stern | the warden stands there to steer"),
    ],
)
def test_a_row_names_columns(rows: tuple[str, ...]) -> None:
    """Because the values below have types that it has not, or by its own words."""
    first, *body = grid(*rows)
    assert names_columns(first, body)


@pytest.mark.parametrize(
    "rows",
    [
        ("Keeper | Ines Falk", "Roof | slate", "Painter | Otto Berg"),
        ("Keeper | Ines Falk", "Rooms | 4", "Beds | 12"),
        ("Colour | green", "Rooms | 4", "Beds | 12"),
        ("Height | 31 m", "Steps | 164", "First lit | 1871"),
        ("Built | 1880", "Rooms | 20", "Beds | 25"),
        ("Wifi | yes", "Sauna | no"),
        ("Dogs | allowed", "Wifi | yes", "Sauna | no"),
        ("Phone | 123", "Phone | 456"),
        ("Attic | Ines Falk | 20", "Tower | Otto Berg | 25"),
        ("Ines Falk | keeper | lighthouse", "Otto Berg | painter | mill"),
        ("Height | 3 m | 10 ft", "Width | 2 m | 7 ft"),
        ("When do you open? | At nine, except on Sunday.", "Who pays? | The town."),
        ("Room | Warden", "Attic | Ines", "Tower | Otto"),  # cannot be told
    ],
)
def test_a_row_that_may_hold_a_value_names_no_columns(rows: tuple[str, ...]) -> None:
    """What cannot be told is not read as a header."""
    first, *body = grid(*rows)
    assert not names_columns(first, body)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("Room | Warden", "Attic | Ines", "Tower | Otto"), True),
        (("Spell | Casting Time", "Shield | One Action", "Light | One Action"), True),
        (("Item | Notes", "Lamp | Broken", "Bed | ask the warden", "Chair | Wooden"), True),
        (("Keeper | Ines Falk", "Roof | slate", "Painter | Otto Berg"), False),
        (("Colour | green", "Keeper | Ines Falk", "Roof | slate"), False),
        (("Height | 31 m", "Keeper | Ines Falk"), False),
        (("Attic | no", "Tower | no"), False),
    ],
)
def test_where_a_header_is_likely_only_values_speak_against_it(rows: tuple[str, ...], expected: bool) -> None:
    """Markdown makes every writer put something into the first row."""
    first, *body = grid(*rows)
    assert names_columns(first, body, likely=True) is expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (("Keeper | Ines Falk", "Roof | slate", "Painter | Otto Berg"), True),
        (("Height | 31 m", "Steps | 164", "First lit | 1871"), True),
        (("Keeper: | Falk", "Painter: | Berg"), True),
        (("Attic | 4", "Tower | 2", "Cellar | 3"), False),  # a header is missing
        (("Ticket | Price", "Adult | free", "Child | half"), False),  # the first row may be a header
        (("Ines Falk | Attic", "Otto Berg | green room", "Mira Kern | Room 7"), False),  # people
        (("Monday | 9:00", "Tuesday | closed", "Sunday | Ines Falk"), False),
        (("Phone | 123", "Phone | Ines Falk", "Roof | slate"), False),
    ],
)
def test_facts_have_different_names_and_values_of_several_kinds(rows: tuple[str, ...], expected: bool) -> None:
    """Otherwise the first column may hold values like any other."""
    assert are_facts(grid(*rows)) is expected


def test_without_a_header_by_the_format_two_columns_are_facts() -> None:
    """As below the empty header of Markdown, but not if the first column holds numbers or days."""
    assert are_facts(grid("Keeper | Ines Falk", "Painter | Otto Berg"), likely=True)
    assert not are_facts(grid("1 | Ines Falk", "2 | Otto Berg"), likely=True)
