"""Explanations: what each stage found is recorded as it was, and the answer stays the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from retrieval.asking.explaining import Trace, TracedReader
from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import ReadingWeights
from retrieval.asking.retriever import Retriever
from retrieval.explanations import Explanation
from retrieval.types import Answer, Mark
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

QUESTION = "zebra cat sleeps"


@dataclass(frozen=True)
class Said:
    """What the reader of the tests says of a text; what it would compare it by is not shown."""

    judged: float
    answers: float = 0.0


class MuseumReader:
    """A reader that takes every text with the museum for an answer."""

    fingerprint = "museum"

    def read(self, question: str, windows: Sequence[tuple[str, str]]) -> list[Said]:
        return [Said(2.0 if question and "museum" in text else -2.0) for _, text in windows]


def ask(retriever: Retriever, question: str, threshold: float = 0.9) -> tuple[Answer, Explanation]:
    trace = Trace()
    answer = retriever.ask(question, threshold=threshold, trace=trace)
    return answer, retriever.explain(trace, answer)


def test_explaining_changes_nothing(word_encoder: WordEncoder) -> None:
    """Answers and refusals are those without a trace."""
    retriever = Retriever(index_of(word_encoder), word_encoder, BY_LATE)
    for question in (QUESTION, "library opens", "nothing of this", "ferry price four"):
        assert ask(retriever, question)[0] == retriever.ask(question, threshold=0.9)


def test_lines_are_those_of_the_citation(word_encoder: WordEncoder) -> None:
    """Where a format has marks of lines, they are those of the file."""
    index = index_of(word_encoder)
    marked = tuple(replace(document, unit="line", marks=(Mark(0, 23),)) for document in index.documents)
    retriever = Retriever(replace(index, documents=marked), word_encoder, BY_LATE)
    answer, explanation = ask(retriever, QUESTION, threshold=0.0)
    assert (answer.quotes[0].citation.line, explanation.considered[0].line) == (23, 23)


def test_the_halves_of_a_passage_are_no_passages_that_were_read() -> None:
    """What is said of the whole passage is kept, and what is said of its better half."""
    trace = Trace()
    reader = TracedReader(MuseumReader(), trace)
    reader.read("when?", [("Town", "The museum. The park."), ("Lake", "The park.")])
    reader.read("when?", [("Town", "The museum. "), ("Town", "The park.")])
    assert trace.readings == {("Town", "The museum. The park."): 2.0, ("Lake", "The park."): -2.0}
    assert trace.halves == {("Town", "The museum. The park."): 2.0}


def test_words_that_no_document_has_are_named(word_encoder: WordEncoder) -> None:
    """As they are written; words that are left out of searches are not among them."""
    retriever = Retriever(index_of(word_encoder), word_encoder, BY_LATE)
    assert ask(retriever, "Is the Zebra a cat or a lion?")[1].unseen == ("Zebra", "lion")
    assert ask(retriever, "cat sleeps")[1].unseen == ()


def test_what_was_considered_has_its_places_and_its_confidence(word_encoder: WordEncoder) -> None:
    """In the final order, with the line in its document."""
    retriever = Retriever(index_of(word_encoder), word_encoder, BY_LATE)
    answer, explanation = ask(retriever, QUESTION)
    first = explanation.considered[0]
    assert (first.document, first.line, first.text) == ("ferry.txt", 3, "The cat sleeps on the ferry.")
    assert (first.by_meaning, first.by_words, first.by_ranker, first.reader) == (1, 1, 1, None)
    assert first.better_half is None
    assert first.confidence == first.confidence_before == answer.confidence == explanation.confidence
    assert [reason.feature for reason in first.reasons] == ["late"]
    assert first.reasons[0].weight > 0
    assert 0 < first.covered < 1
    assert explanation.read is None


def test_a_sentence_that_a_search_did_not_find_has_no_place_there(word_encoder: WordEncoder) -> None:
    """Lexical search finds nothing without a shared word."""
    retriever = Retriever(index_of(word_encoder), word_encoder, BY_LATE)
    places = {item.text: item.by_words for item in ask(retriever, QUESTION)[1].considered}
    assert places["It closes on monday."] is None


def test_a_refusal_has_the_confidence_that_was_not_enough(word_encoder: WordEncoder) -> None:
    """An answer has one that was."""
    retriever = Retriever(index_of(word_encoder), word_encoder, BY_LATE)
    assert not ask(retriever, QUESTION, threshold=0.999)[1].answered
    assert ask(retriever, QUESTION, threshold=0.01)[1].answered


@pytest.mark.parametrize(("question", "reader"), [("museum ticket", 0.8808), ("cat sleeps", 0.1192)])
def test_what_the_reader_says_is_recorded(question: str, reader: float, word_encoder: WordEncoder) -> None:
    """Its probability for the four passages of the documents, and the confidence before and after."""
    weights = ReadingWeights(confidence={"judged": 1.0}, bias=0.0, operating_points=())
    ranker = replace(BY_LATE, confidence=(0.0,) * len(FEATURE_NAMES), bias=0.0, reading=weights)
    retriever = Retriever(index_of(word_encoder), word_encoder, ranker, reader=MuseumReader())
    explanation = ask(retriever, question, threshold=0.5)[1]
    first = explanation.considered[0]
    assert explanation.read == 4
    assert first.reader == pytest.approx(reader, abs=1e-4)
    assert first.confidence_before == 0.5
    assert first.confidence == pytest.approx(reader, abs=1e-4)
    assert None not in {item.reader for item in explanation.considered}


def test_an_index_without_a_candidate_is_explained(word_encoder: WordEncoder) -> None:
    """No collection that is searched has a document."""
    retriever = Retriever(index_of(word_encoder), word_encoder, BY_LATE)
    trace = Trace()
    answer = retriever.ask(QUESTION, collections=["none"], trace=trace)
    explanation = retriever.explain(trace, answer)
    assert (explanation.candidates, explanation.considered, explanation.answered) == (0, (), False)
