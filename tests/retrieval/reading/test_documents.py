"""Files of a folder are read or rejected with a reason, and none affects the others."""

import os
from pathlib import Path

import pytest

from retrieval.errors import SeedsError
from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.reading.front_matter import MAX_LENGTH
from retrieval.types import ReadDocument, Rejected

LIMIT = 1_000_000


def read_folder(folder: Path) -> tuple[dict[str, ReadDocument], dict[str, str]]:
    """Read a folder; returns its documents by id, and the reasons of rejected files by path."""
    files, rejected = list_files(folder)
    reads = [read_file(file, LIMIT) for file in files]
    rejected += [read for read in reads if isinstance(read, Rejected)]
    documents = {read.document.id: read for read in reads if isinstance(read, ReadDocument)}
    return documents, {file.path: file.reason for file in rejected}


def prose(read: ReadDocument) -> list[str]:
    """Return the text of each block of prose."""
    return [read.document.text[block.start : block.end] for block in read.blocks if block.kind == "prose"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"  \n\t\n", "empty"),
        (b"-----\n\n* * *\n", "contains nothing quotable"),
        ("Otwarte od dziewi\u0105tej.".encode("cp1250"), "not UTF-8 (byte 0xb9 in line 1); save it as UTF-8"),
        (b"Fine.\nFine.\n\xff.", "not UTF-8 (byte 0xff in line 3); save it as UTF-8"),
        (b"It opens\0 at nine.", "not plain text: it contains NUL bytes"),
        (b"x" * (LIMIT + 1), "1.0 MB is over the limit of 1 MB (documents.max_megabytes)"),
    ],
)
def test_unusable_files_are_rejected_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    """Other files are read nevertheless."""
    (tmp_path / "bad.txt").write_bytes(content)
    (tmp_path / "good.txt").write_text("The library opens at nine.")
    read, rejected = read_folder(tmp_path)
    assert list(read) == ["good.txt"]
    assert rejected["bad.txt"].startswith(reason)


@pytest.mark.parametrize("content", ["a\n" * 250_001, "|" * 250_001])
def test_markdown_that_needs_too_much_memory_is_not_parsed(tmp_path: Path, content: str) -> None:
    """The parser keeps a few KB of each line and cell, and runs in this process."""
    (tmp_path / "bad.md").write_text(content)
    read, rejected = read_folder(tmp_path)
    assert rejected["bad.md"] == "more than 250,000 lines or table cells; split it up, or save it as .txt"
    assert "bad.md" not in read


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """Links and FIFOs are rejected, links are never followed, folders are entered."""
    (tmp_path / "sub" / "folder.txt").mkdir(parents=True)
    (tmp_path / "sub" / "folder.txt" / "inner.txt").write_text("The cat sleeps.")
    (tmp_path / "outside.txt").symlink_to("/etc/hostname")
    (tmp_path / "dangling.txt").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "picture.png").write_bytes(b"PNG")
    (tmp_path / ".hidden.txt").write_text("Not read.")
    read, rejected = read_folder(tmp_path)
    assert list(read) == ["sub/folder.txt/inner.txt"]
    assert rejected == {
        "outside.txt": "a symbolic link; links are not followed",
        "dangling.txt": "a symbolic link; links are not followed",
        "folder": "a symbolic link; links are not followed",
        "pipe.txt": "not a regular file",
        "picture.png": "unsupported format: a picture; if it shows text, make a .pdf of it with OCR",
        "sub/folder.txt": "a folder named like a document; its files are read",
    }


def test_texts_of_projects_need_no_suffix(tmp_path: Path) -> None:
    """They are read as a .txt file is; what is not text is rejected, and programs are left out."""
    (tmp_path / "README").write_text("Mill\n====\n\nIt grinds **rye**.\n\n- oats\n- wheat\n")
    (tmp_path / "Changelog").write_text("The mill is new.")
    (tmp_path / "COPYING").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "install").write_text("#!/bin/sh")
    (tmp_path / "mill.1").write_text(".TH mill 1")
    (tmp_path / "License").mkdir()
    read, rejected = read_folder(tmp_path)
    kinds = [(block.kind, block.level) for block in read["README"].blocks]
    assert kinds == [("heading", 1), ("prose", 0), ("item", 1), ("item", 1)]
    assert (read["README"].document.title, prose(read["Changelog"])) == ("Mill", ["The mill is new."])
    assert rejected == {
        "COPYING": "not plain text: it contains NUL bytes",
        "install": "unsupported format",
        "mill.1": "unsupported format: if it is a manual page, convert it to .html, for example with mandoc -T html",
    }


def test_a_fifo_that_replaces_a_listed_file_does_not_block(tmp_path: Path) -> None:
    """A file whose type changes between listing and reading is rejected at once."""
    (tmp_path / "a.txt").write_text("The library opens.")
    (file,), _ = list_files(tmp_path)
    file.path.unlink()
    os.mkfifo(file.path)
    assert read_file(file, LIMIT) == Rejected("a.txt", "cannot be read: not a regular file", unreadable=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user for the test")
def test_unreadable_files_and_folders_are_rejected(tmp_path: Path) -> None:
    """The reason is that of the system."""
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.stat().st_uid == 0 and parent != Path("/") and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    (tmp_path / "secret.txt").write_text("The library opens.")
    (tmp_path / "secret.txt").chmod(0)
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "good.txt").write_text("The library opens at nine.")
    os.seteuid(65534)
    try:
        read, rejected = read_folder(tmp_path)
    finally:
        os.seteuid(0)
    assert list(read) == ["good.txt"]
    assert rejected == {
        "secret.txt": "cannot be read: Permission denied",
        "closed": "cannot be listed: Permission denied",
    }


