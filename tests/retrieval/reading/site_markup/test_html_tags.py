"""HTML and components in Markdown are read as the finished page shows them."""

from pathlib import Path

import pytest

from retrieval.reading.markdown_text import line_marks, read_markdown
from retrieval.text.locations import readable_text_at
from tests.support.reading import read_content, sentences_of


def blocks_of(text: str, *, is_mdx: bool = False) -> list[tuple[str, int, int, str]]:
    """Return kind, level, number and text of each block."""
    read = read_markdown(text, 0, is_mdx=is_mdx)
    return [(block.kind, block.level, block.number, read.text[block.start : block.end]) for block in read.blocks]


def prose(*texts: str) -> list[tuple[str, int, int, str]]:
    """Describe paragraphs."""
    return [("prose", 0, 0, text) for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>The attic is closed.</p>\n", prose("The attic is closed.")),
        ("Before.\n<p>The attic\nis closed.</p>\nAfter.", prose("Before.", "The attic\nis closed.", "After.")),
        ("<br>\nThe hose is long.\n<hr>\nIt is red.", prose("The hose is long.", "It is red.")),
        ('<p align="center">\n  <img src="x.png" alt="no">\n  <br>\n  It is <b>old</b>.<br/>And red.\n</p>\n',
         prose("It is old.  \nAnd red.")),
        ('<div class="x">\n\n    The text inside.\n\n  <h2 id="a">Big <i>title</i></h2>\n\n</div>',
         [*prose("The text inside."), ("heading", 2, 0, "Big title")]),
        ("<ul>\n  <li>First.</li>\n  <li>Second:\n    <ol start=\"3\">\n      <li>inner</li>\n"
         "      <li><p>other</p></li>\n    </ol>\n  </li>\n</ul>\n\nEnd.",
         [("item", 1, 0, "First."), ("item", 1, 0, "Second:"), ("item", 2, 3, "inner"), ("item", 2, 4, "other"),
          *prose("End.")]),
        ("Run:\n<pre><code class=\"language-sh\">a &lt; b\n  <b>c</b></code></pre>\nDone.",
         [*prose("Run:"), ("code", 0, 0, "a < b\n  c"), *prose("Done.")]),
        ("<details>\n<summary>Why?</summary>\n\n- It rains.\n\n</details>\n\n# Next",
         [("heading", 7, 0, "Why?"), ("item", 1, 0, "It rains."), ("heading", 1, 0, "Next")]),
        ("<dl><dt>Skiff</dt><dd>A small boat.</dd></dl>", [("heading", 7, 0, "Skiff"), *prose("A small boat.")]),
        ("<style>\n.a {}\n\n.b {}\n</style>\n<script>\nx\n\ny = '<p>z</p>'\n</script>\n\nText.", prose("Text.")),
        ("```html\n<div>\n<p>x</p>\n```\n\n    <div>y</div>\n\nUse `<p>` and &lt;b&gt;.",
         [("code", 0, 0, "<div>\n<p>x</p>"), ("code", 0, 0, "    <div>y</div>"), *prose("Use <p> and <b>.")]),
        ("Use <Username> here and List<String>.", prose("Use <Username> here and List<String>.")),
        ("1. One\n\n    <p>More.</p>\n\n2. Two",
         [("item", 1, 1, "One"), ("prose", 1, 0, "More."), ("item", 1, 2, "Two")]),
        ("<div>never closed\n\nText.", prose("never closed", "Text.")),
        ("</div>Text.</p>", prose("Text.")),
    ],
)  # fmt: skip
def test_html_blocks_are_paragraphs_lists_headings_and_code(
    text: str, expected: list[tuple[str, int, int, str]]
) -> None:
    """Tags are no text, and neither is what a browser hides; code stays as it is."""
    assert blocks_of(text) == expected


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("<table>\n<tr><th>Boat</th><th>Fee</th></tr>\n<tr><td>Canoe</td><td>12 <b>euros</b></td></tr>\n</table>",
         ["Boat: Canoe; Fee: 12 euros."]),
        ("<table>\n  <thead>\n    <tr>\n      <th>Boat</th>\n      <th>Fee</th>\n    </tr>\n  </thead>\n\n  <tbody>\n"
         "    <tr>\n      <td rowspan=\"2\">Canoe</td>\n      <td>12</td>\n    </tr>\n    <tr><td>a | b</td></tr>\n"
         "  </tbody>\n</table>",
         ["Boat: Canoe; Fee: 12.", "Boat: Canoe; Fee: a | b."]),
        ("<table><tr><th>Keeper</th><td>Ines Falk</td></tr><tr><th>Roof</th><td>slate</td></tr></table>",
         ["Keeper: Ines Falk.", "Roof: slate."]),
        ("<table><caption>Fees</caption><tr><th>Boat<th>Fee<tr><td>Canoe<td>12<tr><td>Skiff<td>9</table>",
         ["Boat: Canoe; Fee: 12.", "Boat: Skiff; Fee: 9."]),
        ("<table>\n<tr><td>Canoe</td><td>12</td></tr>\n<tr><td>Skiff</td><td>9</td></tr>\n</table>",
         ["Canoe: 12.", "Skiff: 9."]),
    ],
)  # fmt: skip
def test_a_table_of_html_is_a_table(table: str, rows: list[str], tmp_path: Path) -> None:
    """With the names of its columns, with cells in several rows, without end tags."""
    read = read_content(tmp_path, "a.md", f"Before.\n\n{table}\n\nAfter.".encode())
    written = [readable_text_at(read.document, block.start, block.end) for block in read.blocks if block.kind == "row"]
    assert written == rows
    assert sentences_of(read)[0] == "Before."
    assert sentences_of(read)[-1] == "After."


