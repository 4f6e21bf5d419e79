"""The lists and the code of HTML become items and code with their depth, numbers and language."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from retrieval.reading.formats.html_parts import markup_parts

Structure = tuple[str, int, int, str]
Branch = list[tuple[str, "Branch"]]  # items, each with the list in it


def structure(body: str) -> list[Structure]:
    """Return kind, level, number and text of each part of a page's body."""
    root = html.document_fromstring(f"<html><body>{body}</body></html>")
    return [(part.kind, part.level, part.number, part.text.strip("\n")) for part in markup_parts(root.find("body"))]


def code(body: str) -> list[tuple[str, str]]:
    """Return language and text of each block of code."""
    root = html.document_fromstring(f"<html><body>{body}</body></html>")
    return [(part.language, part.text.strip("\n")) for part in markup_parts(root.find("body")) if part.kind == "code"]


def test_items_are_paragraphs_of_their_depth() -> None:
    """The first paragraph of an item is the item; what else belongs to it has its depth."""
    assert structure(
        "<p>It needs:</p><ul><li><p>A boat.</p><p>It must float.</p><pre>row()</pre>"
        "<ul><li>Two <b>oars</b></li><li><div>A <code>rope</code></div></li></ul>Tie it.</li></ul><p>That is all.</p>"
    ) == [
        ("text", 0, 0, "It needs:"),
        ("item", 1, 0, "A boat."),
        ("text", 1, 0, "It must float."),
        ("code", 1, 0, "row()"),
        ("item", 2, 0, "Two oars"),
        ("item", 2, 0, "A rope"),
        ("text", 1, 0, "Tie it."),
        ("text", 0, 0, "That is all."),
    ]


@pytest.mark.parametrize(
    ("attributes", "numbers"),
    [("", [1, 2, 3]), ('start="4"', [4, 5, 6]), ("reversed", [3, 2, 1]), ('reversed start="9"', [9, 8, 7]),
     ('start="x"', [1, 2, 3]), ('start="-1"', [0, 0, 1])],
)  # fmt: skip
def test_ordered_items_are_counted(attributes: str, numbers: list[int]) -> None:
    """From the start that the list gives, downwards if it is reversed; a place below 1 is none."""
    body = f"<ol {attributes}><li>a<ul><li>b</li></ul></li><li>c</li><li hidden>d</li><li>e</li></ol>"
    assert [number for _, level, number, _ in structure(body) if level == 1] == numbers
    assert [number for _, level, number, _ in structure(body) if level == 2] == [0]


def test_an_item_may_give_its_own_number() -> None:
    """The items after it count on from there."""
    assert [number for _, _, number, _ in structure('<ol><li>a<li value="7">b<li>c</ol>')] == [1, 7, 8]
    assert [number for _, _, number, _ in structure('<ul><li value="7">b</ul>')] == [0]


def test_terms_and_summaries_are_headings_and_admonitions_prose() -> None:
    """A list of definitions is no list of items, but there may be one in a definition."""
    assert structure(
        "<dl><dt>Oar</dt><dd><p>It rows.</p><ul><li>Left</li></ul></dd></dl><details><summary>Why?</summary><p>It is "
        "wet.</p></details><div class='admonition note'><p>Mind the gap.</p></div><aside class='callout'><p>It is "
        "deep.</p></aside><aside><p>Read more.</p></aside>"
    ) == [
        ("heading", 7, 0, "Oar"),
        ("text", 0, 0, "It rows."),
        ("item", 1, 0, "Left"),
        ("heading", 7, 0, "Why?"),
        ("text", 0, 0, "It is wet."),
        ("text", 0, 0, "Mind the gap."),
        ("text", 0, 0, "It is deep."),
        ("aside", 0, 0, "Read more."),
    ]