def test_unprintable_names_are_rejected_on_one_line(tmp_path: Path) -> None:
    """Line breaks and bytes that are not UTF-8 are listed as escapes."""
    (tmp_path / "a\nb.txt").write_text("The library opens.")
    (tmp_path / os.fsdecode(b"\xff.txt")).write_text("The library opens.")
    _, rejected = read_folder(tmp_path)
    assert rejected == {
        "a\\nb.txt": "its name is not printable UTF-8; rename it",
        "\\udcff.txt": "its name is not printable UTF-8; rename it",
    }


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_offsets_refer_to_the_file_as_python_opens_it(tmp_path: Path, mark: bytes, newline: bytes) -> None:
    """With any newlines, with or without a byte order mark, open(path).read()[start:end] is the block."""
    lines = [
        "---",
        "title: Hours",
        "published: 2023-06-04",
        "---",
        "",
        "Öffnet um 9. \U0001f600 Yes.",
        "",
        "Zweiter Absatz.",
    ]
    path = tmp_path / "hours.md"
    path.write_bytes(mark + newline.join(line.encode() for line in lines))
    read = read_folder(tmp_path)[0]["hours.md"]
    with path.open(encoding="utf-8") as file:
        text = file.read()
    assert [text[block.start : block.end] for block in read.blocks] == [
        "Öffnet um 9. \U0001f600 Yes.",
        "Zweiter Absatz.",
    ]
    assert (read.document.title, read.document.published) == ("Hours", "2023-06-04")


def test_next_line_characters_separate_paragraphs_but_not_lines(tmp_path: Path) -> None:
    """NEL and the Unicode separators end a paragraph if doubled; offsets remain those of the file."""
    (tmp_path / "nel.txt").write_text("The library opens.\x85\x85The cat sleeps.\u2029\u2029A ferry.", "utf-8")
    assert prose(read_folder(tmp_path)[0]["nel.txt"]) == ["The library opens.", "The cat sleeps.", "A ferry."]


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("a.md", "---\ntitle: '  Opening   hours '\n---\n# Heading\n\nText.", "Opening hours"),
        ("b.md", "Text first.\n\n## The *first* heading\n\nText.", "The first heading"),
        ("c.txt", "The ferry\n\nIt crosses twice a day.", "The ferry"),
        ("opening_hours-2024.txt", "It opens at nine.", "Opening hours 2024"),
        ("d.md", "---\ntitle: 2023\n---\nText.", "2023"),
        ("NEWS.md", "# 2.1 (2031-01-02)\n\nText.\n\n# 2.0 (2030-03-04)\n\nText.", "NEWS"),
        ("two.md", "# 2.1 (2031-01-02)\n\nText.", "2.1 (2031-01-02)"),
        ("e.md", "---\n\nNo front matter, but a rule.\n\n---\n\nText.", "E"),
    ],
)
def test_titles_come_from_front_matter_else_heading_else_name(
    tmp_path: Path, name: str, content: str, title: str
) -> None:
    """The best source that has a title counts."""
    (tmp_path / name).write_text(content)
    assert read_folder(tmp_path)[0][name].document.title == title


@pytest.mark.parametrize(
    "line",
    [
        "published: true", "published: soon", "published: 2023-13", "published: [2023, 2024]", "published: {on: 2023}",
        "url: /ferry/", "url: javascript:alert(1)", "url: [https://a.example]", "title: [a, b]", "title: {a: b}",
        "source: [a]",
    ],
)  # fmt: skip
def test_unusable_values_in_front_matter_are_ignored(line: str, tmp_path: Path) -> None:
    """Site generators use the same keys for other things; the other keys and the text are read."""
    other = "" if line.startswith("source") else "source: Town\n"
    (tmp_path / "ferry.md").write_text(f"---\n{line}\n{other}---\n# Ferry\n\nIt leaves at nine.\n")
    (tmp_path / "footnote.toml").write_text("published = 2020-01-01\n")
    read, rejected = read_folder(tmp_path)
    document = read["ferry.md"].document
    assert rejected == {}
    assert (document.title, document.published, document.url) == ("Ferry", "2020-01-01", None)
    assert document.source == ("Town" if other else None)


def test_front_matter_is_bounded_and_builds_no_objects(tmp_path: Path) -> None:
    """Tags that would call code have no effect; overlong front matter is read as text."""
    (tmp_path / "evil.md").write_text("---\ntitle: !!python/object/apply:os.system ['false']\n---\nText.")
    (tmp_path / "long.md").write_text("---\n" + "a: b\n" * MAX_LENGTH + "---\nText.")
    read, rejected = read_folder(tmp_path)
    assert (sorted(read), rejected) == (["evil.md", "long.md"], {})
    assert read["evil.md"].document.title == "Evil"


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    """The message says how to name another one."""
    with pytest.raises(SeedsError, match="does not exist; name one with --seeds"):
        list_files(tmp_path / "none")


def test_captions_and_headlines_of_real_articles_are_asides(measuring_data: Path) -> None:
    """In two news articles, nothing else is an aside."""
    read, rejected = read_folder(measuring_data / "seeds")
    asides = [
        article.document.text[block.start : block.end][:16]
        for article in read.values()
        for block in article.blocks
        if block.kind != "prose"
    ]
    assert rejected == {}
    assert asides == [
        "Japanese Defense",
        "Related coverage",
        "Japan, China agr",
        "Japan, U.S., Sou",
        "Japan, U.S., Aus",
    ]
