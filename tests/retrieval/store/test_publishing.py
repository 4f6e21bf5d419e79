"""Publishing and opening: generations are whole or not there, and the one before answers if a newer one is damaged."""

import errno
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from retrieval import files
from retrieval.errors import BusyError, DamagedIndexError, NoIndexError, StoreError
from retrieval.index.build import UnchangedDocument, build_index
from retrieval.store import layout, opening, publishing, write_lock
from retrieval.store.manifest import MANIFEST, SEAL, Counts, read_manifest, write_manifest
from retrieval.text.locations import table_header_at
from tests.support.small_index import PROVENANCE, TEXTS, index_of, read
from tests.support.word_encoder import WordEncoder


def publish(folder: Path, words: WordEncoder, number: int = 1) -> None:
    texts = TEXTS | {"new.txt": f"The cat is {number}."}
    with write_lock.writing(folder):
        publishing.publish(folder, index_of(words, texts, generation=f"gen-{number}"), PROVENANCE)


def test_an_opened_index_equals_the_published_one(tmp_path: Path, words: WordEncoder) -> None:
    """Documents, sentences and lexical scores survive."""
    publish(tmp_path, words)
    opened = opening.open_index(tmp_path)
    fresh = index_of(words, TEXTS | {"new.txt": "The cat is 1."})
    assert list(map(asdict, opened.index.documents)) == list(map(asdict, fresh.documents))
    assert [opened.index.text(row) for row in range(fresh.count)] == [fresh.text(row) for row in range(fresh.count)]
    np.testing.assert_array_equal(opened.index.table, fresh.table)
    np.testing.assert_array_equal(opened.index.lexical.scores, fresh.lexical.scores)
    assert opened.warning is None
    assert opened.manifest.counts == Counts(documents=3, sentences=6, windows=4, terms=14)


def test_stored_headings_and_tables_equal_the_original_ones(tmp_path: Path, words: WordEncoder) -> None:
    """The row of a table still finds its header."""
    index = index_of(words, {"a.md": "# Hours\n\n| Day | Opens |\n|---|---|\n| Monday | nine |"})
    with write_lock.writing(tmp_path):
        publishing.publish(tmp_path, index, PROVENANCE)
    (stored,) = opening.open_index(tmp_path).index.documents
    assert (stored.headings, stored.tables) == (index.documents[0].headings, index.documents[0].tables)
    assert table_header_at(stored, stored.text.index("Monday")) == "Day | Opens"


def test_two_builds_of_the_same_documents_give_the_same_bytes(tmp_path: Path, words: WordEncoder) -> None:
    """Every file of both generations has the same checksum."""
    for name in ("a", "b"):
        publish(tmp_path / name, words)
    manifests = [opening.open_index(tmp_path / name).manifest.files for name in ("a", "b")]
    assert manifests[0] == manifests[1]


@pytest.mark.parametrize("part", [*opening.PARTS, MANIFEST, SEAL])
def test_any_damage_is_detected_and_the_generation_before_answers(
    tmp_path: Path, words: WordEncoder, part: str
) -> None:
    """After a changed byte, a truncation and a loss, the generation before opens with a warning that names the file."""
    publish(tmp_path, words, 1)
    publish(tmp_path, words, 2)
    path = tmp_path / "gen-2" / part
    whole = path.read_bytes()
    for offset in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 4]) + whole[offset + 1 :])
        opened = opening.open_index(tmp_path)
        assert opened.index.generation == "gen-1"
        damaged = path.with_name(MANIFEST) if part == SEAL else path
        assert f"{damaged} does not match its checksum; answering from gen-1" in str(opened.warning)
    path.write_bytes(whole[:-1])
    assert opening.open_index(tmp_path).index.generation == "gen-1"
    path.unlink()
    assert opening.open_index(tmp_path).index.generation == "gen-1"


def test_damaged_token_vectors_are_detected_when_they_are_used(tmp_path: Path, words: WordEncoder) -> None:
    """They are mapped, not read: a truncation is detected on opening, a changed byte when its sentence is used."""
    publish(tmp_path, words, 1)
    publish(tmp_path, words, 2)
    path = tmp_path / "gen-2" / "tokens-2.2bit"
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    late = opening.open_index(tmp_path).index.late
    with pytest.raises(DamagedIndexError, match="token vectors of sentence 0 are damaged"):
        late.row(0)
    assert late.row(1).shape[1] == words.project(np.eye(words.dimension, dtype=np.float32)).shape[1] // 4
    path.write_bytes(whole[:-1])
    assert opening.open_index(tmp_path).index.generation == "gen-1"


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


def test_token_vectors_are_written_once(tmp_path: Path, words: WordEncoder) -> None:
    """The next generation links them, adds its own, and keeps them after the one before is deleted."""
    publish(tmp_path, words, 1)
    first = token_files(tmp_path, "gen-1")
    for number in (2, 3):
        grow(tmp_path, words, number)
    assert layout.generations(tmp_path) == ["gen-3", "gen-2"]
    third = token_files(tmp_path, "gen-3")
    assert sorted(third) == ["tokens-1.2bit", "tokens-2.2bit", "tokens-3.2bit"]
    assert third["tokens-1.2bit"] == first["tokens-1.2bit"]
    index = opening.open_index(tmp_path).index
    fresh = index_of(
        words,
        TEXTS | {"new.txt": "The cat is 1.", "z2.txt": "The museum opens at 2.", "z3.txt": "The museum opens at 3."},
    )
    assert [index.late.row(row).tobytes() for row in range(index.count)] == [
        fresh.late.row(row).tobytes() for row in range(fresh.count)
    ]