def test_navigation_stays_an_aside() -> None:
    """Lists and code inside it are asides; so is an item that is only a link, and nothing below it is its item."""
    body = "<nav><ul><li>Home</li></ul><pre>x</pre></nav><ul><li><a href='/a'>Fares</a><p>Five euros.</p></li></ul>"
    assert structure(body) == [
        ("aside", 0, 0, "Home"),
        ("aside", 0, 0, "x"),
        ("aside", 1, 0, "Fares"),
        ("text", 1, 0, "Five euros."),
    ]


@pytest.mark.parametrize("names", ["references", "mw-references-wrap references", "reflist", "footnotes"])
def test_references_are_asides(names: str) -> None:
    """As wikis write them at the end, below the heading of the last section."""
    page = f'<h2>Repair</h2><p>It is glued.</p><ol class="{names}"><li>Tested by Ines.</li></ol>'
    assert [(kind, text) for kind, _, _, text in structure(page)] == [
        ("heading", "Repair"),
        ("text", "It is glued."),
        ("aside", "Tested by Ines."),
    ]


def test_code_keeps_its_lines() -> None:
    """Indentation, empty lines and tabs are those of the page; elements that stand for lines begin one."""
    assert code("<pre>def f():\n\n\treturn 1</pre>") == [("", "def f():\n\n\treturn 1")]
    assert code("<pre><code>a<br>&nbsp;&nbsp;b</code></pre>") == [("", "a\n  b")]
    assert code("<pre><div>a</div><div>b</div></pre>") == [("", "a\nb")]
    assert code("<pre><span class='l'>a</span>\n<span class='l'>b</span></pre>") == [("", "a\nb")]
    assert code("<p>Type <code>a\nb</code> twice.</p>") == []


@pytest.mark.parametrize(
    "page",
    [
        "<pre><button>Copy</button><span class='lineno'>1 </span>a = 1\n<span class='lineno'>2 </span>b = 2</pre>",
        "<pre><div class='copy-btn'>Copy</div><code>a = 1\nb = 2</code></pre>",
        "<table><tr><td class='gutter'><pre>1\n2</pre></td><td><pre>a = 1\nb = 2</pre></td></tr></table>",
        "<table class='lntable'><tr><td><pre><span class='lnt'>1\n</span><span class='lnt'>2\n</span></pre></td>"
        "<td><pre>a = 1\nb = 2</pre></td></tr></table>",
        "<pre><ol class='linenums'><li>a = 1</li><li>b = 2</li></ol></pre>",
    ],
)
def test_line_numbers_and_buttons_are_no_code(page: str) -> None:
    """Beside the code, in a table around it, or in one inside of it."""
    assert [part[3] for part in structure(page)] == ["a = 1\nb = 2"]


@pytest.mark.parametrize(
    ("page", "language"),
    [
        ("<pre><code class='language-py'>x</code></pre>", "python"),
        ("<pre class='lang-js prettyprint'>x</pre>", "javascript"),
        ("<pre class='brush: sql; gutter: false'>x</pre>", "sql"),
        ("<pre data-lang='yaml'>x</pre>", "yaml"),
        ("<div class='highlight-console notranslate'><div class='highlight'><pre>x</pre></div></div>", "console"),
        ("<div class='highlight highlight-source-shell'><pre>x</pre></div>", "bash"),
        ("<pre><code class='hljs rust'>x</code></pre>", "rust"),
        ("<div class='text go'><pre>x</pre></div>", ""),
        ("<pre class='language-klingon'>x</pre>", ""),
    ],
)
def test_code_has_the_language_that_its_page_names(page: str, language: str) -> None:
    """In the way of highlighters and of site generators; an unknown name is none."""
    assert code(page) == [(language, "x")]


def test_tables_of_code_examples_stay_tables() -> None:
    """Only a table in which every cell is code is no table."""
    page = "<table><tr><th>Call</th><th>Use</th></tr><tr><td><pre>row()</pre></td><td>It rows.</td></tr></table>"
    assert [kind for kind, *_ in structure(page)] == ["aside", "row"]


branches: st.SearchStrategy[Branch] = st.recursive(
    st.just([]), lambda inner: st.lists(st.tuples(st.sampled_from("uo"), inner), max_size=3), max_leaves=20
)


