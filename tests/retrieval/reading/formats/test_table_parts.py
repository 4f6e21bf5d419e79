"""Tables of several formats are read in the same way: what names a value is before it, and nothing else is."""

import importlib
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from retrieval.reading.formats.registry import FORMATS
from retrieval.reading.formats.table_parts import table_parts
from retrieval.reading.isolated.protocol import Part
from tests.support import samples
from tests.support.reading import read_content, sentences_of
from tests.traps.tables import to_csv, to_docx, to_html, to_page, to_rst

Grid = list[list[str | None]]


def grid(*rows: str) -> Grid:
    """Split rows at " | "; "<" continues the cell to its left."""
    return [[None if cell.strip() == "<" else cell.strip() for cell in row.split("|")] for row in rows]


def rows_of(parts: list[Part]) -> list[str]:
    """Return the text of each row."""
    return [part.text for part in parts if part.kind == "row"]


def read_rows(name: str, content: str | bytes) -> list[str]:
    """Read a file without a child process, and return the text of each row."""
    reader = importlib.import_module(f"retrieval.reading.formats.{FORMATS[f'.{name}'].module}")
    return rows_of(list(reader.read(content.encode() if isinstance(content, str) else content).parts))


def epub(page: str) -> bytes:
    """Make an e-book of one page."""
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href="a.xhtml" '
        'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>'
    )
    container = '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'
    body = page[page.index("<body>") : page.index("</html>")]
    return samples.zip_archive({
        "META-INF/container.xml": container, "a.opf": package,
        "a.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml">{body}</html>',
    })  # fmt: skip


FACTS = (
    "Keeper | Ines Falk", "Roof | slate", "Painter | Otto Berg", "Built | 1880"
), ["Keeper: Ines Falk.", "Roof: slate.", "Painter: Otto Berg.", "Built: 1880."]  # fmt: skip
QUESTIONS = (
    "Room | Is it heated? | How many beds?", "Attic | no | 4", "Tower | yes | 2"
), [
    "Room: Attic; Is it heated?: no; How many beds?: 4.", "Room: Tower; Is it heated?: yes; How many beds?: 2.",
]  # fmt: skip
YEARS = (
    "Room | 2021 | 2022", "Attic | 20 | 25", "Tower | 30 | 35"
), ["Room: Attic; 2021: 20; 2022: 25.", "Room: Tower; 2021: 30; 2022: 35."]  # fmt: skip
GROUPS = (
    "Room | Beds | Fee", "Ground floor | |", "Hall | 4 | 20", "Kitchen | 2 | 9", "First floor | |", "Hall | 6 | 25"
), [
    "Ground floor — Room: Hall; Beds: 4; Fee: 20.", "Ground floor — Room: Kitchen; Beds: 2; Fee: 9.",
    "First floor — Room: Hall; Beds: 6; Fee: 25.",
]  # fmt: skip
TITLE = (
    "Fees in euros | |", "Room | Summer | Winter", "Attic | 20 | 25", "Tower | 30 | 35"
), [
    "Fees in euros — Room: Attic; Summer: 20; Winter: 25.", "Fees in euros — Room: Tower; Summer: 30; Winter: 35.",
]  # fmt: skip
TURNED = (
    " | Attic | Tower", "Beds | 4 | 2", "Stove | wood | gas"
), ["Beds; Attic: 4; Tower: 2.", "Stove; Attic: wood; Tower: gas."]  # fmt: skip
UNTOLD = ("Ines Falk | Attic", "Otto Berg | Tower"), ["Ines Falk; Attic.", "Otto Berg; Tower."]


