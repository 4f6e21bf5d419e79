"""Questions expect a type of answer, and sentences contain types."""

import pytest

from retrieval.text.answer_types import DATE, NAME, NUMBER, expected_type, types_in


@pytest.mark.parametrize(
    ("question", "answer_type"),
    [
        ("When does it open?", DATE),
        ("In which year was it built?", DATE),
        ("How many boats are there?", NUMBER),
        ("What percentage was lost?", NUMBER),
        ("Who built it?", NAME),
        ("In what city is it?", NAME),
        ("Why is it closed?", 0),
        ("", 0),
    ],
)
def test_questions_expect_one_type_or_none(question: str, answer_type: int) -> None:
    """The question word decides."""
    assert expected_type(question) == answer_type


@pytest.mark.parametrize(
    ("sentence", "types"),
    [
        ("It was built in 1890.", DATE | NUMBER),
        ("It opens on Monday.", DATE | NAME),
        ("It opens in May.", DATE | NAME),
        ("it may open later.", 0),
        ("They waited three years.", NUMBER),
        ("Room 12 is closed.", NUMBER),
        ("Ann Lee built it.", NAME),
        ("the cat sleeps.", 0),
    ],
)
def test_sentences_contain_types(sentence: str, types: int) -> None:
    """Dates, numbers and names are recognised by their form."""
    assert types_in(sentence) == types
