"""Questions for a thing or a task as a whole, and others."""

import pytest

from retrieval.text.thing_questions import asks_for_effect, asks_for_meaning, asks_for_task, thing_terms


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("what is a lantern", {"lantern"}),
        ("Whats the lantern?", {"lantern"}),
        ("what does the night lantern do?", {"night", "lantern"}),
        ("what do lanterns mean", {"lantern"}),
        ("how does mooring work", {"moor"}),
        ("how do i moor a boat?", {"moor", "boat"}),
        ("how to moor boats pls", {"moor", "boat"}),
        ("hey, can someone explain mooring?", {"moor"}),
        ("tell me more about the night lantern", {"night", "lantern"}),
        ("who is ferryman Ingo", {"ferryman", "ingo"}),
        ("night lantern?", {"night", "lantern"}),
        ("info on mooring", {"moor"}),
    ],
)
def test_a_question_for_a_thing_or_a_task_names_it(question: str, terms: set[str]) -> None:
    """What only asks is left out, and so are greetings; a task is asked for with "how do I" or "how to"."""
    assert thing_terms(question) == terms
    assert asks_for_task(question) is question.startswith(("how do i", "how to"))


@pytest.mark.parametrize(
    "question",
    [
        "when does mooring start", "why is there a lantern", "can i moor here", "is the lantern lit",
        "where is a lantern", "which lantern", "how much is mooring", "how many lanterns", "do boats moor",
        "what if a boat sinks", "what is it", "what is my password", "whats in the lantern", "what is a lantern with",
        "what are lanterns like",
        "a boat of mine lies moored at the other pier", "who is the ferryman", "how does it work?", "?", "",
        "what is a lantern " + "of the pier " * 30,
    ],
)  # fmt: skip
def test_other_questions_name_nothing(question: str) -> None:
    """They ask for something about it, or are no name of a few words."""
    assert thing_terms(question) == set()
    assert not asks_for_task(question)


@pytest.mark.parametrize(
    ("question", "effect", "meaning"),
    [
        ("what does moor do", True, False),
        ("what do lanterns mean?", True, True),
        ("what is a lantern", False, False),
        ("moor", False, False),
        ("?", False, False),
    ],
)
def test_what_a_thing_does_or_means_is_told_from_what_it_is(question: str, effect: bool, meaning: bool) -> None:
    """Only the former is said of commands."""
    assert (asks_for_effect(question), asks_for_meaning(question)) == (effect, meaning)
