"""Messages that report trouble are told from those that say what to do."""

import time

import pytest

from retrieval.text.answer_types import COMPLAINT, QUESTION, types_in_message
from retrieval.text.complaints import answers_nothing, complains


@pytest.mark.parametrize(
    "text",
    [
        "the bot is down again, music won't play", "my claim disappeared after the update", "I can't log in anymore",
        "I can't trade with my friend, it says level too low", "help, everything is gone", "we are stuck on level 3",
        "anyone else with lag today", "keep getting error 403 on my phone", "bei mir geht nicht auf",
        "my printer says access denied", "two issues with my phone",
        "the launcher shows 'version mismatch' when i start",
        'it says "no route found" for my van', "we can't use the lift", "we don't see the new menu",
    ],
)  # fmt: skip
def test_a_report_of_trouble_is_a_complaint(text: str) -> None:
    """It asks what to do without a question."""
    assert complains(text)
    assert types_in_message(text) & COMPLAINT


@pytest.mark.parametrize(
    "text",
    [
        "You can't trade below level 15.", "The server is down for maintenance until six.",
        "The lock doesn't turn in winter.",
        "I had that too, reinstalling fixed it.", "If the bot is stuck, restart it.",
        "We can't refund tickets because of the law.",
        "Sheet 3, problem 2: the limit is higher than I thought.", "Issue #12 has our new map.",
        "The hall was down for two hours, so we give everybody one more day.",
        "Lost keys: everyone gets one from us.", "we don't use the old radio any more, call on channel 4",
        "We do not accept cards at our bar.", "Staff won't refund coins, ask me about vouchers.",
        'The lamp shows "ready" when the kiln is hot.',
        "Ties are broken by age, I forgot to say.", "Our fee is broken down into three parts.",
        "We sort names; ties are still broken alphabetically.", "My guess: it is down to chance.",
        "my bot was down, then I used !start", "Errors are logged in /var/log.", "Trading opens at level 15.",
    ],
)  # fmt: skip
def test_advice_and_notices_are_no_complaints(text: str) -> None:
    """They say what is so, or what helps."""
    assert not complains(text)


def test_a_question_is_not_a_complaint_as_well() -> None:
    """It is left out altogether."""
    assert types_in_message("why can't I log in?") & (QUESTION | COMPLAINT) == QUESTION


def test_replies_that_say_nothing() -> None:
    """Sympathy is no answer."""
    for text in ("same here", "no idea, sorry", "me too lol", "idk", "hm, weird", "works for me"):
        assert answers_nothing(text)
    for text in ("same key as the shed", "ok, type !start and wait", "sorry, the shed is locked at night"):
        assert not answers_nothing(text)


def test_a_long_message_is_told_quickly() -> None:
    """No pattern goes back and forth."""
    started = time.process_time()
    for text in ("a" * 5_000, "hm " * 2_000, "can't " * 1_000, "ok " + "word " * 1_000):
        assert isinstance(complains(text) or answers_nothing(text), bool)
    assert time.process_time() - started < 1
