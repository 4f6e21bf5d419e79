"""What is quoted of Markdown is what a reader of the finished page sees, and leads to its place in the file."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.reading.markdown_text import MarkdownText, line_marks, read_markdown
from retrieval.text.source_map import source_offset, source_span


def sources_of(read: MarkdownText, source: str) -> list[tuple[str, str]]:
    """Return the text of each block with what it is in the file."""
    return [
        (read.text[block.start : block.end], source[slice(*source_span(read.pairs, block.start, block.end))])
        for block in read.blocks
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("It is **very** old.", [("It is very old.", "It is **very** old.")]),
        ("# The `ask` command\n\n[See](x.md) it.",
         [("The ask command", "The `ask` command"), ("See it.", "See](x.md) it.")]),
        ("- **Fares:** free\n- _None_", [("Fares: free", "Fares:** free"), ("None", "None")]),
        ("> one\n> **two**", [("one\ntwo", "one\n> **two")]),
        ("> ```sh\n> ls\n>\n> cd\n> ```", [("ls\n\ncd", "ls\n>\n> cd")]),
        ("> - run\n>\n>       a\n>         b", [("run", "run"), ("      a\n        b", "      a\n>         b")]),
        ("| `a` | **b** |\n|--|--|\n| *c* | d \\| e |",
         [("a | b", "a` | **b"), ("c | d \\| e", "c* | d \\| e")]),
        ("[See][x] [y].\n\n[x]: https://a.example", [("See [y].", "See][x] [y].")]),
        ("AT&amp;T", [("AT&T", "AT&amp;T")]),
        ("A<br>\nB ~~C~~ D", [("A  \nB D", "A<br>\nB ~~C~~ D")]),
    ],
)  # fmt: skip
def test_blocks_have_no_marks_and_lead_to_the_file(source: str, expected: list[tuple[str, str]]) -> None:
    """Also in headings, items, quotes, code in quotes, and cells of tables."""
    assert sources_of(read_markdown(source, 0), source) == expected


@example(";\n: :")
@given(st.text(alphabet="aB.:# -*>|`[](\n~<&;br", max_size=120))
def test_letters_of_blocks_are_those_of_the_file(source: str) -> None:
    """Nothing is added to any text, blocks are in order, and each begins and ends where it leads to.

    Lines are those of the file, unless a definition below its term had to become a paragraph.
    """
    read = read_markdown(source, 0)
    last = 0
    for block in read.blocks:
        assert last <= block.start < block.end <= len(read.text)
        start, end = source_span(read.pairs, block.start, block.end)
        letters = iter(source[start:end])
        assert all(character.isspace() or character in letters for character in read.text[block.start : block.end])
        last = block.end
        lines = read.text.count("\n", 0, block.start), source.count("\n", 0, start)
        assert not read.keeps_lines or lines[0] == lines[1]
    for mark in line_marks(read, source):
        assert mark.at == source.count("\n", 0, source_offset(read.pairs, mark.offset)) + 1


def test_footnotes_at_the_end_are_below_no_heading() -> None:
    """They belong to words further up; those between paragraphs stay where they are."""
    read = read_markdown(
        "# Lake\n\nIt is old.[^a]\n\n## Boats\n\nThey float.\n\n[^a]: Since 1702.\n\n[^b]: Or not.\n", 0
    )
    blocks = [(block.kind, block.level, read.text[block.start : block.end]) for block in read.blocks]
    assert blocks[-4:] == [
        ("prose", 0, "They float."), ("heading", 1, ""),
        ("prose", 0, "[^a]: Since 1702."), ("prose", 0, "[^b]: Or not."),
    ]  # fmt: skip
    inside = read_markdown("# Lake\n\n[^a]: Since 1702.\n\nIt is old.\n", 0)
    assert [block.kind for block in inside.blocks] == ["heading", "prose", "prose"]
    assert [block.kind for block in read_markdown("It is old.\n\n[^a]: Since 1702.\n", 0).blocks] == ["prose", "prose"]


def test_a_table_of_contents_that_repeats_its_sections_is_no_list() -> None:
    """Of links with the first words of each section; an item that says more than the page does elsewhere stays."""
    text = (
        "- [Boats](#boats) - they float\n- [Oars](#oars): of wood\n\n# Boats\n\nthey float on it\n\n# Oars\n\nLong.\n"
    )
    read = read_markdown(text, 0)
    assert [(block.kind, read.text[block.start : block.end]) for block in read.blocks if block.kind != "heading"] == [
        ("aside", "[Boats](#boats) - they float"), ("item", "Oars: of wood"),
        ("prose", "they float on it"), ("prose", "Long."),
    ]  # fmt: skip
