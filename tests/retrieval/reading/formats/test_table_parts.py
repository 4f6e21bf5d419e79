"""Tables of several formats are read in the same way."""

from pathlib import Path

from tests.support import samples
from tests.support.reading import read_content, sentences_of


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
