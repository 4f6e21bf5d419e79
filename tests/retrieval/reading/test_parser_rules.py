"""A text is parsed only with the rules that may find something in it; what is found is the same as with all rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.reading import markdown
from retrieval.reading.markdown import SIGNS, parse_markdown

LINES = [
    "", "word", "# One", "Two", "===", "---  ", "> quote", "> ===", "- item", "  =", "1. first", "    code", "```",
    "~~~", "<div>", "</div>", "<!-- no -->", "a | b", "-|-", "|---|---|", "c | d", "[x]: http://x.org", "[x]:", "***",
    "-", "\t- e",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Plain text.\n\n- item", ()),
        ("Two\n===", ("lheading",)),
        ("> Two\n> --- \n", ("blockquote", "lheading")),
        ("|a|b|\n|-|-|\n|1|2|", ("table",)),
        ("~~~\ncode\n~~~", ("fence",)),
        ("# A [link]\n\n[link]: x", ("reference", "heading")),
        ("<p>", ("blockquote", "html_block")),
    ],
)
def test_only_rules_with_a_sign_in_the_text_are_used(text: str, rules: tuple[str, ...]) -> None:
    """Text without tags is not searched for HTML, text without pipes not for tables, and so on."""
    assert markdown._possible_rules(text) == rules


@given(lines=st.lists(st.sampled_from(LINES), max_size=12))
def test_other_rules_would_find_nothing(lines: list[str]) -> None:
    """The spans, their markup and the labels of links are those of a parser with all rules."""
    text = "\n".join(lines)
    parsed = parse_markdown(text, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markdown, "_possible_rules", lambda _: (*SIGNS, "lheading"))
        assert parse_markdown(text, 0) == parsed
