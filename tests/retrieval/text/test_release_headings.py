"""Headings name releases, and questions ask for their dates and changes."""

import time

import pytest

from retrieval.text.release_headings import begins_with_release, parse_release_heading, parse_release_question


@pytest.mark.parametrize(
    ("heading", "version", "dated"),
    [
        ("7.4 (2031-06-01)", "7.4", True),
        ("[7.0.0] - 2031-03-01", "7.0.0", True),
        ("[6.9.0](https://mill.example/compare/v6.8.0...v6.9.0) (2030-03-01)", "6.9.0", True),
        ("Mill v7.5.1 (26 May 2031) – “Rye”", "7.5.1", True),
        ("Release 5 — May 2031", "5", True),
        ("7.4.0-rc.1", "7.4.0-rc.1", False),
        ("Version 4", "4", False),
        ("What's new in 7.1", "7.1", False),
        ("[0.3.0] - unreleased", "0.3.0", False),
    ],
)
def test_a_heading_names_a_release(heading: str, version: str, dated: bool) -> None:
    """With or without a date, a mark or the name of what was released."""
    assert parse_release_heading(heading) == (version, dated)


@pytest.mark.parametrize(
    "heading", ["1.2 Milling", "Rye 3.9", "2031-01-02", "5 June 2031", "10 reasons", "3.2 GB", "7.1 and newer", "Hours"]
)
def test_other_headings_name_none(heading: str) -> None:
    """A number in front of words counts sections or things, and a date alone is none."""
    assert parse_release_heading(heading) is None


def test_a_hostile_question_takes_no_longer() -> None:
    """However often it begins to ask."""
    started = time.process_time()
    for text in ("when " * 800, "what did " * 440, "7.1." * 1_000, "what changes " * 300):
        assert parse_release_question(text) is None
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["7.4 (2031-06-01)", "7.3"], True),
        (["Unreleased", "7.4"], True),
        (["7.4"], False),
        (["Mill", "7.4"], False),
        (["7.4", "Thanks"], False),
    ],
)
def test_a_list_of_releases_begins_with_two(headings: list[str], expected: bool) -> None:
    """One alone is the title of its page."""
    assert begins_with_release(headings) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("when was 7.1 released", ("7.1", True, frozenset(), frozenset())),
        ("when did mill v7.1 come out?", ("7.1", True, frozenset({"mill"}), frozenset())),
        ("release date of version 4", ("4", True, frozenset(), frozenset())),
        ("whats new in 7.1", ("7.1", False, frozenset(), frozenset())),
        ("what was added in 7.1", ("7.1", False, frozenset(), frozenset({"add"}))),
        ("what changed in 7.1 for rye", ("7.1", False, frozenset({"rye"}), frozenset())),
        ("what changed between 7.0 and 7.1", None),
        ("what's new", None),
        ("when does it open on 7.1", None),
        ("which version added rye", None),
    ],
)
def test_a_question_asks_for_a_release(
    question: str, expected: tuple[str, bool, frozenset[str], frozenset[str]] | None
) -> None:
    """For the date or the changes of one, perhaps of one kind; its other words are kept."""
    assert parse_release_question(question) == expected
