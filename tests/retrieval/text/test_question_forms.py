"""What a question asks for, by its form: everything of some kind, or one thing."""

import pytest

from retrieval.text.question_forms import asks_for_all


@pytest.mark.parametrize(
    "question",
    [
        "What are the rules?", "list all commands", "which commands are there", "what types of tickets exist",
        "who are all my friends", "list the commands", "show me all commands", "name all rooms",
        "What commands can I use?", "what options does norvil have", "Give me a list of the rules",
        "What are the opening hours?", "which guests may stay", "list every command for moderators",
        "what other languages do you speak", "which people can enter", "What damage types are there?",
        "list the built-in roles", "what is not reimbursed", "What is included in the price?",
    ],
)  # fmt: skip
def test_everything_of_some_kind(question: str) -> None:
    """The noun has several, or "all" or "list" says so."""
    assert asks_for_all(question)


@pytest.mark.parametrize(
    "question",
    [
        "What is the salt museum?", "what does it cost", "which bus goes there", "which bus goes to the harbour",
        "what was this", "what happens if it rains", "is it open every day at nine", "What process is used?",
        "what has it", "Which command shows the tides?", "is it open all day", "how many rooms are there",
        "what costs more", "which glass is closed",
    ],
)  # fmt: skip
def test_one_thing(question: str) -> None:
    """Verbs and nouns that end in "s" are no plurals, and every day is a time."""
    assert not asks_for_all(question)
