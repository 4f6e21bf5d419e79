"""The documents in a .zip are read, each below its title."""

import json
from pathlib import Path

from tests.retrieval.reading.test_plain_chat import messages_of
from tests.support import chats, samples
from tests.support.reading import placed_sentences, read_content, rejection_reason
from tests.support.samples import zip_archive

NOTION_ID = "0123456789abcdef0123456789abcdef"


def test_each_document_is_below_its_title(tmp_path: Path) -> None:
    """Markdown, pages, text and tables; pictures and hidden folders are left out."""
    members: dict[str, str | bytes] = {
        f"Export/Fares {NOTION_ID}.md": "# Fares\n\nDogs **pay** one euro.\n\n## Cats\n\nThey do not pay.\n",
        f"Export/Rooms {NOTION_ID}.csv": "Room,Beds\nHall,4\nAttic,2\n",
        "Export/hours.html": samples.HTML,
        "Export/notes.txt": "The pier is slippery.\n",
        "Export/pier.png": b"\x89PNG",
        ".obsidian/app.json": '{"a": "b"}',
        "__MACOSX/._x.md": "Junk text is here.",
    }
    read = read_content(tmp_path, "wiki.zip", zip_archive(members))
    placed = [(text, heading) for text, _, heading in placed_sentences(read)]
    assert placed[:5] == [
        ("Dogs pay one euro.", "Fares"),
        ("They do not pay.", "Fares › Cats"),
        ("Room: Hall; Beds: 4.", "Export › Rooms"),
        ("Room: Attic; Beds: 2.", "Export › Rooms"),
        ("The library opens at nine on weekdays.", "Opening hours"),
    ]
    assert placed[-1] == ("The pier is slippery.", "Export › notes")
    assert (read.document.title, read.document.unit) == ("Wiki", "")


def test_an_archive_in_an_archive_is_read(tmp_path: Path) -> None:
    """As Notion exports large workspaces; one document alone needs no heading."""
    inner = zip_archive({"Fares.md": "# Fares\n\nDogs pay one euro.\n"})
    read = read_content(tmp_path, "a.zip", zip_archive({"Part-1.zip": inner}))
    assert placed_sentences(read) == [("Dogs pay one euro.", None, "Fares")]


def test_an_export_of_a_chat_is_read_as_messages(tmp_path: Path) -> None:
    """Names of users of Slack stand in a list of their own; WhatsApp's archive has one text and pictures."""
    records = [{key: value for key, value in record.items() if key != "user_profile"} for record in chats.SLACK_JSON]
    users = [
        {"id": "U01", "name": "mira", "profile": {"display_name": "", "real_name": "Mira Kern"}},
        {"id": "U02", "name": "tomas", "profile": {"display_name": "Tom"}},
    ]
    slack: dict[str, str | bytes] = {
        "users.json": json.dumps(users),
        "channels.json": "[]",
        "help/2024-03-14.json": json.dumps(records),
        "boats/2024-03-14.json": json.dumps(records[2:3]),
    }
    read = read_content(tmp_path, "slack.zip", zip_archive(slack))
    assert [message.partition(",")[0] for message in messages_of(read)] == ["Tom", "Mira Kern", "Tom", "Mira Kern"]
    assert read.document.unit == "message"
    assert [heading for _, _, heading in placed_sentences(read)] == ["boats › 2024-03-14"] + ["help › 2024-03-14"] * 3
    whatsapp = zip_archive({"_chat.txt": chats.WHATSAPP_IOS, "photo.jpg": b"\xff\xd8"})
    assert len(messages_of(read_content(tmp_path, "whatsapp.zip", whatsapp))) == 3


def test_an_archive_without_documents_is_rejected(tmp_path: Path) -> None:
    """With the reason of the first member that could not be read."""
    assert rejection_reason(tmp_path, "a.zip", zip_archive({"a.png": b"x"})) == "contains no document that can be read"
    broken = zip_archive({"a.pdf": b"%PDF-1.4 and nothing else", "b.md": b"\xff\xfe\xff"})
    partly = read_content(tmp_path, "d.zip", zip_archive({"a.pdf": b"%PDF-1.4 and nothing else", "c.md": "It opens."}))
    assert partly.unread.startswith("a.pdf: damaged: not a readable PDF")
    reason = rejection_reason(tmp_path, "b.zip", broken)
    assert reason.startswith("contains no document that can be read; a.pdf: damaged: not a readable PDF")
    zeros = zip_archive({"a.txt": b"\0" * 90_000_000})
    assert rejection_reason(tmp_path, "c.zip", zeros) == "would unpack to more than 100 times its size"
