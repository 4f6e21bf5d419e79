"""Opening: damage is detected, and the generation before answers."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from retrieval import files
from retrieval.errors import DamagedIndexError, NoIndexError, StoreError
from retrieval.store import opening
from retrieval.store.manifest import MANIFEST, SEAL, read_manifest, write_manifest
from tests.support.small_index import TEXTS, index_of, publish_texts
from tests.support.word_encoder import WordEncoder


@pytest.mark.parametrize("part", [*opening.PARTS, MANIFEST, SEAL])
def test_any_damage_is_detected_and_the_generation_before_answers(
    tmp_path: Path, word_encoder: WordEncoder, part: str
) -> None:
    """After a changed byte, a truncation and a loss, the generation before opens with a warning that names the file."""
    publish_texts(tmp_path, word_encoder, 1)
    publish_texts(tmp_path, word_encoder, 2)
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


def test_damaged_token_vectors_are_detected_when_they_are_used(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """They are mapped, not read: a truncation is detected on opening, a changed byte when its sentence is used."""
    publish_texts(tmp_path, word_encoder, 1)
    publish_texts(tmp_path, word_encoder, 2)
    path = tmp_path / "gen-2" / "tokens-2.2bit"
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    late = opening.open_index(tmp_path).index.late
    with pytest.raises(DamagedIndexError, match="token vectors of sentence 0 are damaged"):
        late.row(0)
    assert late.row(1).shape[1] == word_encoder.project(np.eye(word_encoder.dimension, dtype=np.float32)).shape[1] // 4
    path.write_bytes(whole[:-1])
    assert opening.open_index(tmp_path).index.generation == "gen-1"


def test_large_files_are_mapped_and_damage_to_them_is_detected(
    tmp_path: Path, word_encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mapped files give the same index as files that are read, and their checksums are verified too."""
    publish_texts(tmp_path, word_encoder, 1)
    publish_texts(tmp_path, word_encoder, 2)
    monkeypatch.setattr(files, "MIN_MAPPED_BYTES", 1)
    opened = opening.open_index(tmp_path)
    fresh = index_of(word_encoder, TEXTS | {"new.txt": "The cat is 2."})
    np.testing.assert_array_equal(opened.index.table, fresh.table)
    assert [opened.index.text(row) for row in range(fresh.count)] == [fresh.text(row) for row in range(fresh.count)]
    del opened
    path = tmp_path / "gen-2" / "vectors.faiss"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert opening.open_index(tmp_path).index.generation == "gen-1"


def test_a_missing_index_and_a_damaged_one_are_different_errors(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """NoIndexError if there is no generation, DamagedIndexError if none is whole."""
    with pytest.raises(NoIndexError, match="there is no index in"):
        opening.open_index(tmp_path / "none")
    publish_texts(tmp_path, word_encoder)
    (tmp_path / "gen-1" / "vectors.faiss").write_bytes(b"")
    with pytest.raises(DamagedIndexError, match=r"no generation in .* is whole"):
        opening.open_index(tmp_path)


def test_without_a_valid_current_the_newest_generation_answers(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """A lost or damaged CURRENT is a warning."""
    publish_texts(tmp_path, word_encoder)
    for content in (b"", b"../../etc", b"gen-7\n", b"\xff"):
        (tmp_path / "CURRENT").write_bytes(content)
        opened = opening.open_index(tmp_path)
        assert (opened.index.generation, str(opened.warning)[:29]) == ("gen-1", "CURRENT names no generation; ")


def test_a_newer_format_is_an_error(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """An index that a newer version wrote is not opened."""
    publish_texts(tmp_path, word_encoder)
    write_manifest(tmp_path / "gen-1", replace(read_manifest(tmp_path / "gen-1"), format=99))
    with pytest.raises(StoreError, match="written by a newer Footnote"):
        opening.open_index(tmp_path)
