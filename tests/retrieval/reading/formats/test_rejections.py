"""A file that cannot be read is rejected with a reason for people."""

from pathlib import Path

import pytest

from tests.support import samples
from tests.support.reading import rejection_reason


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.pdf", b"no pdf", "not a .pdf file: it does not begin like one"),
        ("a.docx", b"%PDF-1.4", "not a .docx file: it does not begin like one"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "encrypted, or in an old format of Office; save it as .docx"),
        ("a.epub", b"PK\x03\x04", "damaged: not a complete zip archive"),
        ("a.pdf", b"%PDF-1.4 and nothing else", "damaged: not a readable PDF"),
        ("a.pdf", samples.pdf([[]]), "contains no text"),
        ("a.html", b"<html><body></body></html>", "empty"),
        ("a.vtt", b"WEBVTT\n\nno time", "contains no timed subtitle"),
        ("a.csv", b"", "empty"),
        ("a.mhtml", b"<html><p>It opens.", "not a saved web page: it has no MIME header"),
        ("a.mhtml", b"MIME-Version: 1.0\n\nIt opens.", "contains no web page"),
    ],
)
def test_unreadable_files_are_rejected_with_a_reason(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    """The reason says what is wrong and, where it helps, what to do."""
    assert rejection_reason(tmp_path, name, content).startswith(expected)
