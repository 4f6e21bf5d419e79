"""Wikitext is read as the page that it makes, in .wiki and .txt files and in exports of MediaWiki."""

import time
from pathlib import Path

import pytest

from retrieval.reading.markup_in_text import as_markdown
from retrieval.reading.wikitext import is_wikitext, wikitext_as_markdown
from retrieval.text.locations import mark_at
from retrieval.text.source_map import source_span, unpack_pairs
from tests.support.reading import read_content, sentences_of, structure_of
from tests.support.samples import zip_archive

PAGE = """<!-- nobody sees this -->
{{Infobox mill
| name = Mill of Selm
| image =
| built = {{nowrap|1702}}
}}
'''The mill''' is a [[watermill|water mill]] in [[Selm]].<ref name="a">Braun, 1999.</ref> It weighs {{convert|3|t}}.

== History ==
The roof ''burned'' in {{year}}.<ref name="a" /> See [http://x.example the plan].{{citation needed|date=May}}

=== Owners ===
* The [[river club]] owns it.
** Ines leads it.
# Open it.
; Keeper
: Ines Falk

{| class="wikitable"
|+ Fees
! Who !! style="width: 2em" | Fee
|-
| Adults || 5
|-
| Children
| 2
|}

<syntaxhighlight lang="python">print(1)</syntaxhighlight>
[[File:Mill.jpg|thumb|The mill in [[Selm]] in 1900.]]
[[Category:Mills]]
"""
EXPECTED = [
    ("item", 1, 0, "", "name: Mill of Selm"), ("item", 1, 0, "", "built: 1702"),
    ("prose", 0, 0, "", "The mill is a water mill in Selm. It weighs 3 t."), ("heading", 2, 0, "", "History"),
    ("prose", 0, 0, "", "The roof burned in …. See the plan."), ("heading", 3, 0, "", "Owners"),
    ("item", 1, 0, "", "The river club owns it."), ("item", 2, 0, "", "Ines leads it."), ("item", 1, 1, "", "Open it."),
    ("heading", 7, 0, "", "Keeper"), ("prose", 0, 0, "", "Ines Falk"), ("prose", 0, 0, "", "Fees"),
    ("header", 0, 0, "", "Who | Fee"), ("row", 0, 0, "", "Adults | 5"), ("row", 0, 0, "", "Children | 2"),
    ("code", 0, 0, "python", "print(1)"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["mill.txt", "mill.wiki", "mill.mediawiki"])
def test_a_page_of_wikitext_is_read_as_readers_see_it(tmp_path: Path, name: str) -> None:
    """Its title is the name of its file; a quote leads to its place and its line."""
    read = read_content(tmp_path, name, PAGE.encode())
    assert structure_of(read) == EXPECTED
    document = read.document
    assert document.title == "Mill"
    start = document.text.index("The roof")
    assert PAGE[slice(*source_span(unpack_pairs(document.source_map), start, start + 8))] == "The roof"
    assert mark_at(document, start) == PAGE[: PAGE.index("The roof")].count("\n") + 1


def test_pages_of_an_export_are_documents(tmp_path: Path) -> None:
    """Redirects and pages about pages are left out; other XML is."""
    page = (
        "<page><title>{}</title><ns>{}</ns><revision><timestamp>2024-05-01T10:00:00Z</timestamp>"
        "<text>{}</text></revision></page>"
    )
    export = (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/"><siteinfo><sitename>Selm</sitename></siteinfo>'
        + page.format("Mill", 0, "'''It''' is a [[mill]]. ")
        + page.format("Old mill", 0, "#REDIRECT [[Mill]]")
        + page.format("Talk:Mill", 1, "Is it old?")
        + page.format("Fees/Summer", 0, "A tour costs [[euro|5 euros]].")
        + "</mediawiki>"
    )
    read = read_content(tmp_path, "wiki.zip", zip_archive({"dump.xml": export, "pom.xml": "<project>It is.</project>"}))
    found = [read.document, *(more.document for more in read.more)]
    assert [(document.id, document.title, document.published) for document in found] == [
        ("wiki.zip/dump.xml/Mill.wiki", "Mill", "2024-05-01"),
        ("wiki.zip/dump.xml/Fees-Summer.wiki", "Fees/Summer", "2024-05-01"),
    ]
    assert {sentence for document in (read, *read.more) for sentence in sentences_of(document)} == {
        "It is a mill.", "A tour costs 5 euros.",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "== Title ==\n\nAsciiDoc is [[anchor]] text.\n",
        "a == b == c\n",
        "x = '''doc'''\n",
        "The {{ name }} of [[it]].\n",
    ],
)
def test_other_text_is_no_wikitext(text: str) -> None:
    """Old AsciiDoc, programs, templates and links of notes are not."""
    assert not is_wikitext(text)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("# Rules\n\n- Adults pay **6** euros.\n- Dogs pay `2`.\n", ["Adults pay 6 euros.", "Dogs pay 2."]),
        ("# Mill\n\nSee [the map](http://x.example).\n", ["See the map."]),
        ("<h1>Rules</h1>\n<p>Adults pay <b>6</b> euros &amp; more.</p>\n", ["Adults pay 6 euros & more."]),
    ],
)
def test_markdown_and_html_in_plain_text_are_read(tmp_path: Path, text: str, sentences: list[str]) -> None:
    """Where headings stand beside other marks."""
    assert sentences_of(read_content(tmp_path, "a.txt", text.encode())) == sentences


@pytest.mark.parametrize(
    "text",
    [
        "# a remark\n# another **one**\nport = 80\n",
        "Five stars: ** and [a](b) c.\n",
        "Dogs are welcome. #1 of the rules.\n",
        "a | b\n--- text\n",
    ],
)
def test_other_plain_text_is_no_markdown(text: str) -> None:
    """Remarks of a program, single marks."""
    assert as_markdown(text, 0) is None


@pytest.mark.parametrize(
    "unit",
    ["<!--", "<ref>", "<ref ", "[[File:", "[[File:[", "{{a|", "{{a}}", "{{a\n|b=", "{|\n|a\n", "{|\n", "| a || ",
     "== a",
     "= ", ";a\n:b\n", "''", "[http://x ", "<pre ", "! a=b ", "<gallery>", "|a=a=",
     "[[a|"],
)  # fmt: skip
def test_reading_wikitext_takes_linear_time(unit: str) -> None:
    """Eight times the text takes about eight times the processor time, whatever is repeated."""
    short, long = (min(_seconds((unit * size)[:size]) for _ in range(2)) for size in (5_000, 40_000))
    assert long < 32 * short + 0.1  # quadratic time would be 64 times as long


def _seconds(text: str) -> float:
    start = time.process_time()
    is_wikitext(text)
    as_markdown(text, 0)
    wikitext_as_markdown(text)
    return time.process_time() - start
