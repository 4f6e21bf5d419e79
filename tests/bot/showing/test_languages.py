"""Languages: which one a locale gets, plural forms, numbers and dates."""

import asyncio

import pytest

from bot.showing.languages import (
    ENGLISH,
    Message,
    languages,
    match_language,
    number,
    percent,
    plural_form,
    present_language,
    speaking,
)
from bot.showing.reply import REFUSAL
from bot.showing.wording import DOCUMENTS, duration, format_date

DAYS = {
    "en": ("1 May 2024", "May 2024", "2024"),
    "de": ("1. Mai 2024", "Mai 2024", "2024"),
    "es": ("1 de mayo de 2024", "mayo de 2024", "2024"),
    "fr": ("1er mai 2024", "mai 2024", "2024"),
    "ja": ("2024年5月1日", "2024年5月", "2024年"),
    "pt-BR": ("1º de maio de 2024", "maio de 2024", "2024"),
    "ru": ("1 мая 2024\u00a0г.", "май 2024\u00a0г.", "2024\u00a0г."),
    "zh": ("2024年5月1日", "2024年5月", "2024年"),
}
NUMBERS = {
    "en": ("12,345.5", "94%"),
    "de": ("12.345,5", "94\u00a0%"),
    "es": ("12.345,5", "94\u00a0%"),
    "fr": ("12\u202f345,5", "94\u00a0%"),
    "ja": ("12,345.5", "94%"),
    "pt-BR": ("12.345,5", "94%"),
    "ru": ("12\u00a0345,5", "94\u00a0%"),
    "zh": ("12,345.5", "94%"),
}


def test_seven_languages_besides_english_have_a_catalog() -> None:
    """They are those of the files; English needs none."""
    assert languages() == ("de", "es", "fr", "ja", "pt-BR", "ru", "zh")


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("de", "de"), ("es-ES", "es"), ("es-419", "es"), ("pt-BR", "pt-BR"), ("pt-PT", "pt-BR"), ("zh-CN", "zh"),
        ("zh-TW", "zh"), ("ja", "ja"), ("en-US", "en"), ("en-GB", "en"), ("it", "en"), ("", "en"), ("../de", "en"),
    ],
)  # fmt: skip
def test_locale_gets_its_language_or_english(locale: str, language: str) -> None:
    """A locale of another country gets the language, and an unknown one English."""
    assert match_language(locale) == language


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 документов"), (1, "1 документ"), (2, "2 документа"), (4, "4 документа"), (5, "5 документов"),
        (11, "11 документов"), (12, "12 документов"), (14, "14 документов"), (21, "21 документ"),
        (22, "22 документа"), (25, "25 документов"), (101, "101 документ"), (111, "111 документов"),
        (1_002, "1\u00a0002 документа"),
    ],
)  # fmt: skip
def test_russian_has_three_plural_forms(count: int, text: str) -> None:
    """The last digit decides, except from 11 to 14."""
    with speaking("ru"):
        assert DOCUMENTS(count=count) == text


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("de", [1, 0, 1]), ("es", [1, 0, 1]), ("fr", [0, 0, 1]), ("pt-BR", [0, 0, 1]), ("ja", [0, 0, 0]),
        ("zh", [0, 0, 0]),
    ],
)  # fmt: skip
def test_none_is_singular_in_french_and_portuguese(language: str, forms: list[int]) -> None:
    """German and Spanish say "0 documents", Japanese and Chinese have one form."""
    assert [plural_form(language, count) for count in (0, 1, 2)] == forms


@pytest.mark.parametrize("language", DAYS)
def test_dates_are_written_as_the_language_writes_them(language: str) -> None:
    """A day, a month and a year."""
    with speaking(language):
        assert tuple(map(format_date, ("2024-05-01", "2024-05", "2024"))) == DAYS[language]
        assert format_date("spring 2024") == "spring 2024"


@pytest.mark.parametrize("language", NUMBERS)
def test_numbers_are_written_as_the_language_writes_them(language: str) -> None:
    """Separators, and the space before a percent sign."""
    with speaking(language):
        assert (number(12_345.5, 1), percent(0.94)) == NUMBERS[language]


def test_sentence_without_a_translation_is_english() -> None:
    """Values are put in as they are, also with braces in them; whole numbers are grouped."""
    with speaking("de"):
        assert Message("Not translated: {title}")(title="{count} {0}") == "Not translated: {count} {0}"
        assert Message("{count} moons", "{count} moon")(count=1) == "1 moon"
        assert Message("{count} moons", "{count} moon")(count=2_000) == "2.000 moons"


async def test_language_belongs_to_a_task_and_to_those_that_it_starts() -> None:
    """Two members who ask at once each get their own language; threads take it over, and outside it is English."""

    async def ask() -> tuple[str, str]:
        await asyncio.sleep(0)
        return REFUSAL(), await asyncio.to_thread(duration, 1.0)

    tasks = []
    for language in ("de", "ja"):
        with speaking(language):
            tasks.append(asyncio.create_task(ask()))
    german, japanese = await asyncio.gather(*tasks)

    assert german == ("Das weiß ich nicht: Nichts in den Dokumenten beantwortet das.", "1 Sekunde")
    assert japanese == ("わかりません。文書の中に答えが見つかりません。", "1 秒")
    assert (present_language(), (await ask())[1]) == (ENGLISH, "1 second")
