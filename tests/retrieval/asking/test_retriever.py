"""Retrieving: exact rows and scores, verified quotes, and no quotes below the threshold."""

import math
from dataclasses import replace

import pytest

from config.settings import RANKER
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding.encoder import OnnxEncoder
from retrieval.errors import DamagedIndexError
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder


def test_the_score_and_probability_of_the_best_hit_can_be_computed_by_hand(word_encoder: WordEncoder) -> None:
    """Of the three words in "cat sleeps nine", "The cat sleeps on the ferry." contains two."""
    hits = Retriever(index_of(word_encoder), word_encoder, BY_LATE).rank("cat sleeps nine")
    assert hits[0].row == 1
    assert hits[0].score == pytest.approx(2 / 3, abs=1e-6)
    assert hits[0].probability == pytest.approx(1 / (1 + math.exp(5 - 10 * 2 / 3)), abs=1e-6)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_an_answer_contains_verified_quotes_with_context_and_citation(word_encoder: WordEncoder) -> None:
    """A quote is the text at the offsets of its citation; "It" brings the sentence before."""
    index = index_of(word_encoder)
    answer = Retriever(index, word_encoder, BY_LATE).ask("closes monday", threshold=0.1)
    (quote,) = answer.quotes
    citation = quote.citation
    assert (quote.before, quote.text, quote.after) == ("The library opens at nine.", "It closes on monday.", "")
    assert index.documents[1].text[citation.start : citation.end] == quote.text
    assert (citation.document, citation.line, citation.paragraph) == ("library.md", 3, 2)
    assert answer.closest == ()


def test_of_a_pasted_traceback_the_error_is_asked(word_encoder: WordEncoder) -> None:
    """The answer says so, and keeps the question."""
    pasted = 'Traceback (most recent call last):\n  File "cat.py", line 4, in run\n    run()\nCatError: The cat sleeps'
    answer = Retriever(index_of(word_encoder), word_encoder, BY_LATE).ask(pasted)
    assert (answer.question, answer.asked_as) == (" ".join(pasted.split()), "CatError: The cat sleeps")
    assert answer.quotes[0].text == "The cat sleeps on the ferry."


def test_below_the_threshold_there_are_only_the_closest_passages(word_encoder: WordEncoder) -> None:
    """A refusal has no quotes, however many are requested."""
    answer = Retriever(index_of(word_encoder), word_encoder, BY_LATE).ask("who", top=5)
    assert (answer.answered, answer.quotes) == (False, ())
    assert 0 < len(answer.closest) <= 3
    assert answer.confidence < answer.threshold == 0.5


def test_every_quote_of_an_answer_reaches_the_threshold(word_encoder: WordEncoder) -> None:
    """Requesting more quotes never adds one that would not answer alone."""
    retriever = Retriever(index_of(word_encoder), word_encoder, BY_LATE)
    for threshold in (0.05, 0.3, 0.5):
        quotes = retriever.ask("cat sleeps museum", top=10, threshold=threshold).quotes
        assert all(quote.score >= threshold for quote in quotes)
    assert len(retriever.ask("cat sleeps museum", top=10, threshold=0.05).quotes) == 2


def test_an_index_of_another_model_is_refused(word_encoder: WordEncoder) -> None:
    """Vectors of different models cannot be compared."""
    index = index_of(word_encoder)
    word_encoder.fingerprint = "other"
    with pytest.raises(DamagedIndexError, match="was made with model words, not other"):
        Retriever(index, word_encoder, BY_LATE)


def test_an_empty_index_refuses(word_encoder: WordEncoder) -> None:
    """There are no candidates; the answer has no quotes and a confidence of 0."""
    answer = Retriever(index_of(word_encoder, {}), word_encoder, replace(BY_LATE, bias=9.0)).ask("cat")
    assert (answer.quotes, answer.closest, answer.confidence) == ((), (), 0.0)


def test_a_question_in_a_document_is_never_the_answer(word_encoder: WordEncoder) -> None:
    """In a list of questions and answers, the answer is quoted; the question above it helps to find it."""
    texts = {"faq.txt": "When does the museum close?\n\nMonday at nine.", "help.md": "## Who sleeps?\n\nThe cat."}
    retriever = Retriever(index_of(word_encoder, texts), word_encoder, BY_LATE)
    assert [retriever.index.text(hit.row) for hit in retriever.rank("When does the museum close?")] == [
        "Monday at nine.",
        "The cat.",
    ]
    assert word_encoder.encoded[1].endswith("Who sleeps? The cat.")


def test_release_notes_come_behind_other_documents_unless_the_question_is_about_them(word_encoder: WordEncoder) -> None:
    """By a fixed share of the score; nothing else changes."""
    index = index_of(word_encoder, {"CHANGES.md": "The cat sleeps at nine.", "cat.md": "The cat sleeps on the ferry."})
    retriever = Retriever(index, word_encoder, BY_LATE)
    assert [hit.row for hit in retriever.rank("when does the cat sleep at nine")] == [1, 0]
    assert [hit.row for hit in retriever.rank("since when does the cat sleep at nine")] == [0, 1]


@pytest.mark.parametrize("question", ["why?", "how do I", "What is this", "a", "when", "???"])
def test_a_question_without_a_word_that_is_searched_for_is_refused(question: str, word_encoder: WordEncoder) -> None:
    """Whatever seems near to it."""
    texts = {"a.txt": f"{question} The cat sleeps.", "b.txt": "It is open when it is light. Why not?"}
    answer = Retriever(index_of(word_encoder, texts), word_encoder, BY_LATE).ask(question, threshold=1e-6)
    assert (answer.confidence, answer.quotes) == (0.0, ())
    assert answer.closest


def test_a_question_of_common_words_that_a_document_asks_is_answered(encoder: OnnxEncoder) -> None:
    """By what stands below it."""
    texts = {"faq.md": "# FAQ\n\n## Who are you?\n\nThe bot of the club.\n\n## Who was it?\n\nNobody knows.\n"}
    answer = Retriever(index_of(encoder, texts), encoder, read_ranker(RANKER)).ask("who are you")
    assert [quote.text for quote in answer.quotes] == ["The bot of the club."]
