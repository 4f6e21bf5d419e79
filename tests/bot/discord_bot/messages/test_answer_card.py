"""The cards: within every limit of Discord's, whatever they show; nothing of them is active."""

import time

import pytest

from bot.discord_bot.messages.answer_card import (
    CONTENT,
    Card,
    answer_card,
    asked,
    excerpt_embeds,
    is_link,
    line_card,
    passages_card,
    refusal_card,
)
from bot.discord_bot.messages.button_ids import Button
from bot.showing.reply import CLOSEST, REFUSAL, Excerpt, Reply
from tests.support.hostile_answers import cards, faults


def excerpt(**changed: object) -> Excerpt:
    """Return a short excerpt."""
    plain = {
        "before": "", "quote": "It is 83 metres high.", "after": "", "title": "Guide", "source": "Town",
        "published": "2019", "url": "", "place": "guide.md:3", "short_place": "guide.md:3",
        "citation_id": "abcdefghij", "confidence": 0.876, "also": (),
    }  # fmt: skip
    return Excerpt(**{**plain, **changed})  # type: ignore[arg-type]


def test_a_thousand_hostile_answers_are_within_all_limits() -> None:
    """No generated card is over a limit or lets anybody be pinged; 10,000: tests/benchmarks/answers.py."""
    found = {number: wrong for number, card in enumerate(cards(1, 1_000)) if (wrong := faults(card))}

    assert found == {}


def test_the_count_finds_what_is_too_long() -> None:
    """The check itself sees each fault that it looks for."""
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


def test_quote_keeps_its_room_and_context_gives_way() -> None:
    """A long context is cut from its far ends; the quote stands whole, and bold alone."""
    long = "word " * 2_000
    (embed,) = excerpt_embeds([excerpt(before=long.strip(), after=long.strip())], "")

    text = embed["description"]
    assert "**“It is 83 metres high.”**" in text
    assert text.startswith("… word ")
    assert text.endswith("word…")
    assert 4_000 < len(text) <= 4_096


def test_long_context_takes_no_time() -> None:
    """A paragraph of a million characters before a quote is cut in a moment."""
    started = time.perf_counter()
    for before in ("a " * 500_000, "[](" * 300_000, "x" * 1_000_000, "* " * 500_000):
        (embed,) = excerpt_embeds([excerpt(before=before.strip())], "")
        assert embed["description"].endswith("**“It is 83 metres high.”**")

    assert time.perf_counter() - started < 1.0


def test_context_that_just_fits_is_whole() -> None:
    """Context is cut only where it must be: a few words stay as they are."""
    (embed,) = excerpt_embeds([excerpt(before="Before it.", after="After it.")], "")

    assert embed["description"] == "Before it. **“It is 83 metres high.”** After it."


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
def test_link_buttons_are_for_whole_web_addresses(url: str, whole: bool) -> None:
    """Discord refuses a whole message for one address that it cannot read, so such a one gets no button."""
    assert is_link(url) is whole
    labels = [one.label for row in answer_card(Reply("", (excerpt(url=url),)), "q").rows for one in row]
    assert ("Open the document" in labels) is whole


def test_each_document_has_its_link() -> None:
    """With several quotes each address has one button that names its document, and a row holds five."""
    same = excerpt(url="https://a.example/", title="A @everyone")
    others = [excerpt(url=f"https://b.example/{n}", title="B" * 100) for n in range(9)]

    card = answer_card(Reply("", (same, same, excerpt(), *others)), "q", private=True)

    last = card.rows[-1]
    assert [one.label for one in last[:2]] == ["Share", "Open: A @everyone"]
    assert len(last) == 5
    assert last[2].label == "Open: " + "B" * 73 + "…"


def test_refusal_names_no_source() -> None:
    """A refusal is a line; an empty wording is ours, and a ping stands before it."""
    assert refusal_card("", [], None) == Card(REFUSAL)
    assert refusal_card("Ask *us*", [], 7) == Card(r"<@&7> Ask \*us\*", ping=7)
    assert len(refusal_card("x" * 5_000, [], 10**19).content) <= CONTENT


@pytest.mark.parametrize(
    ("count", "missing", "content"),
    [
        (1, 0, CLOSEST),
        (1, 2, f"{CLOSEST[:-1]}, and 2 more changed or vanished since:"),
        (0, 2, "They changed or vanished since."),
        (0, 0, "They changed or vanished since."),
    ],
)
def test_passages_say_how_many_are_gone(count: int, missing: int, content: str) -> None:
    """Passages that are no answer are marked; no card is empty."""
    card = passages_card([excerpt()] * count, missing)

    assert (card.content, len(card.embeds)) == (content, count)
    assert all("author" not in embed for embed in card.embeds)


def test_where_else_it_stands_is_named() -> None:
    """Other places that say the same are named, escaped and within a field."""
    (embed,) = excerpt_embeds([excerpt(also=("A, 2020 (a.md:1, x)", "*B* (b.md:2, y)"))], "")

    assert embed["fields"][-1] == {
        "name": "Also in",
        "value": r"A, 2020 (a.md\:1, x); \*B\* (b.md\:2, y)",
        "inline": False,
    }


def test_a_place_that_is_too_long_keeps_what_people_look_for() -> None:
    """Folders and upper headings give way to the page and the last heading, also where five quotes share the room."""
    long = "the archive of the town/" * 8 + "report.pdf, page 12, " + " › ".join(["A heading of some words"] * 6)
    one = excerpt(place=long, short_place="report.pdf, page 12, Fares", also=("A (a.md:1, x)",))

    shown = [{field["name"]: field["value"] for field in embed["fields"]} for embed in excerpt_embeds([one] * 5, "q")]
    (whole,) = excerpt_embeds([one], "q")

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
    """A date alone is no source, and a long source does not push the date out."""
    (embed,) = excerpt_embeds([excerpt(source=source, published=published)], "")
    assert (embed["fields"][0]["name"], embed["fields"][0]["value"]) == field
    (long,) = excerpt_embeds([excerpt(source="x" * 2_000, published="2024-05-01")], "")
    assert long["fields"][0]["value"].endswith("xxx…, 2024-05-01")


def test_question_of_an_answer_is_read_back() -> None:
    """The question is read from the first embed; a cut one, or none, is none."""
    whole = excerpt_embeds([excerpt(), excerpt()], "How high is it?")
    cut = excerpt_embeds([excerpt()], "x" * 300)

    assert asked(whole) == "How high is it?"
    assert asked(whole[1:]) is None
    assert asked(cut) is None
    assert asked([]) is None
    assert asked([{"author": {"name": "somebody"}}]) is None


def test_line_is_cut_to_a_message() -> None:
    """A line of ours is never over the limit of a message."""
    assert line_card("x" * 3_000).content == "x" * 1_999 + "…"
