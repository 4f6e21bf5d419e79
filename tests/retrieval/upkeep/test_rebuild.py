"""Rebuilding with the real model: what changed is found, the rest stays, nothing is lost."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import SeedsError
from retrieval.progress import silent
from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.reading.isolated import parent
from retrieval.store import layout, opening, publishing
from retrieval.types import FileEntry, ReadDocument, Rejected
from retrieval.upkeep import changes
from retrieval.upkeep.changes import Changes
from retrieval.upkeep.plan import RebuildOptions, preview
from retrieval.upkeep.rebuild import rebuild
from retrieval.upkeep.verify import verify_index
from tests.support import samples
from tests.support.small_index import write_as_manifest


def tree(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_rebuild_without_a_change_writes_nothing(options: RebuildOptions) -> None:
    """The second run publishes nothing and touches no file."""
    first = rebuild(options, silent)
    assert (first.published, first.encoded_windows, str(first.why_full)) == (True, 3, "there is no index yet")
    before = tree(options.index)
    (options.seeds / "ferry.txt").touch()
    again = rebuild(options, silent)
    assert (again.published, again.manifest.generation, again.changes.unchanged) == (False, "gen-1", 3)
    assert tree(options.index) == before


def test_edits_are_found_and_only_they_are_encoded(options: RebuildOptions) -> None:
    """Added, changed, removed and renamed documents; the result equals a full rebuild."""
    rebuild(options, silent)
    (options.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    (options.seeds / "museum.md").rename(options.seeds / "old-museum.md")
    (options.seeds / "library.txt").unlink()
    (options.seeds / "zoo.txt").write_text("The zoo has a panda.")
    expected = Changes(("zoo.txt",), ("ferry.txt",), ("library.txt",), (("museum.md", "old-museum.md"),), 0)
    forecast = preview(options)
    assert (forecast.changes, forecast.rejected, forecast.compiles) == (expected, (), False)
    report = rebuild(options, silent)
    assert (report.changes, report.encoded_windows, report.why_full) == (expected, 2, None)
    incremental = opening.open_index(options.index).index
    assert rebuild(options, silent, full=True).encoded_windows == 3
    full = opening.open_index(options.index).index
    assert [one.id for one in full.documents] == ["ferry.txt", "old-museum.md", "zoo.txt"]
    np.testing.assert_array_equal(incremental.table, full.table)
    rows = np.arange(full.count)
    np.testing.assert_allclose(incremental.dense.rows(rows), full.dense.rows(rows), atol=1e-5)


def test_a_document_that_moves_to_another_folder_changes_its_collection(options: RebuildOptions) -> None:
    """Nothing of where it was is left, in the open index and in its files, though its text is taken over."""
    (options.seeds / "a").mkdir()
    (options.seeds / "ferry.txt").rename(options.seeds / "a" / "ferry.txt")
    rebuild(options, silent)
    (options.seeds / "a").rename(options.seeds / "b")
    assert rebuild(options, silent).encoded_windows == 0
    documents = opening.open_index(options.index).index.documents
    assert [(one.id, one.collection) for one in documents] == [
        ("b/ferry.txt", "b"), ("library.txt", ""), ("museum.md", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("spoil", ["missing", "empty", "only rejected"])
def test_an_unusable_folder_leaves_the_index_alone(options: RebuildOptions, spoil: str) -> None:
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
    assert layout.generations(options.index) == ["gen-1"]
    assert opening.open_index(options.index).warning is None


def test_a_changed_setting_means_a_new_generation(options: RebuildOptions) -> None:
    """Documents are split anew; windows that stay the same keep their vectors."""
    rebuild(options, silent)
    report = rebuild(replace(options, language="de"), silent)
    assert (report.published, str(report.why_full)) == (True, "the settings or the version of Footnote changed")


def test_a_damaged_generation_is_replaced(options: RebuildOptions) -> None:
    """A rebuild over a damaged index builds a whole one."""
    rebuild(options, silent)
    (options.index / "gen-1" / "texts.utf8").write_text("spoilt")
    report = rebuild(options, silent)
    assert report.published
    assert "does not match its checksum" in str(report.why_full)
    assert opening.open_index(options.index).warning is None


def test_a_rejected_file_does_not_make_the_index_stale(options: RebuildOptions) -> None:
    """Only what a rebuild would read differently counts as a change."""
    (options.seeds / "bad.txt").write_bytes(b"\xff")
    manifest = rebuild(options, silent).manifest
    assert [path for path, _ in manifest.rejected] == ["bad.txt"]
    assert not changes.changes_since(options.seeds, manifest)
    (options.seeds / "bad.txt").write_text("The zoo has a panda.")
    assert changes.changes_since(options.seeds, manifest).changed == ("bad.txt",)


def test_damaged_token_vectors_are_not_carried_on(options: RebuildOptions) -> None:
    """They are only mapped when an index is opened; a rebuild compares them and encodes what is damaged again."""
    rebuild(options, silent)
    path = options.index / "gen-1" / "tokens-1.2bit"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    (options.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    report = rebuild(options, silent)
    assert (report.encoded_windows, str(report.why_full)) == (2, "the token vectors of gen-1 are damaged")
    assert verify_index(options.index, options.seeds, silent).problems == ()


def test_unchanged_documents_are_not_read_again(options: RebuildOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the changed file and the rejected one are read; titles, rows and search are those of a full rebuild."""
    (options.seeds / "bad.txt").write_bytes(b"\xff")
    rebuild(options, silent)
    (options.seeds / "library.txt").write_text("The library opens at ten. It was founded in 1890. It closes on Monday.")
    read: list[str] = []

    def reading(entries: Sequence[FileEntry], limit: int) -> Iterator[ReadDocument | Rejected]:
        read.extend(entry.id for entry in entries)
        return read_files(entries, limit)

    monkeypatch.setattr("retrieval.upkeep.rebuild.read_files", reading)
    report = rebuild(options, silent)
    assert (read, [one.path for one in report.rejected]) == (["bad.txt", "library.txt"], ["bad.txt"])
    kept = opening.open_index(options.index).index
    rebuild(options, silent, full=True)
    full = opening.open_index(options.index).index
    assert list(kept.documents) == list(full.documents)
    for name in ("table", "checks", "kinds", "window_keys"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(full, name))
    for name in opening.LEXICAL_ARRAYS:
        np.testing.assert_array_equal(getattr(kept.lexical, name), getattr(full.lexical, name))
    np.testing.assert_array_equal(kept.late.sizes, full.late.sizes)
    np.testing.assert_array_equal(kept.late.checksums, full.late.checksums)


