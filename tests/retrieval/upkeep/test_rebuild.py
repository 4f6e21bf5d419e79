"""Rebuilds with the real model: changes are found, everything else is reused, nothing is lost."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from retrieval.encoding import models
from retrieval.errors import ModelError, SeedsError
from retrieval.progress import silent
from retrieval.reading.documents import read_files
from retrieval.reading.isolated import parent
from retrieval.store import layout, opening, publishing
from retrieval.types import FileEntry, ReadDocument, Rejected
from retrieval.upkeep import changes
from retrieval.upkeep.changes import Changes
from retrieval.upkeep.plan import RebuildOptions, preview, reason_for_full_rebuild
from retrieval.upkeep.rebuild import rebuild
from retrieval.upkeep.verify import verify_index
from tests.support import samples
from tests.support.small_index import write_as_manifest


def modification_times(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_rebuild_without_a_change_writes_nothing(options: RebuildOptions) -> None:
    """It publishes nothing and touches no file."""
    first = rebuild(options, silent)
    assert (first.published, first.encoded_windows, str(first.why_full)) == (True, 3, "there is no index yet")
    before = modification_times(options.index)
    (options.seeds / "ferry.txt").touch()
    again = rebuild(options, silent)
    assert (again.published, again.manifest.generation, again.changes.unchanged) == (False, "gen-1", 3)
    assert modification_times(options.index) == before


def test_only_edits_are_encoded(options: RebuildOptions) -> None:
    """Documents are added, changed, removed and renamed; the result equals a full rebuild."""
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
    assert [document.id for document in full.documents] == ["ferry.txt", "old-museum.md", "zoo.txt"]
    np.testing.assert_array_equal(incremental.table, full.table)
    rows = np.arange(full.count)
    np.testing.assert_allclose(incremental.dense.rows(rows), full.dense.rows(rows), atol=1e-5)


def test_a_document_that_moves_to_another_folder_changes_its_collection(options: RebuildOptions) -> None:
    """The stored collection is the new one, although the text is reused."""
    (options.seeds / "a").mkdir()
    (options.seeds / "ferry.txt").rename(options.seeds / "a" / "ferry.txt")
    rebuild(options, silent)
    (options.seeds / "a").rename(options.seeds / "b")
    assert rebuild(options, silent).encoded_windows == 0
    documents = opening.open_index(options.index).index.documents
    assert [(document.id, document.collection) for document in documents] == [
        ("b/ferry.txt", "b"), ("library.txt", ""), ("museum.md", ""),
    ]  # fmt: skip


def test_a_damaged_page_stays_known_while_its_file_is_unchanged(options: RebuildOptions) -> None:
    """Until the file is read again, and is sound."""
    page = [(72.0, 100.0, 11.0, "The mill is old.")]
    sound = samples.pdf([page, page])
    (options.seeds / "mill.pdf").write_bytes(sound.replace(b"6 0 R 8 0 R", b"6 0 R 99 0 R"))
    assert rebuild(options, silent).manifest.unread == {"mill.pdf": "page 2"}
    (options.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    assert rebuild(options, silent).manifest.unread == {"mill.pdf": "page 2"}
    (options.seeds / "mill.pdf").write_bytes(sound)
    assert rebuild(options, silent).manifest.unread == {}


@pytest.mark.parametrize("fault", ["missing", "empty", "only rejected"])
def test_an_unusable_folder_leaves_the_index_alone(options: RebuildOptions, fault: str) -> None:
    """A folder without usable documents is an error; the live generation stays."""
    rebuild(options, silent)
    shutil.rmtree(options.seeds)
    if fault != "missing":
        options.seeds.mkdir()
    if fault == "only rejected":
        (options.seeds / "bad.txt").write_bytes(b"\xff")
    with pytest.raises(SeedsError) as caught:
        rebuild(options, silent)
    assert str(options.seeds) in str(caught.value)
    assert layout.generations(options.index) == ["gen-1"]
    assert opening.open_index(options.index).warning is None


def test_a_changed_setting_gives_a_new_generation(options: RebuildOptions) -> None:
    """The report names the settings as the reason."""
    rebuild(options, silent)
    report = rebuild(replace(options, language="de"), silent)
    assert (report.published, str(report.why_full)) == (True, "documents.language changed")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, None),
        ({"language": "de", "max_bytes": 1}, "documents.language, documents.max_megabytes changed"),
        ({"model": "/nowhere/model"}, "the model changed to /nowhere/model"),
        ({"threads": 1, "precision": 0.9}, None),
    ],
)
def test_reason_is_known_before_the_rebuild(
    options: RebuildOptions, changed: dict[str, Any], expected: str | None
) -> None:
    """Without golden questions, the precision decides nothing about the index."""
    rebuild(options, silent)
    reason = reason_for_full_rebuild(replace(options, **changed), opening.open_index(options.index))
    assert (None if reason is None else str(reason)) == expected


def test_other_version_and_other_files_of_the_model_are_reasons(
    options: RebuildOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same model under another name is none; another compiler of models is, as another model would be."""
    rebuild(options, silent)
    live = opening.open_index(options.index)
    folder = str(models.find(options.model))
    assert reason_for_full_rebuild(replace(options, model=folder), live) is None
    with monkeypatch.context() as patch:
        patch.setitem(models.COMPILER_VERSIONS, "encoder", 999)
        assert str(reason_for_full_rebuild(options, live)) == f"the model changed to {options.model}"
    monkeypatch.setattr(changes, "BUILDER_VERSION", 999)
    assert str(reason_for_full_rebuild(options, live)) == "the version of Footnote changed"


