"""The cards: within all of Discord's limits whatever they show, and without active foreign markup."""

import time

import pytest

from bot.discord_bot.messages.answer_card import (
    MAX_CONTENT,
    PASSAGES_GONE,
    Card,
    answer_card,
    excerpt_embeds,
    is_link,
    line_card,
    passages_card,
    refusal_card,
    shown_question,
)
from bot.discord_bot.messages.button_ids import Button
from bot.discord_bot.messages.passage_text import MAX_FOLDED
from bot.showing.discord_markdown import escape
from bot.showing.pieces import Piece
from bot.showing.reply import CLOSEST, REFUSAL, Excerpt, Reply
from tests.support.hostile_answers import cards, faults

SENTENCE = "It is 83 metres high."


def piece(before: str = "", after: str = "") -> Piece:
    """Return a paragraph with its sentence marked."""
    start = f"{before} " if before else ""
    text = f"{start}{SENTENCE} {after}".strip()
    return Piece("prose", text, (len(start), len(start) + len(SENTENCE)))


def excerpt(**changed: object) -> Excerpt:
    """Return a short excerpt with some values changed."""
    plain = {
        "passage": (piece(),), "title": "Guide", "source": "Town",
        "published": "2019", "url": "", "place": "guide.md:3", "short_place": "guide.md:3",
        "citation_id": "abcdefghij", "confidence": 0.876, "also": (),
    }  # fmt: skip
    return Excerpt(**{**plain, **changed})  # type: ignore[arg-type]


def test_thousand_hostile_answers_are_within_all_limits() -> None:
    """No generated card exceeds a limit or allows a ping; tests/benchmarks/answers.py runs 10,000."""
    faulty = {number: found for number, card in enumerate(cards(1, 1_000)) if (found := faults(card))}

    assert faulty == {}


def test_faults_are_found() -> None:
    """The check itself finds each fault that it looks for."""
    embed = {
        "title": "\U0001f600" * 129, "description": "x" * 4_097, "author": {"name": "x" * 257},
        "footer": {"text": "x" * 2_049}, "fields": [{"name": "", "value": "x" * 1_025}],
    }  # fmt: skip
    row = tuple(Button(f"{n}" * 81, "secondary", f"{n}" * 101) for n in range(5))

    wrong = " ".join(faults(Card("x" * 2_001, (embed,), (row,))))

    for name in ("content", "title", "description", "author", "footer", "value", "label", "custom_id", "in all embeds"):
        assert name in wrong
    assert "empty field" in wrong
    assert faults(Card()) == ["empty message"]


def test_long_context_is_cut_around_the_quote() -> None:
    """A long context is cut at its far ends; the quote is complete, and only the quote is bold."""
    long = "word " * 2_000
    embeds = excerpt_embeds([excerpt(passage=(piece(long.strip(), long.strip()),))], "")

    text = embeds[0]["description"]
    assert f"**“{SENTENCE}”**" in text
    assert text.startswith("… word ")
    assert text.endswith("…")
    assert MAX_FOLDED - 100 < len(text) <= MAX_FOLDED


def test_long_context_is_cut_quickly() -> None:
    """A paragraph of a million characters before a quote is cut in no time."""
    started = time.perf_counter()
    for before in ("a " * 500_000, "[](" * 300_000, "x" * 1_000_000, "* " * 500_000):
        (embed,) = excerpt_embeds([excerpt(passage=(piece(before.strip()),))], "")
        assert embed["description"].endswith(f"**“{SENTENCE}”**")

    assert time.perf_counter() - started < 1.0


def test_short_context_is_complete() -> None:
    """Context is cut only if it has to be."""
    (embed,) = excerpt_embeds([excerpt(passage=(piece("Before it.", "After it."),))], "")

    assert embed["description"] == f"Before it. **“{SENTENCE}”** After it."


def test_heading_that_repeats_the_title_is_left_out() -> None:
    """It would stand right below itself; another heading is shown, and a passage is never empty."""
    (same,) = excerpt_embeds([excerpt(passage=(Piece("heading", "Guide"), piece()))], "")
    (other,) = excerpt_embeds([excerpt(passage=(Piece("heading", "Towers"), piece()))], "")

    assert same["description"] == f"**“{SENTENCE}”**"
    assert other["description"] == f"**Towers**\n**“{SENTENCE}”**"


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://example.org/a?b=c#d", True),
        ("http://127.0.0.1:8000/", True),
        ("https://例え.jp/", True),
        ("https://example.org/" + "a" * 492, True),
        ("https://example.org/" + "a" * 493, False),
        ("", False),
        ("javascript:alert(1)", False),
        ("discord://-/channels", False),
        ("file:///etc/passwd", False),
        ("//example.org", False),
        ("https://", False),
        ("https://:80/", False),
        ("https://user@/", False),
        ("https://bank.example@evil.example/", False),
        ("https://bank.example%2F@evil.example/", False),
        ("http://wiki/page", False),
        ("https://a b.example/", False),
        ("https://a.example/b c", False),
        ("https://a.example/\u202e", False),
        ("https://a.example/\ufffd", False),
        ("https://a.example:port/", False),
        ("https://a.example:99999/", False),
        ("https://[::1", False),
        ("https://a.example/<@1>", False),
    ],
)
def test_only_complete_web_addresses_get_link_buttons(url: str, whole: bool) -> None:
    """Discord refuses a whole message for one address that it cannot parse."""
    assert is_link(url) is whole
    labels = [button.label for row in answer_card(Reply("", (excerpt(url=url),)), "q").rows for button in row]
    assert ("Open the document" in labels) is whole


