"""Warnings are recognised by the label that they begin with."""

import pytest

from retrieval.text.cautions import is_warning_label, limits, warns


@pytest.mark.parametrize(
    "text",
    [
        "Warning: this deletes all.", "**Warning:** this deletes all.", "**Warning** – this deletes all.",
        "CAUTION! Hot.", "[!WARNING]\n> This deletes all.", "!!! danger \"Hot\"", "⚠️ Hot.",
        "Important note: back up first.", "Warning",
        ":warning: Hot.", "Achtung: heiß.", "Let op: heet.", "Atención: quema.", "**Importante:** quema.",
        "_Important._ Back up first.",
    ],
)  # fmt: skip
def test_a_label_makes_a_warning(text: str) -> None:
    """The word counts with a mark or a line's end after it, in bold, in a box and behind a sign as well."""
    assert warns(text)


@pytest.mark.parametrize(
    "text",
    [
        "Important people eat here.", "Warnings are logged.", "Danger lies ahead.", "A warning: hot.", "Noted.",
        "Caution, hot.", "Warning's end",
    ],
)  # fmt: skip
def test_a_sentence_with_such_a_word_is_no_warning(text: str) -> None:
    """A sentence that begins with the word, or has it further on, says something else."""
    assert not warns(text)


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("**Warning**", True),
        ("Caution:", True),
        ('!!! warning "Hot"', True),
        ("[!NOTE]", False),
        ("Warning: hot", False),
    ],
)
def test_a_label_alone_warns_of_the_next_paragraph(text: str, alone: bool) -> None:
    """Without words of its own a label belongs to the paragraph below it."""
    assert is_warning_label(text) is alone


@pytest.mark.parametrize(
    "text",
    [
        "Except on Mondays.", "Außer an Feiertagen.", "Dies gilt nicht für Gäste.", "Ausnahme: Kinder.",
        "Salvo los festivos.", "Sin embargo, no en agosto.", "Sauf le lundi.", "Toutefois, sur rendez-vous.",
        "Tranne il lunedì.", "Behalve op maandag.", "Exceto às segundas.", "Solo con reserva previa.",
    ],
)  # fmt: skip
def test_an_exception_limits_the_sentence_before(text: str) -> None:
    """In each language by the words that it begins with."""
    assert limits(text)


@pytest.mark.parametrize(
    "text", ["Solo players start here.", "Nursery places are few.", "Massage is extra.", "Es gilt."]
)
def test_other_sentences_limit_nothing(text: str) -> None:
    """Nor does a word that only begins as one of them does, or that is English as well."""
    assert not limits(text)
