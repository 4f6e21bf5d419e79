"""Replies: fixed wording, the quote, its metadata."""

from dataclasses import replace
from typing import Any

import pytest

from bot.discord_bot.messages.answer_card import answer_card
from bot.showing.reply import REFUSAL, Reply, compose
from retrieval.types import Answer, Citation, Quote

CITATION = Citation("abc", "a.md", "Hours", "The town", "2023-06", "https://a.b/c", "a.md", 3, 2, 10, 20)
QUOTE = Quote("It opens\nat nine.", "Before.", "", 0.9, CITATION)
ANSWER = Answer("When?", (QUOTE,), (), 0.9, 0.5, "gen-1")
REFUSED = Answer("When?", (), (QUOTE,), 0.2, 0.5, "gen-1")


def test_an_answer_is_its_excerpts_and_no_message() -> None:
    """The quote is put on one line; source and date stand together."""
    reply = compose(ANSWER)
    (excerpt,) = reply.excerpts
    assert reply.message == ""
    assert (excerpt.before, excerpt.quote, excerpt.after) == ("Before.", "It opens at nine.", "")
    assert (excerpt.title, excerpt.source, excerpt.published) == ("Hours", "The town", "2023-06")
    assert excerpt.place == "a.md:3"


def test_a_refusal_shows_no_source_unless_asked() -> None:
    """Passages under a refusal are marked as no answer."""
    assert compose(REFUSED).message == REFUSAL
    assert compose(REFUSED).excerpts == ()
    shown = compose(REFUSED, show_closest=True)
    assert shown.message.endswith("None of them is an answer:")
    assert len(shown.excerpts) == 1


def test_places_that_are_not_named_are_counted() -> None:
    """Of a passage that stands in ten thousand files the first few are named, and people are told of the others."""
    copied = replace(QUOTE, also=(CITATION,), more=9_998)
    (excerpt,) = compose(replace(ANSWER, quotes=(copied,))).excerpts
    assert (len(excerpt.also), excerpt.more) == (1, 9_998)
    (embed,) = answer_card(Reply("", (excerpt,)), "When?").embeds
    assert [field["name"] for field in embed["fields"]][-1] == "Also in 9,999 places, such as"


def test_a_place_in_brief_has_file_and_last_heading() -> None:
    """What a person needs of it stays: page, row or time."""
    found = replace(CITATION, path="town/old/a.pdf", page=3, heading="Hours › Fares › Winter")
    (excerpt,) = compose(replace(ANSWER, quotes=(replace(QUOTE, citation=found),))).excerpts
    assert (excerpt.place, excerpt.brief) == ("town/old/a.pdf, page 3, Fares › Winter", "a.pdf, page 3, Winter")


@pytest.mark.parametrize("title", ["\u2800", "\u2800 \t\u2800"])
def test_a_title_that_shows_nothing_is_the_path(title: str) -> None:
    """An empty line above a quote would look like no source at all."""
    hidden = replace(CITATION, title=title)
    (excerpt,) = compose(replace(ANSWER, quotes=(replace(QUOTE, citation=hidden, also=(hidden,)),))).excerpts
    assert excerpt.title == "a.md"
    assert excerpt.also == ("a.md, The town, 2023-06 (a.md:3, abc)",)


@pytest.mark.parametrize(
    ("found", "place"),
    [
        ({"path": "a.pdf", "page": 3}, "a.pdf, page 3"),
        ({"path": "a.pdf", "page": 3, "heading": "Fares › Winter"}, "a.pdf, page 3, Fares › Winter"),
        ({"path": "a.csv", "row": 17, "heading": "When?"}, "a.csv, row 17, When?"),
        ({"path": "a.vtt", "time": "1:02:03"}, "a.vtt, 1:02:03"),
        ({"path": "a.html", "heading": "Hours › Winter"}, "a.html, Winter"),
        ({"path": "a.docx"}, "a.docx, paragraph 2"),
        ({"path": "a.rst", "heading": "Hours"}, "a.rst:3"),
    ],
)
def test_the_place_is_what_a_person_can_follow(found: dict[str, Any], place: str) -> None:
    """Page, row, time, line or headings; the title is not said again."""
    quote = replace(QUOTE, citation=replace(CITATION, **found))
    assert compose(replace(ANSWER, quotes=(quote,))).excerpts[0].place == place


def test_a_missing_source_or_date_leaves_no_comma() -> None:
    """What is not known is not shown."""
    bare = replace(QUOTE, citation=replace(CITATION, source=None, published=None, url=None))
    (excerpt,) = compose(replace(ANSWER, quotes=(bare,))).excerpts
    assert (excerpt.source, excerpt.url) == ("", "")
