"""A footnote.toml says what is true of the files of a folder, and a wrong one is noticed."""

import os
from pathlib import Path

import pytest

from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.reading.metadata import collection_of, digest_of, parse_folder_metadata
from retrieval.text.sentences import split_sentences
from retrieval.types import NO_METADATA, Document, FolderMetadata, ReadDocument, Rejected
from tests.support import samples


def read(folder: Path) -> tuple[dict[str, Document], dict[str, str]]:
    files, rejected = list_files(folder)
    reads = list(read_files(files, 1_000_000))
    refused = [*rejected, *(one for one in reads if isinstance(one, Rejected))]
    found = {one.document.id: one.document for one in reads if isinstance(one, ReadDocument)}
    return found, {one.path: one.reason for one in refused}


def test_a_folders_facts_hold_for_its_files_and_those_below(tmp_path: Path) -> None:
    """The nearest says it, a front matter knows better, and what a PDF says of itself counts less."""
    (tmp_path / "below").mkdir()
    (tmp_path / "footnote.toml").write_text('source = "The town"\npublished = 2024-05-01\ncollection = "town"\n')
    (tmp_path / "below" / "footnote.toml").write_text('source = "The harbour"\nurl = "https://a.example/b"\n')
    (tmp_path / "a.md").write_text("---\nsource: The mayor\n---\nThe library opens at nine.")
    (tmp_path / "below" / "b.txt").write_text("The ferry crosses.")
    (tmp_path / "c.pdf").write_bytes(samples.pdf([[(70, 100, 11, "The ferry crosses.")]], "/Author (Ann Lee)"))
    found, rejected = read(tmp_path)
    assert rejected == {}
    assert {name: (one.source, one.published, one.url) for name, one in found.items()} == {
        "a.md": ("The mayor", "2024-05-01", None),
        "below/b.txt": ("The harbour", "2024-05-01", "https://a.example/b"),
        "c.pdf": ("The town", "2024-05-01", None),
    }
    assert {file.metadata.collection for file in list_files(tmp_path)[0]} == {"town"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('sorce = "x"', "unknown key 'sorce'; the known keys are title, source, published, url, language, collection"),
        ('published = "soon"', "published is 'soon', not a date such as 2023-06-04"),
        ("title = 3", "title is not a string"),
        ('url = "javascript:x"', "url is 'javascript:x', not an http(s) address"),
        ('language = "english"', "language is 'english', not two letters such as en"),
        ("title = ", "invalid TOML: "),
        ('title = "' + "x" * 70_000 + '"', "larger than 64 KB"),
    ],
)
def test_a_wrong_one_is_named_with_its_key_and_holds_its_files_back(tmp_path: Path, content: str, reason: str) -> None:
    """What it meant to say may matter, so its files are not read without it; those of other folders are."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "footnote.toml").write_text(content)
    (tmp_path / "below" / "b.txt").write_text("The ferry crosses.")
    (tmp_path / "a.txt").write_text("The library opens at nine.")
    found, rejected = read(tmp_path)
    assert list(found) == ["a.txt"]
    assert rejected["below/footnote.toml"].startswith(reason)
    assert rejected["below/b.txt"] == "below/footnote.toml is invalid and may apply to this file"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Footnote.toml", "rename it to footnote.toml"),
        ("FOOTNOTE.TOML", "rename it to footnote.toml"),
        ("footnote.toml.txt", "rename it to footnote.toml"),
        ("link", "a symbolic link; links are not followed"),
        ("dangling", "a symbolic link; links are not followed"),
        ("folder", "cannot be read: "),
        ("fifo", "cannot be read: "),
    ],
)
def test_one_that_cannot_be_used_as_it_is_shuts_its_folder(name: str, reason: str, tmp_path: Path) -> None:
    """Its documents might otherwise be seen in a collection that they were meant to stay out of."""
    below = tmp_path / "below"
    below.mkdir()
    (below / "b.txt").write_text("It opens at nine.")
    (tmp_path / "a.txt").write_text("It closes at ten.")
    (tmp_path / "staff").write_text('collection = "staff"')
    wanted = below / ("footnote.toml" if name in ("link", "dangling", "folder", "fifo") else name)
    if name in ("link", "dangling"):
        wanted.symlink_to(tmp_path / ("staff" if name == "link" else "nothing"))
    elif name == "folder":
        wanted.mkdir()
        (wanted / "c.txt").write_text("It is never read.")
    elif name == "fifo":
        os.mkfifo(wanted)
    else:
        wanted.write_text('collection = "staff"')
    found, rejected = read(tmp_path)
    assert list(found) == ["a.txt"]
    assert rejected[f"below/{wanted.name}"].startswith(reason)
    assert rejected["below/b.txt"] == f"below/{wanted.name} is invalid and may apply to this file"


def test_the_digest_changes_with_what_is_said() -> None:
    """Nothing said is the same as no file."""
    assert digest_of(NO_METADATA) == digest_of(parse_folder_metadata(b"", NO_METADATA)) == ""
    assert len({digest_of(parse_folder_metadata(f'title = "{n}"'.encode(), NO_METADATA)) for n in range(3)}) == 3


def test_digests_stay_those_of_existing_indexes() -> None:
    """Otherwise an update would read every file again."""
    assert digest_of(FolderMetadata(title="T")) == "ca2a00202789ab1c"
    assert digest_of(FolderMetadata("a", "b", "2024", "https://x.example/", "de", "c")) == "13d3e61116f836e0"


@pytest.mark.parametrize(
    ("document", "collection"), [("a.txt", ""), ("a/b.txt", "a"), ("a/b/c.txt", "a"), ("ä b/c", "ä b"), (".txt", "")]
)
def test_the_collection_of_a_document_is_its_first_folder(document: str, collection: str) -> None:
    """Files directly in the seeds folder belong to none."""
    assert collection_of(document) == collection


def test_the_language_of_a_folder_decides_how_its_sentences_end(tmp_path: Path) -> None:
    """Elsewhere it is that of the settings."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "footnote.toml").write_text('language = "de"')
    for path in (tmp_path / "a.txt", tmp_path / "below" / "a.txt"):
        path.write_text("Am 3. Mai öffnet die Bibliothek um neun.")
    reads = [one for one in read_files(list_files(tmp_path)[0], 1_000) if isinstance(one, ReadDocument)]
    assert {one.document.id: len(split_sentences(one, 0, "en")) for one in reads} == {"a.txt": 2, "below/a.txt": 1}
