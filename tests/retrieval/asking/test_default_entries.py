"""What the default of a setting is, is said by the line of its entry."""

import pytest

from retrieval.asking.default_entries import find_default_entry
from retrieval.index.scope import whole_scope
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder

FERRY = """# Ferry

## Deck

### max-crates

How many crates it takes.

Default: 15

### lamp.colour

It shines. The default is green.

### rope

Its length, in metres; defaults to 8.

### flag

By default it flies.

## Engine

### speed

Default: 4

## Sail

### speed

Default: 2
"""
MILL = "# Mill\n\n## rope\n\nDefault: 8 m\n\n## max-crates\n\nNobody knows the default.\n"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("whats the default for max-crates", "Default: 15"),
        ("default max crates?", "Default: 15"),
        ("what's the default value of lamp.colour", "The default is green."),
        ("what is the default speed of the engine", "Default: 4"),
        ("sail speed default", "Default: 2"),
        ("what does the speed default to", None),
        ("what is the default rope", None),
        ("what is the default rope of the ferry", "Its length, in metres; defaults to 8."),
        ("what is the default rope of the mill", "Default: 8 m"),
        ("what is the default flag", None),
        ("what is the default lamp", None),
        ("how do i change the default speed of the sail", None),
        ("is the default speed of the sail 2", None),
        ("what is the speed of the sail", None),
    ],
)
def test_the_line_of_an_entry_states_its_default(
    word_encoder: WordEncoder, question: str, expected: str | None
) -> None:
    """Where its heading is the name of the setting, all else of the question stands above, and no other line fits."""
    index = index_of(word_encoder, {"ferry.md": FERRY, "mill.md": MILL})
    row = find_default_entry(index, question, whole_scope(index))
    assert (None if row is None else index.text(row)) == expected


def test_entries_that_say_the_same_are_one(word_encoder: WordEncoder) -> None:
    """The first one is taken."""
    index = index_of(word_encoder, {"a.md": "# A\n\n## rope\n\nDefault: 8\n", "b.md": "# B\n\n## rope\n\nDefault: 8\n"})
    assert find_default_entry(index, "what is the default rope?", whole_scope(index)) == 0


@pytest.mark.parametrize(
    ("text", "is_stated"),
    [
        ("If it is empty, the default is used.", False),
        ("The default is ignored on a lake.", False),
        ("On a lake, the default is 3.", False),
        ("Before the war, it defaults to 3.", False),
        ("Its length; the default is 3.", True),
        ("By default, it is long.", True),
    ],
)
def test_a_line_about_the_default_may_not_state_it(word_encoder: WordEncoder, text: str, is_stated: bool) -> None:
    """It may say when it counts, or state one of several."""
    index = index_of(word_encoder, {"a.md": f"# A\n\n## rope\n\n{text}\n"})
    assert (find_default_entry(index, "what is the default rope?", whole_scope(index)) is not None) is is_stated
