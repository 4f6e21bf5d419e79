"""Windows are collected as a reader gets them, and questions are made from headings."""

import random
from collections import Counter
from pathlib import Path

import pytest

from retrieval.asking.retriever import Retriever
from retrieval.errors import DataError
from retrieval.measuring.heading_questions import HOW_FORMS, ask, base_of, make_heading_questions
from retrieval.measuring.mine_windows import windows_of_golden, windows_of_headings, windows_of_passages
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

FREQUENCY = Counter({"create": 3, "set": 9, "run": 2, "use": 4, "us": 1, "string": 1, "add": 2})
GUIDE = (
    "# Ferry guide\n\n## Renting a boat\n\nYou sign the list at the pier, pay the keeper and take the key of the boat "
    "with you.\n\n## Renting a bike\n\nThe bikes stand behind the mill; the keeper opens the shed for you and notes "
    "the number.\n\nWho wants to rent, pays for a whole day.\n"
)


@pytest.mark.parametrize(
    ("word", "base"),
    [("creating", "create"), ("setting", "set"), ("running", "run"), ("using", "use"), ("adding", "add"),
     ("string", None), ("ring", None), ("morning", None), ("create", None)],
)  # fmt: skip
def test_the_verb_of_an_ing_form_is_found_among_the_words_that_occur(word: str, base: str | None) -> None:
    """With its e, or without its doubled consonant; other words that end with -ing have none."""
    assert base_of(word, FREQUENCY) == base


@pytest.mark.parametrize("heading", ["Overview", "3.2 Notes", "2024-05-01", "A " + "very " * 9 + "long one", ""])
def test_a_heading_that_says_nothing_or_too_much_asks_nothing(heading: str) -> None:
    """Whatever the seed."""
    assert ask(heading, [], FREQUENCY, set(), random.Random(0)) is None


def test_headings_ask_how_to_do_what_they_name() -> None:
    """A question stays as it is; an imperative is known from its -ing form elsewhere."""
    forms = {form.format("create a backup") for form in HOW_FORMS}
    asked = {ask("4.1 Creating a backup", [], FREQUENCY, {"create"}, random.Random(seed)) for seed in range(60)}
    assert asked == forms
    assert {ask("Create a backup", [], FREQUENCY, {"create"}, random.Random(seed)) for seed in range(60)} == forms
    assert ask("Why is it slow?", [], FREQUENCY, set(), random.Random(0)) == "Why is it slow?"


def test_the_section_of_a_heading_answers_and_its_neighbour_does_not(word_encoder: WordEncoder) -> None:
    """What answers is read without the heading that asked; the same seed asks the same."""
    index = index_of(word_encoder, {"guide.md": GUIDE, "plain.txt": "The pier has no heading.\n"})
    mined = list(windows_of_headings(Retriever(index, word_encoder, BY_LATE), 3))
    assert [question["question"] for question in mined] == [
        asked.question for asked in make_heading_questions(index, 3)
    ]
    boat = next(question for question in mined if "boat" in question["question"])
    right = [window for window in boat["windows"] if window["evidence"]]
    assert [window["text"].startswith("You sign the list") for window in right] == [True]
    assert {window["head"] for window in right} == {"guide › Ferry guide"}


def test_a_golden_question_marks_its_fragment(word_encoder: WordEncoder, tmp_path: Path) -> None:
    """In the window that shows it; a question without an answer has only windows that do not answer."""
    golden = tmp_path / "golden.yaml"
    golden.write_text(
        "- question: who opens the shed for bikes\n  document: guide.md\n  fragment: the keeper opens the shed\n"
        "- question: who opens the tower\n  expect: none\n"
    )
    index = index_of(word_encoder, {"guide.md": GUIDE})
    asked, refused = windows_of_golden(Retriever(index, word_encoder, BY_LATE), golden)
    marked = [window["text"][start:end] for window in asked["windows"] for start, end in window["evidence"]]
    assert marked == ["the keeper opens the shed"]
    assert [window["evidence"] for window in refused["windows"]] == [[] for _ in refused["windows"]]


def test_a_question_of_a_passage_marks_its_words_and_has_near_misses_beside_it(
    word_encoder: WordEncoder, tmp_path: Path
) -> None:
    """A near miss has the window of the question that its words answer; a line of another form is an error."""
    path = tmp_path / "guide.tsv"
    words = "guide.md\tthe keeper opens the shed\t"
    path.write_text(f"{words}who opens the shed for bikes\n{words}!who closes the shed\n")
    retriever = Retriever(index_of(word_encoder, {"guide.md": GUIDE}), word_encoder, BY_LATE)
    asked, near = windows_of_passages(retriever, path)
    marked = [window["text"][start:end] for window in asked["windows"] for start, end in window["evidence"]]
    assert marked == ["the keeper opens the shed"]
    assert any(not window["evidence"] for window in asked["windows"])
    assert near["question"] == "who closes the shed"
    assert near["beside"]["question"] == "who opens the shed for bikes"
    assert near["beside"]["window"] in asked["windows"]
    path.write_text("guide.md\twho opens the shed\n")
    with pytest.raises(DataError, match=r"guide\.tsv:1"):
        list(windows_of_passages(retriever, path))
