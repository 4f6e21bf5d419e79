"""What counts as shown: marks, white space and case are not compared, words and cells are."""

import pytest

from retrieval.measuring.visible_text import contains_fragment, shown_text, visible_text
from retrieval.types import Citation, PassagePart, Quote

CITATION = Citation("id", "a.md", "a", None, None, None, "a.md", 1, 1, 0, 1)


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("The  MUSEUM\nsleeps", "the museum sleeps"),
        ("**Open** the `.ignore` _file_, ~~not~~ this", "open the .ignore file, not this"),
        ('See [the guide](https://x.example/a "Guide") and ![a map](map.png)', "see the guide and a map"),
        ("Use `the guide <https://x.example>`__ or :ref:`setup`", "use the guide or setup"),
        ("> ## Hours\n- nine\n* ten", "hours nine ten"),
        ("1 - 2 > 3 # 4", "1 - 2 > 3 # 4"),
        ("| 6th | +3 |", "6th +3"),
        ("max_user_watches", "maxuserwatches"),
        ("** ` |", ""),
    ],
)
def test_a_text_is_reduced_to_what_is_read(text: str, visible: str) -> None:
    """Marks go, and what stands between them stays."""
    assert visible_text(text) == visible


@pytest.mark.parametrize(
    ("shown", "fragment", "contained"),
    [
        ("It is **June\n1998**.", "june 1998", True),
        ("It is June.", "june 1998", False),
        ("Level: 6th; Bonus: +3; Rages: 4.", "| 6th | +3 | 4 |", True),
        ("Level: 6th; Bonus: +3; Rages: 14.", "| 6th | +3 | 4 |", False),
        ("Rages: 4; Level: 6th; Bonus: +3.", "| 6th | +3 | 4 |", False),
        ("Level: 6th; Bonus: +2.\nLevel: 7th; Bonus: +3; Rages: 4.", "| 6th | +3 | 4 |", False),
        ("Level: 6th; Bonus: +3.\nLevel: 7th; Bonus: +4.", "| 6th | +3 |\n| 7th | +4 |", True),
        ("6th | +3 | 4", "| 6th   | +3 | 4", True),
        ("echo a=1 | sudo tee", "`echo a=1 | sudo tee`", True),
        ("Level 6th. The bonus is +3.", "6th +3", False),
    ],
)
def test_a_fragment_is_found_as_text_or_as_the_cells_of_a_row(shown: str, fragment: str, contained: bool) -> None:
    """Cells must be whole, in their order, and in one line."""
    assert contains_fragment(shown, fragment) is contained


def test_what_is_shown_is_the_passage_or_else_the_sentence_in_its_context() -> None:
    """A fragment cannot reach over a gap in a passage."""
    assert shown_text(Quote("b", "a", "", 1.0, CITATION)) == "a\nb"
    parts = (PassagePart(0, 3, "To do:", "prose"), PassagePart(9, 11, "Go.", "item", 1, 2, after_gap=True))
    shown = shown_text(Quote("Go.", "To do:", "", 1.0, CITATION, passage=parts))
    assert shown == "To do:\n[…]\nGo."
    assert not contains_fragment(shown, "To do: Go.")
