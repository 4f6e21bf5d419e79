"""The index keeps its promises under kills, power cuts, full disks, damage, swaps and races.

These are the short forms of the proofs; python -m tests.proofs.<name> runs the long ones.
"""

import errno
import os
import random
import time
from pathlib import Path

import pytest

from retrieval import files
from retrieval.encoding.encoder import OnnxEncoder
from retrieval.reading.folder import SECOND_NS, list_files
from retrieval.store import opening
from tests.proofs import damage, incremental, io_faults, kills, power_loss, races, swaps
from tests.support import small_corpus, watched_disk
from tests.support.word_encoder import WordEncoder


def test_a_killed_rebuild_loses_nothing(tmp_path: Path) -> None:
    """After forty kills, at steps of publishing and at random times, the index is whole and has what was reported."""
    outcome = kills.prove(tmp_path, 40)
    assert outcome.killed + outcome.finished == 40
    assert len(outcome.steps) >= 25


def test_a_power_cut_leaves_a_whole_index(tmp_path: Path) -> None:
    """On two hundred disks, unsynced writes are dropped, truncated, garbled or out of order."""
    outcome = power_loss.prove(tmp_path, 200)
    assert outcome.total() == 200
    assert min(outcome["as before"], outcome["as after"]) > 10


def test_a_failing_call_is_one_line_and_the_generation_before_answers(tmp_path: Path) -> None:
    """The disk is full at one of some 150 calls; the next rebuild repairs the index."""
    assert io_faults.prove(tmp_path / "root", [errno.ENOSPC], permanent=False)["failed"] > 40


@pytest.mark.parametrize("code", io_faults.ERRORS, ids=errno.errorcode.get)
def test_a_disk_that_keeps_failing_changes_nothing(tmp_path: Path, code: int) -> None:
    """No space, no permission or no descriptor from some call on: one line, and the generation before answers."""
    assert io_faults.prove(tmp_path / "root", [code], permanent=True, every=17)["failed"] > 5


def test_a_disk_that_changes_what_is_written_is_detected(tmp_path: Path) -> None:
    """Every file of a generation is read back before it goes live."""
    assert io_faults.garble(tmp_path / "root") == 8


def test_a_change_within_one_tick_of_the_clock_is_found(tmp_path: Path) -> None:
    """A file of the same size and time is compared by content if it was just written when it was indexed."""
    small_corpus.fill(tmp_path, random.Random(0))
    path, later = tmp_path / "seeds" / "document0.txt", time.time_ns() + 60 * SECOND_NS
    os.utime(path, ns=(later, later))
    small_corpus.rebuild_corpus(tmp_path)
    path.write_text(path.read_text()[:-3] + "x.\n")
    os.utime(path, ns=(later, later))
    assert small_corpus.rebuild_corpus(tmp_path).changes.changed == ("document0.txt",)
    assert not small_corpus.rebuild_corpus(tmp_path).published


