"""What groff makes of manual pages: options in tables and in indented paragraphs are terms with their texts."""

import pytest

from retrieval.reading.formats import webpage

PAGE = """<!DOCTYPE html><html><head><meta name="generator" content="groff -Thtml, see www.gnu.org">
<title>KETTLE</title></head><body><h1>KETTLE</h1><p style="margin-left:11%">kettle boils water for tea and coffee.</p>
<h2>OPTIONS</h2>{}<h2>FILES</h2><p style="margin-left:11%">The log is in /var/log/kettle.</p></body></html>"""
TABLE = """<table width="100%" border="0" rules="none" frame="void" cellspacing="0" cellpadding="0">{}</table>"""


def parts_of(options: str, page: str = PAGE) -> list[tuple[str, str]]:
    """Read a page with some options; returns the kind and text of the parts below them."""
    parts: list[tuple[str, str]] = [
        (part.kind, part.text) for part in webpage.read(page.format(options).encode()).parts
    ]
    return parts[parts.index(("heading", "OPTIONS")) + 1 : -2]


def test_a_table_of_options_is_a_list_of_definitions() -> None:
    """Its first row is an option like the others, not the names of columns."""
    rows = (("-t, --heat=80", "boil up to this heat"), ("-q", "be quiet"), ("--cups=2", "fill this many cups"))
    cells = "".join(
        f"<tr valign='top'><td width='11%'></td><td width='9%'><p><b>{term}</b></p></td><td><p>{text}</p></td></tr>"
        for term, text in rows
    )
    assert parts_of(TABLE.format(cells)) == [
        part for term, text in rows for part in (("heading", term), ("text", text))
    ]


def test_paragraphs_below_an_option_with_more_of_a_margin_belong_to_it() -> None:
    """Behind them, a paragraph with the margin of the option is not below it any more."""
    options = """<p style="margin-left:11%; margin-top: 1em"><b>-t</b> <i>heat</i></p>
    <p style="margin-left:17%;">Boil up to this heat.</p><p style="margin-left:17%;">At most 100.</p>
    <p style="margin-left:11%;"><b>-q</b></p><p style="margin-left:17%;">Be quiet.</p>"""
    assert parts_of(options) == [
        ("heading", "-t heat"),
        ("text", "Boil up to this heat."),
        ("text", "At most 100."),
        ("heading", "-q"),
        ("text", "Be quiet."),
    ]


def test_a_table_with_one_cell_in_each_row_is_text() -> None:
    """Such a table only indents what it holds."""
    calls = "".join(f"<tr><td width='11%'></td><td><p><b>kettle</b> {call}</p></td></tr>" for call in ("-t 80", "-q"))
    assert parts_of(TABLE.format(calls)) == [("text", "kettle -t 80"), ("text", "kettle -q")]


@pytest.mark.parametrize(
    "options",
    [
        TABLE.format("<tr><td>Cups</td><td>Minutes</td><td>Watt</td></tr><tr><td>2</td><td>3</td><td>900</td></tr>"),
        TABLE.format(""),
        "<p style='margin-left:11%'>It boils.</p><p style='margin-left:17%'>It cools.</p>",
        "<table><tr><td>Cups</td><td>2</td></tr></table>",
    ],
)
def test_other_tables_and_sentences_stay_as_they_are(options: str) -> None:
    """Columns of a table, and a paragraph below a sentence, are no terms; neither is anything of another program."""
    same = parts_of(options, PAGE.replace("groff -Thtml, see www.gnu.org", "x"))
    assert parts_of(options) == same
    assert not any(kind == "heading" for kind, _ in same)
