"""Changes between a folder and an index."""

from pathlib import Path

from retrieval.reading.folder import list_files
from retrieval.types import Rejected
from retrieval.upkeep import changes


def test_a_file_is_read_after_its_library_is_installed(tmp_path: Path) -> None:
    """A file that was rejected because of a missing library counts as changed once the library exists."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF-")
    entries, _ = list_files(tmp_path)
    for library, changed in (("faiss", ("a.pdf",)), ("nolibrary", ())):
        reason = f"needs {library}, which is not installed; pip install 'footnote[pdf]'"
        known = changes.source_states(entries, [], [Rejected("a.pdf", reason)])
        assert changes.find_changes(entries, known).changed == changed
