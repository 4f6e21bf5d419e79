"""What templates of wikitext are given is read: facts, rows, text and values; what cannot be known is "…"."""

import pytest

from tests.support.reading import wiki_blocks

BOX = """{{Infobox bird
| name = Reed Heron
| image = heron.png
| views = <tabber>
|-|Front=
[[File:front.png]]
|-|Back=
[[File:back.png]]
</tabber>
| eats =
* [[Frog]]s
* [[Carp]]
in winter nothing
| nests = *on islands
*in old willows
| calls = {{Calls
 | Dawn = a croak
 | Dusk = a boom
 }}
| habits = Stands still.
Hunts alone.
| weighs = {{convert|2|kg}}
| egg_colour = *blue
| seen = {{Yes|seldom}}
| sizes = {| class="x"
! Sex !! Height
|-
| Male || 90 cm
|}
| status = common
}}
"""
FACTS = [
    ("item", 1, "eats:"), ("item", 2, "Frogs"), ("item", 2, "Carp"), ("item", 2, "in winter nothing"),
    ("item", 1, "nests:"), ("item", 2, "on islands"), ("item", 2, "in old willows"),
    ("item", 1, "calls:"), ("item", 2, "Dawn: a croak"), ("item", 2, "Dusk: a boom"),
    ("item", 1, "habits: Stands still. Hunts alone."), ("item", 1, "weighs: 2 kg"), ("item", 1, "egg colour: blue"),
    ("item", 1, "seen: Yes (seldom)"), ("item", 1, "sizes:"),
    ("header", 0, "Sex | Height"), ("row", 0, "Sex: Male; Height: 90 cm."), ("item", 1, "status: common"),
]  # fmt: skip


def test_an_infobox_is_a_list_of_its_facts() -> None:
    """Values on several lines are kept: a list below the name of its fact, other lines in one, a table as a table."""
    assert wiki_blocks(BOX, "Reed Heron") == FACTS
    assert wiki_blocks(BOX, "Herons")[0] == ("item", 1, "name: Reed Heron")


@pytest.mark.parametrize("title", ["Reed Heron", "reed heron", "Reed_Heron", "Reed Heron (bird)"])
@pytest.mark.parametrize("key", ["name", "title1", "page name"])
def test_a_fact_that_only_repeats_the_title_is_none(title: str, key: str) -> None:
    """It would look like an answer to whatever names the page."""
    assert wiki_blocks(f"{{{{Infobox\n|{key}=Reed Heron\n|legs=2\n}}}}\n", title) == [("item", 1, "legs: 2")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "{{CatchLine|name=Eel|weight=2 kg|chance=1/9}}\n{{CatchLine|name=Boot|weight=1 kg|chance=1/3}}",
            [("item", 1, "name: Eel; weight: 2 kg; chance: 1/9"), ("item", 1, "name: Boot; weight: 1 kg; chance: 1/3")],
        ),
        ("{{Spell|Mend|cost=4|range=[[Arm|touch]]}}", [("item", 1, "Mend; cost: 4; range: touch")]),
        ("{{Infobox tool | name = Adze | price = 30 }}", [("item", 1, "name: Adze"), ("item", 1, "price: 30")]),
        ("{{Infobox tool\n| name =\n| price = 30\n}}", [("item", 1, "price: 30")]),
        ("{{Main stats|reach=3|grip=4}}", [("item", 1, "reach: 3; grip: 4")]),
        ("{{Warning|Do not wade in the pit.}}", [("prose", 0, "Warning"), ("prose", 0, "Do not wade in the pit.")]),
        ("{{Note|text=Eels bite at dusk only.}}", [("aside", 0, "Note"), ("prose", 0, "Eels bite at dusk only.")]),
        ("{{Quote|Slow water, fat eels.|Grandfather}}", [("prose", 0, "Slow water, fat eels. — Grandfather")]),
        ("{{Blurb|It sank.}}", [("prose", 0, "It sank.")]),
        ("{{Blurb|The pier was rebuilt in 1931.}}", [("prose", 0, "The pier was rebuilt in 1931.")]),
        (
            "{{Past\n|1.2|Added.\n|1.4|Now sinks, and no longer floats.\n}}",
            [("item", 1, "1.2: Added."), ("item", 1, "1.4: Now sinks, and no longer floats.")],
        ),
        ("* {{Tip|Bait with bread at night.}}\n", [("item", 1, "Bait with bread at night.")]),
        ("* {{Caution|The steps are wet here.}}\n", [("item", 1, "Caution: The steps are wet here.")]),
        ("{{Fishing stub}}\n{{Navbox fish|state=collapsed}}{{Clear}}\n{{Main|Eel}}\n{{CatchHead}}\n", []),
        ("{{#if: {{{x|}}} | The pier is closed in winter. }}\n{{#invoke:Box|main|a=1|b=2}}\n", []),
        ("{{Unreferenced|date=May 2020|reason=none}}\n{{Navbox\n| a = [[Eel]]\n| b = [[Carp]]\n}}\n", []),
    ],
)
def test_a_template_that_stands_alone_is_read(text: str, expected: list[tuple[str, int, str]]) -> None:
    """Its facts in a row, its sentences as text; nothing of what only leads elsewhere or lays a page out."""
    assert wiki_blocks(text) == expected