def test_cells_that_span_rows_are_repeated_in_each(tmp_path: Path) -> None:
    """Every cell stays below the name of its column: in a web page, a Word file and reStructuredText."""
    rows = [("Monday", "9:00", "12:00"), ("Monday", "14:00", "17:00"), ("Friday", "14:00", "")]
    expected = [
        f"Day: {day}; Opens: {opens}" + (f"; Closes: {closes}." if closes else ".") for day, opens, closes in rows
    ]
    page = (
        "<h1>Hours</h1><p>It opens.</p><table><tr><th>Day</th><th>Opens</th><th>Closes</th></tr>"
        "<tr><td rowspan=2>Monday</td><td>9:00</td><td>12:00</td></tr><tr><td rowspan=2>14:00</td><td>17:00</td></tr>"
        "<tr><td>Friday</td></tr></table>"
    )
    merged = "<w:tcPr><w:vMerge{}/></w:tcPr>"
    first, further = merged.format(' w:val="restart"'), merged.format("")
    cells = [[("", "Day"), ("", "Opens"), ("", "Closes")], [(first, "Monday"), ("", "9:00"), ("", "12:00")],
             [(further, ""), (first, "14:00"), ("", "17:00")], [("", "Friday"), (further, "")]]  # fmt: skip
    table = "".join(
        f"<w:tr>{''.join(f'<w:tc>{merge}{samples.docx_paragraph(text)}</w:tc>' for merge, text in row)}</w:tr>"
        for row in cells
    )
    grid = (
        "Hours\n=====\n\n+--------+-------+--------+\n| Day    | Opens | Closes |\n+========+=======+========+\n"
        "| Monday | 9:00  | 12:00  |\n|        +-------+--------+\n|        | 14:00 | 17:00  |\n"
        "+--------+       +--------+\n| Friday |       |        |\n+--------+-------+--------+\n"
    )
    files = {"a.html": page.encode(), "a.docx": samples.docx(f"<w:tbl>{table}</w:tbl>"), "a.rst": grid.encode()}
    for name, content in files.items():
        assert sentences_of(read_content(tmp_path, name, content))[-3:] == expected, name


def test_a_cell_over_rows_and_columns_shifts_no_other_cell(tmp_path: Path) -> None:
    """The values after it stay below their own names in each of its rows."""
    page = (
        "<h1>T</h1><p>It opens.</p><table><tr><th>Day</th><th>Opens</th><th>Closes</th><th>Fee</th></tr>"
        "<tr><td rowspan=2 colspan=2>Closed</td><td>12:00</td><td>3</td></tr><tr><td>13:00</td><td>6</td></tr></table>"
    )
    cell = "<w:tc><w:tcPr>{}</w:tcPr>{}</w:tc>"
    wide = '<w:gridSpan w:val="2"/><w:vMerge{}/>'
    rows = [
        [("", "Day"), ("", "Opens"), ("", "Closes"), ("", "Fee")],
        [(wide.format(' w:val="restart"'), "Closed"), ("", "12:00"), ("", "3")],
        [(wide.format(""), ""), ("", "13:00"), ("", "6")],
    ]
    word = "".join(
        f"<w:tr>{''.join(cell.format(how, samples.docx_paragraph(text)) for how, text in row)}</w:tr>" for row in rows
    )
    grid = (
        "T\n=\n\n+-----+-------+--------+-----+\n| Day | Opens | Closes | Fee |\n+=====+=======+========+=====+\n"
        "| Closed      | 12:00  | 3   |\n|             +--------+-----+\n|             | 13:00  | 6   |\n"
        "+-------------+--------+-----+\n"
    )
    files = {"a.html": page.encode(), "a.docx": samples.docx(f"<w:tbl>{word}</w:tbl>"), "a.rst": grid.encode()}
    for name, content in files.items():
        assert sentences_of(read_content(tmp_path, name, content))[-2:] == [
            "Day: Closed; Closes: 12:00; Fee: 3.",
            "Day: Closed; Closes: 13:00; Fee: 6.",
        ], name


@pytest.mark.parametrize("suffix", ["csv", "html", "epub", "docx", "rst"])
@pytest.mark.parametrize(
    ("table", "expected"),
    [FACTS, QUESTIONS, YEARS, GROUPS, TITLE, TURNED, UNTOLD],
    ids=["facts", "questions", "years", "groups", "title", "turned", "untold"],
)
def test_formats_without_marks_agree(suffix: str, table: tuple[str, ...], expected: list[str]) -> None:
    """The same cells give the same sentences, whatever the file is."""
    rows = [[cell or "" for cell in row] for row in grid(*table)]
    content: dict[str, str | bytes] = {
        "csv": to_csv(rows),
        "html": to_html(rows),
        "epub": epub(to_html(rows)),
        "docx": to_docx(rows),
        "rst": to_rst(rows),
    }
    assert read_rows(suffix, content[suffix]) == expected


