"""The list of English words."""

from pathlib import Path

import pytest

from retrieval.text.english import TERMS_FILE, WORDS_FILE, is_english


@pytest.mark.parametrize(
    "word",
    [
        "firewall",
        "Deletions",
        "hypotension",
        "refinance",
        "museums",
        "the",
        "redeploy",
        "planners",
        "tidier",
        "recipient",
    ],
)
def test_right_words_are_on_the_list(word: str) -> None:
    """In any case and with any ending."""
    assert is_english(word)


@pytest.mark.parametrize(
    "word", ["hardwere", "passwrod", "recieve", "acommodation", "qwertz", "recipie", "definately", "calender"]
)
def test_misspelt_words_are_not(word: str) -> None:
    """Even those that many people write, and those with the term of another word."""
    assert not is_english(word)


@pytest.mark.parametrize("file", [TERMS_FILE, WORDS_FILE])
def test_a_list_is_ascending_without_repetitions(file: Path) -> None:
    """It is searched by halves."""
    content = file.read_bytes()
    numbers = [int.from_bytes(content[at : at + 4], "little") for at in range(0, len(content), 4)]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > 20_000
