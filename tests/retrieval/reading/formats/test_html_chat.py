"""A chat that was exported as a web page is read as messages."""

from pathlib import Path

import pytest

from retrieval.reading.formats.chat_messages import format_time
from tests.retrieval.reading.test_plain_chat import messages_of
from tests.support import chats
from tests.support.reading import read_content


@pytest.mark.parametrize(
    ("page", "messages"),
    [
        (
            chats.EXPORTER_HTML,
            [
                "mira, Thursday, March 14, 2024 9:10 AM: the key hangs behind the door.",
                "mira, Thursday, March 14, 2024 9:11 AM: it is a blue one.",
                "tomas, 03/14/2024 9:12 AM: the shed is locked at night.",
            ],
        ),
        (
            chats.TELEGRAM_HTML,
            [
                "Mira, 14.03.2024 09:10:00 UTC+01:00: The key hangs behind the door. It is blue.",
                "Mira, 14.03.2024 09:11:00 UTC+01:00: The shed is locked at night.",
                "Tomas, 14.03.2024 09:12:00 UTC+01:00: Thank you all.",
            ],
        ),
    ],
)
def test_messages_of_a_page_have_their_author_and_time(tmp_path: Path, page: str, messages: list[str]) -> None:
    """Those below another one of the same author, too; replies, reactions and notices are left out."""
    read = read_content(tmp_path, "chat.html", page.encode())
    assert messages_of(read) == messages
    assert read.document.unit == "message"


def test_comments_below_an_article_make_no_chat(tmp_path: Path) -> None:
    """Most of the page is something else."""
    read = read_content(tmp_path, "mill.html", chats.COMMENTS_HTML.encode())
    assert (read.document.title, read.document.unit) == ("The mill", "row")


def test_times_are_formatted_to_the_minute() -> None:
    """ISO 8601 and seconds or milliseconds since 1970; others stay as they are."""
    assert format_time("2024-03-14T09:12:30.123+00:00") == "2024-03-14 09:12"
    assert format_time("1710407550.000100") == format_time("1710407550123") == "2024-03-14 09:12"
    assert format_time("14. März,\n9:12") == "14. März, 9:12"
