"""The store: atomic to publish, checked to open, never without the old generation."""

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


def test_what_is_opened_is_what_was_published(tmp_path: Path, words: WordEncoder) -> None:
    """Documents, rows, vectors and lexical scores come back as they were."""
    publish(tmp_path, words)
    opened = opening.open_index(tmp_path)
    fresh = index_of(words, TEXTS | {"new.txt": "The cat is 1."})
    assert [asdict(one) for one in opened.index.documents] == [asdict(one) for one in fresh.documents]
    assert [opened.index.text(row) for row in range(fresh.count)] == [fresh.text(row) for row in range(fresh.count)]
    np.testing.assert_array_equal(opened.index.table, fresh.table)
    np.testing.assert_array_equal(opened.index.lexical.scores, fresh.lexical.scores)
    assert opened.warning is None
    assert opened.manifest.counts == Counts(documents=3, sentences=6, windows=4, terms=14)


def test_headings_and_tables_come_back_as_they_were(tmp_path: Path, words: WordEncoder) -> None:
    """A row of a table has its header after the index was stored, too."""
    index = index_of(words, {"a.md": "# Hours\n\n| Day | Opens |\n|---|---|\n| Monday | nine |"})
    with write_lock.writing(tmp_path):
        publishing.publish(tmp_path, index, PROVENANCE)
    (stored,) = opening.open_index(tmp_path).index.documents
    assert (stored.headings, stored.tables) == (index.documents[0].headings, index.documents[0].tables)
    assert table_header_at(stored, stored.text.index("Monday")) == "Day | Opens"


def test_two_builds_of_the_same_documents_are_the_same_bytes(tmp_path: Path, words: WordEncoder) -> None:
    """Same input, same index: every file of a generation has the same checksum."""
    for name in ("a", "b"):
        publish(tmp_path / name, words)
    manifests = [opening.open_index(tmp_path / name).manifest.files for name in ("a", "b")]
    assert manifests[0] == manifests[1]


@pytest.mark.parametrize("part", [*opening.PARTS, MANIFEST, SEAL])
def test_any_changed_byte_is_noticed_and_the_generation_before_answers(
    tmp_path: Path, words: WordEncoder, part: str
) -> None:
    """A flipped byte, a cut and a missing file fall back, with a warning that names the file."""
    publish(tmp_path, words, 1)
    publish(tmp_path, words, 2)
    path = tmp_path / "gen-2" / part
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        opened = opening.open_index(tmp_path)
        assert opened.index.generation == "gen-1"
        named = path.with_name(MANIFEST) if part == SEAL else path
        assert f"{named} does not match its checksum; answering from gen-1" in str(opened.warning)
    path.write_bytes(whole[:-1])
    assert opening.open_index(tmp_path).index.generation == "gen-1"
    path.unlink()
    assert opening.open_index(tmp_path).index.generation == "gen-1"


def test_damaged_token_vectors_are_noticed_when_they_are_used(tmp_path: Path, words: WordEncoder) -> None:
    """They are mapped, not read: a cut falls back on opening, a flipped byte raises for its sentence."""
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
    """Publish what the live generation holds and one more document, as a rebuild does."""
    previous = opening.open_index(folder).index
    reads = [UnchangedDocument(row) for row in range(len(previous.documents))]
    more = read(f"z{number}.txt", f"The museum opens at {number}.")
    index = build_index([*reads, more], words, "en", f"gen-{number}", previous=previous).index
    with write_lock.writing(folder):
        publishing.publish(folder, index, PROVENANCE)


def tokens_of(folder: Path, name: str) -> dict[str, int]:
    """Return the files of token vectors of a generation and their inodes."""
    return {path.name: path.stat().st_ino for path in (folder / name).glob("tokens-*")}


def test_token_vectors_are_written_once(tmp_path: Path, words: WordEncoder) -> None:
    """The next generation links them and adds its own, and keeps them when the one before is gone."""
    publish(tmp_path, words, 1)
    first = tokens_of(tmp_path, "gen-1")
    for number in (2, 3):
        grow(tmp_path, words, number)
    assert layout.generations(tmp_path) == ["gen-3", "gen-2"]
    third = tokens_of(tmp_path, "gen-3")
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
def test_where_a_disk_has_no_links_token_vectors_are_copied(
    tmp_path: Path, words: WordEncoder, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is a file of its own with the same checksum; a damaged one is not copied on."""
    publish(tmp_path, words, 1)

    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    grow(tmp_path, words, 2)
    opened = opening.open_index(tmp_path)
    assert tokens_of(tmp_path, "gen-1")["tokens-1.2bit"] != tokens_of(tmp_path, "gen-2")["tokens-1.2bit"]
    assert opening.damaged_tokens(tmp_path, opened) == []
    path = tmp_path / "gen-2" / "tokens-1.2bit"
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert opening.damaged_tokens(tmp_path, opened) == [path]
    with pytest.raises(StoreError, match=r"tokens-1.2bit does not match its checksum"):
        grow(tmp_path, words, 3)
    assert opening.open_index(tmp_path).index.generation == "gen-2"


def test_large_files_are_mapped_and_damage_to_them_is_noticed(
    tmp_path: Path, words: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is mapped gives the same index, and falls back like what is read."""
    publish(tmp_path, words, 1)
    publish(tmp_path, words, 2)
    monkeypatch.setattr(files, "MAPPED_FROM", 1)
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
def test_a_failure_at_any_step_leaves_the_old_generation_live(
    tmp_path: Path, words: WordEncoder, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at each kind of write: one line that says so, and the old answers go on."""
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
    """Older ones and abandoned ones go."""
    for number in (1, 2, 3):
        publish(tmp_path, words, number)
    assert layout.generations(tmp_path) == ["gen-3", "gen-2"]
    (tmp_path / "gen-9.tmp").mkdir()
    publish(tmp_path, words, 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["CURRENT", "gen-3", "gen-4", "writer.lock"]


def test_no_index_and_no_whole_generation_are_told_apart(tmp_path: Path, words: WordEncoder) -> None:
    """Nothing there is one error, nothing usable there another."""
    with pytest.raises(NoIndexError, match="there is no index in"):
        opening.open_index(tmp_path / "none")
    publish(tmp_path, words)
    (tmp_path / "gen-1" / "vectors.faiss").write_bytes(b"")
    with pytest.raises(DamagedIndexError, match=r"no generation in .* is whole"):
        opening.open_index(tmp_path)


def test_a_lost_or_spoilt_pointer_is_found_out(tmp_path: Path, words: WordEncoder) -> None:
    """Without a usable CURRENT the newest generation answers, with a warning."""
    publish(tmp_path, words)
    for content in (b"", b"../../etc", b"gen-7\n", b"\xff"):
        (tmp_path / "CURRENT").write_bytes(content)
        opened = opening.open_index(tmp_path)
        assert (opened.index.generation, str(opened.warning)[:29]) == ("gen-1", "CURRENT names no generation; ")


def test_a_newer_format_is_refused_with_a_sentence(tmp_path: Path, words: WordEncoder) -> None:
    """An index of a later version is not guessed at."""
    publish(tmp_path, words)
    write_manifest(tmp_path / "gen-1", replace(read_manifest(tmp_path / "gen-1"), format=99))
    with pytest.raises(StoreError, match="written by a newer Footnote"):
        opening.open_index(tmp_path)


def test_a_second_writer_is_told_at_once(tmp_path: Path) -> None:
    """Only one process writes."""
    with (
        write_lock.writing(tmp_path),
        pytest.raises(BusyError, match=r"process \(\d+, .* is writing"),
        write_lock.writing(tmp_path),
    ):
        pass
