"""Terms are what lexical search compares."""

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
        ("le prix de l'or", "fr", ["prix", "or"]),
        ("Qu’est-ce qu’il y a en été, le permis D ?", "fr", ["ete", "perm", "d"]),
        ("l'oro dell’isola", "it", ["oro", "isol"]),
        ("Die Not im Dorf", "de", ["not", "dorf"]),
        ("Wieviel kostet das für Gäste?", "de", ["kost", "gast"]),
        ("fuer wen koennen wir das", "de", []),
        ("¿Cuántos días tengo? cuantos dias", "es", ["dias", "dias"]),
        ("O que eu preciso para o nível 5?", "pt", ["nivel", "5"]),
        ("hoeveel kost het", "nl", ["kost"]),
        ("где моё письмо", "ru", ["письм"]),
    ],
)
def test_terms_are_folded_stemmed_and_without_stop_words(text: str, language: str, terms: list[str]) -> None:
    """Case, accents, endings and spelling variants make no difference; question words are dropped."""
    assert split_terms(text, language) == terms


def test_the_id_of_a_term_never_changes() -> None:
    """It is part of the index format."""
    assert term_id("librari") == 12136518674874187846


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "the 6th, 22nd, 1st and 3rd"), ("fr", "6e 22ème 1er 3re"), ("it", "6º 22ª 1o 3a"), ("de", "6. 22. 1. 3.")],
)
def test_ordinals_are_numbers(language: str, text: str) -> None:
    """The sixth level is level 6, however a language writes it."""
    assert split_terms(text, language) == ["6", "22", "1", "3"]


def test_letters_after_a_number_need_not_make_an_ordinal() -> None:
    """As in the number of a flat, or where another language writes ordinals so."""
    assert split_terms("4a 6th 5e", "en") == ["4a", "6", "5e"]
    assert split_terms("6th", "de") == ["6th"]
