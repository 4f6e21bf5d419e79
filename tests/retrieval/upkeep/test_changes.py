"""Changes between a folder and an index."""

import os
from pathlib import Path

from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.types import ReadDocument, Rejected
from retrieval.upkeep import changes
from retrieval.upkeep.watch import fingerprint_inputs


def test_a_file_is_read_after_its_library_is_installed(tmp_path: Path) -> None:
    """A file that was rejected because of a missing library counts as changed once the library exists."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF-")
    entries, _ = list_files(tmp_path)
    for library, changed in (("faiss", ("a.pdf",)), ("nolibrary", ())):
        reason = f"needs {library}, which is not installed; pip install 'footnote[pdf]'"
        known = changes.source_states(entries, [], [Rejected("a.pdf", reason)])
        assert changes.find_changes(entries, known).changed == changed


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
