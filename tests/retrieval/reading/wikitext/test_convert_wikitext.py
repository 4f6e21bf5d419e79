"""Wikitext is read as the page that it makes, in .wiki and .txt files and in exports of MediaWiki."""

import time
from pathlib import Path

import pytest

from retrieval.reading.markup_in_text import as_markdown
from retrieval.reading.wikitext.convert_wikitext import is_wikitext, wikitext_as_markdown
from retrieval.text.locations import mark_at
from retrieval.text.source_map import source_span, unpack_pairs
from tests.support.reading import read_content, rejection_reason, sentences_of, structure_of, wiki_blocks
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
    ("heading", 7, 0, "", "Keeper"), ("prose", 0, 0, "", "Ines Falk"),
    ("heading", 7, 0, "", ""), ("prose", 0, 0, "", "Fees"),
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


def test_a_list_ends_with_its_line() -> None:
    """Levels that are left out are none, and terms stand above what they mean, on one line or on two."""
    text = (
        "You lose:\n* a tenth of your pearls\nYou keep the boat.\n** one\n*** two\n# first\n#: goes on\n# second\n"
        "; KP : Keeper's permit\n; Lock\n: A gate for boats.\n:* It is slow.\n:Aside\n:Also\n"
    )
    assert wiki_blocks(text) == [
        ("prose", 0, "You lose:"), ("item", 1, "a tenth of your pearls"), ("prose", 0, "You keep the boat."),
        ("item", 1, "one"), ("item", 2, "two"), ("item", 1, "first\ngoes on"), ("item", 1, "second"),
        ("heading", 7, "KP"), ("prose", 0, "Keeper's permit"), ("heading", 7, "Lock"),
        ("prose", 0, "A gate for boats."), ("item", 1, "It is slow."), ("prose", 0, "Aside"), ("prose", 0, "Also"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("; Flood\n: The gate shuts.\n:* It creaks.\n:** Oil it.\n:# Then wait.\n; Ebb\n: It opens.\n",
         [("heading", 7, "Flood"), ("prose", 0, "The gate shuts."), ("item", 1, "It creaks."), ("item", 2, "Oil it."),
          ("item", 1, "Then wait."), ("heading", 7, "Ebb"), ("prose", 0, "It opens.")]),
        ("; Flood\n:* It creaks.\n:* Oil it.\nBoth pay.\n",
         [("heading", 7, "Flood"), ("item", 1, "It creaks."), ("item", 1, "Oil it."), ("heading", 7, ""),
          ("prose", 0, "Both pay.")]),
        ("; Flood : It shuts.\n:* It creaks.\n",
         [("heading", 7, "Flood"), ("prose", 0, "It shuts."), ("item", 1, "It creaks.")]),
        (": A remark.\n:* It creaks.\n", [("prose", 0, "A remark."), ("item", 1, "It creaks.")]),
    ],
)  # fmt: skip
def test_items_in_a_definition_stay_below_its_term(text: str, expected: list[tuple[str, int, str]]) -> None:
    """Lists, and further lines; without a term there is no definition."""
    assert wiki_blocks(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "<tabber>\n|-|Day=\nIt has 9 legs.\n|-|Night=\n* It glows.\n</tabber>\n== More ==\n",
        "<tabber>\nDay=\nIt has 9 legs.\n|-|\nNight=\n* It glows.\n</tabber>\n== More ==\n",
        "<tabs>\n<tab name='Day'>\nIt has 9 legs.\n</tab>\n<tab name=Night>\n* It glows.</tab>\n</tabs>\n== More ==\n",
    ],
)
def test_the_text_of_a_tab_is_below_its_label(text: str) -> None:
    """As extensions of MediaWiki write tabs; text behind them is not below the label of one."""
    assert wiki_blocks(text) == [
        ("heading", 7, "Day"), ("prose", 0, "It has 9 legs."), ("heading", 7, "Night"), ("item", 1, "It glows."),
        ("heading", 2, "More"),
    ]  # fmt: skip
    assert wiki_blocks(text.replace("== More ==", "It never sleeps.")) == [
        ("prose", 0, "Day"), ("prose", 0, "It has 9 legs."), ("prose", 0, "Night"), ("item", 1, "It glows."),
        ("prose", 0, "It never sleeps."),
    ]  # fmt: skip


def test_what_is_literal_is_no_markup() -> None:
    """Between <nowiki> tags and in code; a comment in code is none, and what is in a comment opens nothing."""
    text = (
        "<!-- <nowiki> -->It is '''odd'''. <nowiki>* {{a}} '''b''' [[c]] <b>_d_</b> | e</nowiki>\n"
        "<pre>\n# {{f}} <!-- g -->\n* [[h]]\n</pre>\n<nowiki>* not closed\n"
    )
    assert wiki_blocks(text) == [
        ("prose", 0, "It is odd. * {{a}} '''b''' [[c]] <b>_d_</b> | e"),
        ("code", 0, "# {{f}} <!-- g -->\n* [[h]]"), ("item", 1, "not closed"),
    ]  # fmt: skip


def test_a_bold_question_stands_above_its_answer() -> None:
    """As in Markdown."""
    assert wiki_blocks("'''May I swim?'''\nYes, in summer.\n") == [
        ("heading", 7, "May I swim?"), ("prose", 0, "Yes, in summer."),
    ]  # fmt: skip


def test_links_to_other_languages_and_categories_are_left_out() -> None:
    """A link in a line is text."""
    text = "It is a [[:de:Mühle|mill]].\n----\n[[de:Mühle]] [[zh-min-nan:Mill]]\n[[Kategorie:A]] [[Категория:B]]\n"
    assert wiki_blocks(text) == [("prose", 0, "It is a mill.")]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("'''Rye''' is ground by [[Ines]].\n", ["Rye is ground by Ines."]),
        ("It is {{Rarity|rare}}.\n", ["It is rare."]),
        ("# Open the [[sluice]].\n# Wait.\n", ["Open the sluice.", "Wait."]),
        ("# Rules\n\n- Adults pay **6** euros, see [[fees]].\n", ["Adults pay 6 euros, see fees."]),
        ("The sluice is open.\n", ["The sluice is open."]),
    ],
)
@pytest.mark.parametrize("suffix", [".wiki", ".mediawiki"])
def test_a_file_that_is_named_as_wikitext_is_that(tmp_path: Path, suffix: str, text: str, sentences: list[str]) -> None:
    """With a single sign of it, unless it is Markdown, also in an archive."""
    assert sentences_of(read_content(tmp_path, f"a{suffix}", text.encode())) == sentences
    archive = zip_archive({f"a{suffix}": text})
    assert sentences_of(read_content(tmp_path, "a.zip", archive)) == sentences


@pytest.mark.parametrize(
    "text", ["#REDIRECT [[Mill#Fees|the mill]]", "#weiterleitung [[Mill]]\n", "#REDIRECT: [[Mill]]\n[[Category:A]]"]
)
def test_a_page_that_only_leads_to_another_is_rejected(tmp_path: Path, text: str) -> None:
    """With the page to which it leads."""
    assert rejection_reason(tmp_path, "old.wiki", text.encode()).startswith("only leads to another page: Mill")
    assert "leads to another page" in rejection_reason(tmp_path, "a.zip", zip_archive({"old.wiki": text}))


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