def test_facts_of_a_folder_count_as_a_change_of_its_files(options: RebuildOptions) -> None:
    """Writing, changing and removing a footnote.toml reads the files that it covers again, and nothing else."""
    (options.seeds / "below").mkdir()
    (options.seeds / "below" / "zoo.pdf").write_bytes(samples.pdf([[(70, 100, 11, "The zoo has a panda.")]]))
    rebuild(options, silent)
    said = options.seeds / "below" / "footnote.toml"
    for content, source in (("source = 'The zoo'", "The zoo"), ("source = 'The town'", "The town"), ("", None)):
        said.write_text(content)
        assert preview(options).changes.changed == ("below/zoo.pdf",)
        report = rebuild(options, silent)
        assert (report.changes.changed, report.encoded_windows, report.published) == (("below/zoo.pdf",), 0, True)
        assert opening.open_index(options.index).index.documents[0].source == source
    said.unlink()
    assert not rebuild(options, silent).published
    found = verify_index(options.index, options.seeds, silent)
    assert (found.problems, found.changed, found.on_disk) == ((), (), found.quotes)


def test_what_a_process_rejected_stays_rejected_until_something_changes(
    options: RebuildOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have taken a minute to find out; the file is not read again for the sake of others."""
    (options.seeds / "a.pdf").write_bytes(b"%PDF-")
    rebuild(options, silent)
    (options.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    monkeypatch.setattr(parent, "extract", lambda *_: pytest.fail("read again"))
    report = rebuild(options, silent)
    assert [one.path for one in report.rejected] == ["a.pdf"]


def test_a_file_is_read_when_its_library_was_installed(tmp_path: Path) -> None:
    """What was rejected for want of a library counts as changed once that is there."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF-")
    entries, _ = list_files(tmp_path)
    for library, changed in (("faiss", ("a.pdf",)), ("nolibrary", ())):
        reason = f"needs {library}, which is not installed; pip install 'footnote[pdf]'"
        known = changes.source_states(entries, [], [Rejected("a.pdf", reason)])
        assert changes.find_changes(entries, known).changed == changed


def test_a_manifest_of_an_older_format_is_rebuilt(options: RebuildOptions) -> None:
    """It cannot answer; a rebuild makes a new generation beside it and says why."""
    rebuild(options, silent)
    path = options.index / "gen-1" / "manifest.json"
    write_as_manifest(path.parent, json.loads(path.read_text()) | {"format": 1})
    report = rebuild(options, silent)
    assert (report.manifest.generation, report.encoded_windows) == ("gen-2", 3)
    assert "was written by an older Footnote (format 1)" in str(report.why_full)


def test_another_model_or_setting_is_announced_beforehand(options: RebuildOptions) -> None:
    """A preview says it, and a rebuild before it begins."""
    rebuild(options, silent)
    announced: list[str] = []
    other = replace(options, language="de")
    expected = "the settings or the version of Footnote changed: windows that stay the same are kept"
    assert preview(other).announcement == expected
    rebuild(other, silent, announce=announced.append)
    assert announced == [expected]
    forecast = preview(other)
    assert (forecast.announcement, forecast.windows) == (None, 0)
    (options.seeds / "zoo.txt").write_text("The zoo has a panda.")
    assert preview(other).windows == 1
    assert preview(other).seconds is not None


def test_a_rebuild_after_a_rollback_is_up_to_date_again(options: RebuildOptions) -> None:
    """It starts from what is live, gets a new number, and the generation that was given up goes."""
    rebuild(options, silent)
    (options.seeds / "zoo.txt").write_text("The zoo has a panda.")
    assert rebuild(options, silent).manifest.generation == "gen-2"
    assert publishing.rollback(options.index).index.generation == "gen-1"
    report = rebuild(options, silent)
    assert (report.manifest.generation, report.changes.added, report.encoded_windows) == ("gen-3", ("zoo.txt",), 1)
    assert layout.generations(options.index) == ["gen-3", "gen-1"]
    assert not rebuild(options, silent).published
