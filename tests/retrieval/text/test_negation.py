"""Negated words of a text."""

import pytest

from retrieval.text.negation import negated_terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dogs are not allowed in the garden.", {"allow", "garden"}),
        ("It never opens, but cats sleep.", {"open"}),
        ("You can't swim because boats pass.", {"swim"}),
        ("without lights", {"light"}),
        ("Dogs are allowed.", set()),
    ],
)
def test_the_words_behind_a_negation_are_negated(text: str, expected: set[str]) -> None:
    """Two at most, in the same clause."""
    assert negated_terms(text) == expected
