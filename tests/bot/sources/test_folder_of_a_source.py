"""The folder of a source: what people put or changed there stays, and a switch that breaks off is undone."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from bot.sources import switching, sync
from bot.sources.source_manifest import Manifest, SyncedFile, read_manifest, source_folder
from bot.sources.staging import EDITED, IN_THE_WAY, Plan, Stage, clear
from bot.sources.sync import sync_source
from bot.sources.sync_errors import SyncError
from bot.sources.sync_lock import syncing
from retrieval import files
from retrieval.reading.file_metadata import FileMetadata
from tests.support.sync_places import git_source, make_place, tree

Found = dict[str, bytes]


class Killed(BaseException):
    """Stands for the end of the process."""


def run(seeds: Path, found: Found) -> tuple[Plan, dict[str, str]]:
    """Sync what a source has into seeds/s; returns the plan and what was skipped."""
    own, live = source_folder(seeds, "s"), seeds / "s"
    own.mkdir(parents=True, exist_ok=True)
    switching.undo(own, live)
    manifest = read_manifest(seeds, "s", "s", "")
    clear(own / switching.STAGING)
    stage = Stage(own / switching.STAGING / switching.NEW, live, manifest, 100, 1000)
    for path, content in found.items():
        if stage.accepts(path):
            stage.add(path, content, SyncedFile("", 0))
    plan = stage.finish()
    switching.switch(own, live, plan, Manifest("s", "", {}, stage.files))
    return plan, {file.path: file.reason for file in stage.skipped}


def test_file_of_a_person_is_neither_overwritten_nor_deleted(tmp_path: Path) -> None:
    """One that was there before, one that was edited, one that was edited and is gone: each is kept and reported."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "own.md").write_bytes(b"Mine.")
    _, skipped = run(tmp_path, {"own.md": b"Theirs.", "a.md": b"A.", "b.md": b"B.", "c.md": b"C."})
    assert skipped == {"own.md": IN_THE_WAY}
    (tmp_path / "s" / "a.md").write_bytes(b"Edited.")
    (tmp_path / "s" / "b.md").write_bytes(b"Edited.")
    (tmp_path / "s" / "c.md").unlink()
    for _ in range(2):  # the same the next time
        _, skipped = run(tmp_path, {"own.md": b"Theirs.", "a.md": b"A again.", "c.md": b"C."})
        assert skipped["a.md"] == EDITED
    assert tree(tmp_path) == {"s/own.md": b"Mine.", "s/a.md": b"Edited.", "s/b.md": b"Edited.", "s/c.md": b"C."}


def test_file_that_equals_the_source_is_taken_over(tmp_path: Path) -> None:
    """A folder that was filled by hand before needs no clearing; from then on the source changes it."""
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "a.md").write_bytes(b"A.")
    plan, skipped = run(tmp_path, {"a.md": b"A."})
    assert (plan.added, plan.changed, skipped) == ({}, {}, {})
    plan, _ = run(tmp_path, {"a.md": b"B."})
    assert list(plan.changed) == ["a.md"]


@pytest.mark.parametrize("kind", ["link to a folder", "link to a file", "file", "folder"])
def test_what_is_in_the_way_is_not_followed(tmp_path: Path, kind: str) -> None:
    """A link out of the folder, a file where a folder should be, a folder where a file should be."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.md").write_bytes(b"Outside.")
    seeds = tmp_path / "seeds"
    (seeds / "s").mkdir(parents=True)
    match kind:
        case "link to a folder":
            (seeds / "s" / "sub").symlink_to(outside)
        case "link to a file":
            (seeds / "s" / "sub").mkdir()
            (seeds / "s" / "sub" / "a.md").symlink_to(outside / "a.md")
        case "file":
            (seeds / "s" / "sub").write_bytes(b"A file.")
        case "folder":
            (seeds / "s" / "sub" / "a.md").mkdir(parents=True)
    plan, skipped = run(seeds, {"sub/a.md": b"Theirs.", "b.md": b"B."})
    assert (list(plan.added), skipped) == (["b.md"], {"sub/a.md": IN_THE_WAY})
    assert (outside / "a.md").read_bytes() == b"Outside."


BEFORE = {"a.md": b"A.", "b.md": b"B.", "old/c.md": b"C."}
AFTER = {"a.md": b"A again.", "b.md": b"B.", "new/d.md": b"D."}
MOVES = 6  # renames of a switch from BEFORE to AFTER: plan, old file, two new files, manifest, and a cleared folder


@pytest.mark.parametrize("number", range(1, MOVES + 2))
def test_kill_during_a_switch_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """At whatever rename the process ends, the next sync begins with the old state or the new one, and completes."""
    run(tmp_path, BEFORE)
    count = 0
    replace = Path.replace

    def killing(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == number:
            raise Killed
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killing)
        with suppress(Killed):
            run(tmp_path, AFTER)
    own = source_folder(tmp_path, "s")
    switching.undo(own, tmp_path / "s")
    paths = read_manifest(tmp_path, "s", "s", "").files.keys()
    state = tree(tmp_path / "s")
    assert state in (BEFORE, AFTER)
    assert paths == state.keys()
    run(tmp_path, AFTER)
    assert tree(tmp_path / "s") == AFTER
    assert not (tmp_path / "s" / "old").exists()


def test_edit_after_a_kill_is_not_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person wrote after a switch broke off stays, and the rest of the old state comes back."""
    run(tmp_path, BEFORE)
    with monkeypatch.context() as patch:
        patch.setattr(files, "replace", lambda *_: (_ for _ in ()).throw(Killed()))
        with suppress(Killed):
            run(tmp_path, AFTER)
    assert tree(tmp_path / "s") == AFTER
    (tmp_path / "s" / "a.md").write_bytes(b"Edited.")
    switching.undo(source_folder(tmp_path, "s"), tmp_path / "s")
    assert tree(tmp_path / "s") == {**BEFORE, "a.md": b"Edited."}


