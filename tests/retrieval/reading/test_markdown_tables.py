"""A row of a Markdown table is quoted as written, and searched and shown with its header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.asking.neighbours import readable_text
from retrieval.asking.quotes import cite, make_quote, make_quote_with_surroundings
from retrieval.asking.retriever import Retriever
from retrieval.index.citations import CitationLookup
from retrieval.index.index import Index
from retrieval.text.locations import readable_text_at, table_context_at, table_header_at
from retrieval.text.similarity import near_duplicates
from retrieval.text.table_rows import split_cells, write_out_row
from tests.support.reading import split_text
from tests.support.small_index import BY_LATE, index_of, read
from tests.support.word_encoder import WordEncoder

HOURS = (
    "# Library\n\nA ferry.\n\n| Day | Opens |\n|-----|-------|\n| Monday | nine |\n| Tuesday | four |\n\n"
    "| Day | Closes |\n|-----|-------|\n| Monday | nine |\n"
)


def rows(text: str) -> list[tuple[str, str]]:
    """Return each row that can be quoted, with its header."""
    document_read = read("a.md", text)
    text = document_read.document.text
    row_blocks = [block for block in document_read.blocks if block.kind == "row"]
    return [
        (text[block.start : block.end], table_header_at(document_read.document, block.start)) for block in row_blocks
    ]


def kinds(text: str) -> list[tuple[str, str]]:
    """Return kind and content of each block."""
    text, blocks = split_text(text)
    return [(block.kind, text[block.start : block.end]) for block in blocks]


@pytest.mark.parametrize(
    ("table", "header", "row"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a | b", "1 | 2"),
        ("a | b\n:-- | --:\n1 | 2", "a | b", "1 | 2"),
        ("|a|b|\n|-|-|\n|  1|2|  ", "a|b", "1|2"),
        ("| a | b \\| c |\n|---|---|\n| 1 | `2\\|3` |", "a | b \\| c", "1 | 2\\|3"),
        ("| a | b |\n|---|---|\n| 1 | 2 \\|", "a | b", "1 | 2 \\|"),
        ("|   | b |\n|---|---|\n|   | 2 |", "| b", "| 2"),
        ("| a | b |\n|---|---|\n| 1 |   |", "a | b", "1"),
        ("| a | b |\n|---|---|\n| 1 | 2 | 3 |", "a | b", "1 | 2 | 3"),
        ("> - | a | b |\n>   |---|---|\n>   | 1 | 2 |", "a | b", "1 | 2"),
        ("1. | a | b |\n   |---|---|\n   | 1 | 1 |", "a | b", "1 | 1"),
    ],
)
def test_a_row_is_what_is_between_its_outer_pipes(table: str, header: str, row: str) -> None:
    """With or without outer pipes, in quotes and lists, with escaped pipes and empty cells."""
    assert rows(f"Before.\n\n{table}\n\nAfter.") == [(row, header)]


def test_cells_are_written_with_the_names_of_their_columns() -> None:
    """Empty cells are left out without moving the others; a cell without a column stands alone."""
    assert write_out_row("Day | Opens | Closes", "Monday | | five") == "Day: Monday; Closes: five."
    assert write_out_row("| Opens", "Monday | nine | late") == "Monday; Opens: nine; late."
    assert split_cells("| a \\| b |c") == ["", "a | b", "c"]


def test_a_table_without_a_header_has_none() -> None:
    """It does not get that of the table before; empty rows are left out without dividing a table."""
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n| — | |\n| 3 | 4 |\n\n| | |\n|---|---|\n| 5 | 6 |\n"
    assert rows(text) == [("1 | 2", "a | b"), ("3 | 4", "a | b"), ("5 | 6", "")]


@pytest.mark.parametrize("long", ["word " * 81, "| ".join(["word " * 10] * 20)])
def test_tables_of_paragraphs_are_prose(long: str) -> None:
    """Long cells and the cells of a single column are paragraphs; their header is an aside."""
    blocks = kinds(f"| Question | Answer |\n|---|---|\n| Why? | {long} |\n")
    assert blocks[:2] == [("aside", "Question | Answer"), ("prose", "Why?")]
    assert {kind for kind, _ in blocks[2:]} == {"prose"}
    assert kinds("| Notes |\n|---|\n| It opens. |\n") == [("aside", "Notes"), ("prose", "It opens.")]


def opens_monday(words: WordEncoder) -> tuple[Index, int]:
    """Return an index of HOURS, and the row that answers "opens monday"."""
    index = index_of(words, {"a.md": HOURS})
    return index, Retriever(index, words, BY_LATE).rank("opens monday")[0].row


def test_a_row_is_found_by_its_header_and_quoted_as_written(word_encoder: WordEncoder) -> None:
    """The quote is in the file, and its header comes before it."""
    index, row = opens_monday(word_encoder)
    quote = make_quote(index, row, 1.0)
    assert (quote.before, quote.text) == ("A ferry.\nDay | Opens", "Monday | nine")
    assert quote.after == "Tuesday | four\nDay | Closes\nMonday | nine"  # the whole section is short
    assert HOURS[quote.citation.start : quote.citation.end] == quote.text
    assert (quote.citation.line, readable_text(index, row)) == (7, "Day: Monday; Opens: nine.")
    assert word_encoder.encoded == [
        "Library. A ferry. Day: Monday; Opens: nine. Day: Tuesday; Opens: four. Day: Monday; Closes: nine."
    ]
    assert make_quote_with_surroundings(index, row).after.startswith("Tuesday | four\n")
    assert make_quote_with_surroundings(index, row + 1).before.endswith("Day | Opens\nMonday | nine")


def test_equal_cells_below_different_headers_are_different(word_encoder: WordEncoder) -> None:
    """They are not duplicates, and the citation of each leads back to it."""
    index, row = opens_monday(word_encoder)
    other = next(n for n in range(index.count) if n != row and index.text(n) == index.text(row))
    assert not near_duplicates(readable_text(index, row), readable_text(index, other), "en")
    assert [CitationLookup(index).row(cite(index, n).id) for n in (row, other)] == [row, other]


def written(text: str) -> list[str]:
    """Return each row that can be quoted, written out with its header and group."""
    document_read = read("a.md", text)
    rows = [block for block in document_read.blocks if block.kind == "row"]
    return [readable_text_at(document_read.document, block.start, block.end) for block in rows]


def table(*rows: str) -> str:
    """Write rows as a table between paragraphs; the ruler comes below the first one."""
    lines = [f"| {row} |" for row in rows]
    ruler = "|" + "---|" * (rows[0].count("|") + 1)
    return "\n".join(["Before.", "", lines[0], ruler, *lines[1:], "", "After."])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([" | ", "Keeper | Ines Falk", "Roof | slate"], ["Keeper: Ines Falk.", "Roof: slate."]),
        (["Keeper | Ines Falk", "Roof | slate", "Painter | Otto Berg"],
            ["Keeper: Ines Falk.", "Roof: slate.", "Painter: Otto Berg."]),
        (["**Keeper:** | Ines", "**Painter:** | Otto \\| Mira"], ["Keeper: Ines.", "Painter: Otto | Mira."]),
        (["Height | 31 m | 102 ft", "**Width** | 7 m | 23 ft"], ["Height; 31 m; 102 ft.", "Width; 7 m; 23 ft."]),
        (["**Height** | 31 m | 102 ft", "**Width** | 7 m | 23 ft"], ["Height: 31 m; 102 ft.", "Width: 7 m; 23 ft."]),
        (["1 | fire", "2 | water"], ["1; fire.", "2; water."]),
        (["d6 | Effect", "1 | Fire", "2 | water"], ["d6: 1; Effect: Fire.", "d6: 2; Effect: water."]),
        (["Room | 2021", "Attic | no", "Tower | yes"], ["Room; 2021.", "Attic; no.", "Tower; yes."]),  # cannot be told
        (["Room | 2021 | 2022", "Attic | 20 | 25"], ["Room: Attic; 2021: 20; 2022: 25."]),
        (["Room | Is it heated?", "Attic | no"], ["Room: Attic; Is it heated?: no."]),
        (["Room | Fee | Fee", "Attic | 20 | 25"], ["Room: Attic; Fee (1): 20; Fee (2): 25."]),
        (
            [" | Summer | | Winter | ", "Room | adult | child | adult | child", "Attic | 20 | 9 | 25 | 12"],
            ["Room: Attic; Summer, adult: 20; Summer, child: 9; Winter, adult: 25; Winter, child: 12."],
        ),
        (
            ["Dish | inn 2 | pub 3", "Soup | yep | nope", "Cake | - | yep", "**— dish —** | inn 2 | pub 3"],
            ["Dish: Soup; inn 2: yep; pub 3: nope.", "Dish: Cake; inn 2: -; pub 3: yep."],
        ),
        (
            ["Item | 2021 | 2022", "Rent | 20 | 25", "Food | 9 | 8", "**Total** | 29 | 33"],
            ["Item: Rent; 2021: 20; 2022: 25.", "Item: Food; 2021: 9; 2022: 8.", "Item: Total; 2021: 29; 2022: 33."],
        ),
        (
            ["Flag | Short | Long", "oar | -o | --oar", "Flag! | Short | Long", "sail | -s | --sail"],
            ["Flag: oar; Short: -o; Long: --oar.", "Flag!: sail; Short: -s; Long: --sail."],
        ),
        (
            ["Boat | Length", " | (m)", "Skiff | 7", "Canoe | 5"],
            ["Boat: Skiff; Length (m): 7.", "Boat: Canoe; Length (m): 5."],
        ),
        (
            ["Fees in euros | ", "Room | Fee", "Attic | 20", "Tower | 30"],
            ["Fees in euros — Room: Attic; Fee: 20.", "Fees in euros — Room: Tower; Fee: 30."],
        ),
        (
            ["Room | Beds", "**Ground floor** |", "Hall | 4", "**First floor** |", "Hall | 6", "Attic | 2"],
            ["Ground floor — Room: Hall; Beds: 4.", "First floor — Room: Hall; Beds: 6.",
             "First floor — Room: Attic; Beds: 2."],
        ),
        (
            ["The pump | ", "**People** | ", "Keeper | Ines Falk", "**Parts** | ", "Roof | slate", "Arm | 3 m"],
            ["The pump — People — Keeper: Ines Falk.", "The pump — Parts — Roof: slate.",
             "The pump — Parts — Arm: 3 m."],
        ),
        (
            ["Item | Cost", "*Ale* |", "~ Mug | 4 cp", "Banquet | 9 gp", "*Cab* |", "~ In town | 1 cp"],
            ["Ale — Item: ~ Mug; Cost: 4 cp.", "Item: Banquet; Cost: 9 gp.", "Cab — Item: ~ In town; Cost: 1 cp."],
        ),
        (
            ["Knowledge | Modifier", "Firsthand | +5", "Connection | Modifier", "Likeness | -2", "Garment | -4"],
            ["Knowledge: Firsthand; Modifier: +5.", "Connection: Likeness; Modifier: -2.",
             "Connection: Garment; Modifier: -4."],
        ),
    ],
)  # fmt: skip
def test_what_names_a_value_is_told_from_other_values(rows: list[str], expected: list[str]) -> None:
    """Though the first row of a table is always a header for Markdown."""
    assert written(table(*rows)) == expected


def test_spans_say_what_a_row_means() -> None:
    """The names of the table and of the group, and all lines of the header, as they stand in the file."""
    text = table(
        "Fees | ",
        " | Summer | | Winter | ",
        "Room | adult | child | adult | child",
        "Upstairs: |",
        "Attic | 1 | 2 | 3 | 4",
    )
    document = read("a.md", text).document
    spans = table_context_at(document, text.index("Attic"))
    assert [text[start:end] for start, end in spans] == [
        "Fees",
        "| Summer | | Winter |  |\n| Room | adult | child | adult | child",
        "Upstairs:",
    ]
    assert table_context_at(document, 0) == table_context_at(document, len(text)) == []


cell_texts = st.text("ab1 *:|\\", max_size=6).map(lambda text: text.replace("|", "\\|"))


@given(st.lists(st.lists(cell_texts, min_size=1, max_size=4), min_size=1, max_size=6))
def test_blocks_of_any_table_follow_each_other(rows: list[list[str]]) -> None:
    """None overlaps the one before, and each row can be written out."""
    text = table(*map(" | ".join, rows))
    document_read = read("a.md", text)
    ends = [0, *(block.end for block in document_read.blocks)]
    assert all(block.end > block.start >= end for block, end in zip(document_read.blocks, ends, strict=False))
    assert all(written(text))