SPANNED = """<table><caption>Fees</caption>
<thead><tr><td rowspan=2>Room</td><td colspan=2>Summer</td><td>Winter</td></tr><tr><td>adult</td>
<td>child</td><td>adult</td></tr></thead><tfoot><tr><td colspan=4>All of this is in euros.</td></tr></tfoot>
<tbody><tr><th colspan=4>Ground floor</th></tr><tr><th>Hall</th><td>20</td><td>9</td><td><b>25</b></td></tr>
<tr><th colspan=4>First floor</th></tr><tr><th>Hall</th><td>22</td><td>H<sub>2</sub>O</td><td>27</td></tr></tbody>
</table>"""


@pytest.mark.parametrize("suffix", ["html", "epub"])
def test_the_structure_of_html_tables_is_kept(suffix: str) -> None:
    """Caption, both rows of the head, groups of rows and the foot, which comes last wherever it stands."""
    page = to_page(SPANNED)
    assert read_rows(suffix, page if suffix == "html" else epub(page.replace("=2", '="2"').replace("=4", '="4"'))) == [
        "Fees — Ground floor — Room: Hall; Summer, adult: 20; Summer, child: 9; Winter, adult: 25.",
        "Fees — First floor — Room: Hall; Summer, adult: 22; Summer, child: H2O; Winter, adult: 27.",
        "Fees — All of this is in euros.",
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (  # header cells on the left
            "<tr><th>Keeper</th><td>Ines Falk</td></tr><tr><th>Painter</th><td>Otto Berg</td></tr>",
            ["Keeper: Ines Falk.", "Painter: Otto Berg."],
        ),
        (  # bold letters on the left
            "<tr><td><b>Keeper</b></td><td>Ines</td></tr><tr><td><strong>Painter</strong></td><td>Otto</td></tr>",
            ["Keeper: Ines.", "Painter: Otto."],
        ),
        (  # a box of facts with a title and groups
            "<tr><th colspan=2>The chapel</th></tr><tr><th colspan=2>People</th></tr><tr><th>Keeper</th><td>Ines</td>"
            "</tr><tr><th colspan=2>Building</th></tr><tr><th>Roof</th><td>slate</td></tr>",
            ["The chapel — People — Keeper: Ines.", "The chapel — Building — Roof: slate."],
        ),
        (  # several values for each fact
            "<tr><th>Height</th><td>3 m</td><td>10 ft</td></tr><tr><th>Width</th><td>2 m</td><td>7 ft</td></tr>",
            ["Height: 3 m; 10 ft.", "Width: 2 m; 7 ft."],
        ),
        (  # names above and on the left
            "<tr><td></td><td>2021</td></tr><tr><th>Attic</th><td>20</td></tr><tr><th>Tower</th><td>30</td></tr>",
            ["Attic; 2021: 20.", "Tower; 2021: 30."],
        ),
        (  # another header further down
            "<tr><th>Room</th><th>Fee</th></tr><tr><td>Attic</td><td>20</td></tr><tr><th>Boat</th><th>Length</th></tr>"
            "<tr><td>Skiff</td><td>7</td></tr>",
            ["Room: Attic; Fee: 20.", "Boat: Skiff; Length: 7."],
        ),
        (  # bold letters above
            "<tr><td><b>Room</b></td><td><b>Warden</b></td></tr><tr><td>Attic</td><td>Ines</td></tr>",
            ["Room: Attic; Warden: Ines."],
        ),
        (  # notes and hidden cells
            "<tr><th>Room</th><th>Fee</th></tr><tr><td>Attic<sup><a href='#n'>1</a></sup></td><td>20"
            "<span hidden>99</span></td></tr>",
            ["Room: Attic; Fee: 20."],
        ),
    ],
)
def test_header_cells_tell_what_names_what(body: str, expected: list[str]) -> None:
    """In any cell, by markup or by bold letters."""
    assert read_rows("html", to_page(f"<table>{body}</table>")) == expected


def test_bold_names_in_word_files_are_names() -> None:
    """In the first row or in the first column."""

    def cell(text: str, *, bold: bool) -> str:
        return f"<w:tc><w:p><w:r>{'<w:rPr><w:b/></w:rPr>' if bold else ''}<w:t>{text}</w:t></w:r></w:p></w:tc>"

    facts = [[("Keeper", True), ("Ines", False)], [("Painter", True), ("Otto", False)]]
    columns = [[("Room", True), ("Warden", True)], [("Attic", False), ("Ines", False)]]
    tables = [
        "".join(f"<w:tr>{''.join(cell(text, bold=bold) for text, bold in row)}</w:tr>" for row in table)
        for table in (facts, columns)
    ]
    content = samples.docx("<w:p/>".join(f"<w:tbl>{table}</w:tbl>" for table in tables))
    assert read_rows("docx", content) == ["Keeper: Ines.", "Painter: Otto.", "Room: Attic; Warden: Ines."]