def test_missing_model_of_a_generation_leaves_the_reason_unknown(options: RebuildOptions) -> None:
    """The error names the model, and nothing is downloaded."""
    rebuild(options, silent)
    live = opening.open_index(options.index)
    manifest = structs.replace(live.manifest, model="nobody/nothing")
    with pytest.raises(ModelError, match="model 'nobody/nothing' is neither a folder nor a model on the hub"):
        reason_for_full_rebuild(replace(options, model="nobody/nothing"), replace(live, manifest=manifest))


def test_a_damaged_generation_is_replaced(options: RebuildOptions) -> None:
    """The report names the damage as the reason."""
    rebuild(options, silent)
    (options.index / "gen-1" / "texts.utf8").write_text("damaged")
    report = rebuild(options, silent)
    assert report.published
    assert "does not match its checksum" in str(report.why_full)
    assert opening.open_index(options.index).warning is None


def test_a_rejected_file_does_not_make_the_index_stale(options: RebuildOptions) -> None:
    """It counts as changed only once its content changes."""
    (options.seeds / "bad.txt").write_bytes(b"\xff")
    manifest = rebuild(options, silent).manifest
    assert [path for path, _ in manifest.rejected] == ["bad.txt"]
    assert not changes.changes_since(options.seeds, manifest)
    (options.seeds / "bad.txt").write_text("The zoo has a panda.")
    assert changes.changes_since(options.seeds, manifest).changed == ("bad.txt",)


