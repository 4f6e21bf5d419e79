"""Lists whose marks are typed are lists."""

from pathlib import Path

import pytest

from retrieval.reading.formats.typed_lists import with_typed_items
from retrieval.reading.isolated.protocol import Part
from tests.support import samples
from tests.support.office_files import odt, pptx, shape
from tests.support.reading import read_content, structure_of


def shown(*texts: str) -> list[tuple[str, int, int, str]]:
    """Return kind, level, number and text of paragraphs; one that begins with # is a heading."""
    parts = [Part("heading", text[1:], 1) if text.startswith("#") else Part("text", text) for text in texts]
    return [(part.kind, part.level, part.number, part.text) for part in with_typed_items(parts)]


def test_numbers_that_count_up_and_dashes_are_marks() -> None:
    """What stands below a number with a dash is inside its item."""
    assert shown("Moor:", "1. Slow down.", "2) Turn.", "- to port", "- to starboard", "(3) Tie up.") == [
        ("text", 0, 0, "Moor:"),
        ("item", 1, 1, "Slow down."),
        ("item", 1, 2, "Turn."),
        ("item", 2, 0, "to port"),
        ("item", 2, 0, "to starboard"),
        ("item", 1, 3, "Tie up."),
    ]
    assert shown("- a rope", "- a hook") == [("item", 1, 0, "a rope"), ("item", 1, 0, "a hook")]


@pytest.mark.parametrize(
    "texts",
    [
        ("1. May is a holiday.",),
        ("- and so on",),
        ("12. The keeper is here.", "7. The keeper is not."),
        ("1. Moor.", "The pier is free.", "2. Leave."),
        ("1. Moor.", "#Later", "2. Leave."),
        ("3.5 t are allowed.", "4.5 t are not."),
        ("— Who is there?", "— The keeper."),
        ("0. Nothing.", "1. Something."),
    ],
)
def test_other_beginnings_stay(texts: tuple[str, ...]) -> None:
    """A number alone, one that does not count up, one with text or a heading between, and what people say."""
    assert [text for *_, text in shown(*texts)] == [text.removeprefix("#") for text in texts]
    assert not any(kind == "item" for kind, *_ in shown(*texts))


def test_the_lines_of_a_paragraph_may_be_a_list() -> None:
    """Where all numbers count up, or all marks are dashes; a line without a mark continues an item."""
    assert shown("Moor so:\n1. Slow down\nand turn.\n2. Tie up.") == [
        ("text", 0, 0, "Moor so:"),
        ("item", 1, 1, "Slow down\nand turn."),
        ("item", 1, 2, "Tie up."),
    ]
    assert shown("The pier has\n4. of its kind\n2. rings.") == [
        ("text", 0, 0, "The pier has\n4. of its kind\n2. rings.")
    ]


STEPS = ["1. Slow down.", "2. Tie up."]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", samples.docx("".join(map(samples.docx_paragraph, STEPS)))),
        ("a.odt", odt("".join(f"<text:p>{text}</text:p>" for text in STEPS))),
        ("a.pptx", pptx(shape(STEPS))),
    ],
)
def test_office_files_have_typed_lists(tmp_path: Path, name: str, content: bytes) -> None:
    """The number of an item is not part of its text."""
    assert structure_of(read_content(tmp_path, name, content)) == [
        ("item", 1, 1, "", "Slow down."),
        ("item", 1, 2, "", "Tie up."),
    ]