def test_names_of_columns_and_rows_in_restructured_text() -> None:
    """Stub columns and bold letters name facts; the title of a table is what its rows are about."""
    stub = ".. list-table:: Crew\n   :stub-columns: 1\n\n   * - Keeper\n     - Ines\n   * - Painter\n     - Otto\n"
    bold = "=========== ====\n**Keeper**  Ines\n**Painter** Otto\n=========== ====\n"
    assert read_rows("rst", stub) == ["Crew — Keeper: Ines.", "Crew — Painter: Otto."]
    assert read_rows("rst", bold) == ["Keeper: Ines.", "Painter: Otto."]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (  # groups of names above names, and names of names that span columns
            grid(" | Summer | | Winter | ", "Room | adult | child | adult | child", "Attic | 20 | 9 | 25 | 12"),
            ["Room: Attic; Summer, adult: 20; Summer, child: 9; Winter, adult: 25; Winter, child: 12."],
        ),
        (
            grid("Place | < | Fee", "Town | Street | euros", "Selm | Mill Lane | 5", "Ort | Quay | 7"),
            ["Place, Town: Selm; Place, Street: Mill Lane; Fee, euros: 5.",
             "Place, Town: Ort; Place, Street: Quay; Fee, euros: 7."],
        ),
        (  # units below names
            grid("Boat | Length | Fee", " | (m) | (euros)", "Skiff | 7 | 19", "Canoe | 5 | 12"),
            ["Boat: Skiff; Length (m): 7; Fee (euros): 19.", "Boat: Canoe; Length (m): 5; Fee (euros): 12."],
        ),
        (  # a name over two columns stays that of the first one
            grid("Room | Fee | < | Note", "Attic | 20 | 25 | cold", "Tower | 30 | 35 | warm"),
            ["Room: Attic; Fee: 20; 25; Note: cold.", "Room: Tower; Fee: 30; 35; Note: warm."],
        ),
        (  # repeated names
            grid("Day | Opens | Closes | Opens | Closes", "Sunday | 9:00 | 11:00 | 14:00 | 17:00"),
            ["Day: Sunday; Opens: 9:00; Closes: 11:00; Opens: 14:00; Closes: 17:00."],
        ),
        (
            grid("Room | Fee | Fee", "Attic | 20 | 25", "Tower | 30 | 35"),
            ["Room: Attic; Fee (1): 20; Fee (2): 25.", "Room: Tower; Fee (1): 30; Fee (2): 35."],
        ),
        (  # the header again after each group
            grid("Ground floor | <", "Room | Fee", "Hall | 20", "First floor | <", "Room | Fee", "Hall | 25"),
            ["Ground floor — Room: Hall; Fee: 20.", "First floor — Room: Hall; Fee: 25."],
        ),
        (  # a group by its colon or its capitals, a total and a note
            grid("Room | Fee", "GROUND FLOOR | ", "Hall | 20", "Upstairs: | ", "Attic | 25", "Total | 45",
                 "Dogs pay one euro each. | "),
            ["GROUND FLOOR — Room: Hall; Fee: 20.", "Upstairs — Room: Attic; Fee: 25.",
             "Upstairs — Room: Total; Fee: 45.", "Dogs pay one euro each."],
        ),
        (  # a missing value makes no group
            grid("Room | Beds | Fee", "Hall | 4 | 20", "Attic | | ", "Tower | 2 | 30", "Cellar | | 9"),
            ["Room: Hall; Beds: 4; Fee: 20.", "Room: Attic.", "Room: Tower; Beds: 2; Fee: 30.",
             "Room: Cellar; Fee: 9."],
        ),
        (  # a title above facts
            grid("The pump | <", "Keeper: | Ines Falk", "Colour: | green", "Depth: | 31 m"),
            ["The pump — Keeper: Ines Falk.", "The pump — Colour: green.", "The pump — Depth: 31 m."],
        ),
        (grid("Alone | <", "Also alone | <"), ["Alone.", "Also alone."]),
    ],
)  # fmt: skip
def test_titles_groups_and_headers_are_told_from_rows(rows: Grid, expected: list[str]) -> None:
    """What applies to several rows is written before each of them."""
    assert rows_of(table_parts(rows)) == expected


