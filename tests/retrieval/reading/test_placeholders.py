"""Titles, authors and dates that a tool filled in say nothing about a document."""

import pytest

from retrieval.reading.placeholders import own_date, own_source, own_time, own_title


@pytest.mark.parametrize(
    "title",
    [
        "", "Untitled", "untitled-2", "Untitled Document", "Microsoft Word - hours final.doc", "Word Document",
        "Document1", "PowerPoint Presentation", "New Document", "Dokument 3", "hours.pdf", "opening hours.docx",
        "page.html", "---", "(untitled)", "Document title", "http://localhost:8000/x", None,
    ],
)  # fmt: skip
def test_the_default_title_of_a_tool_is_none(title: str | None) -> None:
    """Neither is a file name, which the readable file name says better."""
    assert own_title(title) is None


@pytest.mark.parametrize(
    "title",
    [
        "Opening hours",
        "The document of 1215",
        "Word for word",
        "Guide to robots.txt",
        "Untitled poems of Edda Lorne",
        "Fares (draft)",
    ],
)
def test_other_titles_stay(title: str) -> None:
    """A title may contain the words of a default, or end with the name of a file."""
    assert own_title(f" {title}\n") == title


def test_the_default_author_of_a_tool_is_none() -> None:
    """What looks like a name stays."""
    assert [own_source(name) for name in ("python-docx", "Un-named", "Windows User", "Administrator", "")] == [None] * 5
    assert [own_source(name) for name in ("(anonymous)", "(unspecified)", "[unknown]")] == [None] * 3
    assert own_source("Ann Lee, Town library") == "Ann Lee, Town library"


def test_the_zero_of_a_counter_of_time_is_no_date() -> None:
    """Other dates stay."""
    assert [own_date(date) for date in ("1970-01-01", "1601-01-01", None)] == [None] * 3
    assert own_date("2013-12-23") == "2013-12-23"


def test_the_time_of_a_template_is_none_of_the_document() -> None:
    """Tools copy it into every file; another time on the same day stays."""
    assert [own_time(time, "Ann Lee") for time in ("2013-01-27T09:14:16Z", "2006-09-16T00:00:00Z", None)] == [None] * 3
    assert own_time("2013-01-27T10:14:16Z", None) == "2013-01-27T10:14:16Z"


def test_when_a_program_wrote_a_file_is_no_date_of_its_content() -> None:
    """An export of an old table is not newer than what somebody wrote last year."""
    time = "2025-02-03T08:00:00Z"
    assert [own_time(time, author) for author in ("openpyxl", "python-docx", "Apache POI", "xlsxwriter\n")] == [
        None
    ] * 4
    assert [own_time(time, author) for author in ("Ann Lee", "Admin", "", None)] == [time] * 4
