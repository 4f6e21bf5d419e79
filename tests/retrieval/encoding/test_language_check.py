"""A model that does not know a language splits its words into small pieces."""

from pathlib import Path

import pytest

from retrieval.encoding.encoder import OnnxEncoder
from retrieval.encoding.language_check import knows_language, letters_per_piece
from retrieval.measuring.squad import read_squad
from tests.support.paths import SEEDS
from tests.support.word_encoder import WordEncoder


def test_letters_per_piece_computed_by_hand(word_encoder: WordEncoder) -> None:
    """The word encoder has one piece per word: the result is the mean length of three words; digits do not count."""
    assert letters_per_piece(["The cat 1931", "sleeps"], word_encoder) == 4.0
    assert letters_per_piece(["1931", ""], word_encoder) is None
    assert knows_language(["1931"], None)


def test_scripts_without_spaces_have_a_minimum_of_their_own() -> None:
    """Pieces of 1.6 characters are normal in Japanese; in English they mean unknown words."""
    assert knows_language(["図書館は九時に開きます"], 1.6)
    assert not knows_language(["図書館は九時に開きます"], 1.0)
    assert not knows_language(["The library opens at nine"], 1.6)


@pytest.mark.parametrize(
    ("language", "expected"), [("en", True), ("de", False), ("es", False), ("ru", False), ("zh", False)]
)
def test_the_default_model_knows_only_english(
    measuring_data: Path, encoder: OnnxEncoder, language: str, expected: bool
) -> None:
    """The texts are the same articles in five languages."""
    texts = [read.document.text for read in read_squad(measuring_data / "data" / "xquad-r" / f"{language}.json").reads]
    assert knows_language(texts, letters_per_piece(texts, encoder)) is expected


def test_the_default_model_knows_the_shipped_passages(encoder: OnnxEncoder) -> None:
    """Nobody gets a warning for the documents that come with Footnote."""
    texts = [path.read_text("utf-8") for path in sorted(SEEDS.glob("*.md"))]
    assert knows_language(texts, letters_per_piece(texts, encoder))
