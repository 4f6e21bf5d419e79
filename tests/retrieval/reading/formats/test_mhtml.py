"""A web page that a browser saved as a single file is read like any other."""

from pathlib import Path

from tests.support import samples
from tests.support.reading import read_content, sentences_of


def test_saved_pages_give_their_html_and_address(tmp_path: Path) -> None:
    """The first HTML part counts, in the encoding that it or its header declares."""
    read = read_content(tmp_path, "a.mhtml", samples.MHTML.format("--x", "").encode())
    assert sentences_of(read) == ["It costs five € for adults."]
    assert (read.document.title, read.document.url) == ("The ferry", "https://lake.example/ferry")
    western = samples.MHTML.format("--x", "; charset=windows-1252").replace("=E2=82=AC", "=80")
    read = read_content(tmp_path, "b.mht", western.replace("\n", "\r\n").encode())
    assert sentences_of(read) == ["It costs five € for adults."]
