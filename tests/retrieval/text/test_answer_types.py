"""Questions expect a type of answer, and sentences contain types."""

import pytest

from retrieval.text.answer_types import DATE, NAME, NUMBER, QUESTION, expected_type, types_in, types_in_message


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


@pytest.mark.parametrize(
    "text",
    [
        "when does the boathouse open on sundays", "is the shed locked at night", "hey all, anyone know the code",
        "how do i reset it", "what time is lunch", "wann ist die hütte offen", "weiß jemand den code", "It opens?",
        "when will 3.0 come out", "thx! and which floor has the scanner", "ok thanks, so where is it",
        "does dark mode exist", "whats the code of the gate", "hey guys, hows parking there", "wheres ines",
        "does anyone know where config.toml is", "how do I open www.pier.example",
    ],
)  # fmt: skip
def test_people_in_a_chat_ask_without_a_question_mark(text: str) -> None:
    """Such a message is a question, and never an answer."""
    assert types_in_message(text) & QUESTION


@pytest.mark.parametrize(
    "text",
    [
        "yes the shed is locked at night", "when it is wet the gate stays closed", "do the dishes first",
        "what matters is the key", "have a look at the list", "is the lock stuck. then turn it", "is it 3.0. yes",
        "wie gesagt um zehn", "does not open on mondays", "thanks! the shed is locked",
        "whose key it is does not matter",
    ],
)  # fmt: skip
def test_a_statement_in_a_chat_is_no_question(text: str) -> None:
    """Even if it begins with the same word."""
    assert not types_in_message(text) & QUESTION
