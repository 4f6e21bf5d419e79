"""Which documents are the same page in several versions, and how a version is given."""

from pathlib import Path

import pytest

from retrieval.reading.documents import read_files
from retrieval.reading.folder import list_files
from retrieval.reading.version_pages import version_page
from retrieval.types import ReadDocument, Rejected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("manual-2.2/a/install.md", "2.2", "manual-2.2", None),
            ("manual-2.10/a/install.rst", "2.10", "manual-2.10", None),
        ),
        (("docs/v2.2/install.md", "2.2", "docs/v2.2", None), ("docs/3/install.md", "v3", "docs/3", None)),
        (("docs/2_2/install.md", "2.2", "docs/2_2", None), ("docs/stable/Install.md", "stable", "docs/stable", None)),
        (("manual 2/install.md", "2", "manual 2", None), ("manual 3/install.md", "3", "manual 3", None)),
        (("a/install-2.2.md", "2.2", "", None), ("a/install-2.3.md", "2.3", "", None)),
        (("old/install.md", "2.2", "old", "Manual"), ("new/install.md", "2.3", "new", "Manual")),
    ],
)
def test_the_same_page_of_several_versions(
    one: tuple[str, str, str, str | None], other: tuple[str, str, str, str | None]
) -> None:
    """Paths that differ in the version alone, or folders of one source beside each other."""
    assert version_page(*one) == version_page(*other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("manual-2.2/install.md", "2.2", "manual-2.2", None), ("guide-2.3/install.md", "2.3", "guide-2.3", None)),
        (("old/install.md", "2.2", "old", None), ("new/install.md", "2.3", "new", None)),
        (("old/install.md", "2.2", "old", "Manual"), ("new/install.md", "2.3", "new", "Guide")),
        (("a/v2/page2.md", "2", "a/v2", None), ("a/v3/page3.md", "3", "a/v3", None)),
        (("page2.md", "2", "", None), ("page3.md", "3", "", None)),
        (("a-2.2.1/install.md", "2.2", "a-2.2.1", None), ("a-2.3/install.md", "2.3", "a-2.3", None)),
        (("a/install.md", "2.2", "", None), ("b/install.md", "2.3", "", None)),
    ],
)
def test_pages_that_only_have_the_same_name(
    one: tuple[str, str, str, str | None], other: tuple[str, str, str, str | None]
) -> None:
    """In doubt, both answer."""
    assert version_page(*one) != version_page(*other)


def test_a_document_without_a_version_is_no_page_of_one() -> None:
    """Its name is empty."""
    assert version_page("2.2/install.md", "", "", None) == ""


def test_a_version_is_given_for_a_folder_a_file_or_by_front_matter(tmp_path: Path) -> None:
    """Front matter counts more than the file's entry, and that more than the folder; a number is refused."""
    files = {
        "m/footnote.toml": 'version = "2.10"',
        "m/a.md": "# A\n\nOne sentence.\n",
        "m/b.md": "---\nversion: 2.11\n---\n# B\n\nOne sentence.\n",
        "m/in/c.md": "# C\n\nOne sentence.\n",
        "m/in/.footnote-files.json": '{"c.md": {"version": "3"}}',
        "n/footnote.toml": "version = 2.10",
        "n/d.md": "# D\n\nOne sentence.\n",
        "e.md": "---\nversion: '" + "1" * 41 + "'\n---\n# E\n\nOne sentence.\n",
        "f.html": "<title>F</title><p>One sentence that is long enough to be read.</p>",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    listed, rejected = list_files(tmp_path)
    documents = [read.document for read in read_files(listed, 1_000_000) if isinstance(read, ReadDocument)]
    assert {document.id: (document.version, document.page) for document in documents} == {
        "e.md": ("", ""),
        "f.html": ("", ""),
        "m/a.md": ("2.10", "m/a"),
        "m/b.md": ("2.11", "m/b"),
        "m/in/c.md": ("3", "m/in/c"),
    }
    assert rejected == [
        Rejected("n/d.md", "n/footnote.toml is invalid and may apply to this file"),
        Rejected("n/footnote.toml", 'version must be in quotes, such as "2.3"'),
    ]
