"""The blocks of a document are summed up as sections, headings and tables."""

from dataclasses import replace

from retrieval.text.sections import collect_headings, collect_tables, heading_paths, headings_above, quotable_blocks
from retrieval.types import Document, Heading
from tests.support.reading import split_text

DOCUMENT = Document("a.md", "A", None, None, None, "", "")


def test_headings_open_sections_and_paragraphs_count_all_blocks() -> None:
    """Quotable blocks know their section and their number among all blocks."""
    blocks = tuple(split_text("One.\n\n# A\n\nTwo.\n\nThree.")[1])
    assert [(section, paragraph) for section, paragraph, _ in quotable_blocks(blocks)] == [(0, 1), (1, 3), (1, 4)]


def test_each_section_has_the_headings_above_it() -> None:
    """On one line, after those of lower levels; the section before any heading has none."""
    text = "One.\n\nA\nb\n===\n\nTwo.\n\n### C\n\n## D\n\n# E"
    blocks = split_text(text)[1]
    assert collect_headings(blocks)[0] == Heading(6, 9, 1)
    document = replace(DOCUMENT, text=text, headings=collect_headings(blocks))
    assert heading_paths(document) == [(), ("A b",), ("A b", "C"), ("A b", "D"), ("E",)]


def test_a_heading_without_text_ends_those_of_its_level_and_below() -> None:
    """What follows is below the heading around them, or below none."""
    levels = ((0, 1, 2), (1, 2, 7), (2, 3, 8), (3, 3, 8), (4, 4, 7), (4, 4, 2))
    document = replace(DOCUMENT, text="ABCD", headings=tuple(Heading(*heading) for heading in levels))
    paths = heading_paths(document)
    assert paths == [(), ("A",), ("A", "B"), ("A", "B", "C"), ("A", "B"), ("A",), ()]
    assert [tuple(headings_above(document, section))[::-1] for section in range(len(paths))] == paths


def test_tables_have_rows() -> None:
    """With or without a header, but a header without rows does not count."""
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\n| c | d |\n|---|---|\n\n| | |\n|---|---|\n| 5 | 6 |\n"
    tables = collect_tables(text, split_text(text)[1])
    assert [(text[table.start : table.header_end], text[table.header_end : table.end][-5:]) for table in tables] == [
        ("a | b", "3 | 4"),
        ("", "5 | 6"),
    ]
