"""Pages of a folder whose footnote.toml names a site have the address that the site gives them."""

from pathlib import Path

import pytest

from tests.retrieval.reading.test_metadata import read_folder

SITE = 'site = "https://docs.example/help/"\n'


@pytest.mark.parametrize(
    ("path", "front_matter", "address"),
    [
        ("guide/install.md", "", "guide/install"),
        ("guide/index.mdx", "", "guide"),
        ("README.md", "", ""),
        ("src/content/docs/guide/install.md", "", "guide/install"),
        ("docs/guide/install.md", "", "docs/guide/install"),
        ("guide/install.md", "slug: /start/first", "start/first"),
        ("guide/install.md", "slug: first", "guide/first"),
        ("guide/install.md", "slug: start/first", "start/first"),
        ("guide/install.md", "permalink: /first/", "first/"),
        ("guide/install.md", "permalink: /:year/:title", "guide/install"),
    ],
)
def test_a_page_has_the_address_of_its_slug_or_path(tmp_path: Path, path: str, front_matter: str, address: str) -> None:
    """A permalink or slug comes first; the folder of a generator's sources is not in addresses."""
    (tmp_path / "footnote.toml").write_text(SITE)
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\ntitle: A\n{front_matter}\n---\nThe ferry crosses.")
    documents, rejected = read_folder(tmp_path)
    assert rejected == {}
    assert documents[path].url == f"https://docs.example/help{'/' if address else ''}{address}#"


def test_the_path_of_a_page_begins_at_the_folder_that_names_the_site(tmp_path: Path) -> None:
    """Also in folders below with another footnote.toml; a full address in the front matter and other formats stay."""
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    (tmp_path / "docs" / "footnote.toml").write_text(SITE)
    (tmp_path / "docs" / "deep" / "footnote.toml").write_text('source = "Ann"\n')
    (tmp_path / "docs" / "deep" / "a.md").write_text("The ferry crosses.")
    (tmp_path / "docs" / "b.md").write_text("---\nurl: https://b.example/c\n---\nThe ferry crosses.")
    (tmp_path / "docs" / "c.txt").write_text("The ferry crosses.")
    (tmp_path / "d.md").write_text("The ferry crosses.")
    documents, _ = read_folder(tmp_path)
    assert {name: document.url for name, document in documents.items()} == {
        "docs/b.md": "https://b.example/c",
        "docs/c.txt": None,
        "docs/deep/a.md": "https://docs.example/help/deep/a#",
        "d.md": None,
    }
