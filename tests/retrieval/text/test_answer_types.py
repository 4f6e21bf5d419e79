"""Kinds: what a question asks for, and what a sentence holds."""

import pytest

from retrieval.text.answer_types import DATE, NAME, NUMBER, expected_type, types_in


@pytest.mark.parametrize(
    ("question", "kind"),
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
def test_a_question_asks_for_one_kind_or_none(question: str, kind: int) -> None:
    """The question word decides."""
    assert expected_type(question) == kind


@pytest.mark.parametrize(
    ("sentence", "kinds"),
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
def test_a_sentence_holds_what_it_shows(sentence: str, kinds: int) -> None:
    """Dates, numbers and names are known by their form."""
    assert types_in(sentence) == kinds
