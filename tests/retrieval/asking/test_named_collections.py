"""The collection that a question names is searched first, and its name is no missing word."""

import pytest

from retrieval.asking.explaining import Trace
from retrieval.asking.named_collections import NamedCollection, find_named_collection
from retrieval.asking.retriever import Retriever
from retrieval.index.scope import Scopes
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

TEXTS = {
    "norvil/a.md": "The museum opens at nine.",
    "tarnwick/b.md": "The museum of Tarnwick opens at four.",
    "harbour/c.md": "The ferry sleeps in the harbour, not in Tarnwick.",
    "old-quuxy/d.md": "The cat sleeps.",
    "library/e.md": "It opens.",
    "ferry/f.md": "It has a price.",
    "x2/g.md": "It closes.",
    "quuxy-2.9/h.md": "It sleeps.",
}


@pytest.mark.parametrize(
    ("question", "text", "name", "is_own", "only"),
    [
        ("when does the museum open in norvil?", "when does the museum open?", "norvil", True, True),
        ("norvil museum opens when", "museum opens when", "norvil", True, False),
        ("Old Quuxy: is there a cat?", "is there a cat?", "old-quuxy", True, False),
        ("when does it open in tarnwick", "when does it open in tarnwick", "tarnwick", False, False),
        ("who sleeps in library", "who sleeps", "library", True, True),
    ],
)
def test_a_question_names_a_collection(
    word_encoder: WordEncoder, question: str, text: str, name: str, is_own: bool, only: bool
) -> None:
    """A name that its documents do not have is taken out; elsewhere is searched if it is mentioned there."""
    index = index_of(word_encoder, TEXTS)
    found = find_named_collection(index, Scopes(index), question, None)
    assert found == NamedCollection(text, [name], is_own, only)


@pytest.mark.parametrize(
    "question",
    [
        "when does the library open?",  # an English word
        "what is the price in ferry?",  # which others have, too
        "norvil or tarnwick?",  # two
        "what is in norvil?",  # nothing else is asked
        "what about x2?",  # too short
        "norvilian museum?",
        "what sleeps in quuxy 2.9?",  # a version
    ],
)
def test_most_questions_name_none(word_encoder: WordEncoder, question: str) -> None:
    """In doubt, all of them are searched."""
    index = index_of(word_encoder, TEXTS)
    assert find_named_collection(index, Scopes(index), question, None) is None


def test_only_what_may_be_searched_is_named(word_encoder: WordEncoder) -> None:
    """Other collections must not show; the only one needs no limit."""
    index = index_of(word_encoder, TEXTS)
    assert find_named_collection(index, Scopes(index), "museum in norvil", ["harbour", "ferry"]) is None
    alone = index_of(word_encoder, {"norvil/a.md": TEXTS["norvil/a.md"]})
    assert find_named_collection(alone, Scopes(alone), "museum in norvil", None) == NamedCollection(
        "museum", None, True, True
    )


def test_the_answer_is_that_of_the_named_collection(word_encoder: WordEncoder) -> None:
    """The question without the name, asked in the collection, has the same answer; a refusal there is one."""
    retriever = Retriever(index_of(word_encoder, TEXTS), word_encoder, BY_LATE)
    answer = retriever.ask("The museum opens at, in norvil?")
    expected = retriever.ask("The museum opens at,?", collections=["norvil"])
    assert [quote.text for quote in answer.quotes] == ["The museum opens at nine."]
    assert (answer.quotes, answer.confidence) == (expected.quotes, expected.confidence)
    assert not retriever.ask("The ferry sleeps in norvil?", threshold=0.9).answered


def test_of_a_name_that_others_mention_the_surer_answer_counts(word_encoder: WordEncoder) -> None:
    """How the ferry sleeps in Tarnwick is told by the harbour, and explained as it was answered."""
    retriever = Retriever(index_of(word_encoder, TEXTS), word_encoder, BY_LATE)
    for question, document in (
        ("The ferry sleeps in Tarnwick", "harbour/c.md"),
        ("The museum in Tarnwick", "tarnwick/b.md"),
    ):
        trace = Trace()
        answer = retriever.ask(question, trace=trace)
        assert answer == retriever.ask(question)
        assert [quote.citation.document for quote in answer.quotes] == [document]
        assert retriever.explain(trace, answer).considered[0].document == document