def test_the_resolution_of_the_clock_decides_whether_a_file_was_just_written(tmp_path: Path) -> None:
    """A second later, a clock of whole seconds may give the same time again; a finer clock does not."""
    whole = (time.time_ns() // SECOND_NS - 1) * SECOND_NS
    for name, changed in (("whole.txt", whole), ("fraction.txt", whole + SECOND_NS // 2)):
        (tmp_path / name).write_text("The ferry has a price.")
        os.utime(tmp_path / name, ns=(changed, changed))
    assert {file.id: file.just_written for file in list_files(tmp_path)[0]} == {
        "fraction.txt": False,
        "whole.txt": True,
    }


def test_an_unreadable_file_is_read_again_later(tmp_path: Path) -> None:
    """It does not make the index stale; once it is readable it is indexed, although its size and time are the same."""
    small_corpus.fill(tmp_path, random.Random(0))
    small_corpus.rebuild_corpus(tmp_path)

    def refuse(operation: str, path: str, _: object) -> None:
        if operation == "open" and path.endswith("new.txt"):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), path)

    (tmp_path / "seeds" / "new.txt").write_text("The ferry has a price.")
    with watched_disk.watched(tmp_path, before=refuse):
        assert [file.path for file in small_corpus.rebuild_corpus(tmp_path).rejected] == ["new.txt"]
        assert not small_corpus.rebuild_corpus(tmp_path).published
    assert small_corpus.rebuild_corpus(tmp_path).changes.added == ("new.txt",)
    assert small_corpus.opened_digest(tmp_path) == small_corpus.expected_digest(tmp_path)


def test_a_reader_overtaken_by_rebuilds_opens_the_newest_generation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a generation is deleted while it is opened, the newer one is opened without error or warning."""
    rng = random.Random(0)
    small_corpus.fill(tmp_path, rng)
    small_corpus.rebuild_corpus(tmp_path)
    real = opening.open_generation

    def overtaken(folder: Path, name: str) -> object:
        monkeypatch.setattr(opening, "open_generation", real)
        for _ in range(2):
            small_corpus.edit(tmp_path, rng)
            small_corpus.rebuild_corpus(tmp_path)
        return real(folder, name)

    monkeypatch.setattr(opening, "open_generation", overtaken)
    opened = opening.open_index(tmp_path / "index")
    assert (opened.index.generation, opened.warning) == ("gen-3", None)


def test_a_disk_that_is_really_full_changes_nothing(tmp_path: Path) -> None:
    """Rebuilds run on a small disk with less and less space."""
    try:
        with io_faults.full_disk(tmp_path / "disk"):
            assert io_faults.fill_up(tmp_path / "disk" / "root", every=3) >= 2
    except PermissionError as error:
        pytest.skip(str(error))


def test_a_read_only_disk_answers(tmp_path: Path) -> None:
    """Questions are answered; a rebuild fails with one line that names the folder."""
    try:
        with io_faults.full_disk(tmp_path / "disk"):
            io_faults.read_only(tmp_path / "disk")
    except PermissionError as error:
        pytest.skip(str(error))


def test_damage_is_detected_before_faiss_reads(tmp_path: Path) -> None:
    """Two thousand times, the generation before answers or the damaged sentence is named."""
    assert damage.prove(tmp_path / "root", 2_000) == 2_000


def test_damage_to_large_files_is_detected_before_faiss_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with files that are mapped."""
    monkeypatch.setattr(files, "MIN_MAPPED_BYTES", 1)
    assert damage.prove(tmp_path / "root", 500, seed=1) == 500


def test_sixteen_threads_ask_while_generations_are_swapped(tmp_path: Path) -> None:
    """During twenty swaps, two thousand questions get no error, and every quote is in its document."""
    outcome = swaps.prove(tmp_path, 20, 2_000)
    assert (outcome.swaps, len(outcome.busy) >= 2_000) == (20, True)
    assert outcome.answers > 100


@pytest.mark.parametrize("seed", [0, 1])
def test_an_updated_index_equals_one_built_from_scratch(tmp_path: Path, seed: int) -> None:
    """After each of thirty random edits, sentences and the ten best are equal; without an edit no file is touched."""
    incremental.prove(tmp_path, 30, WordEncoder(), seed)


def test_an_updated_index_of_many_formats_equals_a_fresh_one(tmp_path: Path) -> None:
    """After edits of documents in many formats, and of a part that others include."""
    assert incremental.prove(tmp_path, 8, WordEncoder(), 1, varied=True) > 3


def test_with_the_real_model_an_updated_index_equals_one_built_from_scratch(
    tmp_path: Path, encoder: OnnxEncoder
) -> None:
    """Scores are within 1e-5, although the model encodes different batches."""
    assert incremental.prove(tmp_path, 30, encoder, 2) > 10


def test_of_simultaneous_rebuilds_one_wins(tmp_path: Path) -> None:
    """In ten races of two to four rebuilds the others end at once; the lock of a killed winner is free."""
    assert races.prove(tmp_path, 10) > 10


def test_a_rebuild_needs_no_other_folder_on_its_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index may be on another file system than the documents and the temporary files."""
    other = Path("/dev/shm")  # noqa: S108 - only to be another file system
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with io_faults.moved_to(other, tmp_path / "root") as root:
        for _ in range(2):
            assert io_faults.run(root, "rebuild", "--full")[0] == 0
        assert small_corpus.opened_digest(root) == small_corpus.expected_digest(root)
