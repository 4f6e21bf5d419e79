"""A question about trouble is answered by the solution, shown with the problem."""

import numpy as np
import pytest

from retrieval.asking.passages import compose_passage
from retrieval.asking.solutions import answer_by_solutions
from retrieval.index.index import Index
from retrieval.types import Hit
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder

PAGE = """# The ferry leaks

## Issue

Water stands in the hold of the ferry after rain.

## Cause

The seal of the hatch dries out.

## Solution

Grease the seal with tallow:

- twice a year

### In winter

Use lard.

## Related

The mill leaks as well.

# The mill squeaks

The mill squeaks on mondays.

## Fix

Oil the axle.

# The library is cold

## Problem

It is cold.

## Advice

Wear a coat.
"""


@pytest.fixture
def index(word_encoder: WordEncoder) -> Index:
    return index_of(word_encoder, {"a.md": PAGE})


def row_of(index: Index, text: str) -> int:
    return next(row for row in range(index.count) if text in index.text(row))


def answer(index: Index, text: str, question: str) -> str:
    """Return what takes the place of a hit with a text."""
    (hit,) = answer_by_solutions(index, [Hit(row_of(index, text), 9.0, 0.9, np.zeros(1, np.float32))], question)
    assert (hit.score, hit.probability) == (9.0, 0.9)
    return index.text(hit.row)


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        ("Water stands", "there is water in the hold", "Grease the seal with tallow:"),
        ("Water stands", "what are the symptoms of a leak", "Water stands in the hold of the ferry after rain."),
        ("The seal of", "the seal of the hatch is dry", "Grease the seal with tallow:"),
        ("The seal of", "why is the hold wet", "The seal of the hatch dries out."),
        ("Use lard", "what is used in winter", "Use lard."),
        ("The mill leaks", "does the mill leak", "The mill leaks as well."),
        ("The mill squeaks", "the mill squeaks", "Oil the axle."),
        ("It is cold", "it is cold in the library", "It is cold."),
    ],
)
def test_the_solution_takes_the_place_of_the_problem(index: Index, text: str, question: str, expected: str) -> None:
    """And of its cause, unless the question asks for these; without a solution beside or inside it, all stays."""
    assert answer(index, text, question) == expected


def test_a_solution_takes_one_place(index: Index) -> None:
    """The first one; hits further down are left as they are."""
    rows = [row_of(index, text) for text in ("Water stands", "Grease", "Use lard")]
    hits = [Hit(row, score, 0.5, np.zeros(1, np.float32)) for row, score in zip(rows, (3.0, 2.0, 1.0), strict=True)]
    assert [(hit.row, hit.score) for hit in answer_by_solutions(index, hits, "")] == [(rows[1], 3.0), (rows[2], 1.0)]


def test_a_solution_is_shown_with_its_problem(index: Index) -> None:
    """What stands between them is marked as left out, and what is inside of the solution is shown as far as it fits."""
    passage = compose_passage(index, row_of(index, "Grease"), "")
    assert [(part.text, part.after_gap) for part in passage] == [
        ("Issue", False),
        ("Water stands in the hold of the ferry after rain.", False),
        ("Solution", True),
        ("Grease the seal with tallow:", False),
        ("twice a year", False),
        ("In winter", False),
        ("Use lard.", False),
    ]


def test_a_solution_without_a_problem_beside_it_is_shown_alone(index: Index) -> None:
    """Its heading is that of any section."""
    assert [part.text for part in compose_passage(index, row_of(index, "Oil"), "")] == ["Fix", "Oil the axle."]


def test_what_is_too_long_of_a_solution_is_left_out(word_encoder: WordEncoder) -> None:
    """A row further down has its own passage; a long problem is shown from its beginning."""
    steps = "\n\n".join(f"Step {number} is to turn {'it round and ' * 30}wait." for number in range(1, 7))
    page = f"# Cat\n\n## Error\n\nThe cat sleeps.\n\n{'It sleeps and ' * 60}snores.\n\n## Resolution\n\n{steps}\n"
    index = index_of(word_encoder, {"a.md": page})
    shown = [part.text.split()[0:2] for part in compose_passage(index, row_of(index, "Step 1"), "")]
    assert shown == [["Error"], ["The", "cat"], ["Resolution"], ["Step", "1"], ["Step", "2"]]
    assert [part.text.split()[0:2] for part in compose_passage(index, row_of(index, "Step 5"), "")] == [
        ["Resolution"],
        ["Step", "5"],
    ]


def test_what_stands_below_an_error_is_shown_with_it(word_encoder: WordEncoder) -> None:
    """In a section that is too long to be shown whole, where code is shown alone otherwise."""
    above, below = f"It runs {'and runs ' * 90}on.", "The port is taken.\n\nStop the other mill.\n\nStart this one."
    page = f"# Mill\n\n## Starting\n\n{above}\n\n```\nfatal: cannot bind to 80\n```\n\n{below}\n\n{'End ' * 200}.\n"
    index = index_of(word_encoder, {"a.md": page})
    shown = [part.text for part in compose_passage(index, row_of(index, "fatal"), "")]
    assert [text.strip() for text in shown][-4:] == ["fatal: cannot bind to 80", *below.split("\n\n")]


def test_a_long_solution_does_not_end_with_a_line_that_opens_what_is_left_out(word_encoder: WordEncoder) -> None:
    """Its first lines are shown, up to what fits as a whole."""
    text = f"# Leak\n\n## Issue\n\nIt leaks.\n\n## Solution\n\nGrease it.\n\nWait.\n\nThen say:\n\n> {'Oh! ' * 300}\n"
    index = index_of(word_encoder, {"a.md": text})
    parts = compose_passage(index, row_of(index, "Grease it."), "it leaks")
    assert [part.text for part in parts] == ["Issue", "It leaks.", "Solution", "Grease it.", "Wait."]
