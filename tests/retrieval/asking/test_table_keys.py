"""A question that names a row of a table by a number gets this row, in the place of the best row of the table."""

import numpy as np
import pytest

from retrieval.asking.table_keys import find_equal_rows, find_unnamed_rows, prefer_named_rows
from retrieval.index.index import Index
from retrieval.types import Hit
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder

LEVELS = (
    "# Levels\n\nThe library has 6 levels.\n\n| Level | Price | 3rd |\n|---|---|---|\n| 1st | 6 | 2 |\n"
    "| 3rd | 9 | 4 |\n| 6th | 1 | 5 |\n\n# Days\n\n| Day | Price |\n|---|---|\n| 3 | 6 |\n| 6 | 8 |\n"
)

BEASTS = (
    "| Beast | Thing | Cost |\n|---|---|---|\n| Sheep | Wool | 4 crowns |\n| Sheep | Milk | 1 crown |\n"
    "| Goat | Wool | 3 crowns |\n\n# Days\n\n| Day | Price |\n|---|---|\n| Monday | 6 |\n"
)


@pytest.fixture
def index(word_encoder: WordEncoder) -> Index:
    """Return an index of a sentence (row 0) and two tables (rows 1 to 3, and 4 to 5)."""
    return index_of(word_encoder, {"a.md": LEVELS})


def order(index: Index, question: str, rows: tuple[int, ...] = (1, 0, 2, 4, 3, 5)) -> list[int]:
    """Return the rows of hits after rows that a question names were preferred."""
    hits = [Hit(row, 9.0 - place, 0.9 - place / 10, np.zeros(1, np.float32)) for place, row in enumerate(rows)]
    preferred = prefer_named_rows(index, hits, question)
    assert [(hit.score, hit.probability) for hit in preferred] == [(hit.score, hit.probability) for hit in hits]
    return [hit.row for hit in preferred]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the price at level 6?", [3, 0, 1, 4, 2, 5]),
        ("What is the price at the 6th level?", [3, 0, 1, 4, 2, 5]),
        ("What is the price on day 6?", [1, 0, 2, 5, 3, 4]),
        ("What is the price of a 3rd at level 6?", [3, 0, 1, 4, 2, 5]),  # 3rd is the name of a column
        ("What is the price at level 3?", [2, 0, 1, 4, 3, 5]),  # here it can only name a row
        ("What is the price at level 7?", [1, 0, 2, 4, 3, 5]),
        ("What is the price of room 6?", [1, 0, 2, 4, 3, 5]),
        ("What is the price?", [1, 0, 2, 4, 3, 5]),
        ("", [1, 0, 2, 4, 3, 5]),
    ],
)
def test_a_number_beside_the_name_of_its_column_names_a_row(index: Index, question: str, expected: list[int]) -> None:
    """It takes the first place of its table; other tables and sentences keep theirs, and places their scores."""
    assert order(index, question) == expected


def test_rows_that_are_not_among_the_hits_are_not_added(index: Index) -> None:
    """Only the order of the hits changes."""
    assert order(index, "What is the price at level 6?", (1, 2)) == [1, 2]


@pytest.mark.parametrize(
    ("question", "unnamed"),
    [
        ("What is the price at level 6?", {1: 3, 2: 3}),
        ("What is the price on day 6?", {4: 5}),
        ("What is the price at level 7?", {}),  # no row has it
        ("What is the price above level 3?", {}),  # what is compared with is not meant
        ("What is the price?", {}),
    ],
)
def test_rows_beside_one_with_the_number_of_the_question_are_unnamed(
    index: Index, question: str, unnamed: dict[int, int]
) -> None:
    """Only those of the same table; nothing is known of tables without such a row."""
    hits = [Hit(row, 9.0, 0.9, np.zeros(1, np.float32)) for row in range(6)]
    assert find_unnamed_rows(index, hits, question) == unnamed


PLANS = (
    "# Plans\n\n| Plan | Price | Support |\n|---|---|---|\n| P1 | 6 | mail in 3 days |\n| P2 | 9 | mail in 1 day |\n"
    "| P2 Pro | 12 | chat |\n| Free | 0 | none |\n"
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How fast is mail on P2?", [1, 0, 2, 3]),
        ("How fast is mail on the p2 pro?", [2, 1, 0, 3]),
        ("What is the price of Free?", [3, 0, 2, 1]),
        ("Which plan has chat?", [2, 0, 1, 3]),
        ("Which plan has the price 12?", [2, 0, 1, 3]),
        ("What is the price of P3?", [0, 2, 1, 3]),
    ],
)
def test_a_question_with_a_cell_names_its_row(word_encoder: WordEncoder, question: str, expected: list[int]) -> None:
    """First by the first cell, the longest one; then by another value; a number needs the name of its column."""
    assert order(index_of(word_encoder, {"a.md": PLANS}), question, (0, 2, 1, 3)) == expected


