"""Changes between a folder and an index."""

import os
from pathlib import Path

import pytest
from msgspec import structs

from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.reading.isolated import ocr
from retrieval.store.manifest import FORMAT, Counts, Manifest, SourceState
from retrieval.types import ReadDocument, Rejected
from retrieval.upkeep import changes
from retrieval.upkeep.watch import fingerprint_inputs
from tests.support.small_index import PROVENANCE

SOUND_MANIFEST = Manifest(
    **structs.asdict(PROVENANCE), format=FORMAT, generation="gen-4", fingerprint="f", language="en",
    counts=Counts(1, 1, 1, 1), recall=1.0, files={},
)  # fmt: skip


def test_a_file_is_read_after_its_library_is_installed(tmp_path: Path) -> None:
    """A file that was rejected because of a missing library counts as changed once the library exists."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF-")
    entries, _ = list_files(tmp_path)
    for library, changed in (("faiss", ("a.pdf",)), ("nolibrary", ())):
        known = changes.source_states(entries, [], [Rejected("a.pdf", "its words do not matter", library)])
        assert changes.find_changes(entries, known).changed == changed


@pytest.mark.parametrize("is_installed", [True, False])
def test_a_scan_is_read_after_tesseract_is_installed(
    is_installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a program of the system, not a library."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF-")
    entries, _ = list_files(tmp_path)
    known = changes.source_states(entries, [], [Rejected("a.pdf", "its words do not matter", "tesseract")])
    monkeypatch.setattr(ocr, "is_installed", lambda: is_installed)
    assert bool(changes.find_changes(entries, known)) == is_installed


def test_causes_of_rejections_survive_in_a_manifest(tmp_path: Path) -> None:
    """A rejected file that is not read again keeps its missing library, or that it could not be opened."""
    for name in ("a.pdf", "b.txt", "c.txt"):
        (tmp_path / name).touch()
    rejected = [
        Rejected("a.pdf", "needs pypdfium2", missing_library="pypdfium2"),
        Rejected("b.txt", "cannot be read", unreadable=True),
        Rejected("c.txt", "is empty"),
        Rejected("d.exe", "unsupported format"),
    ]
    sources = changes.source_states(list_files(tmp_path)[0], [], rejected)
    stored = tuple((file.path, file.reason) for file in rejected)
    manifest = structs.replace(SOUND_MANIFEST, sources=sources, rejected=stored)
    assert changes.rejected_before(manifest) == rejected


@pytest.mark.parametrize(
    ("checksum", "now_usable", "kind"),
    [
        (None, True, "added"),
        (None, False, None),
        ("a" * 64, True, "changed"),
        ("a" * 64, False, "removed"),
        (changes.REJECTED, True, "added"),
        (changes.REJECTED, False, None),
    ],
)
def test_only_documents_count_as_changes(checksum: str | None, now_usable: bool, kind: str | None) -> None:
    """A new or changed file may be a document before, afterwards, both times, or never."""
    known = {"x.txt": SourceState(1, 1, "b" * 64, ""), "y.txt": SourceState(1, 1, changes.REJECTED, "")}
    if checksum is not None:
        known["a.txt"] = SourceState(1, 1, checksum, "")
    of_files = (
        changes.Changes(("a.txt",), (), (), (), 2) if checksum is None else changes.Changes((), ("a.txt",), (), (), 2)
    )
    after = ["x.txt", *(["a.txt"] if now_usable else [])]
    expected = {"added": 0, "changed": 0, "removed": 0, "renamed": 0} | ({kind: 1} if kind else {})
    difference = changes.document_changes(of_files, known, after)
    assert (difference.counts, difference.unchanged) == (expected, 1)


def test_renamed_file_that_is_rejected_is_a_removed_document() -> None:
    """Its content may be unreadable under the new suffix; a rejected file that disappears is nothing."""
    known = {name: SourceState(1, 1, "a" * 64, "") for name in ("a.md", "b.md")}
    known["bad.txt"] = SourceState(1, 1, changes.REJECTED, "")
    of_files = changes.Changes((), (), ("bad.txt",), (("a.md", "a.pdf"), ("b.md", "c.md")), 0)
    expected = changes.Changes((), (), ("a.md",), (("b.md", "c.md"),), 0)
    assert changes.document_changes(of_files, known, ["c.md"]) == expected


def test_a_file_of_the_same_size_and_time_is_compared_by_its_content(tmp_path: Path) -> None:
    """`touch -r` and some sync tools restore the time; a file whose name alone was changed and back is unchanged."""
    gate, cafe = tmp_path / "gate.txt", tmp_path / "cafe.txt"
    gate.write_text("The code of the gate is 4711.")
    cafe.write_text("The cafe opens at nine.")
    long_ago = (1_700_000_000_000_000_000, 1_700_000_000_000_000_000)
    for path in (gate, cafe):
        os.utime(path, ns=long_ago)
    entries, _ = list_files(tmp_path)
    reads = [read_file(entry, 1_000) for entry in entries]
    documents = [read.document for read in reads if isinstance(read, ReadDocument)]
    known = changes.source_states(entries, documents, [])
    assert changes.find_changes(list_files(tmp_path)[0], known) == changes.Changes((), (), (), (), 2)

    gate.write_text("The code of the gate is 1174.")
    os.utime(gate, ns=long_ago)
    cafe.rename(tmp_path / "other.txt").rename(cafe)
    assert changes.find_changes(list_files(tmp_path)[0], known).changed == ("gate.txt",)
    assert fingerprint_inputs(tmp_path, None) != fingerprint_inputs(tmp_path, tmp_path / "gate.txt")


def test_watching_notices_a_file_of_the_same_size_and_time(tmp_path: Path) -> None:
    """The fingerprint of the folder includes a time that tools cannot set."""
    gate = tmp_path / "gate.txt"
    gate.write_text("4711")
    before, times = fingerprint_inputs(tmp_path, gate), gate.stat()
    while gate.stat().st_ctime_ns == times.st_ctime_ns:
        gate.write_text("1174")
    os.utime(gate, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = fingerprint_inputs(tmp_path, gate)
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    assert (before[0] != after[0], before[-1] != after[-1]) == (True, True)
