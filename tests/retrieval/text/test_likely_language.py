"""The language of a text, by its small words."""

from pathlib import Path

import pytest

from retrieval.measuring.squad import read_squad
from retrieval.text.likely_language import is_in_another_language, likely_language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The boat house is open from April to October, and you can hire a canoe for an hour or for the day."),
        ("de", "Das Bootshaus ist von April bis Oktober offen, und man kann dort ein Kanu für zwei Stunden mieten."),
        ("es", "La caseta está abierta de abril a octubre, y allí se puede alquilar una canoa para dos horas o más."),
        ("fr", "Le hangar est ouvert d’avril à octobre, et on peut y louer un canoë pour une heure ou pour un jour."),
        ("it", "La rimessa è aperta da aprile a ottobre, e si può noleggiare una canoa per due ore o per la giornata."),
        ("nl", "Het botenhuis is open van april tot oktober, en je kunt er een kano huren voor een uur of de dag."),
        (
            "pl",
            "Przystań jest otwarta od kwietnia do października i można tam wypożyczyć kajak na godzinę lub na dzień.",
        ),
        ("pt", "O galpão abre de abril a outubro, e você pode alugar uma canoa por duas horas ou para o dia."),
        ("ru", "Станция открыта с апреля по октябрь, и вы можете взять у нас лодку на час или на день, если она есть."),
    ],
)
def test_the_small_words_show_the_language(language: str, text: str) -> None:
    """Related languages share half of them."""
    assert likely_language([text]) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1931",
        "for i in range(10): print(i)",
        "Kanu 12 €, Kajak 9 €, Tretboot 15 €",
        "We met at Le Bistro de la Gare.",
        "Båthuset är öppet från april till oktober, och där kan man hyra en kanot för två timmar eller en hel dag.",
        "Хижата е отворена от април до октомври и там може да се наеме лодка за един час, но не и да се нощува.",
        "図書館は九時に開きます",
    ],
)
def test_a_text_is_of_no_language_that_is_in_doubt(text: str) -> None:
    """It has too few small words, or they are those of a language without a list."""
    assert likely_language([text]) == ""


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("wo steht die Nummer", True),
        ("que es el alta", True),
        ("Where is it?", False),
        ("Nummer die wo", True),
        ("die die", True),
        ("is la casa open", False),
        ("price per A5 page", False),
        ("do I need the die", False),
        ("die", False),
        ("", False),
    ],
)
def test_a_question_is_in_another_language_by_two_small_words(question: str, other: bool) -> None:
    """More than it has of English."""
    assert is_in_another_language(question, "en") is other


def test_each_article_is_of_its_language_or_of_none(measuring_data: Path) -> None:
    """The same 48 articles in five languages; in Chinese there are no small words between spaces."""
    found = {}
    for language in ("en", "de", "es", "ru", "zh"):
        reads = read_squad(measuring_data / "data" / "xquad-r" / f"{language}.json").reads
        found[language] = {likely_language([read.document.text]) for read in reads}
    assert found == {"en": {"en"}, "de": {"de"}, "es": {"es", ""}, "ru": {"ru", ""}, "zh": {""}}