MDX = """import Tabs from '@theme/Tabs';

export const a = {
  b: 1,
};

# Fruit

<Tabs
  values={[{label: 'A'}]}
>
  <TabItem value="apple" label="Apple" default>

    This is **an** apple.

    ```sh
    run it
    ```

  </TabItem>
  <TabItem value="pear">Pears are {props.colour} and{' '}{"ripe"}.</TabItem>
</Tabs>

{/* hidden */}

<table>
  {items.map((item) => (
    <tr><td>{item}</td></tr>
  ))}
</table>

<Admonition type="warning" title="Hot">
The pan is hot.
</Admonition>

See <Link to="/x">the page</Link> now. <Badge />
"""


def test_code_of_mdx_is_no_text() -> None:
    """Lines that import and export, tags of components and expressions; what is inside of components is text."""
    assert blocks_of(MDX, is_mdx=True) == [
        ("heading", 1, 0, "Fruit"),
        ("heading", 7, 0, "Apple"),
        *prose("This is an apple."),
        ("code", 0, 0, "run it"),
        ("heading", 7, 0, ""),
        *prose("Pears are … and ripe.", "Warning: Hot", "The pan is hot.", "See the page now."),
    ]


def test_places_lead_to_the_lines_of_the_file() -> None:
    """Though tags on several lines become one, and titles get lines of their own."""
    read = read_markdown(MDX, 0, is_mdx=True)
    lines = MDX.split("\n")
    marks = line_marks(read, MDX)
    shown = {read.text[mark.offset : mark.offset + 9].split("\n")[0]: lines[int(mark.at or 0) - 1] for mark in marks}
    assert shown["Apple"] == '  <TabItem value="apple" label="Apple" default>'
    assert shown["run it"] == "    run it"
    assert shown["The pan i"] == "The pan is hot."


def test_the_fields_of_an_api_are_below_their_names() -> None:
    """With type and default; else it would be open what a text says something about."""
    text = '<ParamField path="name" type="string" default="Selm">\n  At most 40 letters.\n</ParamField>\n\n'
    text += '<Property name="id" default={7}>\n\nA number.\n\n</Property>\n\nThat is all.\n'
    assert blocks_of(text, is_mdx=True) == [
        ("heading", 7, 0, "name"), *prose("Type: string", "Default: Selm", "At most 40 letters."),
        ("heading", 7, 0, "id"), *prose("Default: 7", "A number."),
        ("heading", 7, 0, ""), *prose("That is all."),
    ]  # fmt: skip


PROPERTIES = """\
<PropertyList
  items={[
    { name: 'depth', type: 'number | "none"', description: 'How deep it is.', default: '40' },
    {
      name: "harbour",
      optional: true,
      fields: [{ kind: 'Harbour', fields: [{ name: 'berths', type: 'Array<Berth>' }] }],
    },
  ]}
/>

<Tabs values={[{ label: 'Lake', value: 'lake' }]}>
<TabItem value="lake" label="Lake">

Row.

</TabItem>
</Tabs>

<Chart data={[{ x: 1, at: { y: { z: 2 } } }]} />

It rains.
"""


def test_arrays_of_properties_are_titles_with_what_is_said_of_them() -> None:
    """Below the names around them; other arrays of objects are code, however deep, and so is one that never ends."""
    expected = [
        ("heading", 7, 0, "depth"), *prose('Type: number | "none"', "How deep it is.", "Default: 40"),
        ("heading", 7, 0, "harbour"), ("heading", 7, 0, "harbour › berths"), *prose("Type: Array<Berth>"),
        ("heading", 7, 0, "Lake"), *prose("Row."), ("heading", 7, 0, ""), *prose("It rains."),
    ]  # fmt: skip
    assert blocks_of(PROPERTIES, is_mdx=True) == expected
    assert blocks_of(f"{PROPERTIES}\n<Chart data={{[{{ x: '1 }}", is_mdx=True)[: len(expected)] == expected


def test_titles_apply_to_what_is_in_their_elements() -> None:
    """Also inside of each other and in the last of a group, and the heading around them applies behind it."""
    text = (
        '## Go\n\n<Tabs>\n<TabItem label="Lake">\n\n<details>\n<summary>Boats</summary>\n\nRow.\n\n</details>\n\n'
        'Swim.\n\n</TabItem>\n<TabItem label="Land">\n\nWalk.\n\n</TabItem>\n</Tabs>\n\nLater.\n'
    )
    assert blocks_of(text, is_mdx=True) == [
        ("heading", 2, 0, "Go"), ("heading", 7, 0, "Lake"), ("heading", 8, 0, "Boats"), *prose("Row."),
        ("heading", 8, 0, ""), *prose("Swim."), ("heading", 7, 0, "Land"), *prose("Walk."),
        ("heading", 7, 0, ""), *prose("Later."),
    ]  # fmt: skip