def test_a_page_names_itself() -> None:
    """Its title is known, unlike what other words of MediaWiki write."""
    text = "The '''{{PAGENAME}}''' is one of {{NUMBEROFPAGES}}.\n"
    assert wiki_blocks(text, "Reed Heron") == [("prose", 0, "The Reed Heron is one of ….")]


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{Chance|1/50}}", "1/50"),
        ("{{Stat|Grip}}", "Grip"),
        ("{{Coins|450}}", "450 coins"),
        ("{{Gold|900}} gold", "900 gold"),
        ("450 {{Pearl}}", "450 Pearl"),
        ("{{Skill|Rowing|35}}", "Rowing 35"),
        ("{{Time|2|h}}", "2 h"),
        ("{{Icon|Fire|20px}}", "Fire"),
        ("{{Icon|Fire|20px}}fire", "fire"),
        ("{{Icon|Fire}} [[Fire]]", "Fire"),
        ("{{hlist|mud|reeds|rain}}", "mud, reeds, rain"),
        ("{{Yes}}", "Yes"),
        ("{{no}}", "No"),
        ("{{Yes|guests only}}", "Yes (guests only)"),
        ("{{N/A}}", "N/A"),
        ("{{tick}}", "✓"),
        ("{{key|Ctrl|C}}", "Ctrl + C"),
        ("{{frac|1|64}}", "1/64"),
        ("{{formatnum:12000}}", "12000"),
        ("{{color|red|hot}}", "hot"),
        ("{{Wrap|{{Coins|30}}}}", "30 coins"),
        ("{{{1|unset}}}", "unset"),
        ("{{Rate|3|50}}", "…"),
        ("{{GEP|Eel}}", "…"),
        ("{{#if: {{{x|}}} | yes | no }}", "…"),
        ("{{#if: {{{x|}}} | yes}}", "…"),
        ("{{#expr: 1 + 2}}", "…"),
        ("{{PAGENAME}}", "…"),
        ("{{as of|2021|07}}", "As of July 2021"),
        ("{{As of|2021}}", "As of 2021"),
        ("{{as of|2021|7|4|lc=y}}", "as of 4 July 2021"),
        ("{{Start date|2020|3|9}}", "9 March 2020"),
        ("{{as of|2021|19}}", "…"),
    ],
)
def test_a_template_in_a_line_shows_its_value(template: str, shown: str) -> None:
    """In text and in a cell; "…" stands for what only the wiki knows."""
    assert wiki_blocks(f"Then, {template} it says.\n") == [("prose", 0, f"Then, {shown} it says.")]
    rows = wiki_blocks(f"{{|\n! Name !! Value\n|-\n| Eel\n| {template}\n|-\n| Carp || 7\n|}}\n")
    assert rows[1] == ("row", 0, f"Name: Eel; Value: {shown}.")
