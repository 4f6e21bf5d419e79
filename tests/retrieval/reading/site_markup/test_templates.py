"""The tags of template languages are no text of a Markdown file."""

import gc
import time

import pytest

from retrieval.reading.markdown_text import read_markdown


def texts_of(text: str) -> list[str]:
    """Return the text of each block that is not an aside."""
    read = read_markdown(text, 0, {"title": "Ferry"})
    return [read.text[block.start : block.end] for block in read.blocks if block.kind != "aside"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% assign x = 1 %}\n{% if a %}\nIt is open.\n{% else %}\nIt is shut.\n{% endif %}\n",
         ["It is open.", "It is shut."]),
        ("{% comment %}\nno\n{% endcomment %}\n\nText. {# no #}", ["Text."]),
        ("{% highlight ruby %}\nputs 1\n{% endhighlight %}\n\nText.", ["puts 1", "Text."]),
        ("See [it]({{ site.url }}/x) and [that]({% link a.md %}).", ["See it and that."]),
        ("The fee in {{ site.city }} is {{ 'four' }} euros: {{ page.title }}.", ["The fee in … is four euros: Ferry."]),
        ("Write `{{ x }}` and {% raw %}{{ y }}{% endraw %} or `${{ z }}`.", ["Write {{ x }} and {{ y }} or ${{ z }}."]),
        ("{: .note }\nText here.\n\n* TOC\n{:toc}\n\n## Fares {#fares}", ["Text here.", "Fares"]),
        ("{{< alert color=\"warning\" title=\"Storm\" >}}\nStay in.\n{{< /alert >}}", ["Warning: Storm", "Stay in."]),
        ("{{% notice warning %}}\nHot.\n{{% /notice %}}", ["Warning", "Hot."]),
        ("{{< tabs >}}\n{{% tab name=\"Linux\" %}}\nRun a.\n{{% /tab %}}\n{{< /tabs >}}", ["Linux", "Run a."]),
        ("{{< highlight go >}}\nx := 1\n{{< /highlight >}}", ["x := 1"]),
        ("{{< figure src=\"x.png\" caption=\"A\" >}}\n\nA {{< tooltip text=\"pod\" id=\"p\" >}} in "
         "{{< param \"v\" >}} of [x]({{< ref \"y\" >}}).", ["A pod in … of x."]),
        ("{% hint style=\"danger\" %}\nHot.\n{% endhint %}", ["Danger", "Hot."]),
        ("%%hidden%%\nText of [[Page|the page]]. ^block-1\n\n- item ^abcd-e", ["Text of the page.", "item"]),
        ("[[toc]]\n\n[TOC]\n\nText.", ["Text."]),
        ("```yaml\nx: {{ y }} {% z %}\n```", ["x: {{ y }} {% z %}"]),
        ("import a from 'b'\n\nIt weighs {12} tons, {1.5} in winter, {a}.", ["It weighs 12 tons, 1.5 in winter, …."]),
        ("Text.\n\n<<< @/snippets/a.js{1,3}\n\n- item\n  id:: 64aa\n  collapsed:: true\n", ["Text.", "item"]),
        ("100 % of {a} and {b: c}, x^y.\n\nimport duties are high.\n\nexport default is a word.",
         ["100 % of {a} and {b: c}, x^y.", "import duties are high.", "export default is a word."]),
    ],
)  # fmt: skip
def test_tags_of_templates_are_left_out(text: str, expected: list[str]) -> None:
    """Of Liquid, Jinja, Hugo, GitBook and Obsidian; "…" stands for a value that only the generator knows."""
    assert texts_of(text) == expected


def test_titles_in_tags_apply_up_to_their_end() -> None:
    """Of tabs and the like, the last one too; without a tag that closes it, a title is a paragraph."""
    text = (
        '{% tabs %}\n{% tab title="Lake" %}\nRow.\n{% endtab %}\n{% tab title="Sea" %}\nSail.\n{% endtab %}\n'
        '{% endtabs %}\n\nLater.\n\n{{< tab "Land" >}}\nWalk.\n{{< card title="Map" >}}\n{{< /tab >}}\n\nThen.\n'
    )
    read = read_markdown(text, 0)
    assert [(block.kind, block.level, read.text[block.start : block.end]) for block in read.blocks] == [
        ("heading", 7, "Lake"), ("prose", 0, "Row."), ("heading", 7, "Sea"), ("prose", 0, "Sail."),
        ("heading", 7, ""), ("prose", 0, "Later."),
        ("heading", 7, "Land"), ("prose", 0, "Walk."), ("prose", 0, "Map"), ("heading", 7, ""), ("prose", 0, "Then."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "unit",
    ["{% ", "{{", "{{<", "{% comment %}", "{{x}}`", "`{{", "<p>", "<div ", "<li>", "<table><tr>", "<pre>", "<!--",
     "</div>", "!!! a\n", "!!! a\n    ", ":::\n", ":::note\n", "> [!a]\n", "a\n: b\n", "%%a", "{", "{a}",
     "import a from 'b'\n", "export const a\n", "```{note}\n", "<Tabs>\n", "<a b=\"",
     "<details><summary>", "\n    <p>", "\t", "^a ",
     "<A b={[", "<A b={[{c:'", "<A b={['\\'", "<A b={[{[{", "::: a\n:::\n", "::::tab a\n:::\n", '=== "a"\n    ',
     '{% tab title="a" %}', '{{< tab "a" >}}{{< /tab >}}\n', "a\n: b\n\n  c\n  : d\n", '<TabItem label="a">\n',
     "<a b c d e f g h", "<a b=c d", "<p {", "<p '"],
)  # fmt: skip
def test_reading_sites_takes_linear_time(unit: str) -> None:
    """Eight times the text takes about eight times the processor time, whatever is repeated."""
    short, long = (min(_seconds((unit * size)[:size]) for _ in range(2)) for size in (5_000, 40_000))
    assert long < 32 * short + 0.1  # quadratic time would be 64 times as long


def test_titles_inside_each_other_take_linear_time() -> None:
    """Thirty thousand that nothing closes are read in a few seconds; comparing each with all others takes twelve."""
    assert _seconds(":::{card} a\n+++\n" * 30_000) < 8


def _seconds(text: str) -> float:
    gc.disable()  # a collection walks through all that other tests left
    try:
        start = time.process_time()
        read_markdown(text, 0, is_mdx=True)
        return time.process_time() - start
    finally:
        gc.enable()
