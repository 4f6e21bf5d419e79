"""A footnote.toml gives the metadata of the files of its folder, and an invalid one is reported."""

import os
from pathlib import Path

import pytest

from retrieval.folder_metadata import NO_METADATA, FolderMetadata
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.reading.metadata import collection_of, digest_of, parse_folder_metadata
from retrieval.text.sentences import split_sentences
from retrieval.types import Document, ReadDocument, Rejected
from tests.support import samples


def read_folder(folder: Path) -> tuple[dict[str, Document], dict[str, str]]:
    """Read a folder; returns its documents by id, and the reasons of rejected files by path."""
    files, rejected = list_files(folder)
    reads = list(read_files(files, 1_000_000))
    rejected += [read for read in reads if isinstance(read, Rejected)]
    documents = {read.document.id: read.document for read in reads if isinstance(read, ReadDocument)}
    return documents, {file.path: file.reason for file in rejected}


def test_metadata_of_a_folder_applies_to_all_files_below(tmp_path: Path) -> None:
    """The nearest footnote.toml counts; front matter overrides it, and it overrides the properties of a PDF."""
    (tmp_path / "below").mkdir()
    (tmp_path / "footnote.toml").write_text('source = "The town"\npublished = 2024-05-01\ncollection = "town"\n')
    (tmp_path / "below" / "footnote.toml").write_text('source = "The harbour"\nurl = "https://a.example/b"\n')
    (tmp_path / "a.md").write_text("---\nsource: The mayor\n---\nThe library opens at nine.")
    (tmp_path / "below" / "b.txt").write_text("The ferry crosses.")
    (tmp_path / "c.pdf").write_bytes(samples.pdf([[(70, 100, 11, "The ferry crosses.")]], "/Author (Ann Lee)"))
    documents, rejected = read_folder(tmp_path)
    assert rejected == {}
    assert {name: (document.source, document.published, document.url) for name, document in documents.items()} == {
        "a.md": ("The mayor", "2024-05-01", None),
        "below/b.txt": ("The harbour", "2024-05-01", "https://a.example/b"),
        "c.pdf": ("The town", "2024-05-01", None),
    }
    assert {file.metadata.collection for file in list_files(tmp_path)[0]} == {"town"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            'sorce = "x"',
            "unknown key 'sorce'; the known keys are title, source, published, url, language, collection, site",
        ),
        ('published = "soon"', "published is 'soon', not a date such as 2023-06-04"),
        ("title = 3", "title is not a string"),
        ('url = "javascript:x"', "url is 'javascript:x', not an http(s) address"),
        ('language = "english"', "language is 'english', not two letters such as en"),
        ("title = ", "invalid TOML: "),
        ('title = "' + "x" * 70_000 + '"', "larger than 64 KB"),
    ],
)
def test_an_invalid_footnote_toml_rejects_its_files(tmp_path: Path, content: str, reason: str) -> None:
    """The reason names the key; its metadata may matter, so no file is read without it."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "footnote.toml").write_text(content)
    (tmp_path / "below" / "b.txt").write_text("The ferry crosses.")
    (tmp_path / "a.txt").write_text("The library opens at nine.")
    documents, rejected = read_folder(tmp_path)
    assert list(documents) == ["a.txt"]
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
def test_an_unusable_footnote_toml_rejects_its_files(name: str, reason: str, tmp_path: Path) -> None:
    """Otherwise they might appear in a collection that it was meant to keep them out of."""
    below = tmp_path / "below"
    below.mkdir()
    (below / "b.txt").write_text("It opens at nine.")
    (tmp_path / "a.txt").write_text("It closes at ten.")
    (tmp_path / "staff").write_text('collection = "staff"')
    unusable = below / ("footnote.toml" if name in ("link", "dangling", "folder", "fifo") else name)
    if name in ("link", "dangling"):
        unusable.symlink_to(tmp_path / ("staff" if name == "link" else "nothing"))
    elif name == "folder":
        unusable.mkdir()
        (unusable / "c.txt").write_text("It is never read.")
    elif name == "fifo":
        os.mkfifo(unusable)
    else:
        unusable.write_text('collection = "staff"')
    documents, rejected = read_folder(tmp_path)
    assert list(documents) == ["a.txt"]
    assert rejected[f"below/{unusable.name}"].startswith(reason)
    assert rejected["below/b.txt"] == f"below/{unusable.name} is invalid and may apply to this file"


def test_the_digest_changes_with_the_metadata() -> None:
    """An empty file is the same as none."""
    assert digest_of(NO_METADATA) == digest_of(parse_folder_metadata(b"", NO_METADATA)) == ""
    assert len({digest_of(parse_folder_metadata(f'title = "{n}"'.encode(), NO_METADATA)) for n in range(3)}) == 3


def test_digests_are_those_of_existing_indexes() -> None:
    """Otherwise an update of Footnote would read every file again."""
    assert digest_of(FolderMetadata(title="T")) == "ca2a00202789ab1c"
    assert digest_of(FolderMetadata("a", "b", "2024", "https://x.example/", "de", "c")) == "13d3e61116f836e0"


@pytest.mark.parametrize(
    ("document", "collection"), [("a.txt", ""), ("a/b.txt", "a"), ("a/b/c.txt", "a"), ("ä b/c", "ä b"), (".txt", "")]
)
def test_the_collection_of_a_document_is_its_first_folder(document: str, collection: str) -> None:
    """Files directly in the seeds folder belong to none."""
    assert collection_of(document) == collection


def test_the_language_of_a_folder_decides_where_sentences_end(tmp_path: Path) -> None:
    """Elsewhere the language of the settings decides."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "footnote.toml").write_text('language = "de"')
    for path in (tmp_path / "a.txt", tmp_path / "below" / "a.txt"):
        path.write_text("Die 12. Auflage liegt in der Bibliothek.")
    reads = [read for read in read_files(list_files(tmp_path)[0], 1_000) if isinstance(read, ReadDocument)]
    assert {read.document.id: len(split_sentences(read, 0, "en")) for read in reads} == {"a.txt": 2, "below/a.txt": 1}
