"""Replies: fixed wording, the quote, its metadata; nothing that misleads a reader."""

from dataclasses import replace

from bot.reply import REFUSAL, compose, one_line
from retrieval.records import Answer, Citation, Quote

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
    assert (excerpt.title, excerpt.source, excerpt.place) == ("Hours", "The town, 2023-06", "a.md:3")


def test_a_refusal_shows_no_source_unless_asked() -> None:
    """Passages under a refusal are marked as no answer."""
    assert compose(REFUSED).message == REFUSAL
    assert compose(REFUSED).excerpts == ()
    shown = compose(REFUSED, show_closest=True)
    assert shown.message.endswith("None of them is an answer:")
    assert len(shown.excerpts) == 1


def test_a_missing_source_or_date_leaves_no_comma() -> None:
    """What is not known is not shown."""
    bare = replace(QUOTE, citation=replace(CITATION, source=None, published=None, url=None))
    (excerpt,) = compose(replace(ANSWER, quotes=(bare,))).excerpts
    assert (excerpt.source, excerpt.url) == ("", "")


def test_characters_that_mislead_are_replaced_and_joiners_stay() -> None:
    """Escape codes, bidirectional overrides and invisible marks never reach a reader."""
    assert (
        one_line("a\x1b[31mb\u202ec\u200bd\x9be\ufefff\U000e0041") == "a\ufffd[31mb\ufffdc\ufffdd\ufffde\ufffdf\ufffd"
    )
    family, persian = "\U0001f469\u200d\U0001f467", "می\u200cخواهم"
    assert one_line(f"{family} {persian}") == f"{family} {persian}"
