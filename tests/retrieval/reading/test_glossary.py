"""The glossary of a folder: what its file may say, and what is said about errors."""

from pathlib import Path

import pytest

from retrieval.errors import SeedsError
from retrieval.reading.folder import GLOSSARY_MISPLACED, list_files
from retrieval.reading.glossary import MAX_FORMS, MAX_GLOSSARY_BYTES, parse_glossary, read_glossary
from retrieval.types import Rejected


@pytest.mark.parametrize(
    ("content", "groups"),
    [
        ('D2B = "Driver to Buy"', (("D2B", "Driver to Buy"),)),
        ('"log in" = ["sign in", "sign  on"]', (("log in", "sign in", "sign on"),)),
        ('\ufeffD2B = "Driver to Buy"', (("D2B", "Driver to Buy"),)),
        ('a = "b"\nc = "d"\nB = "e"', (("a", "b", "e"), ("c", "d"))),
        ('a = "A"', ()),
        ("# nothing yet", ()),
    ],
)
def test_entries_become_groups_of_equal_forms(content: str, groups: tuple[tuple[str, ...], ...]) -> None:
    """White space is one space, entries that share a form are one group, and a form equals itself."""
    assert parse_glossary(content.encode()) == groups


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"D2B = Driver to Buy", "invalid TOML (Invalid value (at line 1, column 7)); write each entry as"),
        (b'a = "b"\na = "c"', "invalid TOML ("),
        (b"a = 3", "'a' is not a text or a list of texts; write a = \"long form\""),
        (b"a = []", "'a' is not a text or a list of texts"),
        (b'Node.js = "x"', "'Node' is a table; write names with a dot or a space in quotes"),
        (b'a = ["b", 3]', "entry 'a' has a form without a letter or digit; remove it"),
        (b'"+" = "plus"', "entry '+' has a form without a letter or digit; remove it"),
        (b'a = "b c d e f g h i j"', "entry 'a' has a form of more than 8 words; shorten it"),
        (b'a = "\xff"', "not UTF-8; save it as UTF-8"),
        (b"#" * (MAX_GLOSSARY_BYTES + 1), "larger than 1 MB; remove entries"),
    ],
)
def test_an_error_says_where_it_is_and_what_to_do(content: bytes, problem: str) -> None:
    """One line; a glossary is used whole or not at all."""
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the message is compared
        parse_glossary(content)
    assert str(error.value).startswith(problem)


def test_a_group_has_a_limit() -> None:
    """Every form of a group takes part in each search."""
    forms = ", ".join(f'"form {number}"' for number in range(MAX_FORMS))
    with pytest.raises(ValueError, match="'a' has more than 12 forms; split the entry"):
        parse_glossary(f"a = [{forms}]".encode())


def test_a_folder_without_a_glossary_has_an_empty_one(tmp_path: Path) -> None:
    """Most folders have none."""
    assert read_glossary(tmp_path) == ()


def test_the_file_is_named_in_an_error(tmp_path: Path) -> None:
    """People see which file to correct."""
    path = tmp_path / "glossary.toml"
    path.write_text("a = 3")
    with pytest.raises(SeedsError, match=f"^{path}: 'a' is not a text"):
        read_glossary(tmp_path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """As for documents: nothing outside of the folder is read."""
    (tmp_path / "other.toml").write_text('D2B = "Driver to Buy"')
    (tmp_path / "glossary.toml").symlink_to(tmp_path / "other.toml")
    with pytest.raises(SeedsError, match="cannot be read: a symbolic link; links are not followed"):
        read_glossary(tmp_path)


def test_the_glossary_is_neither_a_document_nor_rejected(tmp_path: Path) -> None:
    """One in another place or spelt differently has no effect, which is said."""
    (tmp_path / "folder").mkdir()
    for name in ("glossary.toml", "Glossary.toml.txt", "folder/glossary.toml"):
        (tmp_path / name).write_text("")
    names = ("Glossary.toml.txt", "folder/glossary.toml")
    assert list_files(tmp_path) == ([], [Rejected(name, GLOSSARY_MISPLACED) for name in names])
