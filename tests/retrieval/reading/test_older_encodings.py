"""Text in an older encoding is read where there is no doubt which one it is, and else rejected."""

from pathlib import Path

import pytest

from retrieval.reading.older_encodings import decode_older
from tests.support.reading import read_content, sentences_of

FRENCH = "La bibliothèque est ouverte à neuf heures, et les enfants sont reçus dans une pièce pour eux."
SPANISH = "La biblioteca abre a las nueve y los niños se sientan en una habitación para ellos. ¿Quién?"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.csv"])
def test_utf_16_is_read(tmp_path: Path, name: str, encoding: str) -> None:
    """With a byte order mark, or if every second byte is zero."""
    content = "Café,Opens\r\nRose,9:00\r\nLily,10:00\r\n" if name == "a.csv" else "The café opens\r\nat nine.\n"
    read = read_content(tmp_path, name, content.encode(encoding))
    assert sentences_of(read)[0].replace("\n", " ") in ("The café opens at nine.", "Café: Rose; Opens: 9:00.")


@pytest.mark.parametrize(
    "text",
    [
        "Die Brücke ist für Fußgänger geöffnet – auch „nachts“.",
        "The café costs 5 € and is “closed” on Mondays…",
        FRENCH,
        SPANISH,
        "Biblioteket åbner klokken ni, og det er ikke på en søndag, at børn er her til klokken ti.",
    ],
)
def test_windows_1252_is_read(text: str) -> None:
    """Letters that all encodings of Latin letters have at the same place, or those of a language that shows itself."""
    assert decode_older(text.encode("cp1252")) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Библиотека открывается в девять часов утра.", "cp1251"),
        ("Η βιβλιοθήκη ανοίγει στις εννέα.", "cp1253"),
        ("Biblioteka jest otwarta od dziewiątej, a dzieci siedzą w pokoju.", "cp1250"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy.", "cp1250"),
        ("Kütüphane dokuzda açılır, çocuklar için ayrı bir oda vardır.", "cp1254"),
        ("図書館は九時に開きます。", "shift-jis"),
        ("图书馆九点开门。", "gb18030"),
        ("La bibliothèque est ouverte à neuf heures et les élèves sont là.", "mac-roman"),
        (FRENCH, "cp850"),
        ("Die Brücke ist geöffnet.", "cp850"),
        ("Das ist eine sehr schöne alte Stadt.", "cp850"),
        ("Le café du port ferme tard.", "cp850"),
        ("Die Brücke ist für Fußgänger geöffnet.", "mac-roman"),
    ],
)
def test_what_leaves_a_doubt_is_not_guessed(text: str, encoding: str) -> None:
    """A wrong guess would appear inside a verbatim quote."""
    assert decode_older(text.encode(encoding)) is None