@pytest.mark.parametrize("code", sorted(files.UNLINKABLE), ids=errno.errorcode.get)
def test_token_vectors_are_copied_if_the_disk_has_no_links(
    tmp_path: Path, words: WordEncoder, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is a separate file with the same checksum; a damaged file is not copied."""
    publish(tmp_path, words, 1)

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    grow(tmp_path, words, 2)
    opened = opening.open_index(tmp_path)
    assert token_files(tmp_path, "gen-1")["tokens-1.2bit"] != token_files(tmp_path, "gen-2")["tokens-1.2bit"]
    assert opening.damaged_tokens(tmp_path, opened) == []
    path = tmp_path / "gen-2" / "tokens-1.2bit"
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert opening.damaged_tokens(tmp_path, opened) == [path]
    with pytest.raises(StoreError, match=r"tokens-1.2bit does not match its checksum"):
        grow(tmp_path, words, 3)
    assert opening.open_index(tmp_path).index.generation == "gen-2"


def test_large_files_are_mapped_and_damage_to_them_is_detected(
    tmp_path: Path, words: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mapped files give the same index as files that are read, and their checksums are verified too."""
    publish(tmp_path, words, 1)
    publish(tmp_path, words, 2)
    monkeypatch.setattr(files, "MIN_MAPPED_BYTES", 1)
    opened = opening.open_index(tmp_path)
    fresh = index_of(words, TEXTS | {"new.txt": "The cat is 2."})
    np.testing.assert_array_equal(opened.index.table, fresh.table)
    assert [opened.index.text(row) for row in range(fresh.count)] == [fresh.text(row) for row in range(fresh.count)]
    del opened
    path = tmp_path / "gen-2" / "vectors.faiss"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert opening.open_index(tmp_path).index.generation == "gen-1"


@pytest.mark.parametrize("step", ["write", "write_stream", "rename", "replace"])
def test_a_failure_at_any_step_leaves_the_generation_before_live(
    tmp_path: Path, words: WordEncoder, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk, each kind of write raises an error that says so; the next rebuild publishes."""
    publish(tmp_path, words, 1)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / "x"))

    with monkeypatch.context() as patch:
        patch.setattr(files, step, fail)
        with pytest.raises(StoreError, match=r"cannot write .*: No space left on device"):
            publish(tmp_path, words, 2)
    assert opening.open_index(tmp_path).index.generation == "gen-1"
    publish(tmp_path, words, 3)
    assert opening.open_index(tmp_path).index.generation == "gen-3"


def test_the_last_two_generations_are_kept(tmp_path: Path, words: WordEncoder) -> None:
    """Older generations and abandoned folders are deleted."""
    for number in (1, 2, 3):
        publish(tmp_path, words, number)
    assert layout.generations(tmp_path) == ["gen-3", "gen-2"]
    (tmp_path / "gen-9.tmp").mkdir()
    publish(tmp_path, words, 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["CURRENT", "gen-3", "gen-4", "writer.lock"]


def test_a_missing_index_and_a_damaged_one_are_different_errors(tmp_path: Path, words: WordEncoder) -> None:
    """NoIndexError if there is no generation, DamagedIndexError if none is whole."""
    with pytest.raises(NoIndexError, match="there is no index in"):
        opening.open_index(tmp_path / "none")
    publish(tmp_path, words)
    (tmp_path / "gen-1" / "vectors.faiss").write_bytes(b"")
    with pytest.raises(DamagedIndexError, match=r"no generation in .* is whole"):
        opening.open_index(tmp_path)


def test_without_a_valid_current_the_newest_generation_answers(tmp_path: Path, words: WordEncoder) -> None:
    """A lost or damaged CURRENT is a warning."""
    publish(tmp_path, words)
    for content in (b"", b"../../etc", b"gen-7\n", b"\xff"):
        (tmp_path / "CURRENT").write_bytes(content)
        opened = opening.open_index(tmp_path)
        assert (opened.index.generation, str(opened.warning)[:29]) == ("gen-1", "CURRENT names no generation; ")


def test_a_newer_format_is_an_error(tmp_path: Path, words: WordEncoder) -> None:
    """An index that a newer version wrote is not opened."""
    publish(tmp_path, words)
    write_manifest(tmp_path / "gen-1", replace(read_manifest(tmp_path / "gen-1"), format=99))
    with pytest.raises(StoreError, match="written by a newer Footnote"):
        opening.open_index(tmp_path)


def test_a_second_writer_fails_at_once(tmp_path: Path) -> None:
    """Even within one process."""
    with (
        write_lock.writing(tmp_path),
        pytest.raises(BusyError, match=r"process \(\d+, .* is writing"),
        write_lock.writing(tmp_path),
    ):
        pass
