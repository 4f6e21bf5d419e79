"""The blocks of a document are summed up as sections, headings and tables."""

from retrieval.reading.blocks import split_blocks
from retrieval.text.sections import collect_headings, collect_tables, quotable_blocks, section_headings
from retrieval.types import Heading


def test_headings_open_sections_and_paragraphs_count_all_blocks() -> None:
    """Quotable blocks know their section and their number among all blocks."""
    blocks = tuple(split_blocks("One.\n\n# A\n\nTwo.\n\nThree.", 0, markdown=True))
    assert [(section, paragraph) for section, paragraph, _ in quotable_blocks(blocks)] == [(0, 1), (1, 3), (1, 4)]


def test_each_section_has_the_heading_above_it() -> None:
    """On one line; the section before any heading has none."""
    text = "One.\n\nA\nb\n===\n\nTwo."
    blocks = split_blocks(text, 0, markdown=True)
    assert section_headings(text, blocks) == [(), ("A b",)]
    assert collect_headings(blocks) == (Heading(6, 9, 1),)


def test_tables_have_rows() -> None:
    """With or without a header, but a header without rows does not count."""
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n| c | d |\n|---|---|\n\n| | |\n|---|---|\n| 5 | 6 |\n"
    tables = collect_tables(text, split_blocks(text, 0, markdown=True))
    assert [(text[table.start : table.header_end], text[table.header_end : table.end][-5:]) for table in tables] == [
        ("a | b", "3 | 4"),
        ("", "5 | 6"),
    ]
