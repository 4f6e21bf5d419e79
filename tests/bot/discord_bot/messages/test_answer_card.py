"""The cards: within all of Discord's limits whatever they show, and without active foreign markup."""

import time
from typing import Any

import pytest

from bot.discord_bot.messages.answer_card import (
    MAX_CONTENT,
    PASSAGES_GONE,
    Card,
    answer_card,
    details_card,
    excerpt_embeds,
    is_link,
    line_card,
    passages_card,
    refusal_card,
    shown_question,
)
from bot.discord_bot.messages.button_ids import Button, carried_answer
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
    """Behind *More…* each address has one button that names its document, at most five in a row."""
    same = excerpt(url="https://a.example/", title="A @everyone")
    others = [excerpt(url=f"https://b.example/{n}", title="B" * 100) for n in range(9)]

    (row,) = details_card([same, same, excerpt(), *others], ["bcdefghijk"]).rows

    assert [button.label for button in row[:2]] == ["Other passages", "Open: A @everyone"]
    assert len(row) == 5
    assert row[2].label == "Open: " + "B" * 73 + "…"


@pytest.mark.parametrize(
    ("private", "url", "labels"),
    [
        (False, "", ["More context", "Helpful", "Not helpful", "More…"]),
        (False, "https://a.example/", ["More context", "Helpful", "Not helpful", "Open the document", "More…"]),
        (True, "https://a.example/", ["Share", "More context", "Helpful", "Not helpful", "More…"]),
    ],
)
def test_answer_has_one_row_of_buttons(private: bool, url: str, labels: list[str]) -> None:
    """Everything else is behind the last one, which carries the quotes, how sure they are, and the next passages."""
    card = answer_card(Reply("", (excerpt(url=url),)), "q", others=["bcdefghijk", "cdefghijkl"], private=private)

    (row,) = card.rows
    assert [button.label for button in row] == labels
    assert row[-1].id == "fn:more:abcdefghij.88.bcdefghijk,cdefghijkl"
    assert carried_answer(row[-1].id.removeprefix("fn:more:")) == (
        {"abcdefghij": 0.88}, ["bcdefghijk", "cdefghijkl"],
    )  # fmt: skip


def test_more_context_is_offered_where_there_is_more() -> None:
    """Around one of the passages, or of a passage that is folded; the other buttons stay."""
    long = tuple(Piece("prose", f"{number} {'word ' * 30}") for number in range(12))
    whole, folded = excerpt(has_more=False), excerpt(has_more=False, passage=(piece(), *long))
    rows = [answer_card(Reply("", shown), "q").rows[0] for shown in ((whole,), (folded,), (whole, excerpt()))]
    assert [[button.label for button in row] for row in rows] == [
        ["Helpful", "Not helpful", "More…"],
        ["More context", "Helpful", "Not helpful", "More…"],
        ["More context", "Helpful", "Not helpful", "More…"],
    ]
    titled = excerpt(has_more=False, passage=(Piece("heading", "Guide"), piece()))
    assert "More context" not in [button.label for button in answer_card(Reply("", (titled,)), "q").rows[0]]


@pytest.mark.parametrize(
    ("changed", "footer"),
    [
        ({}, "From “Guide” · Town · 2019 · quite sure"),
        ({"published": "2024-05-01", "spot": "page 3", "source": ""}, "From “Guide”, page 3 · 1 May 2024 · quite sure"),
        ({"published": "2024-05", "spot": "Guide", "confidence": 0.9}, "From “Guide” · Town · May 2024 · sure"),
        (
            {"spot": "Towers", "passage": (Piece("heading", "Towers"), piece())},
            "From “Guide” · Town · 2019 · quite sure",
        ),
        ({"published": "", "source": "", "confidence": 0.7}, "From “Guide” · less sure"),
        ({"published": "2024-13", "source": ""}, "From “Guide” · 2024-13 · quite sure"),
    ],
)
def test_footer_says_for_people_where_the_quote_is_from(changed: dict[str, object], footer: str) -> None:
    """Title, place in the document, source, date and how sure, in words; without confidence the last is left out."""
    (embed,) = excerpt_embeds([excerpt(**changed)], "", show_confidence=True)
    (unsure,) = excerpt_embeds([excerpt(**changed)], "")

    assert embed["footer"]["text"] == footer
    assert unsure["footer"]["text"] == footer.rpartition(" · ")[0]
    assert "title" not in embed


