"""The documents in a .zip are read, each as a document of its own."""

import json
from pathlib import Path

from retrieval.reading.folder import document_state
from tests.retrieval.reading.test_plain_chat import messages_of
from tests.support import chats, samples
from tests.support.reading import placed_sentences, read_content, rejection_reason
from tests.support.samples import zip_archive

NOTION_ID = "0123456789abcdef0123456789abcdef"


def test_each_file_is_a_document(tmp_path: Path) -> None:
    """With its path behind that of the archive, its title, and its places; pictures and hidden folders are left out."""
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
    reads = [read, *read.more]
    assert [(each.document.id, each.document.title) for each in reads] == [
        (f"wiki.zip/Export/Fares {NOTION_ID}.md", "Fares"),
        (f"wiki.zip/Export/Rooms {NOTION_ID}.csv", "Export › Rooms"),
        ("wiki.zip/Export/hours.html", "Opening hours"),
        ("wiki.zip/Export/notes.txt", "Export › notes"),
    ]
    assert placed_sentences(reads[0]) == [
        ("Dogs pay one euro.", None, "Fares"),
        ("They do not pay.", None, "Fares › Cats"),
    ]
    assert placed_sentences(reads[1]) == [("Room: Hall; Beds: 4.", 2, None), ("Room: Attic; Beds: 2.", 3, None)]
    assert {each.document.sha256 for each in reads} == {read.document.sha256}
    assert {each.document.collection for each in reads} == {""}
    assert {document_state(each.document, tmp_path) for each in reads} == {"unchanged"}
    (tmp_path / "wiki.zip").write_bytes(zip_archive({"a.md": "It opens."}))
    assert {document_state(each.document, tmp_path) for each in reads} == {"changed"}
    (tmp_path / "wiki.zip").unlink()
    assert {document_state(each.document, tmp_path) for each in reads} == {"vanished"}


def test_front_matter_of_a_file_in_an_archive_counts(tmp_path: Path) -> None:
    """As that of any other file; a path that leads out of the archive is left out."""
    pages: dict[str, str | bytes] = {
        "a.md": "---\ntitle: Fares\npublished: 2024-05-01\nurl: https://a.example/b\n---\nDogs pay.",
        "b.md": "Cats pay.",
        "../c.md": "Nobody pays.",
    }
    read = read_content(tmp_path, "a.zip", zip_archive(pages))
    document = read.document
    assert (document.title, document.published, document.url) == ("Fares", "2024-05-01", "https://a.example/b")
    assert [other.document.id for other in read.more] == ["a.zip/b.md"]


def test_a_text_without_a_suffix_in_an_archive_is_read(tmp_path: Path) -> None:
    """If projects have a text of that name."""
    read = read_content(tmp_path, "a.zip", zip_archive({"mill/README": "It grinds rye.", "mill/run": "#!/bin/sh"}))
    assert (read.document.text, read.more) == ("It grinds rye.", ())


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
    reads = [read, *read.more]
    assert [[message.partition(",")[0] for message in messages_of(each)] for each in reads] == [
        ["Tom"],
        ["Mira Kern", "Tom", "Mira Kern"],
    ]
    assert [each.document.unit for each in reads] == ["message", "message"]
    assert [each.document.title for each in reads] == ["boats › 2024-03-14", "help › 2024-03-14"]
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
