"""OpenDocument texts, presentations and spreadsheets are read with their structure, as people see them."""

from pathlib import Path

import pytest

from tests.support.office_files import odt, pptx, shape, sheet_rows, xlsx
from tests.support.reading import asides_of, placed_sentences, read_content, rejection_reason, structure_of

HEADING = '<text:h text:outline-level="{}">{}</text:h>'
PARAGRAPH = "<text:p>{}</text:p>"
ITEM = "<text:list-item><text:p>{}</text:p>{}</text:list-item>"


def test_an_opendocument_text_is_read_with_its_structure(tmp_path: Path) -> None:
    """Headings, paragraphs, numbered lists in lists, and what the file says of itself."""
    numbered = '<text:list-style style:name="L1"><text:list-level-style-number text:level="1"/></text:list-style>'
    bulleted = '<text:list-style style:name="L2"><text:list-level-style-bullet text:level="1"/></text:list-style>'
    inner = f'<text:list text:style-name="L2">{ITEM.format("Blue ones.", "")}</text:list>'
    body = (
        HEADING.format(1, "The ferry")
        + PARAGRAPH.format(
            'It crosses<text:s text:c="2"/>the <text:span>lake</text:span>.<text:line-break/>Twice a day.'
        )
        + f'<text:list text:style-name="L1">{ITEM.format("Buy a ticket.", inner)}{ITEM.format("Wait.", "")}</text:list>'
    )
    read = read_content(tmp_path, "a.odt", odt(body, styles=numbered + bulleted))
    assert structure_of(read) == [
        ("heading", 1, 0, "", "The ferry"),
        ("prose", 0, 0, "", "It crosses the lake. Twice a day."),
        ("item", 1, 1, "", "Buy a ticket."),
        ("item", 2, 0, "", "Blue ones."),
        ("item", 1, 2, "", "Wait."),
    ]
    document = read.document
    assert (document.title, document.source, document.published) == ("Ferry", "Ann Lee", "2024-05-01")


def test_what_an_opendocument_text_does_not_say_is_left_out(tmp_path: Path) -> None:
    """Deleted, struck-out and hidden text and comments; a note comes at the end of its section."""
    styles = (
        '<style:style style:name="S"><style:text-properties style:text-line-through-style="solid"/></style:style>'
        '<style:style style:name="H"><style:text-properties text:display="none"/></style:style>'
    )
    body = (
        "<text:tracked-changes><text:p>It is free.</text:p></text:tracked-changes>"
        + PARAGRAPH.format(
            'It costs <text:span text:style-name="S">four</text:span><text:span text:style-name="H">six</text:span> '
            "five euros<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Since the spring "
            "of 2020.</text:p></text:note-body></text:note> a day.<office:annotation><text:p>Really?</text:p>"
            "</office:annotation>"
        )
        + HEADING.format(1, "Winter")
        + PARAGRAPH.format("It rests.")
    )
    read = read_content(tmp_path, "a.odt", odt(body, styles=styles))
    assert [text for text, _, _ in placed_sentences(read)] == [
        "It costs five euros a day.",
        "Since the spring of 2020.",
        "It rests.",
    ]


def test_styles_of_an_opendocument_text(tmp_path: Path) -> None:
    """A raised number keeps its place; a style, or what it is based on, makes titles, terms, captions and code."""
    body = (
        '<text:p text:style-name="P1">The mill</text:p><text:p text:style-name="Definition_20_Term">Keeper</text:p>'
        '<text:p>Ines Falk</text:p><text:p>It has 10<text:span text:style-name="T1">6</text:span> cells.</text:p>'
        '<text:p text:style-name="Preformatted_20_Text">a = 1</text:p>'
        '<text:p text:style-name="Preformatted_20_Text">b = 2</text:p>'
        '<text:p text:style-name="Caption">The mill in 1900.</text:p>'
    )
    styles = (
        '<style:style style:name="P1" style:parent-style-name="Title"/><style:style style:name="T1">'
        '<style:text-properties style:text-position="super 58%"/></style:style>'
    )
    read = read_content(tmp_path, "a.odt", odt(body, styles=styles))
    assert [(kind, level, text) for kind, level, _, _, text in structure_of(read)] == [
        ("heading", 1, "The mill"), ("heading", 7, "Keeper"), ("prose", 0, "Ines Falk"),
        ("prose", 0, "It has 10⁶ cells."), ("code", 0, "a = 1\nb = 2"), ("aside", 0, "The mill in 1900."),
    ]  # fmt: skip