def test_long_texts_leave_date_and_sureness_in_the_footer() -> None:
    """Long titles, headings and sources are cut each."""
    long = excerpt(title="x" * 500, spot="y" * 500, source="z" * 500, published="2024-05-01")
    (embed,) = excerpt_embeds([long], "", show_confidence=True)

    assert embed["footer"]["text"].endswith("z… · 1 May 2024 · quite sure")


@pytest.mark.parametrize("line", ["Ask in <#12>, **please**", "See [the rules](https://example.org/rules).", "A\nB"])
def test_wording_of_a_server_keeps_its_mentions_and_links(line: str) -> None:
    """Moderators wrote it; only characters that mislead a reader are replaced."""
    assert refusal_card(line, []).content == line
    assert refusal_card(f"{line}\u202e", []).content == f"{line}\ufffd"


def test_passages_that_an_earlier_one_shows_are_left_out() -> None:
    """Only another sentence is marked in them; the same words in another document are another passage."""
    first, second = Piece("prose", "It opens at nine."), Piece("prose", "It closes at six.")
    shown = [excerpt(passage=passage) for passage in ((first, second), (second,), (second, Piece("prose", "Always.")))]
    other = excerpt(passage=(second,), title="Another guide")

    card = passages_card([*shown, other], 0)

    assert [embed["description"] for embed in card.embeds] == [
        "It opens at nine.\nIt closes at six.", "It closes at six.\nAlways.", "It closes at six.",
    ]  # fmt: skip


def test_refusal_names_no_source() -> None:
    """A refusal is one line; without a text of the server it is the default one, and a ping precedes it."""
    assert refusal_card("", [], None) == Card(REFUSAL())
    assert refusal_card("Ask us", [], 7) == Card("<@&7> Ask us", ping=7)
    assert len(refusal_card("x" * 5_000, [], 10**19).content) <= MAX_CONTENT
    assert refusal_card("", [], None, "Is *it*\nopen?").content == f"{REFUSAL()}\n-# Asked as: Is \\*it\\* open?"
    assert len(refusal_card("x" * 5_000, [], 10**19, "*" * 5_000).content) <= MAX_CONTENT


@pytest.mark.parametrize(
    ("count", "missing", "content"),
    [
        (1, 0, CLOSEST()),
        (1, 2, f"{CLOSEST()[:-1]} (2 more have been changed or removed since):"),
        (0, 2, PASSAGES_GONE()),
        (0, 0, PASSAGES_GONE()),
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
    long = "the archive of the town/" * 16 + "report.pdf, page 12, " + " › ".join(["A heading of some words"] * 6)
    deep = excerpt(place=long, short_place="report.pdf, page 12, Fares")

    shown = [field_values(embed) for embed in details_card([deep] * 5, []).embeds]
    (whole,) = details_card([deep], []).embeds

    assert {fields["Place"] for fields in shown} == {"report.pdf, page 12, Fares"}
    assert field_values(whole)["Place"].replace("\\", "") == long


def field_values(embed: dict[str, Any]) -> dict[str, str]:
    """Return the fields of an embed by name."""
    return {field["name"]: field["value"] for field in embed["fields"]}


def test_details_name_what_the_answer_leaves_out() -> None:
    """Exact place, source, date, id and percentage, escaped; without confidence no percentage."""
    (embed,) = details_card([excerpt(source="*Town*", published="2019-02")], []).embeds
    (unsure,) = details_card([excerpt()], [], show_confidence=False).embeds

    assert (embed["title"], field_values(embed)) == (
        "Guide",
        {
            "Place": r"guide.md\:3", "Source": r"\*Town\*", "Published": "February 2019", "ID": "`abcdefghij`",
            "Confidence": "88% sure",
        },
    )  # fmt: skip
    assert "Confidence" not in field_values(unsure)


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
