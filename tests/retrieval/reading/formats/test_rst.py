"""reStructuredText is read with its lines and without other files."""

from pathlib import Path

from tests.support.reading import placed_sentences, read_content


def test_lines_are_kept_and_nothing_is_included(tmp_path: Path) -> None:
    """Directives that would read other files have no effect; the directives and roles of Sphinx are read as text."""
    content = (
        "The ferry\n=========\n\n:Author: Ann Lee\n\nIt crosses **twice** a day, see :ref:`the fares <fares>`.\n\n"
        ".. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd\n\n.. csv-table::\n   :file: /etc/passwd\n\n"
        ".. versionadded:: 2.0\n   Dogs travel free.\n\nFares\n-----\n\n::\n\n   code\n\n"
        "======  =====\nTicket  Price\n======  =====\nAdult   five\n======  =====\n"
    )
    read = read_content(tmp_path, "a.rst", content.encode())
    assert (read.document.title, read.document.source) == ("The ferry", "Ann Lee")
    assert placed_sentences(read) == [
        ("It crosses twice a day, see the fares.", 6, "The ferry"),
        ("Dogs travel free.", 16, "The ferry"),
        ("Ticket: Adult; Price: five.", 26, "The ferry › Fares"),
    ]
    assert "root:" not in read.document.text


def test_fields_and_layout_tables_are_read(tmp_path: Path) -> None:
    """The name of a field is a heading; a table with long text in it is read as paragraphs."""
    long = "It crosses the lake twice a day. " * 14
    content = (
        f"It opens.\n\n:Fares: Adults pay five euros.\n\n.. list-table::\n\n   * - {long}\n     - Dogs travel free.\n"
    )
    read = placed_sentences(read_content(tmp_path, "a.rst", content.encode()))
    assert read[1] == ("Adults pay five euros.", 3, "Fares")
    assert [text for text, _, _ in read[2:]] == ["It crosses the lake twice a day."] * 14 + ["Dogs travel free."]
