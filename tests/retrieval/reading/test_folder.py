"""Files of the seeds folder are compared with what was indexed."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from retrieval.reading import folder
from retrieval.reading.folder import document_state, is_removed_answer
from retrieval.types import Document, DocumentState


def test_the_state_of_a_file_follows_its_checksum(tmp_path: Path) -> None:
    """It is unchanged, changed or vanished since it was indexed."""
    indexed = Document("a.txt", "A", None, None, None, "text", hashlib.sha256(b"text").hexdigest())
    (tmp_path / "a.txt").write_bytes(b"text")
    assert document_state(indexed, tmp_path) == "unchanged"
    (tmp_path / "a.txt").write_bytes(b"text.")
    assert document_state(indexed, tmp_path) == "changed"
    (tmp_path / "a.txt").unlink()
    assert document_state(indexed, tmp_path) == "vanished"


def document(name: str) -> Document:
    """Return a document with the text "text"."""
    return Document(name, "A", None, None, None, "text", hashlib.sha256(b"text").hexdigest())


@pytest.mark.parametrize("kind", ["FIFO", "link", "folder that is a link", "folder", "path that leads outside"])
def test_anything_but_a_regular_file_has_vanished(tmp_path: Path, kind: str) -> None:
    """A FIFO is not waited for, no link is followed, even to the same text, and nothing outside is read."""
    seeds, outside = tmp_path / "seeds", tmp_path / "outside"
    outside.mkdir()
    seeds.mkdir()
    (outside / "a.txt").write_bytes(b"text")
    name = "sub/a.txt"
    if kind == "folder that is a link":
        (seeds / "sub").symlink_to(outside)
    elif kind == "path that leads outside":
        name = "../outside/a.txt"
    else:
        (seeds / "sub").mkdir()
        file = seeds / name
        {"FIFO": os.mkfifo, "link": lambda path: path.symlink_to(outside / "a.txt"), "folder": Path.mkdir}[kind](file)
    states: list[DocumentState] = []
    thread = threading.Thread(target=lambda: states.append(document_state(document(name), seeds)), daemon=True)
    thread.start()
    thread.join(5)
    assert states == ["vanished"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that large was ever indexed; a file in a folder below is found."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_bytes(b"text")
    assert document_state(document("sub/a.txt"), tmp_path) == "unchanged"
    monkeypatch.setattr(folder, "MAX_DOCUMENT_BYTES", 3)
    assert document_state(document("sub/a.txt"), tmp_path) == "changed"


def test_only_kept_answers_count_as_removed(tmp_path: Path) -> None:
    """One whose file is gone, unless the whole folder of documents is, as where only an index was copied to."""
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "a.md").write_text("It is open.\n", "utf-8")
    documents = ["answers/a.md", "answers/b.md", "b.md", "guides/answers/b.md"]
    assert [is_removed_answer(tmp_path, document) for document in documents] == [False, True, False, False]
    assert not is_removed_answer(tmp_path / "elsewhere", "answers/b.md")
