"""Messages that ask nothing are told from questions."""

import time

import pytest

from bot.discord_bot.messages.answer_card import Card
from bot.discord_bot.messages.small_talk import MAX_LENGTH, answer_to, is_same, kind_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hey there!", "greeting"),
        ("good evening everyone", "greeting"),
        ("thank you so much for your help!!", "thanks"),
        ("Hi, thanks a lot 🎉", "thanks"),
        ("hello bot, what can you do?", "help"),
        ("ok, got it, thanks", "thanks"),
        ("haha nice one", "nod"),
        ("👍🏽", "nod"),
        ("Vielen Dank, das hat geholfen", "thanks"),
        ("¿Quién eres?", "help"),
        ("D’accord, merci beaucoup !", "thanks"),
        ("ありがとうございます。", "thanks"),
        ("Oi, tudo bem?", "greeting"),
        ("Привет, бот", "greeting"),
        ("谢谢你！", "thanks"),
    ],
)
def test_small_talk_is_recognised_in_every_language(text: str, kind: str) -> None:
    """Whatever the marks, the case and what is said around it."""
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "hi, when does the sauna open?",
        "help with the kiln",
        "thanks, and where is the key?",
        "is it ok to bring a guest?",
        "who are you allowed to bring?",
        "good morning swim",
        "bot",
        "there",
        "C++",
        "???",
        "你好，几点开门？",
        "",
    ],
)
def test_whatever_else_is_said_is_a_question(text: str) -> None:
    """A greeting before it does not matter; words and marks that are no phrase are looked up."""
    assert kind_of(text) is None


def test_long_and_hostile_messages_are_questions_at_once() -> None:
    """A message that repeats phrases is not searched for ways to divide it."""
    started = time.perf_counter()
    assert kind_of("so much " * 500_000) is None
    assert kind_of(("so " * MAX_LENGTH)[: MAX_LENGTH - 2] + " x") is None
    assert time.perf_counter() - started < 0.5


def test_help_is_the_help_and_the_rest_a_line() -> None:
    """Only the help is longer than a line."""
    help_card = Card(embeds=({"title": "How to ask"},))
    assert answer_to("help", help_card) is help_card
    assert [answer_to(kind, help_card).content for kind in ("thanks", "greeting", "nod")] == [
        "You are welcome!",
        "Hello! Ask me what you want to know; /help explains how.",
        "👍",
    ]


def test_same_words_are_the_same_message() -> None:
    """Marks and case do not count."""
    assert is_same("Who are you?", "who are YOU")
    assert not is_same("who are you", "who were you")