def test_report_counts_documents_not_rejected_files(options: RebuildOptions) -> None:
    """A preview and a rebuild agree: a rejected new file is not added, one that can no longer be read is removed.

    With a lower limit of the size, that holds for files that did not change as well.
    """
    rebuild(options, silent)
    (options.seeds / "bad.txt").write_bytes(b"\xff")
    (options.seeds / "ferry.txt").write_bytes(b"\xff")
    expected = Changes((), (), ("ferry.txt",), (), 2)
    assert preview(options).changes == expected
    report = rebuild(options, silent)
    assert (report.published, report.changes) == (True, expected)
    assert rebuild(options, silent).changes == Changes((), (), (), (), 2)
    (options.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    expected = Changes(("ferry.txt",), (), (), (), 2)
    assert preview(options).changes == expected
    assert rebuild(options, silent).changes == expected
    sizes = {name: (options.seeds / name).stat().st_size for name in ("ferry.txt", "library.txt", "museum.md")}
    largest = max(sizes, key=sizes.__getitem__)
    smaller = replace(options, max_bytes=sizes[largest] - 1)
    expected = Changes((), (), (largest,), (), 2)
    assert preview(smaller).changes == expected
    assert rebuild(smaller, silent).changes == expected


def test_damaged_token_vectors_are_not_reused(options: RebuildOptions) -> None:
    """Opening an index only maps them; a rebuild verifies them and encodes damaged windows again."""
    rebuild(options, silent)
    path = options.index / "gen-1" / "tokens-1.2bit"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    (options.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    report = rebuild(options, silent)
    assert (report.encoded_windows, str(report.why_full)) == (2, "the token vectors of gen-1 are damaged")
    assert verify_index(options.index, options.seeds, silent).problems == ()


def test_unchanged_documents_are_not_read_again(options: RebuildOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the changed file and the rejected one are read; the result equals a full rebuild."""
    (options.seeds / "bad.txt").write_bytes(b"\xff")
    rebuild(options, silent)
    (options.seeds / "library.txt").write_text("The library opens at ten. It was founded in 1890. It closes on Monday.")
    read: list[str] = []

    def recording_read(entries: Sequence[FileEntry], limit: int) -> Iterator[ReadDocument | Rejected]:
        read.extend(entry.id for entry in entries)
        return read_files(entries, limit)

    monkeypatch.setattr("retrieval.upkeep.rebuild.read_files", recording_read)
    report = rebuild(options, silent)
    assert (read, [file.path for file in report.rejected]) == (["bad.txt", "library.txt"], ["bad.txt"])
    incremental = opening.open_index(options.index).index
    rebuild(options, silent, full=True)
    full = opening.open_index(options.index).index
    assert list(incremental.documents) == list(full.documents)
    for name in ("table", "checksums", "answer_types", "window_keys"):
        np.testing.assert_array_equal(getattr(incremental, name), getattr(full, name))
    for name in opening.LEXICAL_ARRAYS:
        np.testing.assert_array_equal(getattr(incremental.lexical, name), getattr(full.lexical, name))
    np.testing.assert_array_equal(incremental.late.sizes, full.late.sizes)
    np.testing.assert_array_equal(incremental.late.checksums, full.late.checksums)


def test_metadata_of_a_folder_count_as_a_change_of_its_files(options: RebuildOptions) -> None:
    """After a footnote.toml is written or changed, the files that it covers are read again, and no others."""
    (options.seeds / "below").mkdir()
    (options.seeds / "below" / "zoo.pdf").write_bytes(samples.pdf([[(70, 100, 11, "The zoo has a panda.")]]))
    rebuild(options, silent)
    metadata = options.seeds / "below" / "footnote.toml"
    for content, source in (("source = 'The zoo'", "The zoo"), ("source = 'The town'", "The town"), ("", None)):
        metadata.write_text(content)
        assert preview(options).changes.changed == ("below/zoo.pdf",)
        report = rebuild(options, silent)
        assert (report.changes.changed, report.encoded_windows, report.published) == (("below/zoo.pdf",), 0, True)
        assert opening.open_index(options.index).index.documents[0].source == source
    metadata.unlink()
    assert not rebuild(options, silent).published
    result = verify_index(options.index, options.seeds, silent)
    assert (result.problems, result.changed, result.on_disk) == ((), (), result.quotes)


def test_a_file_that_an_isolated_process_rejected_is_not_read_again(
    options: RebuildOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading it may take a minute, so a change of another file is not a reason."""
    (options.seeds / "a.pdf").write_bytes(b"%PDF-")
    rebuild(options, silent)
    (options.seeds / "ferry.txt").write_text("The ferry costs five euros.")
    monkeypatch.setattr(parent, "extract", lambda *_: pytest.fail("the file was read again"))
    report = rebuild(options, silent)
    assert [file.path for file in report.rejected] == ["a.pdf"]


def test_an_index_of_an_older_format_is_rebuilt(options: RebuildOptions) -> None:
    """The report names the older format as the reason."""
    rebuild(options, silent)
    path = options.index / "gen-1" / "manifest.json"
    write_as_manifest(path.parent, json.loads(path.read_text()) | {"format": 1})
    report = rebuild(options, silent)
    assert (report.manifest.generation, report.encoded_windows) == ("gen-2", 3)
    assert "was written by an older Footnote (format 1)" in str(report.why_full)


def test_changed_settings_are_announced_before_the_rebuild(options: RebuildOptions) -> None:
    """A preview and a rebuild give the same reason."""
    rebuild(options, silent)
    announced: list[str] = []
    other = replace(options, language="de")
    expected = "documents.language changed: windows that stay the same are kept"
    assert preview(other).announcement == expected
    rebuild(other, silent, announce=announced.append)
    assert announced == [expected]
    forecast = preview(other)
    assert (forecast.announcement, forecast.windows) == (None, 0)
    (options.seeds / "zoo.txt").write_text("The zoo has a panda.")
    assert preview(other).windows == 1
    assert preview(other).seconds is not None


def test_a_rebuild_after_a_rollback_is_up_to_date(options: RebuildOptions) -> None:
    """It starts from the live generation and gets a new number; the generation that was live before is deleted."""
    rebuild(options, silent)
    (options.seeds / "zoo.txt").write_text("The zoo has a panda.")
    assert rebuild(options, silent).manifest.generation == "gen-2"
    assert publishing.rollback(options.index).index.generation == "gen-1"
    report = rebuild(options, silent)
    assert (report.manifest.generation, report.changes.added, report.encoded_windows) == ("gen-3", ("zoo.txt",), 1)
    assert layout.generations(options.index) == ["gen-3", "gen-1"]
    assert not rebuild(options, silent).published


def test_the_documents_of_an_archive_are_kept_with_it(options: RebuildOptions) -> None:
    """They are read again, removed and counted with their file; the result equals a full rebuild."""
    archive = options.seeds / "wiki.zip"
    archive.write_bytes(samples.zip_archive({"a.md": "The ferry costs four.", "b/c.md": "The zoo has a panda."}))
    rebuild(options, silent)
    (options.seeds / "zoo.txt").write_text("The zoo opens at nine.")
    report = rebuild(options, silent)
    assert (report.changes.added, report.changes.unchanged, report.encoded_windows) == (("zoo.txt",), 4, 1)
    incremental = opening.open_index(options.index).index
    rebuild(options, silent, full=True)
    full = opening.open_index(options.index).index
    names = [document.id for document in full.documents]
    assert [document.id for document in incremental.documents] == names
    assert verify_index(options.index, options.seeds, silent).changed == ()
    assert [name for name in names if name.startswith("wiki.zip")] == ["wiki.zip/a.md", "wiki.zip/b/c.md"]
    archive.write_bytes(samples.zip_archive({"a.md": "The ferry costs five.", "d.md": "The zoo has a bear."}))
    assert rebuild(options, silent).changes.changed == ("wiki.zip",)
    archive.unlink()
    assert rebuild(options, silent).changes.removed == ("wiki.zip",)
