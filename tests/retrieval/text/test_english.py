"""The list of English words."""

import pytest

from retrieval.text.english import FILE, is_english


@pytest.mark.parametrize("word", ["firewall", "Deletions", "hypotension", "refinance", "museums", "the"])
def test_right_words_are_on_the_list(word: str) -> None:
    """In any case and with any ending."""
    assert is_english(word)


@pytest.mark.parametrize("word", ["hardwere", "passwrod", "recieve", "acommodation", "qwertz"])
def test_misspelt_words_are_not(word: str) -> None:
    """Even those that many people write."""
    assert not is_english(word)


def test_the_list_is_ascending_without_repetitions() -> None:
    """It is searched by halves."""
    content = FILE.read_bytes()
    numbers = [int.from_bytes(content[at : at + 4], "little") for at in range(0, len(content), 4)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 20_000
