"""A text may give another version of what a question numbers."""

import pytest

from retrieval.text.version_numbers import has_other_version, numbered_names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("which grains does Mill 12 grind", (("mill", "12"),)),
        ("does mill v9.3 grind rye 3.11?", (("mill", "9.3"), ("rye", "3.11"))),
        ("is version 12 good", ()),
        ("more than 12 mills", ()),
        ("at 12:30 or 5%", ()),
    ],
)
def test_names_are_numbered(question: str, names: tuple[tuple[str, str], ...]) -> None:
    """Words for versions and bounds are no names, and times and shares are no numbers."""
    assert numbered_names(question) == names


@pytest.mark.parametrize(
    ("text", "is_other"),
    [
        ("Grain: Rye 10.12; Mill version: 4.1.1.", True),
        ("Grain: Rye; Latest tested mill version: 12.1.", False),
        ("Grain: Rye; Mill versions 4.1; Mill version 12.", False),
        ("Grain: Rye; Mill version: 121.", True),
        ("Grain: Rye 10.12.", False),
    ],
)
def test_a_text_gives_another_version(text: str, is_other: bool) -> None:
    """If it gives one of that name, but none that is the asked one or begins with it."""
    assert has_other_version(text, (("mill", "12"),)) is is_other
