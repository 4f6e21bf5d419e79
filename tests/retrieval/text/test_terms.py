"""Terms: the words that lexical search goes by."""

import pytest

from retrieval.text.terms import split_terms, term_id


@pytest.mark.parametrize(
    ("text", "language", "terms"),
    [
        ("The libraries opened at 9:30.", "en", ["librari", "open", "9", "30"]),
        ("Café CAFE", "en", ["cafe", "cafe"]),
        ("The U.S. and the US", "en", ["us", "us"]),
        ("defence defense", "en", ["defens", "defens"]),
        ("labour labor, organise organize", "en", ["labor", "labor", "organiz", "organiz"]),
        ("Korea's plan", "en", ["korea", "plan"]),
        ("Bibliotheken öffnen", "de", ["bibliothek", "offn"]),
        ("図書館は", "zh", ["図書", "書館", "館は"]),
        ("本", "zh", ["本"]),
        ("what is it?", "en", []),
        ("cats", "xx", ["cats"]),
    ],
)
def test_terms_are_folded_stemmed_and_without_the_commonest(text: str, language: str, terms: list[str]) -> None:
    """Case, accents, endings and spelling variants meet; question words go."""
    assert split_terms(text, language) == terms


def test_a_terms_number_never_changes() -> None:
    """An index stays readable: the number of a term is part of its format."""
    assert term_id("librari") == 12136518674874187846
