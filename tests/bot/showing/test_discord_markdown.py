"""Escaping, measuring and cutting: Discord shows the text, and nothing in it acts as Markdown."""

import time
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.showing.discord_markdown import cut, escape, escape_cut, units
from bot.showing.safe_text import one_line
from tests.support.discord_client_markdown import kinds, noticed, parse, shown
from tests.support.hostile_texts import LINKS, MENTIONS, REPEATED, RUNS, repeated, texts

CONSTRUCTS = {
    "**a**": "bold", "*a*": "italic", "_a_": "italic", "__a__": "underline", "~~a~~": "strike", "||a||": "spoiler",
    "`a`": "code", "``a`b``": "code", "```a```": "fence", "```py\na\n```": "fence", "# a": "header", "### a": "header",
    "-# a": "subtext", "- a": "list", "* a": "list", "+ a": "list", "1998. a": "list", "> a": "quote", ">>> a": "quote",
    "[a](https://b.c)": "masked", "[a](<https://b.c>)": "masked", '[a](https://b.c "d")': "masked",
    "https://a.bc": "link", "xhttp://a.bc": "link", "steam://run/1": "link", "<https://a.b>": "autolink",
    "<discord://a/b>": "autolink", "<mailto:a@b.c>": "address", "<a@b.c>": "address", "<tel:+4930>": "address",
    "<+4930123>": "address", "<@12>": "mention", "<@!12>": "mention", "<@&12>": "mention", "<#12>": "channel",
    "</a b:12>": "command", "<:a:12>": "emoji", "<a:b:12>": "emoji", "<t:12:R>": "timestamp",
    "<id:customize>": "navigation", "@everyone": "everyone", "@here": "everyone", ":smile:": "shortcode",
}  # fmt: skip
GRAPHEMES = (
    "a", " ", "*", "\\", "<", "é", "e\u0301", "ü\u0323\u0301", "👩\u200d👩\u200d👧", "🇩🇪", "🇫🇷", "👍🏽",
    "1\ufe0f\u20e3", "❤\ufe0f", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "가", "각", "நி", "*\u0301", "中", "𝄞", ":", "…",
)  # fmt: skip
hostile_texts = st.lists(
    st.sampled_from([*CONSTRUCTS, *LINKS, *MENTIONS, *RUNS, *GRAPHEMES, "\n", "\ud800", "\u202e"])
).map("".join)
any_text = st.one_of(hostile_texts, st.text(), st.text(alphabet=st.characters(exclude_categories=()), max_size=40))


@pytest.mark.parametrize("source", CONSTRUCTS)
def test_escaped_construct_is_plain_text(source: str) -> None:
    """The parser finds each construct as it is written, and nothing but text once it is escaped."""
    assert CONSTRUCTS[source] in kinds(parse(source))
    escaped = escape(source)
    assert not kinds(parse(escaped))
    assert not noticed(escaped)
    assert shown(parse(escaped)) == one_line(source)


def test_ten_thousand_escaped_texts_are_plain_text() -> None:
    """Most of the generated texts hold a construct; escaped, none does, even for readers of the raw text."""
    with_construct = 0
    for number, text in enumerate(texts(10_000)):
        with_construct += number < 500 and bool(kinds(parse(text)))
        escaped = escape(text)
        nodes = parse(escaped)
        assert not kinds(nodes), repr(text)
        assert not noticed(escaped), repr(text)
        assert shown(nodes) == one_line(text), repr(text)
    assert with_construct > 450


@settings(max_examples=300, deadline=None)
@given(any_text)
def test_escaped_text_shows_the_text(text: str) -> None:
    """A reader sees one_line(text), character by character."""
    nodes = parse(escape(text))
    assert not kinds(nodes)
    assert shown(nodes) == one_line(text)


@example("(https://b.c)", "[id]{}")
@example("a](https://b.c)", "[{}]")
@example("[a", "{}](https://b.c)")
@settings(max_examples=200, deadline=None)
@given(
    any_text,
    st.sampled_from(
        ["**{}**", "__{}__", "> {}", "-# {}", "# {}", "||{}||", "- {}", "[id]{}", "[{}]{}", "{}](https://b.c)", "{}{}"]
    ),
)
def test_markdown_around_escaped_text_is_unchanged(text: str, around: str) -> None:
    """Escaped text neither ends nor changes the Markdown around it, and forms no link with it."""
    ours = kinds(parse(around.format("a", "a")))
    assert kinds(parse(around.format(*[escape(text) or "a"] * 2))) == ours


@pytest.mark.parametrize(
    "text", ["It opened in 1998, didn’t it?", "Kim & Sons (Seoul); “yes” – 5 % = x^2", "well-known a+b"]
)
def test_ordinary_text_has_no_backslash(text: str) -> None:
    """Only characters that could act are escaped, so ordinary sentences cost nothing."""
    assert escape(text) == text


def test_length_counts_utf_16_units() -> None:
    """A character beyond the basic plane counts twice, and a lone surrogate once."""
    assert (units(""), units("aé中"), units("😀"), units("\ud800")) == (0, 3, 2, 1)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(GRAPHEMES), max_size=40), st.integers(-1, 60))
def test_cut_falls_between_graphemes(parts: list[str], limit: int) -> None:
    """No family, flag or letter with marks is split, and as many graphemes stay as fit."""
    text = "".join(parts)
    result = cut(text, limit)
    assert units(result) <= max(limit, 0)
    if units(text) <= limit:
        assert result == text
        return
    fitting = [end for end in range(len(parts) + 1) if units("".join(parts[:end])) < limit]
    expected = "".join(parts[: max(fitting)]).rstrip() + "…" if fitting else ""
    assert result == expected


@settings(max_examples=300, deadline=None)
@given(any_text, st.integers(-1, 80))
def test_escaped_cut_fits_and_shows_the_beginning(text: str, limit: int) -> None:
    """It has at most `limit` units, holds no construct, and shows the beginning of the text."""
    line, result = one_line(text), escape_cut(text, limit)
    assert units(result) <= max(limit, 0)
    nodes = parse(result)
    assert not kinds(nodes)
    if result == escape(text):
        return
    seen = shown(nodes)
    assert seen == "" if limit < 1 else seen.endswith("…")
    assert line.startswith(seen[:-1])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(GRAPHEMES).filter(str.strip), max_size=40), st.integers(1, 60))
def test_escaped_cut_falls_between_graphemes(parts: list[str], limit: int) -> None:
    """No grapheme and no escape is split, and as many graphemes stay as fit."""
    whole, result = escape("".join(parts)), escape_cut("".join(parts), limit)
    if units(whole) <= limit:
        assert result == whole
        return
    beginnings = (escape("".join(parts[:end])) for end in range(len(parts) + 1))
    assert result == [beginning for beginning in beginnings if units(beginning) < limit][-1] + "…"


@pytest.mark.parametrize("name", REPEATED)
def test_escaping_and_cutting_take_linear_time(name: str) -> None:
    """Four times the text takes about four times the processor time, whatever is repeated."""
    for function in (escape, lambda text: escape_cut(text, len(text) // 2), lambda text: cut(text, len(text) // 2)):
        short, long = (min(_seconds(function, repeated(name, size)) for _ in range(3)) for size in (8_000, 32_000))
        assert long < 10 * short + 0.02  # quadratic time would be sixteen times as long


def _seconds(function: Callable[[str], str], text: str) -> float:
    start = time.process_time()
    function(text)
    return time.process_time() - start
