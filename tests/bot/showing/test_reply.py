"""Replies: fixed messages, the quote and its metadata."""

from dataclasses import replace
from typing import Any

import pytest

from bot.discord_bot.messages.answer_card import answer_card
from bot.showing.pieces import Piece
from bot.showing.reply import (
    NEWER_FIRST,
    NEWER_SECOND,
    REFUSAL,
    SOURCES_DIFFER,
    Excerpt,
    Reply,
    compose,
    format_confidence,
)
from retrieval.types import Answer, Citation, PassagePart, Quote

CITATION = Citation("abc", "a.md", "Hours", "The town", "2023-06", "https://a.b/c", "a.md", 3, 2, 10, 27)
PART = PassagePart(2, 27, "Before. It opens\nat nine.", "prose")
QUOTE = Quote("It opens\nat nine.", "Before.", "", 0.9, CITATION, passage=(PART,))
ANSWER = Answer("When?", (QUOTE,), (), 0.9, 0.5, "gen-1")
REFUSED = Answer("When?", (), (QUOTE,), 0.2, 0.5, "gen-1")


def excerpt_of(**changed: Any) -> Excerpt:
    """Compose the excerpt of a quote whose citation differs from CITATION."""
    (excerpt,) = compose(replace(ANSWER, quotes=(replace(QUOTE, citation=replace(CITATION, **changed)),))).excerpts
    return excerpt


def test_answer_has_excerpts_and_no_message() -> None:
    """The quote is on one line; its title, source and date are in fields of their own."""
    reply = compose(ANSWER)
    (excerpt,) = reply.excerpts
    assert reply.message == ""
    assert excerpt.passage == (Piece("prose", "Before. It opens at nine.", (8, 25)),)
    assert (excerpt.title, excerpt.source, excerpt.published) == ("Hours", "The town", "2023-06")
    assert excerpt.place == "a.md:3"


def test_entries_of_the_glossary_that_decided_are_notes() -> None:
    """Each on one line; a refusal has none."""
    reply = compose(replace(ANSWER, glossary=("D2B = Driver\nto Buy",)))
    assert reply.notes == ("D2B = Driver to Buy",)
    assert compose(REFUSED).notes == ()


def test_a_mended_question_is_a_note_of_answers_and_refusals() -> None:
    """Whoever asked sees what was looked up."""
    notes = ("Asked as: When now?", "D2B = Driver to Buy")
    assert compose(replace(ANSWER, asked_as="When\nnow?", glossary=notes[1:])).notes == notes
    assert compose(replace(REFUSED, asked_as="When now?")).notes == notes[:1]


def test_a_version_is_shown_behind_the_source() -> None:
    """Also in the list of other places; a document without a source shows the word."""
    assert excerpt_of(version="2.3").source == "The town 2.3"
    assert excerpt_of(version="2.3", source=None).source == "version 2.3"
    quote = replace(QUOTE, also=(replace(CITATION, version="2.3"),))
    assert compose(replace(ANSWER, quotes=(quote,))).excerpts[0].also == ("Hours, The town 2.3, 2023-06 (a.md:3, abc)",)


def test_the_versions_that_were_asked_for_are_a_note_of_answers_and_refusals() -> None:
    """On one line, before all others; not of an answer from a document that has no version."""
    answer = replace(ANSWER, versions=("2.2",), asked_as="Hm?")
    assert compose(answer).notes == ("Asked as: Hm?",)
    quote = replace(ANSWER.quotes[0], citation=replace(ANSWER.quotes[0].citation, version="2.2"))
    assert compose(replace(answer, quotes=(quote,))).notes == ("In version 2.2", "Asked as: Hm?")
    assert compose(replace(REFUSED, versions=("2.1", "2.2\n", "3"))).notes == ("In versions 2.1, 2.2 and 3",)


def test_notes_are_small_print_above_the_card_in_discord() -> None:
    """Foreign text cannot format anything."""
    card = answer_card(compose(replace(ANSWER, glossary=("D2B = *Driver*",))), "When?")
    assert card.content == r"-# D2B = \*Driver\*"


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("2023-06", "2019", NEWER_FIRST()),
        ("2023-06-02", "2023-06-01", NEWER_FIRST()),
        ("2019", "2023-06", NEWER_SECOND()),
        ("2023-06", "2023", SOURCES_DIFFER()),
        ("2023", "2023", SOURCES_DIFFER()),
        ("2023", None, SOURCES_DIFFER()),
        (None, None, SOURCES_DIFFER()),
    ],
)
def test_sources_that_differ_are_called_newer_only_by_their_dates(
    first: str | None, second: str | None, message: str
) -> None:
    """Without both dates, or with dates of which one contains the other, nobody knows which source is newer."""
    quotes = tuple(replace(QUOTE, citation=replace(CITATION, published=date)) for date in (first, second))
    assert compose(replace(ANSWER, quotes=quotes, sources_differ=True)).message == message


