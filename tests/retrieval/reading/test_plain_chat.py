"""A chat in plain text is read as messages: each can be quoted with who wrote it and when."""

from pathlib import Path

import pytest

from retrieval.reading.messages import MAX_PIECE_LENGTH
from retrieval.text.locations import readable_text_at
from retrieval.types import ReadDocument
from tests.support import chats
from tests.support.reading import asides_of, read_content, sentences_of


def messages_of(read: ReadDocument) -> list[str]:
    """Return each message that can be quoted, with what its header says."""
    rows = [block for block in read.blocks if block.kind == "row"]
    return [" ".join(readable_text_at(read.document, row.start, row.end).split()) for row in rows]


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        (
            chats.COPIED,
            [
                "mira — 03/14/2024 9:12 AM: when does the boathouse open on sundays.",
                "tomas — 03/14/2024 9:15 AM: the boathouse opens at ten on sundays and at eleven in winter.",
            ],
        ),
        (
            chats.COPIED_BELOW_NAMES,
            [
                "mira — 3/14/24, 9:12 AM: when does the boathouse open on sundays.",
                "tomas — 3/14/24, 9:15 AM: the boathouse opens at ten on sundays.",
                "mira — 9:16 AM: see you there then.",
            ],
        ),
        (
            chats.EXPORTED,
            [
                "[14/03/2024 09:10] mira: when does the boathouse open.",
                "[14/03/2024 09:11] tomas (pinned): the boathouse opens at ten.",
                "[14/03/2024 09:12] mira: bring the blue rope.",
            ],
        ),
        (
            chats.WHATSAPP,
            [
                "12/05/2024, 10:31 - Anna: The key is behind the door.",
                "12/05/2024, 10:35 - Anna: Bring the rope: it is long.",
            ],
        ),
        (
            chats.WHATSAPP_IOS,
            [
                "[12.05.24, 10:31:05] Anna: The key is behind the door.",
                "[12.05.24, 10:32:05] Ben — boats: It opens at ten.",
                "[12.05.24, 10:33:05] Anna: See you there then.",
            ],
        ),
        (
            chats.IRC,
            [
                "Tue Mar 14 09:00:00 2024 — 09:02 < anna>: when does the shed open.",
                "Tue Mar 14 09:00:00 2024 — 09:03 <@ben>: at nine on mondays.",
                "Wed Mar 15 2024 — 09:05 <@ben>: the key is behind the door.",
            ],
        ),
        (
            chats.WEECHAT,
            [
                "2024-03-14 09:10:11 anna: the key is behind the door.",
                "2024-03-14 09:10:13 ben: thank you so much.",
                "2024-03-14 09:10:14 anna: you are welcome here.",
            ],
        ),
        (
            chats.ZOOM,
            [
                "09:12:11 From Mira Kern to Everyone: The slides are on the page.",
                "09:13:02 From Tomas Holt: Is there a recording?",
                "09:14:40 From Mira Kern to Everyone: The recording is sent on Friday.",
            ],
        ),
        (
            chats.ZOOM.replace(": ", ":\n\t"),  # as newer versions save it
            [
                "09:12:11 From Mira Kern to Everyone: The slides are on the page.",
                "09:13:02 From Tomas Holt: Is there a recording?",
                "09:14:40 From Mira Kern to Everyone: The recording is sent on Friday.",
            ],
        ),
        (
            chats.SLACK_COPIED,
            [
                "Mira Kern 9:12 AM: the boathouse opens at ten.",
                "Tomas Holt 9:13 AM: is it open in winter?",
                "Mira Kern 9:14 AM: only on sundays after lunch.",
            ],
        ),
    ],
)
def test_each_message_is_read_with_its_author_and_time(tmp_path: Path, content: str, messages: list[str]) -> None:
    """Notices, pictures and reactions are left out; the text of the document is that of the file."""
    read = read_content(tmp_path, "chat.txt", content.encode())
    assert messages_of(read) == messages
    assert (read.document.text, read.document.unit) == (content, "message")


