"""Lists of changes are recognised by their names, and questions about changes by their words."""

import pytest

from retrieval.text.release_notes import asks_about_releases, is_release_notes


@pytest.mark.parametrize(
    ("document", "title", "expected"),
    [
        ("CHANGES.rst", "Red", True),
        ("docs/changelog.md", "All versions", True),
        ("docs/release_notes/3.5.md", "3.5", True),
        ("docs/a.md", "What's new", True),
        ("docs/changelog_format.md", "How we write changes", False),
        ("town/history.md", "History", False),
    ],
)
def test_release_notes_are_known_by_file_folder_or_title(document: str, title: str, *, expected: bool) -> None:
    """Other documents that speak of changes are not among them."""
    assert is_release_notes(document, title) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what is new in 3.5", True),
        ("when was the prefix removed", True),
        ("which version added slash commands?", True),
        ("how do I set the prefix", False),
        ("where are the renewals kept", False),
    ],
)
def test_questions_about_changes_name_them(question: str, *, expected: bool) -> None:
    """Only then do lists of changes compete with other documents."""
    assert asks_about_releases(question) is expected