def test_a_row_with_fewer_words_of_the_question_is_not_named_equally(word_encoder: WordEncoder) -> None:
    """The size names both, and the name of the one is the beginning of the other's."""
    text = "| Boat | Size |\n|---|---|\n| River Sail | L |\n| River | L |\n| River | M |\n"
    index = index_of(word_encoder, {"a.md": text})
    hits = [Hit(row, 9.0 - row, 0.9, np.zeros(1, np.float32)) for row in range(index.count)]
    assert [hit.row for hit in find_equal_rows(index, hits, "what is the old river sail in size L")] == [0]
    assert [hit.row for hit in find_equal_rows(index, hits, "which boats are there in size L")] == [0, 1]


DAYS = (
    "# Days\n\n| Week | Note |\n|---|---|\n| 1 | No ferry (Midsummer Day) |\n| 2 | No ferry |\n"
    "| 3 | Old mill, new bridge |\n| 4 | Fog (bell) |\n"
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Is there a ferry on Midsummer Day?", [0, 1, 2, 3]),
        ("When is there no ferry?", [1, 0, 2, 3]),
        ("When do we see the new bridge?", [2, 0, 1, 3]),
        ("When do we hear the bell?", [0, 1, 2, 3]),  # a part of one word is too little
    ],
)
def test_a_part_of_a_cell_names_its_row(word_encoder: WordEncoder, question: str, expected: list[int]) -> None:
    """One in brackets or between commas, of two terms or more; the longest one decides."""
    assert order(index_of(word_encoder, {"a.md": DAYS}), question, (0, 1, 2, 3)) == expected


def test_a_number_in_a_range_names_its_row_and_one_in_the_name_of_a_column_none(word_encoder: WordEncoder) -> None:
    """Of two tables below one heading each has rows of its own; "Level 5: 6" has nothing to do with level 6."""
    text = (
        "# Spells\n\nFighter:\n\n| Level | Spells |\n|---|---|\n| 5 | 1 |\n| 6 | 2 |\n\nWizard:\n\n"
        "| Level | Spells |\n|---|---|\n| 1-3 | 7 |\n| 4–9 | 8 |\n\n# Golem\n\n"
        "| Stat | Level 5 | Level 6 |\n|---|---|---|\n| Mana | 30 | 40 |\n| Armour | 6 | 7 |\n"
    )
    index = index_of(word_encoder, {"a.md": text})
    values = [index.text(row) for row in range(index.count)]
    rows = [row for row, value in enumerate(values) if "|" in value]
    hits = [Hit(row, 9.0, 0.9, np.zeros(1, np.float32)) for row in rows]
    fighter_5, fighter_6, low, high = rows[:4]
    unnamed = find_unnamed_rows(index, hits, "How many spells does a wizard know at level 5?")
    assert unnamed == {fighter_6: fighter_5, low: high}
    assert order(index, "How much mana at level 6?", tuple(rows[4:])) == rows[4:]


@pytest.mark.parametrize(
    ("question", "first", "expected"),
    [
        ("What does wool cost?", 0, [0, 2]),
        ("What does the wool of a goat cost?", 2, [2]),
        ("What does a goat cost?", 2, [2]),
        ("What does the red wool of a goat cost?", 2, [2]),
        ("What does it cost?", 0, []),
        ("What does wool cost?", 3, []),  # in another table
    ],
)
def test_rows_that_a_question_names_equally_are_found(
    word_encoder: WordEncoder, question: str, first: int, expected: list[int]
) -> None:
    """Only those of the table of the first hit, if it is named."""
    index = index_of(word_encoder, {"a.md": BEASTS})
    order = [first, *(row for row in range(4) if row != first)]
    hits = [Hit(row, 9.0 - place, 0.9, np.zeros(1, np.float32)) for place, row in enumerate(order)]
    assert [hit.row for hit in find_equal_rows(index, hits, question)] == expected


COURSES = (
    "# Courses\n\n| Day | Hour | Course | Teacher |\n|---|---|---|---|\n| Mon | 18:00 | Felting | Ines |\n"
    "| Wed, Fri | 19:00 | Weaving | Otto |\n| Sat–Sun | 10:00 | Dyeing | Mira |\n\n# Trips\n\n"
    "| Month | Trip |\n|---|---|\n| Apr | Selm |\n| Oct–Dec | Kalm |\n"
)


@pytest.mark.parametrize(
    ("question", "first", "unnamed"),
    [
        ("who teaches on Friday", 1, {0: 1, 2: 1}),
        ("who teaches on sundays", 2, {0: 2, 1: 2}),
        ("who teaches on Tuesday", 0, {}),
        ("where do we go in November", 0, {3: 4}),
        ("who teaches", 0, {}),
    ],
)
def test_a_day_or_month_names_a_row(
    word_encoder: WordEncoder, question: str, first: int, unnamed: dict[int, int]
) -> None:
    """Also by its short form, or between the ends of a range; where no row has it, none is named."""
    index = index_of(word_encoder, {"a.md": COURSES})
    hits = [Hit(row, 9.0, 0.9, np.zeros(1, np.float32)) for row in range(5)]
    assert order(index, question, tuple(range(5)))[0] == first
    assert find_unnamed_rows(index, hits, question) == unnamed
