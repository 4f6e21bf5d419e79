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
        ("Qu’est-ce qu’il y a en été, s’il fait jour ?", "fr", ["ete", "jour"]),
        ("l'oro dell’isola", "it", ["oro", "isol"]),
        ("Die Not im Dorf", "de", ["not", "dorf"]),
        ("Wieviel kostet das für Gäste?", "de", ["kost", "gast"]),
        ("une œuvre, Øresund, Łódź", "fr", ["oeuvr", "oresund", "lodz"]),
        ("inscrição inscrições inscricao", "pt", ["inscrica", "inscrica", "inscrica"]),
        (
            "o animal, os animais; nível, níveis; item, itens",
            "pt",
            ["animal", "animal", "nivel", "nivel", "item", "item"],
        ),
        ("la luz y las luces", "es", ["luz", "luz"]),
        ("Ile kosztuje płatność? Płatności, platnosc", "pl", ["kosztuj", "platnosc", "platnosc", "platnosc"]),
        ("objednávka a objednávky", "cs", ["objednavk", "a", "objednavk"]),
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
    [("en", "the 6th, 22nd, 1st and 3rd"), ("fr", "6e 22ème 1ère 3re"), ("it", "6º 22ª 1o 3a"), ("de", "6. 22. 1. 3.")],
)
def test_ordinals_are_numbers(language: str, text: str) -> None:
    """The sixth level is level 6, however a language writes it."""
    assert split_terms(text, language) == ["6", "22", "1", "3"]


def test_letters_after_a_number_need_not_make_an_ordinal() -> None:
    """As in the number of a flat, or where another language writes ordinals so."""
    assert split_terms("4a 6th 5e", "en") == ["4a", "6", "5e"]
    assert split_terms("6th", "de") == ["6th"]


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("de", "12.500,00 € und 3'000", ["12500", "00", "3000"]),
        ("fr", "7\u202f400,50 €", ["7400", "50"]),
        ("es", "1.000.000", ["1000000"]),
        ("de", "12.5.2024, Nr. 0800.123.456, 10.0.0.100, v1.200.3", ["12", "5", "2024", "nr", "0800", "123", "456",
                                                                     "10", "0", "0", "100", "v1", "200", "3"]),
        ("en", "1.234", ["1", "234"]),
    ],
)  # fmt: skip
def test_thousands_are_set_apart_by_nothing(language: str, text: str, terms: list[str]) -> None:
    """People ask about 12500 euros; English writes decimals with the same dot."""
    assert split_terms(text, language) == terms


@pytest.mark.parametrize("text", ["14h30", "14 h 30", "14\u00a0h\u00a030", "14:30", "14.30"])
def test_hours_are_numbers(text: str) -> None:
    """However they are written."""
    assert split_terms(text, "fr") == split_terms(text, "pt") == ["14", "30"]
    assert split_terms("48 h", "es") == split_terms("48h", "it") == ["48"]