def test_tables_of_an_opendocument_text(tmp_path: Path) -> None:
    """A cell over two rows counts in both."""
    cell = '<table:table-cell{}><text:p>{}</text:p></table:table-cell>'  # fmt: skip
    rows = [
        cell.format("", "Floor") + cell.format("", "Room") + cell.format("", "Beds"),
        cell.format(' table:number-rows-spanned="2"', "First") + cell.format("", "Hall") + cell.format("", "4"),
        "<table:covered-table-cell/>" + cell.format("", "Attic") + cell.format("", "2"),
    ]
    body = f"<table:table>{''.join(f'<table:table-row>{row}</table:table-row>' for row in rows)}</table:table>"
    read = read_content(tmp_path, "a.odt", odt(body))
    assert [text for text, _, _ in placed_sentences(read)] == [
        "Floor: First; Room: Hall; Beds: 4.",
        "Floor: First; Room: Attic; Beds: 2.",
    ]


def test_slides_are_pages_below_their_titles(tmp_path: Path) -> None:
    """Paragraphs of a body are items, notes follow, and a hidden slide is left out."""
    struck = (
        '<a:p><a:r><a:rPr strike="sngStrike"/><a:t>Free on Sundays.</a:t></a:r><a:r><a:t>Dogs pay.</a:t></a:r></a:p>'
    )
    content = pptx(
        shape(["The ferry"], "ctrTitle") + shape(["It crosses the lake.", struck], "body") + shape(["7"], "sldNum"),
        "hidden" + shape(["It sank."], ""),
        shape(["Winter"], "title") + shape(["It rests until March."]),
        notes="The crew is on holiday.",
    )
    read = read_content(tmp_path, "a.pptx", content)
    assert placed_sentences(read) == [
        ("It crosses the lake.", 1, "The ferry"),
        ("Dogs pay.", 1, "The ferry"),
        ("The crew is on holiday.", 1, "The ferry"),
        ("It rests until March.", 3, "Winter"),
    ]
    assert [kind for kind, *_ in structure_of(read)] == ["heading", "item", "item", "prose", "heading", "prose"]
    assert (read.document.title, read.document.source, read.document.published) == ("Ferry", "Ann Lee", "2024-05-01")


def test_lists_and_tables_of_slides(tmp_path: Path) -> None:
    """Levels and numbers of items are kept, and the first row names the columns where the file says so."""
    step = '<a:p><a:pPr lvl="{}"><a:buAutoNum type="arabicPeriod"/></a:pPr><a:r><a:t>{}</a:t></a:r></a:p>'
    cell = "<a:tc><a:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></a:txBody></a:tc>"
    rows = "".join(f"<a:tr>{cell.format(a)}{cell.format(b)}</a:tr>" for a, b in (("Boat", "Crew"), ("Rose", "Ann")))
    table = f'<p:graphicFrame><a:tbl><a:tblPr firstRow="1"/>{rows}</a:tbl></p:graphicFrame>'
    steps = [step.format(0, "Pay."), step.format(1, "In coins."), step.format(0, "Wait.")]
    read = read_content(tmp_path, "a.pptx", pptx(shape(steps) + table))
    assert [row for row in structure_of(read) if row[0] != "aside"] == [
        ("item", 1, 1, "", "Pay."),
        ("item", 2, 1, "", "In coins."),
        ("item", 1, 2, "", "Wait."),
        ("row", 0, 0, "", "Boat: Rose; Crew: Ann."),
    ]


def test_cells_are_read_as_excel_shows_them(tmp_path: Path) -> None:
    """Dates, times, shares, numbers without the noise of their storage, words for true and false."""
    rows = sheet_rows(
        ["Day", "Opens", "Share", "Price", "Open"],
        ["=1:45413", "=3:0.375", "=2:0.125", "=0:0.30000000000000004", "yes"],
        ["=4:45414.5", "=3:0.5", "=2:1", "=0:1200", ""],
    )
    read = read_content(tmp_path, "a.xlsx", xlsx(rows, formats='14 10 20 [dd\\.mm\\.yyyy&quot;h&quot;]'))  # fmt: skip
    assert placed_sentences(read) == [
        ("Day: 2024-05-01; Opens: 9:00; Share: 12.50%; Price: 0.3; Open: yes.", 2, None),
        ("Day: 2024-05-02 12:00; Opens: 12:00; Share: 100.00%; Price: 1200.", 3, None),
    ]
    assert (read.document.title, read.document.published) == ("Ferry", "2024-05-01")


def test_cells_have_the_formats_that_their_styles_name(tmp_path: Path) -> None:
    """Currencies, zeros in front, dates in words; the type of what is shown tells where the header is."""
    rows = sheet_rows(
        ["Boat", "Deposit", "Key", "Back by"],
        ["Rose", "=1:1250.5", "=2:7", "=3:45413"],
        ["Swan", "=1:-20", "=2:12", "=3:45420"],
    )
    formats = "[&quot;£&quot;#,##0.00;(&quot;£&quot;0.00)] [0000] [ddd\\,d\\.mmm]"
    assert [text for text, *_ in placed_sentences(read_content(tmp_path, "a.xlsx", xlsx(rows, formats=formats)))] == [
        "Boat: Rose; Deposit: £1,250.50; Key: 0007; Back by: Wed,1.May (2024-05-01).",
        "Boat: Swan; Deposit: (£20.00); Key: 0012; Back by: Wed,8.May (2024-05-08).",
    ]