def lists(branch: Branch, words: Any, depth: int) -> tuple[str, list[tuple[str, int, str]]]:
    """Write nested lists with a new word for each item and after the list in it; return them and what is in them."""
    markup, expected = "", []
    for tag, inner in branch:
        item, after = next(words), next(words)
        nested, below = lists(inner, words, depth + 1)
        markup += f"<{tag}l><li>{item}{nested}{f'<p>{after}</p>' if inner else ''}</li></{tag}l>"
        expected += [("item", depth, item), *below, *([("text", depth, after)] if inner else [])]
    return markup, expected


@given(branches)
def test_nesting_loses_no_text(branch: Branch) -> None:
    """However deep, every word is there once, in order and at its depth."""
    markup, expected = lists(branch, (f"word{number}" for number in count()), 1)
    assert [(kind, level, text) for kind, level, _, text in structure(f"<p>x</p>{markup}")] == [
        ("text", 0, "x"),
        *expected,
    ]


INFOBOX = (
    '<aside class="portable-infobox pi-theme"><h2 class="pi-item pi-title">Punt</h2>'
    '<div class="pi-item pi-data"><h3 class="pi-data-label">Seats:</h3><div class="pi-data-value">4</div></div>'
    '<section class="pi-group"><h2 class="pi-item pi-header">Rent</h2><div class="pi-item pi-data">'
    '<h3 class="pi-data-label">A day</h3><div class="pi-data-value"><ul><li>20 crowns</li>'
    "<li>free in May</li></ul></div>"
    "</div></section></aside>"
)


def test_an_infobox_is_a_list_of_facts() -> None:
    """Its groups name their facts, and so does its title if a page has several."""
    facts = [("row", 0, 0, "Seats: 4."), ("row", 0, 0, "Rent — A day: 20 crowns; free in May.")]
    assert structure(f"{INFOBOX}<p>A punt is flat.</p>")[:2] == facts
    assert structure(INFOBOX + INFOBOX.replace("Punt", "Raft"))[-1][3].startswith("Raft — ")


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (
            "<dt>Boathouse</dt><dd>555 0142</dd><dt>E-mail:</dt><dd>oars@club.example</dd>",
            [("row", "Boathouse: 555 0142."), ("row", "E-mail: oars@club.example.")],
        ),
        (
            "<dt>Punt</dt><dd>A flat boat.</dd><dt>Raft</dt><dd>Logs and rope.</dd>",
            [("heading", "Punt"), ("text", "A flat boat."), ("heading", "Raft"), ("text", "Logs and rope.")],
        ),
        (
            "<dt>Is it open?</dt><dd>Yes</dd><dt>Is it free?</dt><dd>No</dd>",
            [("heading", "Is it open?"), ("text", "Yes"), ("heading", "Is it free?"), ("text", "No")],
        ),
        ("<dt>Punt</dt><dd>flat</dd><dd>slow</dd>", [("heading", "Punt"), ("text", "flat"), ("text", "slow")]),
    ],
)  # fmt: skip
def test_a_list_of_short_values_is_a_list_of_facts(inside: str, expected: list[tuple[str, str]]) -> None:
    """Definitions and answers stay below their terms."""
    assert [(kind, text) for kind, _, _, text in structure(f"<dl>{inside}</dl>")] == expected


def test_a_picture_behind_a_number_says_what_is_counted() -> None:
    """In a cell and in a sentence; a picture that stands alone says nothing."""
    names = "<tr><th>Icon</th><th>Boat</th><th>Rent</th></tr>"
    row = '<tr><td><img alt="Punt icon"></td><td>Punt</td><td>300 <img alt="Crowns"></td></tr>'
    assert structure(f"<table>{names}{row}</table>")[-1][3] == "Boat: Punt; Rent: 300 Crowns."
    assert structure('<p><img alt="A raft">A raft costs 5<img alt="Crowns">.</p>')[-1][3] == "A raft costs 5 Crowns."
