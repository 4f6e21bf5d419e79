"""Text from outside comes out on one line, visible and bounded."""

import pytest

from retrieval.errors import QuestionError
from retrieval.text.cleaning import MAX_QUESTION_LENGTH, clean_question, one_line


def test_text_becomes_one_visible_line() -> None:
    """White space of every kind becomes one space; soft hyphens, zero-width characters and surrogates go."""
    assert one_line(" a\n\tb\u00a0 c\u00adat\u200b\ud800 ") == "a b cat"


@pytest.mark.parametrize("question", ["", " \n\t ", "\0\x1b", "\ud800"])
def test_empty_questions_are_errors(question: str) -> None:
    """White space, control characters and lone surrogates do not make a question."""
    with pytest.raises(QuestionError, match="the question is empty"):
        clean_question(question)


def test_questions_are_cleaned_and_bounded() -> None:
    """Control characters become spaces; a text longer than any Discord message is an error."""
    assert clean_question("  a\0b\ud800\n c ") == "a b c"
    assert len(clean_question("x" * MAX_QUESTION_LENGTH)) == MAX_QUESTION_LENGTH
    with pytest.raises(QuestionError, match="100,000 characters; the limit is 4,000"):
        clean_question("x" * 100_000)
