"""Symbols that questions ask about, and texts that explain them."""

import pytest

from retrieval.text.asked_symbols import asked_symbol, explains_symbol


@pytest.mark.parametrize(
    ("question", "symbol"),
    [
        ("what does ~ mean on the chart", "~"),
        ("whats % on the chart?", "%"),
        ("What does the _ symbol mean?", "_"),
        ("what is the '!' key", "!"),
        ("what does the symbol # mean?", "#"),
        ("what does && do in a script", "&&"),
        ("what is ?", None),
        ("what is - exactly", None),
        ("cats + dogs, what is better", None),
        ("what is 2 + 2", None),
        ("what is +5 or $HOME", None),
        ("what does ... mean", None),
        ("what does underscore mean on the chart", "_"),
        ("whats the at sign", "@"),
        ("what does the exclamation mark do?", "!"),
        ("meaning of the pipe symbol", "|"),
        ("what is the star rating", None),
        ("what is the pipe diameter", None),
        ("what does the backslash escape do", None),
    ],
)
def test_only_a_symbol_in_the_place_of_a_noun_is_asked_about(question: str, symbol: str | None) -> None:
    """Also by its name; marks of the question, and signs and names beside numbers and words, are none."""
    assert asked_symbol(question) == symbol


@pytest.mark.parametrize(
    ("text", "symbol", "expected"),
    [
        ("~ Deep water.", "~", True), ("`~`: deep water", "~", True), ("% | A meal", "%", True), ("_", "_", False),
        ("__name__ is set", "_", False), ("~~ Deep water", "~", False), ("Deep water: ~", "~", False),
    ],
)  # fmt: skip
def test_a_text_that_begins_with_a_symbol_explains_it(text: str, symbol: str, expected: bool) -> None:
    """If it says anything."""
    assert explains_symbol(text, symbol) is expected
