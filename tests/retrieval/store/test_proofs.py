"""The index keeps its promises under kills, power cuts, full disks, damage, swaps and races.

These are the short forms; python -m tests.proofs.<name> runs the long ones.
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
    """Forty kills, at steps of publishing and at random times: all open as whole, nothing reported is lost."""
    outcome = kills.prove(tmp_path, 40)
    assert outcome.killed + outcome.finished == 40
    assert len(outcome.steps) >= 25


def test_a_power_cut_leaves_a_whole_index(tmp_path: Path) -> None:
    """Two hundred disks on which what was not synced is dropped, cut, garbled or out of order."""
    outcome = power_loss.prove(tmp_path, 200)
    assert outcome.total() == 200
    assert min(outcome["as before"], outcome["as after"]) > 10


def test_every_call_that_fails_is_one_line_and_the_old_generation_answers(tmp_path: Path) -> None:
    """A full disk at each of some 150 calls, once; the next rebuild mends it."""
    assert io_faults.prove(tmp_path / "root", [errno.ENOSPC], for_good=False)["failed"] > 40


@pytest.mark.parametrize("code", io_faults.ERRORS, ids=errno.errorcode.get)
def test_a_disk_that_stays_broken_changes_nothing(tmp_path: Path, code: int) -> None:
    """No room, no permission, no descriptor from some call on: one line, and the old generation answers."""
    assert io_faults.prove(tmp_path / "root", [code], for_good=True, every=17)["failed"] > 5


def test_a_disk_that_keeps_something_else_is_noticed(tmp_path: Path) -> None:
    """What is written is read back before it goes live, every file of it."""
    assert io_faults.garble(tmp_path / "root") == 8


def test_a_change_within_the_same_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    """A file as long and as old as before is compared by content if it was young when it was read."""
    small_corpus.fill(tmp_path, random.Random(0))
    path, later = tmp_path / "seeds" / "document0.txt", time.time_ns() + 60 * SECOND_NS
    os.utime(path, ns=(later, later))
    small_corpus.rebuild_small(tmp_path)
    path.write_text(path.read_text()[:-3] + "x.\n")
    os.utime(path, ns=(later, later))
    assert small_corpus.rebuild_small(tmp_path).changes.changed == ("document0.txt",)
    assert not small_corpus.rebuild_small(tmp_path).published


def test_how_young_a_file_is_goes_by_its_clock(tmp_path: Path) -> None:
    """A second ago, a clock of whole seconds may give the same time again; one with fractions does not."""
    whole = (time.time_ns() // SECOND_NS - 1) * SECOND_NS
    for name, changed in (("whole.txt", whole), ("fraction.txt", whole + SECOND_NS // 2)):
        (tmp_path / name).write_text("The ferry has a price.")
        os.utime(tmp_path / name, ns=(changed, changed))
    assert {file.id: file.just_written for file in list_files(tmp_path)[0]} == {
        "fraction.txt": False,
        "whole.txt": True,
    }


def test_a_file_that_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    """Until then it makes nothing stale; then it is in, though neither its size nor its time changed."""
    small_corpus.fill(tmp_path, random.Random(0))
    small_corpus.rebuild_small(tmp_path)

    def refuse(operation: str, path: str, _: object) -> None:
        if operation == "open" and path.endswith("new.txt"):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), path)

    (tmp_path / "seeds" / "new.txt").write_text("The ferry has a price.")
    with watched_disk.watched(tmp_path, before=refuse):
        assert [one.path for one in small_corpus.rebuild_small(tmp_path).rejected] == ["new.txt"]
        assert not small_corpus.rebuild_small(tmp_path).published
    assert small_corpus.rebuild_small(tmp_path).changes.changed == ("new.txt",)
    assert small_corpus.opened_digest(tmp_path) == small_corpus.expected(tmp_path)


def test_a_reader_that_is_overtaken_by_rebuilds_opens_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is deleted while it is being opened was replaced: no error, no warning."""
    rng = random.Random(0)
    small_corpus.fill(tmp_path, rng)
    small_corpus.rebuild_small(tmp_path)
    real = opening.open_generation

    def overtaken(folder: Path, name: str) -> object:
        monkeypatch.setattr(opening, "open_generation", real)
        for _ in range(2):
            small_corpus.edit(tmp_path, rng)
            small_corpus.rebuild_small(tmp_path)
        return real(folder, name)

    monkeypatch.setattr(opening, "open_generation", overtaken)
    opened = opening.open_index(tmp_path / "index")
    assert (opened.index.generation, opened.warning) == ("gen-3", None)


def test_a_disk_that_is_really_full_changes_nothing(tmp_path: Path) -> None:
    """Rebuilds on a small disk with less and less room."""
    try:
        with io_faults.full_disk(tmp_path / "disk"):
            assert io_faults.fill_up(tmp_path / "disk" / "root", every=3) >= 2
    except PermissionError as error:
        pytest.skip(str(error))


def test_a_read_only_disk_answers(tmp_path: Path) -> None:
    """Questions are answered from it; a rebuild is one line that names the disk."""
    try:
        with io_faults.full_disk(tmp_path / "disk"):
            io_faults.read_only(tmp_path / "disk")
    except PermissionError as error:
        pytest.skip(str(error))


def test_all_damage_is_noticed_before_faiss_reads(tmp_path: Path) -> None:
    """Two thousand flipped bytes and cuts: the generation before answers, or the damaged sentence is named."""
    assert damage.prove(tmp_path / "root", 2_000) == 2_000


def test_all_damage_to_large_files_is_noticed_before_faiss_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same where files are so large that they are mapped."""
    monkeypatch.setattr(files, "MAPPED_FROM", 1)
    assert damage.prove(tmp_path / "root", 500, seed=1) == 500


def test_sixteen_threads_ask_while_generations_are_swapped(tmp_path: Path) -> None:
    """Twenty swaps under two thousand questions: no error, every quote in its document."""
    outcome = swaps.prove(tmp_path, 20, 2_000)
    assert (outcome.swaps, len(outcome.busy) >= 2_000) == (20, True)
    assert outcome.answers > 100


@pytest.mark.parametrize("seed", [0, 1])
def test_an_index_brought_up_to_date_is_the_one_built_from_nothing(tmp_path: Path, seed: int) -> None:
    """Thirty random edits: same sentences, same ten best; and without an edit no file is touched."""
    incremental.prove(tmp_path, 30, WordEncoder(), seed)


def test_the_real_models_index_brought_up_to_date_is_the_one_built_from_nothing(
    tmp_path: Path, encoder: OnnxEncoder
) -> None:
    """The same thirty edits and scores within 1e-5, although the model encodes other batches."""
    assert incremental.prove(tmp_path, 30, encoder, 2) > 10


def test_of_rebuilds_at_the_same_time_one_wins(tmp_path: Path) -> None:
    """Ten races of two to four: the others are told at once; a killed winner's lock is free."""
    assert races.prove(tmp_path, 10) > 10


def test_a_rebuild_uses_no_folder_but_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index on another file system than the documents and the folder for temporary files works."""
    other = Path("/dev/shm")  # noqa: S108 - only to be another file system
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with io_faults.moved_to(other, tmp_path / "root") as root:
        for _ in range(2):
            assert io_faults.run(root, "rebuild", "--full")[0] == 0
        assert small_corpus.opened_digest(root) == small_corpus.expected(root)
