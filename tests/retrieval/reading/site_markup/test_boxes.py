"""Boxes, tabs and definitions of Markdown are read as the finished page shows them."""

import pytest

from tests.support.reading import split_text

AFTER = ("prose", 0, "Later.")
END = ("heading", 7, "")  # of a title and what is below it


def blocks_of(text: str) -> list[tuple[str, int, str]]:
    """Return kind, level and text of each block."""
    read, blocks = split_text(text)
    return [(block.kind, block.level, read[block.start : block.end]) for block in blocks]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!!! warning\n\n    The bridge is closed.\n",
         [("prose", 0, "Warning"), ("prose", 0, "The bridge is closed.")]),
        ("!!! note\n    One\n    line.\n", [("aside", 0, "Note"), ("prose", 0, "One\nline.")]),
        ("Text.\n!!! tip \"\"\n\tUse **salt**.\n", [("prose", 0, "Text."), ("prose", 0, "Use salt.")]),
        ('!!! danger inline end "Hot pan"\n    Wait.\n',
         [("prose", 0, "Danger: Hot pan"), ("prose", 0, "Wait.")]),
        ('??? question "How long is it?"\n    Four metres.\n\n# Next\n',
         [("heading", 7, "How long is it?"), ("prose", 0, "Four metres."), ("heading", 1, "Next")]),
        ("???+ note \"Fees\"\n    - four\n    - five\n\n          ls\n\nLater.",
         [("prose", 0, "Fees"), ("item", 1, "four"), ("item", 1, "five"), ("code", 1, "      ls"), AFTER]),
        ('=== "By bus"\n\n    Take seven.\n\n=== "On foot"\n\n    Walk.\n',
         [("heading", 7, "By bus"), ("prose", 0, "Take seven."), ("heading", 7, "On foot"), ("prose", 0, "Walk.")]),
        ('1. Go:\n\n    === "By bus"\n\n        Take seven.\n\n2. Stay.',
         [("item", 1, "Go:"), ("prose", 1, "By bus"), ("prose", 1, "Take seven."), ("item", 1, "Stay.")]),
        ('!!! note "A"\n    !!! warning "B"\n        Hot.\n\n    Cold.\n\nLater.',
         [("prose", 0, "A"), ("prose", 0, "Warning: B"), ("prose", 0, "Hot."), ("prose", 0, "Cold."), AFTER]),
        ("!!! note\n\n    ```\n    ls\n      -l\n    ```\n", [("aside", 0, "Note"), ("code", 0, "ls\n  -l")]),
        ('=== "Lake"\n\n    === "Boat"\n\n        Row.\n\n    === "Foot"\n\n        Walk.\n\n    Rest.\n\nLater.',
         [("heading", 7, "Lake"), ("heading", 8, "Boat"), ("prose", 0, "Row."), ("heading", 8, "Foot"),
          ("prose", 0, "Walk."), ("heading", 8, ""), ("prose", 0, "Rest."), END, AFTER]),
        ('??? question "Is it wet?"\n    Yes.\n\nLater.',
         [("heading", 7, "Is it wet?"), ("prose", 0, "Yes."), END, AFTER]),
        ("!!! note is what I write.", [("prose", 0, "!!! note is what I write.")]),
        ("```\n!!! note\n    x\n```", [("code", 0, "!!! note\n    x")]),
    ],
)  # fmt: skip
def test_indented_boxes_are_text_below_their_title(text: str, expected: list[tuple[str, int, str]]) -> None:
    """A tab is a heading above what is in it, a note with a title only if no text follows; its kind is an aside."""
    assert blocks_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":::caution\nThe bridge is closed.\n:::\nLater.",
         [("prose", 0, "Caution"), ("prose", 0, "The bridge is closed."), AFTER]),
        (":::note[Storm *season*]\n\nIt is closed.\n\n:::\n",
         [("heading", 7, "Storm season"), ("prose", 0, "It is closed.")]),
        ("- One\n\n  :::warning Wet steps\n\n  Take care.\n\n  :::\n- Two",
         [("item", 1, "One"), ("prose", 1, "Warning: Wet steps"), ("prose", 1, "Take care."), ("item", 1, "Two")]),
        ("::: details Click me {open}\nHidden text.\n:::\n",
         [("heading", 7, "Click me"), ("prose", 0, "Hidden text.")]),
        ("::: code-group\n```sh [npm]\nnpm i\n```\n:::\n", [("code", 0, "npm i")]),
        ("::::: {.columns}\n::: {.column width=\"50%\"}\nLeft.\n:::\n:::::\n", [("prose", 0, "Left.")]),
        ("::: {.warning}\nHot.\n:::", [("prose", 0, "Warning"), ("prose", 0, "Hot.")]),
        ("```{seealso}\nThe map.\n```", [("aside", 0, "See also"), ("prose", 0, "The map.")]),
        (":::{tip}\nUse it.\n:::", [("aside", 0, "Tip"), ("prose", 0, "Use it.")]),
        ("::: {.callout-warning}\nHot.\n:::", [("prose", 0, "Warning"), ("prose", 0, "Hot.")]),
        ("It is old.[^a]\n\n[^a]: Very very\n    old.\n\n    And grey.\n\nLater.",
         [("prose", 0, "It is old.[^a]"), ("prose", 0, "[^a]: Very very\nold."), ("prose", 0, "And grey."), AFTER]),
        ("```{warning}\n:class: big\nIt is hot.\n```\nLater.",
         [("prose", 0, "Warning"), ("prose", 0, "It is hot."), AFTER]),
        ("````{admonition} A title\n```{note}\nInner.\n```\nOuter.\n````\n\nLater.",
         [("prose", 0, "A title"), ("aside", 0, "Note"), ("prose", 0, "Inner."), ("prose", 0, "Outer."), AFTER]),
        ("```{code-block} python\n:linenos:\nx = 1\n```", [("code", 0, "x = 1")]),
        ("```{toctree}\na\n```\n\nLater.", [AFTER]),
        ("```{python}\nx = 2\n```", [("code", 0, "x = 2")]),
        ("```{deprecated} 2.3\nUse `b`.\n```\n\nLater.",
         [("prose", 0, "Deprecated since version 2.3"), ("prose", 0, "Use b."), AFTER]),
        ("```{versionadded} 1.0\n```\n\nLater.", [("prose", 0, "Added in version 1.0"), AFTER]),
        ("::::{grid} 1 2\n:gutter: 2\n:class-container: x\n\n:::{grid-item-card} Start\n:link: a\n\nHead.\n^^^\n"
         "Row.\n+++\nFoot.\n:::\n:::{grid-item}\nPlain.\n:::\n::::",
         [("heading", 7, "Start"), ("prose", 0, "Head."), ("prose", 0, "Row."), ("prose", 0, "Foot."),
          END, ("prose", 0, "Plain.")]),
        ("````{card}\nRow.\n+++\nFoot.\n````\n\n```\n+++\n```",
         [("prose", 0, "Row."), ("prose", 0, "Foot."), ("code", 0, "+++")]),
        ("::::{tab-set}\n:::{tab-item} By bus\n:sync: a\nTake seven.\n:::\n:::"
         "{tab-item} On foot\nWalk.\n:::\n::::",
         [("heading", 7, "By bus"), ("prose", 0, "Take seven."), ("heading", 7, "On foot"), ("prose", 0, "Walk.")]),
        (":::{dropdown} How long is it?\n:open:\n\nFour metres.\n:::\n\nLater.",
         [("heading", 7, "How long is it?"), ("prose", 0, "Four metres."), END, AFTER]),
        (":::{button-link} https://x.example\n:color: primary\nGo there now.\n:::", [("prose", 0, "Go there now.")]),
        (":::{code-block} python\n:caption: a.py\nx = 1\n:::\n\nLater.", [("code", 0, "x = 1"), AFTER]),
        (":::{image} a.png\n:alt: A boat\n:::\n\nLater.", [AFTER]),
        (":::{list-table} Fees\n:header-rows: 1\n\n* - Who\n  - Fee\n"
         "* - Adult\n    or student\n  - 9\n* - Dog\n  -\n:::",
         [("heading", 7, "Fees"), ("header", 0, "Who | Fee"), ("row", 0, "Adult or student | 9"), ("row", 0, "Dog")]),
        ("```{list-table}\n* - Adult\n  - 9\n* - Child\n  - 4\n```",
         [("header", 0, "Adult"), ("row", 0, "9"), ("header", 0, "Child"), ("row", 0, "4")]),
        ("```{csv-table} Fees\n:header: Who, Fee\n\n\"Adult, old\",9\nChild,4\n```",
         [("heading", 7, "Fees"), ("header", 0, "Who | Fee"), ("row", 0, "Adult, old | 9"), ("row", 0, "Child | 4")]),
        ("```{csv-table}\n:header-rows: 1\nWho,Fee\nAdult,9\n```",
         [("header", 0, "Who | Fee"), ("row", 0, "Adult | 9")]),
        ("```{prf:theorem} Of oars\n:label: x\nTwo are enough.\n```",
         [("heading", 7, "Of oars"), ("prose", 0, "Two are enough.")]),
        ("(set-up)=\n# Set-up\n\nLater.", [("heading", 1, "Set-up"), AFTER]),
        ("```{eval-rst}\n.. note::\n   It is\n   old.\n\n.. toctree::\n   :maxdepth: 1\n\n   a\n\n.. a comment\n\n"
         "Plain text.\n```\n\n% Nobody sees this.\n\n+++ {\"a\": 1}\n\nLater.",
         [("prose", 0, "It is\nold."), ("prose", 0, "Plain text."), AFTER]),
        (":::tab{title=\"By bus\"}\nTake seven.\n:::", [("heading", 7, "By bus"), ("prose", 0, "Take seven.")]),
        ("Text.\n\n/// warning | Storm\n    attrs: {id: x}\nIt is closed.\n///\n\n/// note\nIt is old.\n///\n\n"
         "/// html | div\nPlain.\n///\n\nLater.",
         [("prose", 0, "Text."), ("prose", 0, "Warning: Storm"), ("prose", 0, "It is closed."), ("aside", 0, "Note"),
          ("prose", 0, "It is old."), ("prose", 0, "Plain."), AFTER]),
        ("Text.\n\n/// is never closed\n\nLater.", [("prose", 0, "Text."), ("prose", 0, "/// is never closed"), AFTER]),
        ("/// tab | By bus\nTake seven.\n///\n\nLater.",
         [("heading", 7, "By bus"), ("prose", 0, "Take seven."), END, AFTER]),
        (":::tab Lake\n- Row.\n:::\n:::tab Sea\nSail.\n:::\nLater.",
         [("heading", 7, "Lake"), ("item", 1, "Row."), ("heading", 7, "Sea"), ("prose", 0, "Sail."), END, AFTER]),
        ("```{confval} depth\n:type: int\n:default: 40\nIn metres.\n```\n\nLater.",
         [("heading", 7, "depth"), ("prose", 0, "Type: int"), ("prose", 0, "Default: 40"), ("prose", 0, "In metres."),
          END, AFTER]),
        ("(the table)=\n\nLater.\n\n```\n(x)=\n```", [AFTER, ("code", 0, "(x)=")]),
    ],
)  # fmt: skip
def test_containers_are_text_below_their_title(text: str, expected: list[tuple[str, int, str]]) -> None:
    """Between colons as in Docusaurus, VitePress and Pandoc, or between fences as in MyST."""
    assert blocks_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> [!WARNING]\n> The ice is thin.\n> Stay off.\n",
         [("prose", 0, "Warning"), ("prose", 0, "The ice is thin.\nStay off.")]),
        ("> [!note]- Opening\n> At nine.\n\nLater.", [("prose", 0, "Opening"), ("prose", 0, "At nine."), AFTER]),
        ("> > [!TIP]\n> > Use it.", [("aside", 0, "Tip"), ("prose", 0, "Use it.")]),
        ("> [!NOTE]\n>\n> - one\n>\n>   ```\n>   ls\n>   ```",
         [("aside", 0, "Note"), ("item", 1, "one"), ("code", 1, "  ls")]),
        ("> [! is no mark", [("prose", 0, "[! is no mark")]),
    ],
)  # fmt: skip
def test_quotes_that_are_boxes_have_a_title(text: str, expected: list[tuple[str, int, str]]) -> None:
    """As on GitHub and in Obsidian; code in a quote has none of its marks."""
    assert blocks_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Skiff\n: A small boat.\n: It has a mast.\n",
         [("heading", 7, "Skiff"), ("prose", 0, "A small boat."), ("prose", 0, "It has a mast.")]),
        ("Canoe\n\n:   A boat with paddles.\n\n    It is light.\n\nLater.",
         [("heading", 7, "Canoe"), ("prose", 0, "A boat with paddles."), ("prose", 0, "It is light."), END, AFTER]),
        ("**Raft**\n:   Logs.\n\nFerry\n:   A big boat.\n",
         [("heading", 7, "Raft"), ("prose", 0, "Logs."), ("heading", 7, "Ferry"), ("prose", 0, "A big boat.")]),
        ("`--oar <n>`, `-o <n>`\n:   How many.\n\n`LAKE`\n:   Where.\n\n-v\n:   Say more.",
         [("heading", 7, "--oar <n>, -o <n>"), ("prose", 0, "How many."), ("heading", 7, "LAKE"),
          ("prose", 0, "Where."), ("heading", 7, "-v"), ("prose", 0, "Say more.")]),
        ("Skiff\n: A boat.\n\n  Mast\n  : Of wood.\n\n  It sails.\n\n```\nsail\n```\n",
         [("heading", 7, "Skiff"), ("prose", 0, "A boat."), ("heading", 8, "Mast"), ("prose", 0, "Of wood."),
          ("heading", 8, ""), ("prose", 0, "It sails."), END, ("code", 0, "sail")]),
        ("- a\n: b", [("item", 1, "a\n: b")]),
        ("The ratio is 3 : 4.\n\n:smile: it is.",
         [("prose", 0, "The ratio is 3 : 4."), ("prose", 0, ":smile: it is.")]),
    ],
)  # fmt: skip
def test_definitions_are_text_below_their_term(text: str, expected: list[tuple[str, int, str]]) -> None:
    """Each with a colon before it, in several paragraphs or for the same term; what is behind a list is below none."""
    assert blocks_of(text) == expected