def test_each_document_has_its_link() -> None:
    """Among several quotes each address has one button that names its document, at most five in a row."""
    same = excerpt(url="https://a.example/", title="A @everyone")
    others = [excerpt(url=f"https://b.example/{n}", title="B" * 100) for n in range(9)]

    card = answer_card(Reply("", (same, same, excerpt(), *others)), "q", private=True)

    last = card.rows[-1]
    assert [button.label for button in last[:2]] == ["Share", "Open: A @everyone"]
    assert len(last) == 5
    assert last[2].label == "Open: " + "B" * 73 + "…"


def test_refusal_names_no_source() -> None:
    """A refusal is one line; without a text of the server it is the default one, and a ping precedes it."""
    assert refusal_card("", [], None) == Card(REFUSAL)
    assert refusal_card("Ask *us*", [], 7) == Card(r"<@&7> Ask \*us\*", ping=7)
    assert len(refusal_card("x" * 5_000, [], 10**19).content) <= MAX_CONTENT


@pytest.mark.parametrize(
    ("count", "missing", "content"),
    [
        (1, 0, CLOSEST),
        (1, 2, f"{CLOSEST[:-1]} (2 more have been changed or removed since):"),
        (0, 2, PASSAGES_GONE),
        (0, 0, PASSAGES_GONE),
    ],
)
def test_passages_say_how_many_are_gone(count: int, missing: int, content: str) -> None:
    """Passages that are not an answer are marked; no card is empty."""
    card = passages_card([excerpt()] * count, missing)

    assert (card.content, len(card.embeds)) == (content, count)
    assert all("author" not in embed for embed in card.embeds)


def test_other_places_are_named() -> None:
    """Other places that say the same are named, escaped and within a field."""
    (embed,) = excerpt_embeds([excerpt(also=("A, 2020 (a.md:1, x)", "*B* (b.md:2, y)"))], "")

    assert embed["fields"][-1] == {
        "name": "Also in",
        "value": r"A, 2020 (a.md\:1, x); \*B\* (b.md\:2, y)",
        "inline": False,
    }


def test_long_place_keeps_its_last_part() -> None:
    """Folders and upper headings are dropped before the page and the last heading, also if five quotes share a card."""
    long = "the archive of the town/" * 8 + "report.pdf, page 12, " + " › ".join(["A heading of some words"] * 6)
    deep = excerpt(place=long, short_place="report.pdf, page 12, Fares", also=("A (a.md:1, x)",))

    shown = [{field["name"]: field["value"] for field in embed["fields"]} for embed in excerpt_embeds([deep] * 5, "q")]
    (whole,) = excerpt_embeds([deep], "q")

    assert {fields["Place"] for fields in shown} == {"report.pdf, page 12, Fares"}
    assert whole["fields"][1]["value"].replace("\\", "") == long


@pytest.mark.parametrize(
    ("source", "published", "field"),
    [
        ("", "2024-05-01", ("Published", "2024-05-01")),
        ("Town", "", ("Source", "Town")),
        ("Town", "2024", ("Source", "Town, 2024")),
    ],
)
def test_source_and_date(source: str, published: str, field: tuple[str, str]) -> None:
    """A date alone is not a source, and a long source does not displace the date."""
    (embed,) = excerpt_embeds([excerpt(source=source, published=published)], "")
    assert (embed["fields"][0]["name"], embed["fields"][0]["value"]) == field
    (long,) = excerpt_embeds([excerpt(source="x" * 2_000, published="2024-05-01")], "")
    assert long["fields"][0]["value"].endswith("xxx…, 2024-05-01")


def test_question_of_an_answer_is_read_back() -> None:
    """The question is read from the first embed, unless it was cut."""
    whole = excerpt_embeds([excerpt(), excerpt()], "How high is it?")
    cut = excerpt_embeds([excerpt()], "x" * 300)

    assert shown_question(whole) == "How high is it?"
    assert shown_question(whole[1:]) is None
    assert shown_question(cut) is None
    assert shown_question([]) is None
    assert shown_question([{"author": {"name": "somebody"}}]) is None


def test_long_line_is_cut() -> None:
    """A line is never over the limit of a message."""
    assert line_card("x" * 3_000).content == "x" * 1_999 + "…"


def test_unanswered_parts_are_named_above_the_quotes_without_active_markup() -> None:
    """What members wrote neither pings nor links, and is cut to what a message holds."""
    card = answer_card(Reply("Differ.", (excerpt(),), ("what is **[x](https://a.b)** @everyone?",)), "q")
    first, second = card.content.split("\n")
    assert (first, second[:20]) == ("Differ.", "No answer found to: ")
    assert escape("what is **[x](https://a.b)** @everyone?") in second
    assert faults(answer_card(Reply("", (excerpt(),), ("_*" * 2_000,)), "q")) == []
