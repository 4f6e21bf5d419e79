"""Short questions that refer to something said before are understood from the previous question."""

import pytest

from retrieval.text.follow_ups import is_follow_up, with_previous


@pytest.mark.parametrize(
    ("question", "searched"),
    [
        ("and when was that?", "Who opened the museum? and when was that?"),
        ("When does it close?", "Who opened the museum? When does it close?"),
        ("When does the ferry leave the harbour on Mondays?", "When does the ferry leave the harbour on Mondays?"),
        ("What is the price?", "What is the price?"),
    ],
)
def test_follow_ups_are_searched_with_the_previous_question(question: str, searched: str) -> None:
    """Only a short question that refers to something said before is joined to the previous question."""
    assert is_follow_up(question, "en") == (searched != question)
    assert with_previous(question, "Who opened the museum?", "en") == searched
    assert with_previous(question, None, "en") == question
