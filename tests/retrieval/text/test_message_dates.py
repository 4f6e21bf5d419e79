"""Messages of a chat have the dates of the lines above them."""

from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.text.message_dates import date_in, published_at, sent_at
from tests.support.reading import read_content


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("Ines, 2024-03-14 09:12", "2024-03-14"),
        ("[14.03.24, 09:12:01] Ines", "2024-03-14"),
        ("[14/03/2024 09:12] ines", "2024-03-14"),
        ("ines — 3/14/24, 9:12 AM", "2024-03-14"),
        ("[14-Mar-24 09:12 AM] Ines Holt", "2024-03-14"),
        ("Thursday, March 14, 2024 at 9:12:11 PM - Ines Holt", "2024-03-14"),
        ("14 de mar. de 2024 09:12 - Ines Holt", "2024-03-14"),
        ("05/05/2024, 10:31 - Ines", "2024-05-05"),
        ("05/12/2024, 10:31 - Ines", ""),
        ("31.02.2024 Ines", ""),
        ("Ines — Yesterday at 9:12", ""),
    ],
)
def test_dates_in_the_forms_of_messengers(line: str, date: str) -> None:
    """One that could be two dates is none."""
    assert date_in(line) == date


def test_a_message_has_its_own_date_and_time(tmp_path: Path) -> None:
    """A line that dates the messages below it counts, too; what is no message has the date of its document."""
    chat = "[14.03.24, 09:12:01] Ines: The key is new.\n[15.03.24, 21:13:01] Tom: The lock is old.\n" * 2
    document = replace(read_content(tmp_path, "a.txt", chat.encode()).document, published="2024-04")
    places = [document.text.index(text) for text in ("The key", "The lock")]
    assert [sent_at(document, place) for place in places] == ["2024-03-14 09:12", "2024-03-15 21:13"]
    assert [published_at(document, place) for place in places] == ["2024-03-14", "2024-03-15"]
    day = "2024/03/16(Sat)\n09:12\tInes\tThe key is new.\n09:13\tTom\tThe lock is old.\n09:14\tInes\tThe door is red.\n"
    below = read_content(tmp_path, "b.txt", day.encode()).document
    assert sent_at(below, below.text.index("The lock")) == "2024-03-16 09:13"
    plain = replace(read_content(tmp_path, "c.txt", b"2024-03-14 was a good day.").document, published="2024-04")
    assert (sent_at(plain, 3), published_at(plain, 3)) == ("", "2024-04")
