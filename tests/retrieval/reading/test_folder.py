"""Files of the seeds folder are compared with what was indexed."""

import hashlib
from pathlib import Path

from retrieval.reading.folder import document_state
from retrieval.types import Document


def test_the_state_of_a_file_follows_its_checksum(tmp_path: Path) -> None:
    """It is unchanged, changed or vanished since it was indexed."""
    document = Document("a.txt", "A", None, None, None, "text", hashlib.sha256(b"text").hexdigest())
    (tmp_path / "a.txt").write_bytes(b"text")
    assert document_state(document, tmp_path) == "unchanged"
    (tmp_path / "a.txt").write_bytes(b"text.")
    assert document_state(document, tmp_path) == "changed"
    (tmp_path / "a.txt").unlink()
    assert document_state(document, tmp_path) == "vanished"