@pytest.mark.parametrize(
    ("below", "kinds"),
    [
        (("* off season only | ",), ["text"]),
        (("¹ off season | ", "Note: dogs pay | "), ["text", "text"]),
        (("* Dogs pay one euro each. | ",), ["text"]),
        ((" | ", "all fees of the hut in euros | ", "as the keepers agreed in May | "), ["text", "text"]),
        (("Cellar | ",), ["row"]),
        ((" | ", "Cellar | "), ["row"]),
        (("all fees of the hut in euros | ",), ["row"]),
    ],
)
def test_a_single_cell_below_a_table_may_be_a_note(below: tuple[str, ...], kinds: list[str]) -> None:
    """By its mark, or as words below an empty row; then it has no name of a column."""
    parts = table_parts(grid("Room | Fee", "Hall | 20", "Attic | 25*", *below))[3:]
    assert [part.kind for part in parts] == kinds
    texts = [row.removesuffix(" | ") for row in below if row != " | "]
    assert [part.text for part in parts] == [f"Room: {text}." if "row" in kinds else text for text in texts]


def test_captions_and_headers_are_asides() -> None:
    """They stay in the text; one too long to be repeated in each row is said once."""
    caption = "Fees of the hut in euros. " * 5
    parts = table_parts(grid("Room | Fee", "Attic | 20", "Tower | 30"), caption=caption)
    assert [(part.kind, part.text, part.at) for part in parts] == [
        ("aside", caption, None),
        ("aside", "Room; Fee", None),
        ("row", "Room: Attic; Fee: 20.", 2),
        ("row", "Room: Tower; Fee: 30.", 3),
    ]


words = st.text("ab19 €.:?", min_size=1, max_size=8).map(str.strip)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.one_of(words, st.none()), min_size=width, max_size=width), max_size=7)
)


@given(tables, st.booleans() | st.none())
@example([["", "Fee"], ["", "9"], ["Attic", None], ["", "Fee"]], None)  # a group without rows
def test_no_cell_is_lost(rows: Grid, declared: bool | None) -> None:
    """Every text of a cell is in a row or an aside, in a table of any shape."""
    text = " ".join(part.text for part in table_parts(rows, declared=declared))
    assert [cell for row in rows for cell in row if cell and " ".join(cell.split()).strip(" .:") not in text] == []


@given(tables)
def test_a_value_below_is_never_read_as_the_name_of_its_own_column(rows: Grid) -> None:
    """A header does not occur again in its column, unless all of it does. Cells that look like two are left out."""
    assume(not any(": " in (cell or "") for row in rows for cell in row))
    for row in rows_of(table_parts(rows)):
        for field in row.split("; "):
            name, _, value = field.partition(": ")
            assert not name or name.casefold() != value.rstrip(".").casefold()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            ("Day | Hall | Tower", "Monday | shut | <", "Friday | 9 | 10"),
            ["Day: Monday; Hall: shut; Tower: shut.", "Day: Friday; Hall: 9; Tower: 10."],
        ),
        (
            ("Boat | Rent | < | Seats", "Boat | Hour | Day | Seats", "Punt | free | < | 4", "Raft | 5 | 20 | 8"),
            ["Boat: Punt; Rent, Hour: free; Rent, Day: free; Seats: 4.",
             "Boat: Raft; Rent, Hour: 5; Rent, Day: 20; Seats: 8."],
        ),
        (
            ("Item | Count | Price", "Sum | < | 12", "Rope | 2 | 12"),
            ["Item: Sum; Price: 12.", "Item: Rope; Count: 2; Price: 12."],
        ),
        (("Boat | Rent | <", "Punt | 5 | <", "Raft | 8 | <"), ["Boat: Punt; Rent: 5.", "Boat: Raft; Rent: 8."]),
    ],
)  # fmt: skip
def test_a_value_is_below_the_name_of_each_column_that_it_spans(rows: tuple[str, ...], expected: list[str]) -> None:
    """Not so the name of a row, and not twice below one name."""
    assert rows_of(table_parts(grid(*rows), ["header"] * (len(rows) - 2))) == expected
