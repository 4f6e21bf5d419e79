"""Say the bot's own sentences in the language of whoever reads them.

A sentence is written in English where it is needed, as a `Message`; calling it says it in the present language. The
present language belongs to the running task, as `speaking` sets it for the handlers of Discord; everything else, such
as the terminal and the log, stays English. Translations are in catalogs/, a TOML file for each language: a table of
the formats of numbers and dates, and a table that maps each English sentence to the translated one, or to its plural
forms. A sentence without a translation is said in English. Quotes and titles are values of a message, and never
translated.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ENGLISH = "en"
CATALOGS = Path(__file__).with_name("catalogs")


@dataclass(frozen=True, slots=True)
class Formats:
    """How a language writes numbers and dates.

    `day` and `month` have the placeholders {day}, {month} and {year}; `months` are the names of the months in a day,
    `months_alone` those without a day where they differ.
    """

    months: Sequence[str] = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    )  # fmt: skip
    months_alone: Sequence[str] = ()
    day: str = "{day} {month} {year}"
    first_day: str = ""  # of a month, where it is written otherwise
    month: str = "{month} {year}"
    year: str = "{year}"
    thousands: str = ","
    decimal: str = "."
    percent: str = "{number}%"


@dataclass(frozen=True, slots=True)
class Catalog:
    """The formats of a language, and its sentences by the English ones: one form, or the plural forms in order."""

    formats: Formats
    sentences: Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence of the bot in English, with placeholders in braces; `singular` is its form for a `count` of one."""

    english: str
    singular: str = ""

    def __call__(self, **values: object) -> str:
        """Say it in the present language; whole numbers among the values are written as that language does."""
        language = present_language()
        text = self._template(language, values.get("count"))
        shown = {name: number(value) if isinstance(value, int) else value for name, value in values.items()}
        return text.format_map(shown) if "{" in text else text

    def every_form(self) -> list[str]:
        """Return the message in every language, for those without a count."""
        return [self._template(language, None) for language in (ENGLISH, *languages())]

    def _template(self, language: str, count: object) -> str:
        translated = catalog(language).sentences.get(self.english)
        if translated is None:
            return self.singular if self.singular and count == 1 else self.english
        if isinstance(translated, str):
            return translated
        return translated[plural_form(language, count if isinstance(count, int) else 0)]


_present: ContextVar[str] = ContextVar("language", default=ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Make a language the present one of the running task, and of the tasks that it starts meanwhile."""
    token = _present.set(language)
    try:
        yield
    finally:
        _present.reset(token)


def present_language() -> str:
    """Return the code of the present language, such as "pt-BR"."""
    return _present.get()


@cache
def languages() -> tuple[str, ...]:
    """List the codes of the languages with a catalog; English needs none."""
    return tuple(sorted(file.stem for file in CATALOGS.glob("*.toml")))


def match_language(locale: str) -> str:
    """Return the language in which to speak to the reader of a locale, English for an unknown one.

    A locale without a catalog gets that of another country: "es-419" gets "es", and "pt-PT" gets "pt-BR".
    """
    if locale in languages():
        return locale
    code = locale.partition("-")[0]
    return next((language for language in languages() if language.partition("-")[0] == code), ENGLISH)


@cache
def catalog(language: str) -> Catalog:
    """Read the catalog of a language; that of English has no sentences."""
    if language == ENGLISH:
        return Catalog(Formats(), {})
    import tomllib

    tables = tomllib.loads((CATALOGS / f"{language}.toml").read_text("utf-8"))
    return Catalog(Formats(**tables["formats"]), tables["sentences"])


def plural_form(language: str, count: int) -> int:
    """Return the number of the plural form for a count, as in Unicode's rules for whole numbers below a million."""
    if language in ("ja", "zh"):
        return 0
    if language in ("fr", "pt-BR"):
        return int(count not in (0, 1))
    if language == "ru":
        if count % 10 == 1 and count % 100 != 11:
            return 0
        return 1 if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14) else 2
    return int(count != 1)


def number(value: float, decimals: int = 0) -> str:
    """Write a number with separators between thousands, as the present language does: "2,000.5"."""
    formats = catalog(present_language()).formats
    whole, _, fraction = f"{value:,.{decimals}f}".partition(".")
    return f"{whole.replace(',', formats.thousands)}{formats.decimal if fraction else ''}{fraction}"


def percent(share: float) -> str:
    """Write a share, 0 to 1, as whole percents: "94%"."""
    return catalog(present_language()).formats.percent.format(number=f"{share * 100:.0f}")


def date(year: str, month: int = 0, day: int = 0) -> str:
    """Write a day, or a month without a day, or a year alone: "1 May 2024", "May 2024", "2024"."""
    formats = catalog(present_language()).formats
    if not month:
        return formats.year.format(year=year)
    months = formats.months if day or not formats.months_alone else formats.months_alone
    pattern = (formats.first_day if day == 1 else "") or formats.day
    return (pattern if day else formats.month).format(day=day, month=months[month - 1], year=year)
