"""Publishing: a generation is whole or not there, and the one before stays live after a failure."""

import errno
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from retrieval import files
from retrieval.errors import StoreError
from retrieval.index.build import UnchangedDocument, build_index
from retrieval.store import layout, opening, publishing, write_lock
from retrieval.store.manifest import Counts
from retrieval.text.locations import table_header_at
from tests.support.small_index import PROVENANCE, TEXTS, index_of, publish_texts, read
from tests.support.word_encoder import WordEncoder


def test_an_opened_index_equals_the_published_one(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """Documents, sentences and lexical scores survive."""
    publish_texts(tmp_path, word_encoder)
    opened = opening.open_index(tmp_path)
    fresh = index_of(word_encoder, TEXTS | {"new.txt": "The cat is 1."})
    assert list(map(asdict, opened.index.documents)) == list(map(asdict, fresh.documents))
    assert [opened.index.text(row) for row in range(fresh.count)] == [fresh.text(row) for row in range(fresh.count)]
    np.testing.assert_array_equal(opened.index.table, fresh.table)
    np.testing.assert_array_equal(opened.index.lexical.scores, fresh.lexical.scores)
    assert opened.warning is None
    assert opened.manifest.counts == Counts(documents=3, sentences=6, windows=4, terms=14)


def test_stored_headings_and_tables_equal_the_original_ones(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """The row of a table still finds its header."""
    index = index_of(word_encoder, {"a.md": "# Hours\n\n| Day | Opens |\n|---|---|\n| Monday | nine |"})
    with write_lock.writing(tmp_path):
        publishing.publish(tmp_path, index, PROVENANCE)
    (stored,) = opening.open_index(tmp_path).index.documents
    assert (stored.headings, stored.tables) == (index.documents[0].headings, index.documents[0].tables)
    assert table_header_at(stored, stored.text.index("Monday")) == "Day | Opens"


def test_two_builds_of_the_same_documents_give_the_same_bytes(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """Every file of both generations has the same checksum."""
    for name in ("a", "b"):
        publish_texts(tmp_path / name, word_encoder)
    manifests = [opening.open_index(tmp_path / name).manifest.files for name in ("a", "b")]
    assert manifests[0] == manifests[1]


def grow(folder: Path, words: WordEncoder, number: int) -> None:
    """Publish the documents of the live generation and one more, as a rebuild does."""
    previous = opening.open_index(folder).index
    reads = [UnchangedDocument(row) for row in range(len(previous.documents))]
    more = read(f"z{number}.txt", f"The museum opens at {number}.")
    index = build_index([*reads, more], words, "en", f"gen-{number}", previous=previous).index
    with write_lock.writing(folder):
        publishing.publish(folder, index, PROVENANCE)


def token_files(folder: Path, name: str) -> dict[str, int]:
    """Return the inodes of a generation's files of token vectors, by name."""
    return {path.name: path.stat().st_ino for path in (folder / name).glob("tokens-*")}


def test_token_vectors_are_written_once(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """The next generation links them, adds its own, and keeps them after the one before is deleted."""
    publish_texts(tmp_path, word_encoder, 1)
    first = token_files(tmp_path, "gen-1")
    for number in (2, 3):
        grow(tmp_path, word_encoder, number)
    assert layout.generations(tmp_path) == ["gen-3", "gen-2"]
    third = token_files(tmp_path, "gen-3")
    assert sorted(third) == ["tokens-1.2bit", "tokens-2.2bit", "tokens-3.2bit"]
    assert third["tokens-1.2bit"] == first["tokens-1.2bit"]
    index = opening.open_index(tmp_path).index
    fresh = index_of(
        word_encoder,
        TEXTS | {"new.txt": "The cat is 1.", "z2.txt": "The museum opens at 2.", "z3.txt": "The museum opens at 3."},
    )
    assert [index.late.row(row).tobytes() for row in range(index.count)] == [
        fresh.late.row(row).tobytes() for row in range(fresh.count)
    ]


@pytest.mark.parametrize("code", sorted(files.UNLINKABLE), ids=errno.errorcode.get)
def test_token_vectors_are_copied_if_the_disk_has_no_links(
    tmp_path: Path, word_encoder: WordEncoder, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is a separate file with the same checksum; a damaged file is not copied."""
    publish_texts(tmp_path, word_encoder, 1)

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    grow(tmp_path, word_encoder, 2)
    opened = opening.open_index(tmp_path)
    assert token_files(tmp_path, "gen-1")["tokens-1.2bit"] != token_files(tmp_path, "gen-2")["tokens-1.2bit"]
    assert opening.damaged_tokens(tmp_path, opened) == []
    path = tmp_path / "gen-2" / "tokens-1.2bit"
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert opening.damaged_tokens(tmp_path, opened) == [path]
    with pytest.raises(StoreError, match=r"tokens-1.2bit does not match its checksum"):
        grow(tmp_path, word_encoder, 3)
    assert opening.open_index(tmp_path).index.generation == "gen-2"


@pytest.mark.parametrize("step", ["write", "write_stream", "rename", "replace"])
def test_a_failure_at_any_step_leaves_the_generation_before_live(
    tmp_path: Path, word_encoder: WordEncoder, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk, each kind of write raises an error that says so; the next rebuild publishes."""
    publish_texts(tmp_path, word_encoder, 1)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / "x"))

    with monkeypatch.context() as patch:
        patch.setattr(files, step, fail)
        with pytest.raises(StoreError, match=r"cannot write .*: No space left on device"):
            publish_texts(tmp_path, word_encoder, 2)
    assert opening.open_index(tmp_path).index.generation == "gen-1"
    publish_texts(tmp_path, word_encoder, 3)
    assert opening.open_index(tmp_path).index.generation == "gen-3"


def test_the_last_two_generations_are_kept(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """Older generations and abandoned folders are deleted."""
    for number in (1, 2, 3):
        publish_texts(tmp_path, word_encoder, number)
    assert layout.generations(tmp_path) == ["gen-3", "gen-2"]
    (tmp_path / "gen-9.tmp").mkdir()
    publish_texts(tmp_path, word_encoder, 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["CURRENT", "gen-3", "gen-4", "writer.lock"]
