"""The letters of a PDF become sentences and rows again."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support import samples
from tests.support.reading import asides_of, placed_sentences, read_content, sentences_of, structure_of


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    """Running heads and page numbers are left out, and divided words and paragraphs are joined again."""
    left = ["The harbour of the northern shore", "was founded by fishermen, who had", "come from the other side of the"]
    more = ["lake in a winter of extraordi-", "nary cold. Nobody remembers the", "year, but every child knows that"]
    right = ["the ice was a well-known danger.", "A second harbour was built later", "by the company of the steamers,"]
    last = ["which needed a deeper landing", "stage. Its captains were trained", "in the city, and they were well-"]
    page = [(70, 40, 9, "Annual report of the harbour"), (290, 810, 9, "1")]
    page += [(70, 100 + 14 * n, 11, text) for n, text in enumerate(left + more)]
    page += [(320, 100 + 14 * n, 11, text) for n, text in enumerate(right + last)]
    second = [
        (70, 40, 9, "Annual report of the harbour"),
        (290, 810, 9, "2"),
        (70, 100, 11, "known for their caution."),
    ]
    second += [(70, 140, 14, "*Fares"), (70, 170, 11, "Adults pay five euros.")]
    read = read_content(
        tmp_path, "a.pdf", samples.pdf([page, second], "/Title (The harbour) /CreationDate (D:20240501090000Z)")
    )
    assert (read.document.title, read.document.published) == ("The harbour", "2024-05-01")
    beginning = (
        "The harbour of the northern shore was founded by fishermen, who had come from the other side of the lake in a "
    )
    assert placed_sentences(read) == [
        (beginning + "winter of extraordinary cold.", 1, None),
        ("Nobody remembers the year, but every child knows that the ice was a well-known danger.", 1, None),
        (
            "A second harbour was built later by the company of the steamers, which needed a deeper landing stage.",
            1,
            None,
        ),
        ("Its captains were trained in the city, and they were well-known for their caution.", 1, None),
        ("Adults pay five euros.", 2, "Fares"),
    ]


@pytest.mark.parametrize("matrix", ["1 0 0 1", "0 1 -1 0", "-1 0 0 -1", "0 -1 1 0"])
@pytest.mark.parametrize("rotated", [0, 90])
def test_pages_may_be_rotated(tmp_path: Path, matrix: str, rotated: int) -> None:
    """Text that runs up, down or upside down is read along its lines; a diagonal stamp is left out."""
    along_x, along_y, up_x, up_y = map(int, matrix.split())
    lines = ["The ferry crosses the lake", "twice a day, and the", "journey takes an hour."]
    places = [(300 - 100 * along_x - 14 * n * up_x, 400 - 100 * along_y - 14 * n * up_y) for n in range(3)]
    placed = zip(places, lines, strict=True)
    drawn = "".join(f"BT /F1 11 Tf {matrix} {x} {y} Tm ({line}) Tj ET\n" for (x, y), line in placed)
    stamp = "BT /F1 30 Tf 0.7 0.7 -0.7 0.7 200 200 Tm (Draft) Tj ET"
    page = samples.pdf([[]], stream=(drawn + stamp).encode())
    content = page.replace(b"/Parent", f"/Rotate {rotated} /Parent".encode())
    assert placed_sentences(read_content(tmp_path, "a.pdf", content)) == [(" ".join(lines), 1, None)]


def test_a_raised_number_keeps_its_place(tmp_path: Path) -> None:
    """An exponent is one, and the number of a note is left out."""
    lines = [
        (70, 100, 12, "The lake has 10"), (154, 96, 7, "12"), (164, 100, 12, "cells in 40 m"), (231, 96, 7, "2"),
        (239, 100, 12, "of water today."), (320, 96, 7, "3"),
    ]  # fmt: skip
    read = read_content(tmp_path, "a.pdf", samples.pdf([lines]))
    assert [" ".join(text.split()) for text in sentences_of(read)] == [
        "The lake has 10¹² cells in 40 m² of water today."
    ]


def test_ambiguous_tables_and_notes_are_never_quoted(tmp_path: Path) -> None:
    """Without bold names nothing shows which cells belong together, and small type is a note."""
    lines = [(70, 100 + 14 * n, 11, "The ferry crosses the lake twice a day, and it takes an hour.") for n in range(6)]
    lines += [(70, 220, 11, "Adult"), (300, 220, 11, "5 euros"), (70, 234, 11, "Child"), (300, 234, 11, "2 euros")]
    lines += [(70, 700, 7, "This note is printed in very small letters.")]
    read = read_content(tmp_path, "a.pdf", samples.pdf([lines]))
    assert asides_of(read) == ["Adult   5 euros\nChild   2 euros", "This note is printed in very small letters."]


GRID = [("*Ticket", "*Price"), ("Adult", "5 euros"), ("Child up to twelve", "2 euros"), ("Dog", "1 euro")]


def pdf_table(
    folder: Path, cells: Sequence[tuple[str, ...]], *more: samples.PlacedText, x: tuple[int, ...] = (70, 300)
) -> list[str]:
    """Return what can be quoted from a table below some prose; `x` holds the left edges of its columns."""
    lines: list[samples.PlacedText] = [
        (70, 100 + 14 * n, 11, "The ferry crosses the lake twice a day, as ever.") for n in range(6)
    ]
    for n, row in enumerate(cells):
        lines += [(left, 220 + 16 * n, 11, text) for left, text in zip(x, row, strict=True) if text]
    read = read_content(folder, "a.pdf", samples.pdf([[*lines, *more]]))
    return [text for text, page, _ in placed_sentences(read) if "crosses" not in text and page == 1]


def test_tables_are_read_if_their_geometry_leaves_no_doubt(tmp_path: Path) -> None:
    """Below bold names, at equal distances, are lines with a cell under each; each such row becomes a sentence."""
    expected = [
        "Ticket: Adult; Price: 5 euros.",
        "Ticket: Child up to twelve; Price: 2 euros.",
        "Ticket: Dog; Price: 1 euro.",
    ]
    assert pdf_table(tmp_path, GRID) == expected
    assert pdf_table(tmp_path, GRID, (70, 320, 11, "Dogs need a lead.")) == [*expected, "Dogs need a lead."]


@pytest.mark.parametrize(
    ("cells", "more"),
    [
        ([(ticket.strip("*"), price.strip("*")) for ticket, price in GRID], ()),  # which line is the header?
        ([*GRID, ("and cat", "")], ()),  # a cell of two lines, or a row without a price?
        ([*GRID[:2], ("", "each"), *GRID[2:]], ()),
        (GRID[:2], ()),
        # Columns of words may be prose.
        ([(ticket, "yes" if price.endswith("euro") else price) for ticket, price in GRID], ()),
        (GRID, ((70, 276, 11, "of any age"),)),
        ([*GRID, ("A dog that is larger than all of the others are, as we know", "9 euros")], ()),
    ],
)
def test_doubtful_tables_are_never_quoted(
    tmp_path: Path, cells: Sequence[tuple[str, ...]], more: tuple[samples.PlacedText, ...]
) -> None:
    """A cell that may belong to another row or column is not quoted with either."""
    assert [text for text in pdf_table(tmp_path, cells, *more) if "Price:" in text] == []


def test_names_that_are_not_bold_are_told_by_three_columns(tmp_path: Path) -> None:
    """The types below them show that they are names."""
    cells = [("Class", "Sails", "Ballast"), ("1", "2", "40 kg"), ("2", "3", "80 kg"), ("3", "3", "120 kg")]
    assert pdf_table(tmp_path, cells, x=(70, 200, 330)) == [
        "Class: 1; Sails: 2; Ballast: 40 kg.",
        "Class: 2; Sails: 3; Ballast: 80 kg.",
        "Class: 3; Sails: 3; Ballast: 120 kg.",
    ]
    no_names = [("Attic", "20", "25"), ("Tower", "30", "35"), ("Hall", "9", "12")]
    assert pdf_table(tmp_path, no_names, x=(70, 200, 330)) == []


BERTHS = [("*Pier", "*Berths", "*Keeper", "*Fee"), ("A", "12", "Ines Falk", "20 euros"), ("B", "9", "Otto Berg", "")]
BERTHS += [("C", "4", "Edda Lorne", "9 euros")]


def test_a_row_may_lack_a_cell(tmp_path: Path) -> None:
    """Its others have the numbers and the edges that those of the other rows have."""
    expected = [
        "Pier: A; Berths: 12; Keeper: Ines Falk; Fee: 20 euros.",
        "Pier: B; Berths: 9; Keeper: Otto Berg.",
        "Pier: C; Berths: 4; Keeper: Edda Lorne; Fee: 9 euros.",
    ]
    x = (70, 140, 230, 370)
    assert pdf_table(tmp_path, BERTHS, x=x) == expected
    more = [(70.0, 320.0, 11.0, "D"), (140.0, 320.0, 11.0, "7 pontoons")]  # another table
    assert pdf_table(tmp_path, BERTHS, *more, x=x) == expected


@pytest.mark.parametrize(
    "row",
    [
        ("and D", "", "and Ben", "each"),  # perhaps the second line of the row above
        ("", "9", "Otto Berg", "25 euros"),
        ("B", "nine", "Otto Berg", ""),
        ("B", "9", "", ""),
        ("B", "9", "               Otto", ""),  # between two columns
    ],
)
def test_a_row_that_lacks_a_cell_may_be_doubtful(row: tuple[str, ...], tmp_path: Path) -> None:
    """Then nothing of the table is quoted."""
    cells = [BERTHS[0], BERTHS[1], row, *BERTHS[3:]]
    assert [text for text in pdf_table(tmp_path, cells, x=(70, 140, 230, 370)) if ":" in text] == []


def test_names_may_be_questions_and_years(tmp_path: Path) -> None:
    """Bold letters say that they are names."""
    cells = [("*Room", "*How many beds?", "*2022"), ("Attic", "4", "25"), ("Tower", "2", "35")]
    assert pdf_table(tmp_path, cells, x=(70, 200, 330)) == [
        "Room: Attic; How many beds?: 4; 2022: 25.",
        "Room: Tower; How many beds?: 2; 2022: 35.",
    ]


def test_a_bold_line_names_a_group_of_rows(tmp_path: Path) -> None:
    """It is written before each of them, until the next one."""
    cells = [
        *GRID[:2],
        ("*Winter", ""),
        ("Adult", "6 euros"),
        ("*Summer:", ""),
        ("Adult", "7 euros"),
        ("Dog", "1 euro"),
    ]
    assert pdf_table(tmp_path, cells) == [
        "Ticket: Adult; Price: 5 euros.",
        "Winter — Ticket: Adult; Price: 6 euros.",
        "Summer — Ticket: Adult; Price: 7 euros.",
        "Summer — Ticket: Dog; Price: 1 euro.",
    ]


def test_bold_names_on_the_left_name_facts(tmp_path: Path) -> None:
    """Without bold letters, or with a value of two lines, nothing shows what belongs together."""
    cells = [("*Keeper", "Ines Falk"), ("*Roof:", "slate"), ("*Painter", "Otto Berg")]
    assert pdf_table(tmp_path, cells) == ["Keeper: Ines Falk.", "Roof: slate.", "Painter: Otto Berg."]
    assert pdf_table(tmp_path, [(name.strip("*"), value) for name, value in cells]) == []
    assert [text for text in pdf_table(tmp_path, [*cells, ("", "and sons")]) if ":" in text] == []


def test_marked_lines_are_items(tmp_path: Path) -> None:
    """Bullets, and numbers beside others of their list; what is further inside than a mark belongs to its item."""
    lines = [
        (70, 60, 16, "*Fares"), (70, 100, 11, "The fare depends on a number of things that are listed here:"),
        (80, 114, 11, "1. What you are, which the captain sees at once, and for how long you have been"),
        (95, 128, 11, "that."), (95, 142, 11, "\u2022 a child;"), (95, 156, 11, "\u2022 a dog"),
        (80, 170, 11, "2. How you travel"), (70, 184, 11, "The captain decides it."),
        (70, 210, 11, "1. May is a holiday."),
    ]  # fmt: skip
    assert structure_of(read_content(tmp_path, "a.pdf", samples.pdf([lines]))) == [
        ("heading", 1, 0, "", "Fares"),
        ("prose", 0, 0, "", "The fare depends on a number of things that are listed here:"),
        ("item", 1, 1, "", "What you are, which the captain sees at once, and for how long you have been that."),
        ("item", 2, 0, "", "a child;"),
        ("item", 2, 0, "", "a dog"),
        ("item", 1, 2, "", "How you travel"),
        ("prose", 0, 0, "", "The captain decides it."),
        ("prose", 0, 0, "", "1. May is a holiday."),
    ]


def test_lines_in_a_monospaced_font_are_code(tmp_path: Path) -> None:
    """With the indentation and the empty lines that they have on the page."""
    prose = [(70, 100 + 14 * n, 11, "The ferry crosses the lake twice a day, and it takes an hour.") for n in range(6)]
    code = [(82, 220, 11, "`while afloat:"), (108.4, 234, 11, "`row()"), (82, 262, 11, "`swim()")]
    assert structure_of(read_content(tmp_path, "a.pdf", samples.pdf([[*prose, *code]])))[1:] == [
        ("code", 0, 0, "", "while afloat:\n    row()\n\nswim()"),
    ]
