"""Sentences that only point elsewhere, or lack their value, answer nothing."""

import pytest

from retrieval.text.answer_types import NO_ANSWER, types_in
from retrieval.text.no_answers import has_unknown_value, is_pointer


@pytest.mark.parametrize(
    "text",
    [
        "See below.", "Please see the table below:", "Click here to download.", "Click here.", "As follows:",
        "The following:", "Read more", "For details see this page.", "Follow this link for the forms.", "Siehe unten.",
        "Have a look at the screenshot.", "It is described below.", "More information here", "See the full list.",
    ],
)  # fmt: skip
def test_a_pointer_is_no_answer(text: str) -> None:
    """Whatever it leads to is not in it."""
    assert is_pointer(text)
    assert types_in(text) & NO_ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "See the admin page.", "Click Save to store it.", "See Dr. Lee in room 5.", "Below 10 °C it stays closed.",
        "Read the meter once a month.", "Check the oil.",
        "The table below the window is reserved.", "Press the red key.",
        "Visit the harbour office.", "Click here, then choose Reset password.",
    ],
)  # fmt: skip
def test_an_instruction_is_no_pointer(text: str) -> None:
    """It says what to do or where."""
    assert not is_pointer(text)


@pytest.mark.parametrize(
    "text",
    [
        "The current version is ….", "The limit is … megabytes.", "Write to … or ….", "Version: …", "| Port | … |",
        "Run {{ install_cmd }} now.", "It costs <%= price %> a month.", "Version: …; Date: …; Note: beta.",
    ],
)  # fmt: skip
def test_a_value_that_is_not_known_is_no_answer(text: str) -> None:
    """A site generator would have put it there."""
    assert has_unknown_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "Wait …", "Choose Save as … in the menu.", "It opens at nine, and so on …",
        "Use {{ name }} for the member's name.",
        "The variable {{ port }} is replaced.", "Loading…", "Room: Hall; Beds: 4; Fee: …; Dogs: no.", "[…] is four.",
    ],
)  # fmt: skip
def test_an_ellipsis_or_a_text_about_templates_stays(text: str) -> None:
    """And so does a row in which one value is missing."""
    assert not has_unknown_value(text)