def test_sheets_are_headings_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    """Hidden sheets, rows and columns are left out; a merged cell counts in each of its rows."""
    strings = ["Room", "Beds", "Hall", "Secret"]
    cell, number = '<c r="{}" t="s"><v>{}</v></c>', '<c r="{}"><v>{}</v></c>'
    names = "".join(cell.format(reference, text) for reference, text in (("A1", 0), ("B1", 1), ("C1", 3)))
    shared = (
        f'<cols><col min="3" max="3" hidden="1"/></cols><sheetData><row r="1">{names}</row>'
        f'<row r="2">{cell.format("A2", 2)}{number.format("B2", 4)}</row>'
        f'<row r="3" hidden="1">{cell.format("A3", 3)}</row><row r="4">{number.format("B4", 6)}</row></sheetData>'
        '<mergeCells><mergeCell ref="A2:A4"/></mergeCells>'
    )
    content = xlsx(
        shared, sheet_rows(["Fee", "Who"], ["=0:5", "Adults"], start=3), "hidden" + sheet_rows(["Fee"], ["=0:9"]),
        strings=strings, names=("Rooms", "Fees", "Old"),
    )  # fmt: skip
    assert placed_sentences(read_content(tmp_path, "a.xlsx", content)) == [
        ("Room: Hall; Beds: 4.", 2, "Rooms"),
        ("Room: Hall; Beds: 6.", 4, "Rooms"),
        ("Fee: 5; Who: Adults.", 4, "Fees"),
    ]


def test_a_header_in_bold_letters_names_the_columns(tmp_path: Path) -> None:
    """Whatever it looks like; an error of a formula is no value."""
    cell = '<c r="{}" t="{}" s="{}"><v>{}</v></c>'
    rows = (
        f'<sheetData><row r="1">{cell.format("A1", "str", 1, "Ann")}{cell.format("B1", "str", 1, "Ben")}'
        f"{cell.format('C1', 'str', 1, 'Cleo')}</row>"
        f'<row r="2">{cell.format("A2", "str", 0, "soup")}{cell.format("B2", "e", 0, "#REF!")}'
        f"{cell.format('C2', 'str', 0, 'tea')}</row>"
        f'<row r="3">{cell.format("A3", "str", 0, "rice")}{cell.format("B3", "b", 0, "1")}</row></sheetData>'
    )
    read = read_content(tmp_path, "a.xlsx", xlsx(rows))
    assert [text for text, _, _ in placed_sentences(read)] == ["Ann: soup; Cleo: tea.", "Ann: rice; Ben: yes."]
    assert asides_of(read) == ["Ann; Ben; Cleo"]


def test_html_in_the_cells_of_a_sheet_is_read(tmp_path: Path) -> None:
    """As browsers show it: sheets are often exported from what shows it."""
    rows = sheet_rows(
        ["Item", "Price", "Effect"], ["Wand", "=0:9", "Slows for 3&amp;nbsp;s&lt;br&gt;Costs &lt;b&gt;8&lt;/b&gt; mana"]
    )
    assert placed_sentences(read_content(tmp_path, "a.xlsx", xlsx(rows))) == [
        ("Item: Wand; Price: 9; Effect: Slows for 3 s; Costs 8 mana.", 2, None),
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pptx", pptx(shape(["It crosses the lake."]), created="2013-01-27T09:14:16Z")),
        ("a.xlsx", xlsx(sheet_rows(["Boat", "Crew"], ["Rose", "=0:2"]), created="2015-06-05T18:19:34Z")),
        ("a.xlsx", xlsx(sheet_rows(["Boat", "Crew"], ["Rose", "=0:2"]), author="openpyxl")),
    ],
)
def test_a_file_made_by_a_program_or_from_a_template_has_no_date(tmp_path: Path, name: str, content: bytes) -> None:
    """The time that it was created is that of the export, or of the template of a tool."""
    assert read_content(tmp_path, name, content).document.published is None


@pytest.mark.parametrize("name", ["a.odt", "a.pptx", "a.xlsx", "a.zip"])
def test_other_content_is_rejected(tmp_path: Path, name: str) -> None:
    """With what is wrong."""
    suffix = name[1:]
    assert rejection_reason(tmp_path, name, b"text") == f"not a {suffix} file: it does not begin like one"
    old = rejection_reason(tmp_path, name, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    assert old == f"encrypted, or in an old format of Office; save it as {suffix} without a password"
    assert rejection_reason(tmp_path, name, b"PK\x03\x04") == "damaged: not a complete zip archive"