@pytest.mark.parametrize(("probability", "shown"), [(0.731, "73% sure"), (0.999, "99% sure"), (1.0, "99% sure")])
def test_nothing_is_shown_as_certain(probability: float, shown: str) -> None:
    """An estimate never reads 100 %."""
    assert format_confidence(probability) == shown


def test_refusal_shows_passages_only_on_request() -> None:
    """The passages under a refusal are marked as no answer."""
    assert compose(REFUSED) == Reply(REFUSAL(), ())
    reply = compose(REFUSED, show_closest=True)
    assert reply.message.endswith("None of them is an answer:")
    assert len(reply.excerpts) == 1


def test_parts_without_an_answer_are_named_on_one_line_each() -> None:
    """An answered part is shown by its quotes alone."""
    parts = (ANSWER, replace(REFUSED, question="how\nmuch?"))
    assert compose(replace(ANSWER, parts=parts)).unanswered == ("how much?",)
    assert compose(ANSWER).unanswered == ()


def test_sources_of_a_part_that_differ_are_dated_by_its_own_quotes() -> None:
    """The quotes of the parts before it have other dates."""
    quotes = [replace(QUOTE, citation=replace(CITATION, published=date)) for date in ("2019", "2023", "2021")]
    part = replace(ANSWER, quotes=tuple(quotes[1:]), sources_differ=True)
    answer = replace(ANSWER, quotes=tuple(quotes), sources_differ=True, parts=(ANSWER, part))
    assert compose(answer).message == NEWER_FIRST()


def test_unnamed_places_are_counted() -> None:
    """A passage that is in ten thousand files names the first few and counts the others."""
    copied = replace(QUOTE, also=(CITATION,), more=9_998)
    (excerpt,) = compose(replace(ANSWER, quotes=(copied,))).excerpts
    assert (len(excerpt.also), excerpt.more) == (1, 9_998)
    (embed,) = answer_card(Reply("", (excerpt,)), "When?").embeds
    assert [field["name"] for field in embed["fields"]][-1] == "Also in 9,999 places, such as"


def test_short_place_has_the_file_name_and_the_last_heading() -> None:
    """Page, row or time stay in it."""
    excerpt = excerpt_of(path="town/old/a.pdf", page=3, heading="Hours › Fares › Winter")
    assert excerpt.place == "town/old/a.pdf, page 3, Fares › Winter"
    assert excerpt.short_place == "a.pdf, page 3, Winter"


@pytest.mark.parametrize("title", ["\u2800", "\u2800 \t\u2800"])
def test_blank_title_is_replaced_by_the_path(title: str) -> None:
    """With an empty line in its place, a quote would seem to have no source."""
    blank = replace(CITATION, title=title)
    (excerpt,) = compose(replace(ANSWER, quotes=(replace(QUOTE, citation=blank, also=(blank,)),))).excerpts
    assert excerpt.title == "a.md"
    assert excerpt.also == ("a.md, The town, 2023-06 (a.md:3, abc)",)


@pytest.mark.parametrize(
    ("changed", "place"),
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
def test_place_can_be_found_in_the_file(changed: dict[str, Any], place: str) -> None:
    """It is given by page, row, time, line or headings; a heading that repeats the title is left out."""
    assert excerpt_of(**changed).place == place


def test_headings_are_shown_as_they_are_read() -> None:
    """One that repeats the title is left out."""
    headings = "The ask command › Codecs › New"
    assert excerpt_of(title="The ask command", heading=headings).place == "a.md:3, Codecs › New"
    assert excerpt_of(path="a.html", heading="2 *x* 3").place == "a.html, 2 *x* 3"


def test_unknown_metadata_is_empty() -> None:
    """A missing source, date or address leaves no trace."""
    excerpt = excerpt_of(source=None, published=None, url=None)
    assert (excerpt.source, excerpt.published, excerpt.url) == ("", "", "")
