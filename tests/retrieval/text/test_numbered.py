"""Nouns that numbers number or count."""

import pytest

from retrieval.text.numbered import INFINITE, Numbered, numbered_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("At level 5 a wizard", {Numbered("level", False, (5,), (5,))}),
        ("5th-level spells", {Numbered("level", False, (5,), (5,))}),
        ("Level: 6th; Opens: 7:00", {Numbered("level", False, (6,), (6,))}),
        ("rooms 12, 14 and 16", {Numbered("room", False, (number,), (number,)) for number in (12, 14, 16)}),
        ("Rooms 20 to 25", {Numbered("room", False, (20,), (25,))}),
        ("pages 3-5", {Numbered("page", False, (3,), (5,))}),
        ("level 9 or higher", {Numbered("level", False, (9,), INFINITE)}),
        ("Python >= 3.9", {Numbered("python", False, (3, 9), INFINITE)}),
        ("up to 8 players", {Numbered("player", True, (0,), (8,))}),
        ("at least two players", {Numbered("player", True, (2,), INFINITE)}),
        ("with 2 GB of", {Numbered("gb", True, (2,), (2,))}),
        ("with 4,000 visitors", {Numbered("visitor", True, (4000,), (4000,))}),
        ("of version 2.3", {Numbered("version", False, (2, 3), (2, 3))}),
        ("Tarn v3", {Numbered("version", False, (3,), (3,)), Numbered("tarn", False, (3,), (3,))}),
        ("Chapters IV and VI", {Numbered("chapter", False, (number,), (number,)) for number in (4, 6)}),
        ("Phases I–III", {Numbered("phase", False, (1,), (3,))}),
        ("for rank v guards", {Numbered("rank", False, (5,), (5,))}),
        ("Henry VIII had", {Numbered("henri", False, (8,), (8,))}),
        ("Stage I rockets", {Numbered("stage", False, (1,), (1,))}),
        ("phase one", {Numbered("phase", False, (1,), (1,))}),
        (
            "Lv 30, T4 and ch2.",
            {
                Numbered(*each)
                for each in (
                    ("level", False, (30,), (30,)),
                    ("tier", False, (4,), (4,)),
                    ("chapter", False, (2,), (2,)),
                )
            },
        ),
        ("the rank I want, and which one is mine", set()),
        ("Norvil v Tarn, press x, at T4:30", set()),
        ("open 9:30-17:00", set()),
        ("", set()),
    ],
)
def test_a_number_numbers_the_noun_before_it_or_counts_the_one_behind_it(text: str, expected: set[Numbered]) -> None:
    """Lists, ranges, bounds, ordinals, versions, Roman numerals and short forms are understood; times are left out."""
    assert set(numbered_in(text)) == expected


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("Tarn 2.2", (2, 2, 1), True), ("Tarn 2.2", (2, 3), False), ("Tarn 2.2", (2,), True),
        ("Tarn 2.2 to 2.6", (2, 4), True), ("Tarn 2.2 to 2.6", (2, 6, 1), True), ("Tarn 2.2 or later", (3,), True),
        ("Tarn 2.2 or later", (2, 1, 9), False), ("Tarn 3.9 or later", (3, 11), True),
    ],
)  # fmt: skip
def test_versions_are_compared_part_by_part(text: str, number: tuple[int, ...], expected: bool) -> None:
    """2.2.1 is a 2.2, which is a 2, and 3.11 is later than 3.9."""
    assert numbered_in(text)[0].contains(number) is expected


def test_a_number_of_thousands_of_digits_is_compared_by_its_first_ones() -> None:
    """Python reads no number from more than 4,300 digits."""
    assert numbered_in("level " + "7" * 5_000) == (Numbered("level", False, (int("7" * 18),), (int("7" * 18),)),)
