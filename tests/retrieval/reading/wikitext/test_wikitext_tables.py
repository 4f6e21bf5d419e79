"""The rows of tables of wikitext say what they say below the names of their columns, whatever spans what."""

import pytest

from retrieval.reading.wikitext.convert_wikitext import wikitext_as_markdown
from retrieval.text.source_map import source_offset
from tests.support.reading import wiki_blocks

OVEN = """{| class="wikitable"
! rowspan="2" | Glaze
! colspan="2" | Heat
! rowspan="2" | Price
|-
! Low !! High
|-
! Ash
| 900 || 1100 || 4 crowns
|-
! Salt
| 1150 || 1280 || 7 crowns
|}
"""
BOATS = """{|
! rowspan=2|Boat !! colspan=3|Berths
|-
! Bow !! Mid !! Stern
|-
| colspan="4" | '''Canal'''
|-
| Wren || 2 || 1 || 4
|-
| Teal || 2 || 3 || 5
|-
| colspan="4" | '''Sea'''
|-
| Petrel || 6 || 8 || 9
|}
"""
SHIFTS = """{| class="wikitable"
! Keeper !! Day !! Gate
|-
| rowspan="2" | Odo
| Monday || North
|-
| Tuesday || South
|-
| Ilse || rowspan="2" | Friday || East
|-
| Tam || West
|}
"""


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            OVEN,
            [
                "Glaze: Ash; Heat, Low: 900; Heat, High: 1100; Price: 4 crowns.",
                "Glaze: Salt; Heat, Low: 1150; Heat, High: 1280; Price: 7 crowns.",
            ],
        ),
        (
            BOATS,
            [
                "Boat: Wren; Berths, Bow: 2; Berths, Mid: 1; Berths, Stern: 4.",
                "Boat: Teal; Berths, Bow: 2; Berths, Mid: 3; Berths, Stern: 5.",
                "Boat: Petrel; Berths, Bow: 6; Berths, Mid: 8; Berths, Stern: 9.",
            ],
        ),
        (
            SHIFTS,
            [
                "Keeper: Odo; Day: Monday; Gate: North.",
                "Keeper: Odo; Day: Tuesday; Gate: South.",
                "Keeper: Ilse; Day: Friday; Gate: East.",
                "Keeper: Tam; Day: Friday; Gate: West.",
            ],
        ),
        ("{|\n! A !! B\n|-\n| x\n| colspan=2 | y\n|}\n", ["A: x; B: y."]),
        ("{|\n! A !! B\n|-\n|rowspan=2|x\n|+1 ash\n|-\n|+2 ash\n|}\n", ["A: x; B: +1 ash.", "A: x; B: +2 ash."]),
    ],
)
def test_a_cell_that_spans_others_counts_in_each(text: str, rows: list[str]) -> None:
    """Names in two rows are joined, and a cell of several rows is repeated."""
    assert [content for kind, _, content in wiki_blocks(text) if kind == "row"] == rows


def test_names_of_groups_stand_above_their_rows() -> None:
    """A bold cell over the whole width is one."""
    assert [content for kind, _, content in wiki_blocks(BOATS) if kind == "header"][1:] == ["Canal", "Sea"]


def test_a_repeated_cell_leads_to_its_row() -> None:
    """The text of the other cells to its own place."""
    marked = wikitext_as_markdown(SHIFTS)
    for word in ("Tuesday", "South", "West"):
        assert source_offset(marked.pairs, marked.text.index(word)) == SHIFTS.index(word)
    second = marked.text.index("Odo", marked.text.index("Odo") + 1)
    assert SHIFTS.count("\n", 0, source_offset(marked.pairs, second)) == 6


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("<nowiki>+3</nowiki> warmth", "+3 warmth"),
        ("<nowiki>-3</nowiki> warmth", "-3 warmth"),
        ("+3 warmth", "+3 warmth"),
        ("<nowiki>a|b</nowiki>", "a|b"),
        ("[[Oven|the oven]]", "the oven"),
        ("Hot!! Very", "Hot!! Very"),
        ("\n* clay\n* sand", "clay, sand"),
        ("clay\nfrom the pit", "clay from the pit"),
    ],
)
def test_no_cell_ends_the_table(cell: str, shown: str) -> None:
    """Whatever signs are in it, and on whatever lines."""
    text = "{|\n! Thing !! Use !! Time\n|-\n| Tile\n|" + cell + "\n| 2 h\n|-\n| Brick || wall || 3 h\n|}\n"
    rows = [content for kind, _, content in wiki_blocks(text) if kind == "row"]
    assert rows == [f"Thing: Tile; Use: {shown}; Time: 2 h.", "Thing: Brick; Use: wall; Time: 3 h."]


def test_the_cells_of_a_table_for_layout_are_paragraphs() -> None:
    """It has another table in it."""
    text = '{| width="100%"\n| The kiln is old.\n{|\n! A !! B\n|-\n| 1 || 2\n|}\n|-\n| It is hot. || It smokes.\n|}\n'
    assert wiki_blocks(text) == [
        ("prose", 0, "The kiln is old."), ("header", 0, "A | B"), ("row", 0, "A: 1; B: 2."),
        ("prose", 0, "It is hot."), ("prose", 0, "It smokes."),
    ]  # fmt: skip
