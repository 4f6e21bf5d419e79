"""Files that a Markdown file includes are read in their places, and nothing outside of the folder is."""

from pathlib import Path

import pytest

from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.types import ReadDocument
from retrieval.upkeep.changes import find_changes, source_states
from tests.support.reading import sentences_of

LIMIT = 1_000_000


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def sentences(folder: Path, name: str) -> list[str]:
    """Return the sentences of a file of a folder."""
    (entry,) = [entry for entry in list_files(folder)[0] if entry.id == name]
    read = read_file(entry, LIMIT)
    assert isinstance(read, ReadDocument), read
    return sentences_of(read)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ('--8<-- "part.md"', "docs/part.md"),
        ('--8<--\n"part.md"\n--8<--', "docs/part.md"),
        ("{% include part.md %}", "_includes/part.md"),
        ('{% include-markdown "../docs/deep/part.md" %}', "docs/deep/part.md"),
        ('{{< include "part.md" >}}', "docs/part.md"),
        ("{{#include deep/part.md}}", "docs/deep/part.md"),
        ("<!--@include: ./part.md-->", "docs/part.md"),
        ("```{include} part.md\n:start-line: 1\n```", "docs/part.md"),
        ("![[part]]", "docs/part.md"),
        ("{!part.md!}", "docs/part.md"),
    ],
)
def test_a_part_is_read_in_its_place(tmp_path: Path, line: str, part: str) -> None:
    """Relative to the file, without its front matter, in the notation of each generator."""
    write(
        tmp_path,
        {"docs/a.md": f"Before it.\n\n{line}\n\nAfter it.", part: "---\ntitle: P\n---\nThe **part** is here.\n"},
    )
    assert sentences(tmp_path, "docs/a.md") == ["Before it.", "The part is here.", "After it."]


def test_an_imported_component_is_read_in_its_place(tmp_path: Path) -> None:
    """If it is a Markdown file; its indentation is that of its tag."""
    page = "import Part from './_part.mdx';\nimport Other from './x.js';\n\n- One:\n\n  <Part />\n\n<Other />\n\nEnd."
    write(tmp_path, {"a.mdx": page, "_part.mdx": "The part is here.\n\nIt is short."})
    assert sentences(tmp_path, "a.mdx") == ["One:", "The part is here.", "It is short.", "End."]


def test_parts_in_parts_are_read_without_circles(tmp_path: Path) -> None:
    """Each relative to its own file; a file is never put into itself."""
    write(
        tmp_path,
        {
            "a.md": '--8<-- "deep/b.md"\n\nOuter.',
            "deep/b.md": 'Middle.\n\n--8<-- "c.md"\n\n--8<-- "b.md"',
            "deep/c.md": 'Inner.\n\n--8<-- "../a.md"',
        },
    )
    assert sentences(tmp_path, "a.md") == ["Outer."]  # another collection
    assert sentences(tmp_path, "deep/b.md") == ["Middle.", "Inner."]


@pytest.mark.parametrize(
    "path",
    [
        "../secret.md",
        "/etc/hostname",
        "../../secret.md",
        ".hidden.md",
        "link.md",
        "linked/secret.md",
        "other/b.md",
        "none.md",
    ],
)
def test_nothing_else_is_read(tmp_path: Path, path: str) -> None:
    """Neither outside of the folder, through a link, hidden, nor of another collection."""
    write(tmp_path, {"secret.md": "The secret is out.", "docs/own/a.md": f'Text.\n\n--8<-- "{path}"\n'})
    write(tmp_path, {"docs/own/.hidden.md": "The secret is out.", "docs/other/b.md": "The secret is out."})
    (tmp_path / "docs/own/link.md").symlink_to(tmp_path / "secret.md")
    (tmp_path / "docs/own/linked").symlink_to(tmp_path)
    assert "The secret is out." not in sentences(tmp_path / "docs", "own/a.md")


def test_parts_are_limited(tmp_path: Path) -> None:
    """In their number and in their length."""
    write(tmp_path, {"a.md": "Text.\n\n" + '--8<-- "b.md"\n\n' * 200, "b.md": "The part is here."})
    assert sentences(tmp_path, "a.md").count("The part is here.") == 100
    part = f"The part is here.\n\n```\n{'x' * 400_000}\n```\n"
    write(tmp_path, {"a.md": "Text.\n\n" + '--8<-- "b.md"\n\n' * 4, "b.md": part})
    assert sentences(tmp_path, "a.md").count("The part is here.") == 2


def test_a_change_of_a_part_is_a_change_of_the_file(tmp_path: Path) -> None:
    """So is one that appears or vanishes."""
    write(tmp_path, {"a.md": 'Text.\n\n--8<-- "b.txt"\n\n--8<-- "c.txt"\n', "b.txt": "Old text."})
    entries, _ = list_files(tmp_path)
    reads = [read_file(entry, LIMIT) for entry in entries]
    states = source_states(entries, [read.document for read in reads if isinstance(read, ReadDocument)], [])
    assert find_changes(entries, states).changed == ()
    (tmp_path / "b.txt").write_text("New text, which is longer.")
    assert find_changes(list_files(tmp_path)[0], states).changed == ("a.md", "b.txt")
    (tmp_path / "b.txt").write_text("Old text.")
    (tmp_path / "c.txt").write_text("Here it is.")
    assert "a.md" in find_changes(list_files(tmp_path)[0], states).changed