def test_file_that_is_edited_during_a_sync_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was compared before is compared again when it is replaced."""
    run(tmp_path, BEFORE)

    def edit() -> None:
        (tmp_path / "s" / "a.md").write_bytes(b"Edited.")

    monkeypatch.setattr(os, "sync", edit)
    with pytest.raises(SyncError, match=r"^a.md was changed here during the sync; sync again$"):
        run(tmp_path, AFTER)
    assert tree(tmp_path / "s") == {**BEFORE, "a.md": b"Edited."}


def test_damaged_manifest_is_no_licence_to_overwrite(tmp_path: Path) -> None:
    """Without knowing what is its own, a source changes nothing."""
    run(tmp_path, BEFORE)
    (source_folder(tmp_path, "s") / "manifest.json").write_bytes(b"{")
    with pytest.raises(SyncError, match="move it away to fetch everything again"):
        run(tmp_path, AFTER)
    assert tree(tmp_path / "s") == BEFORE


def test_metadata_of_files_is_written_beside_them(tmp_path: Path) -> None:
    """Its file belongs to the source like the others: it is changed with them, and goes when none is described."""
    own, live = source_folder(tmp_path, "s"), tmp_path / "s"
    own.mkdir(parents=True)
    for url in ("https://a.example/1", "https://a.example/2", None):
        clear(own / switching.STAGING)
        manifest = read_manifest(tmp_path, "s", "s", "")
        stage = Stage(own / switching.STAGING / switching.NEW, live, manifest, 100, 1000)
        stage.add("a.md", b"A.", SyncedFile("", 0, FileMetadata(url=url)))
        switching.switch(own, live, stage.finish(), Manifest("s", "", {}, stage.files))
        written = live / ".footnote-files.json"
        assert (url is None) == (not written.exists())
        assert url is None or url in written.read_text()


@pytest.mark.parametrize("found", [["a.md", "A.md/b.md"], ["a.md/b.md", "a.md"], ["x/a.md", "x/a.md/b/c.md"]])
def test_file_and_folder_of_one_name(tmp_path: Path, found: list[str]) -> None:
    """As a web site can have them: the first one is taken, the other one is reported."""
    plan, skipped = run(tmp_path, {**dict.fromkeys(found, b"A."), "x/b.md": b"B."})
    assert sorted(plan.added) == sorted([found[0], "x/b.md"])
    assert skipped == {found[1]: "a folder of the source has the same name as a file of it"}


@pytest.mark.parametrize("folder", ["answers", "Answers", "answers/manual"])
def test_folder_of_kept_answers_is_no_folder_of_a_source(tmp_path: Path, folder: str) -> None:
    """A source cannot speak for moderators."""
    report = sync_source(git_source("http://127.0.0.1:9/r", folder=folder), make_place(tmp_path / "docs"))
    assert report.error == "the folder answers is for the answers that moderators keep; name another one"
    assert not (tmp_path / "docs" / folder).exists()


@pytest.mark.parametrize("name", ["lock", "answers"])
def test_every_name_of_a_source_has_a_hidden_folder(tmp_path: Path, name: str) -> None:
    """None is the name of a file that the syncs share."""
    place = make_place(tmp_path / "docs")
    with syncing(place.seeds):
        report = sync_source(git_source("http://127.0.0.1:9/r", name=name, folder="manual"), place)
    assert report.error == "127.0.0.1 cannot be reached"


def test_whatever_goes_wrong_is_the_error_of_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody thought of names no content, and the other sources go on."""

    def fail(*_: object) -> dict[str, str]:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(sync, "_fetch", fail)
    assert sync_source(git_source("http://127.0.0.1:9/r"), make_place(tmp_path)).error == "unexpected ZeroDivisionError"


def test_other_folder_is_not_changed_by_undoing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that gets another folder after a switch broke off puts nothing there."""
    run(tmp_path, BEFORE)
    with monkeypatch.context() as patch:
        patch.setattr(files, "replace", lambda *_: (_ for _ in ()).throw(Killed()))
        with suppress(Killed):
            run(tmp_path, AFTER)
    report = sync_source(git_source("http://127.0.0.1:9/r", name="s", folder="t"), make_place(tmp_path))
    assert report.error.startswith("its files are in the folder s, not in t;")
    assert not (tmp_path / "t").exists()


def test_dry_run_reports_a_switch_that_broke_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It undoes nothing: neither the documents nor what the next sync needs to bring them back are touched."""
    run(tmp_path, BEFORE)
    with monkeypatch.context() as patch:
        patch.setattr(files, "replace", lambda *_: (_ for _ in ()).throw(Killed()))
        with suppress(Killed):
            run(tmp_path, AFTER)
    source, place = git_source("http://127.0.0.1:9/r", name="s"), make_place(tmp_path)
    report = sync_source(source, place, dry_run=True)
    assert report.error == "an earlier sync broke off, and a dry run undoes nothing; sync without --dry-run first"
    assert tree(tmp_path / "s") == AFTER
    assert sync_source(source, place).error == "127.0.0.1 cannot be reached"
    assert tree(tmp_path / "s") == BEFORE
