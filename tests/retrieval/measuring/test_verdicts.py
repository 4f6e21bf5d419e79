"""Verdicts on golden questions, their counts, and the fragments that cannot be quoted, over a tiny corpus."""

import pytest

from retrieval.asking.retriever import Retriever
from retrieval.measuring.golden import GoldenAnswer, GoldenQuestion
from retrieval.measuring.quotable import UnquotableFragment, find_unquotable
from retrieval.measuring.tallies import count_by_kind, count_cases, size_figures, tally_json
from retrieval.measuring.verdicts import Verdict, golden_json, judge_answer, run_golden
from retrieval.types import Answer, Citation, PassagePart, Quote, Rejected
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

TEXTS = {
    "library.md": "# Hours\n\nThe library opens at nine. It closes on monday.\n\n# Museum\n\nThe museum sleeps.",
    "ferry.txt": "The ferry has a price of four.\n\nThe cat sleeps on the ferry.",
}


def quote(document: str, text: str, *passage: str) -> Quote:
    """Make a quote of a sentence of a document, with the texts of its passage."""
    citation = Citation("id", document, "", None, None, None, document, 1, 1, 0, len(text))
    return Quote(text, "", "", 1.0, citation, passage=tuple(PassagePart(0, len(p), p, "prose") for p in passage))


def answer_with(*quotes: Quote) -> Answer:
    """Make an answer with quotes."""
    return Answer("q", quotes, (), 0.9, 0.5, "gen-1")


ANSWERABLE = GoldenQuestion("q", (GoldenAnswer("a.md", ("one", "two")), GoldenAnswer("b.md", ("three",))))


@pytest.mark.parametrize(
    ("golden", "quotes", "verdict"),
    [
        (ANSWERABLE, [quote("a.md", "one", "zero", "one", "two")], "right"),
        (ANSWERABLE, [quote("b.md", "three")], "right"),
        (ANSWERABLE, [quote("a.md", "one")], "partly"),
        (ANSWERABLE, [quote("a.md", "two"), quote("b.md", "three")], "partly"),
        (ANSWERABLE, [quote("b.md", "one two"), quote("b.md", "three")], "other"),
        (ANSWERABLE, [quote("a.md", "three"), quote("a.md", "one")], "wrong"),
        (ANSWERABLE, [*[quote("a.md", "x")] * 5, quote("b.md", "three")], "wrong"),
        (ANSWERABLE, [], "silent"),
        (GoldenQuestion("q"), [], "refused"),
        (GoldenQuestion("q"), [quote("a.md", "one")], "answered"),
    ],
)
def test_an_answer_is_judged_by_its_first_quote(golden: GoldenQuestion, quotes: list[Quote], verdict: Verdict) -> None:
    """A whole answer of any place is right; what is in another document does not count; five quotes are looked at."""
    assert judge_answer(golden, answer_with(*quotes)) == verdict


def test_cases_are_judged_at_the_threshold_and_whatever_the_confidence(word_encoder: WordEncoder) -> None:
    """The JSON of each case has the verdict, what is shown, and the rank of the first right passage."""
    questions = [
        GoldenQuestion("museum sleeps", (GoldenAnswer("library.md", ("the MUSEUM   sleeps",)),), "sentence"),
        GoldenQuestion("closes monday", (GoldenAnswer("ferry.txt", ("monday",)),), "sentence"),
        GoldenQuestion("library sleeps nine cat monday", (GoldenAnswer("library.md", ("nine",)),), "sentence"),
        GoldenQuestion("who", (), "none"),
        GoldenQuestion("museum", (), "none"),
    ]
    retriever = Retriever(index_of(word_encoder, TEXTS), word_encoder, BY_LATE)
    cases = run_golden(questions, retriever, 0.6)
    assert [case.verdict for case in cases] == ["right", "wrong", "silent", "refused", "answered"]
    assert [case.passed for case in cases] == [True, False, False, True, False]
    assert [case.right_rank for case in cases] == [1, None, 2, None, None]
    content = golden_json(cases)
    assert (content["passed"], content["failed"]) == (2, 3)
    case = content["cases"][1]
    shown = {"document": "library.md", "line": 3, "text": "It closes on monday.", "shown": case["given"]["shown"]}
    assert case["given"] == case["best"] == shown
    assert case["expected"]["answers"] == [{"document": "ferry.txt", "parts": ["monday"]}]
    tallies = count_by_kind(cases)
    assert list(tallies) == ["none", "sentence"]
    assert tallies["none"].verdicts == {"refused": 1, "answered": 1}
    assert dict(tallies["sentence"].verdicts) == {"right": 1, "wrong": 1, "silent": 1}


def test_a_tally_counts_ranks_and_sizes() -> None:
    """Sizes are those of the first passages, also of what is not shown; the larger one stands for two in the middle."""
    retriever = Retriever(index_of(WordEncoder(), TEXTS), WordEncoder(), BY_LATE)
    questions = [
        GoldenQuestion("museum sleeps", (GoldenAnswer("library.md", ("sleeps",)),)),
        GoldenQuestion("museum", (GoldenAnswer("ferry.txt", ("cat",)),)),
        GoldenQuestion("price of four"),
    ]
    assert tally_json(count_cases(run_golden(questions, retriever, 1.0))) == {
        "answerable": 2,
        "unanswerable": 1,
        "verdicts": {"silent": 2, "refused": 1},
        "whatever_the_confidence": {"first_right": 1, "in_best_five": 2},
        "shown_characters": {"median": 25, "p95": 30, "max": 30},
    }
    assert size_figures([]) == {"median": 0, "p95": 0, "max": 0}


def test_fragments_that_no_quote_can_show_are_found(word_encoder: WordEncoder) -> None:
    """The document is missing or rejected, has no such text, or has it only over the end of a paragraph."""
    answers = [
        GoldenAnswer("library.md", ("opens at **nine**",)),
        GoldenAnswer("none.md", ("opens",)),
        GoldenAnswer("bad.md", ("opens",)),
        GoldenAnswer("library.md", ("sleeps", "opens at ten")),
        GoldenAnswer("ferry.txt", ("four. The cat",)),
    ]
    questions = [GoldenQuestion("q", (answer,)) for answer in answers]
    index = index_of(word_encoder, TEXTS)
    assert find_unquotable(index, [Rejected("bad.md", "is empty")], questions) == [
        UnquotableFragment(1, answers[1], "opens", "is not among the documents"),
        UnquotableFragment(2, answers[2], "opens", "is not used: is empty"),
        UnquotableFragment(3, answers[3], "opens at ten", "does not contain this"),
        UnquotableFragment(4, answers[4], "four. The cat", "has this in nothing that can be quoted"),
    ]