@pytest.mark.parametrize("layout", chats.LAYOUTS.values(), ids=chats.LAYOUTS)
def test_messages_are_recognized_in_the_layout_of_each_program(tmp_path: Path, layout: str) -> None:
    """Each is quoted by itself, below a header with its author."""
    said = ("The key hangs behind the door.", "The boat costs twelve euros a day.", "The shed is closed on Sunday.")
    read = read_content(tmp_path, "chat.txt", layout.format(*said).encode())
    assert sentences_of(read)[:3] == list(said)
    shown = messages_of(read)[:3]
    assert ["Mira Kern" in message for message in shown] == [True, False, True]
    assert "Jonas" in shown[1]


def test_a_time_before_a_further_message_is_not_part_of_it(tmp_path: Path) -> None:
    """Programs leave it when several messages of one person are copied."""
    discord = (
        "mira — 14/03/2024 09:12\nThe key is here.\n[9:13 AM]It is the small one.\n"
        "tom — 9:14 AM\nThank you very much.\nmira — 9:15 AM\nThe lamp is there.\n"
    )
    slack = (
        "mira\n  9:12 AM\nThe key is here.\n9:13\nIt is the small one.\n"
        "tom\n  9:14 AM\nThank you very much.\nmira\n  9:15 AM\nThe lamp is there.\n"
    )
    said = ["The key is here.", "It is the small one.", "Thank you very much.", "The lamp is there."]
    for content in (discord, slack):
        read = read_content(tmp_path, "chat.txt", content.encode())
        assert sentences_of(read) == said
        assert messages_of(read)[1].startswith("mira — ")


def test_a_message_that_says_nothing_by_itself_is_no_answer(tmp_path: Path) -> None:
    """It stays in the text; a number says something."""
    content = chats.COPIED.replace("ok\n", "thank you\nmira — Today at 9:21 AM\ncode 4711\n")
    read = read_content(tmp_path, "chat.txt", content.encode())
    assert asides_of(read) == ["thank you"]
    assert sentences_of(read)[-1] == "code 4711"


@pytest.mark.parametrize("content", chats.NO_CHATS)
def test_an_ordinary_text_is_no_chat(tmp_path: Path, content: str) -> None:
    """Programmes, timetables, headings with dates, logs of programs and dialogues stay what they are."""
    assert read_content(tmp_path, "a.txt", content.encode()).document.unit == ""


def test_each_piece_of_a_long_message_names_its_author(tmp_path: Path) -> None:
    """It is divided between sentences."""
    content = chats.WHATSAPP + "12/05/2024, 10:36 - Ben Falk: " + "The rope is long and the boat is old. " * 30
    pieces = [text for text in messages_of(read_content(tmp_path, "a.txt", content.encode())) if "Ben" in text]
    assert len(pieces) == 3
    assert all(piece.startswith("12/05/2024, 10:36 - Ben Falk: The rope") for piece in pieces)
    assert all(piece.endswith("old.") and len(piece) < MAX_PIECE_LENGTH + 40 for piece in pieces)


def test_what_a_program_says_in_a_message_is_left_out(tmp_path: Path) -> None:
    """Notices of WhatsApp under the name of a group, names of attached files, and that a message was edited."""
    content = (
        "[3/12/24, 6:05:12 PM] Club: \u200eMessages and calls are end-to-end encrypted.\n"
        "[3/12/24, 6:06:00 PM] Ines: The key is below the mat. \u200e<This message was edited>\n"
        "[3/12/24, 6:06:30 PM] Ines: PLAN 01.pdf (file attached)\n"
        "[3/12/24, 6:07:00 PM] Otto: The plan of the house \u200e<attached: 01-PLAN.pdf>\n"
        "[3/12/24, 6:08:00 PM] Ines: The ladder is in the shed\nbehind the house\n(edited)\n"
        "\u200e[3/12/24, 6:09:00 PM] \u200eOtto left\n"
    )
    messages = messages_of(read_content(tmp_path, "a.txt", content.encode()))
    assert [message.partition(": ")[2] for message in messages] == [
        "The key is below the mat.", "The plan of the house.", "The ladder is in the shed behind the house.",
    ]  # fmt: skip
