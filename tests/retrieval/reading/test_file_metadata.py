"""A .footnote-files.json gives metadata to single files; what is wrong in it is reported and costs no document."""

from pathlib import Path

import pytest

from retrieval.reading.documents import read_files
from retrieval.reading.file_metadata import FileMetadata, encode_files_metadata
from retrieval.reading.folder import list_files
from retrieval.reading.metadata import digest_of
from retrieval.types import Document, ReadDocument

URL = "https://a.example/b#L{line}"


def read(folder: Path) -> dict[str, Document]:
    reads = read_files(list_files(folder)[0], 1_000_000)
    return {it.document.id: it.document for it in reads if isinstance(it, ReadDocument)}


def test_address_counts_more_than_one_inside_the_file(tmp_path: Path) -> None:
    """Where a file was fetched is known better than what it says; its own title, source and date count."""
    (tmp_path / "in").mkdir()
    front = "---\ntitle: Own\nsource: Own\npublished: 2020\nurl: https://evil.example/\n---\n\nThe ferry crosses.\n"
    (tmp_path / "in" / "a.md").write_text(front)
    (tmp_path / "in" / "b.txt").write_text("The ferry crosses.")
    (tmp_path / "in" / "c.txt").write_text("The ferry crosses.")
    (tmp_path / "in" / "footnote.toml").write_text('source = "The town"\n')
    known = FileMetadata(url=URL, title="Ferry", source="Site", published="2024-05-01")
    (tmp_path / "in" / ".footnote-files.json").write_bytes(encode_files_metadata({"a.md": known, "b.txt": known}))
    documents = read(tmp_path)
    assert {name: (it.title, it.source, it.published, it.url) for name, it in documents.items()} == {
        "in/a.md": ("Own", "Own", "2020", URL),
        "in/b.txt": ("Ferry", "Site", "2024-05-01", URL),
        "in/c.txt": ("C", "The town", None, None),
    }


def test_only_the_described_file_changes(tmp_path: Path) -> None:
    """Each file has a digest of its own metadata, so that a rebuild reads only those whose metadata changed."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("The ferry crosses.")
    digests = []
    for url in ("https://a.example/1", "https://a.example/2"):
        content = encode_files_metadata(
            {"a.txt": FileMetadata(url=url), "b.txt": FileMetadata(url="https://b.example")}
        )
        (tmp_path / ".footnote-files.json").write_bytes(content)
        digests.append([digest_of(file.metadata) for file in list_files(tmp_path)[0]])
    assert digests[0][0] != digests[1][0]
    assert digests[0][1] == digests[1][1]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "invalid JSON: "),
        (b'{"a.txt": {"url": "javascript:alert(1)"}}', "the url of 'a.txt' is not an http(s) address"),
        (b'{"a.txt": {"published": "soon"}}', "published is 'soon', not a date such as 2023-06-04"),
        (b'{"a.txt": {"title": 3}}', "invalid JSON: Expected `str"),
    ],
)
def test_what_is_wrong_is_reported_and_ignored(tmp_path: Path, content: bytes, reason: str) -> None:
    """The files are read without it."""
    (tmp_path / "a.txt").write_text("The ferry crosses.")
    (tmp_path / ".footnote-files.json").write_bytes(content)
    rejected = list_files(tmp_path)[1]
    assert [file.path for file in rejected] == [".footnote-files.json"]
    assert rejected[0].reason.startswith(reason)
    assert read(tmp_path)["a.txt"].url is None
