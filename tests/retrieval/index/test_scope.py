"""Scopes: what is outside the collections of a question can neither be found nor influence the answer."""

import random
from collections.abc import Mapping
from dataclasses import replace

import pytest

from retrieval.asking.quotes import cite
from retrieval.asking.retriever import Retriever
from retrieval.index.index import Index
from retrieval.index.scope import MAX_CACHED_SCOPES, Scopes
from retrieval.reading.metadata import collection_of
from retrieval.types import Answer
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WORDS, WordEncoder

TEXTS = {
    "ferry.txt": "The ferry has a price of four.",
    "a-b.txt": "The cat sleeps at four.",
    "a/cat.txt": "The cat sleeps at nine.\n\nThe ferry opens on monday.",
    "a/deep/er/cat.txt": "The cat sleeps at nine.",
    "b/cat.txt": "The cat sleeps at four.\n\nThe museum opens at nine.",
}


def without_generation(answer: Answer) -> Answer:
    """Return an answer without the name of its generation, which differs between two indexes."""
    return replace(answer, generation="")


def test_the_documents_of_each_collection_are_counted(word_encoder: WordEncoder) -> None:
    """The name "" stands for documents in no collection, wherever they come in the order of the documents."""
    assert dict(Retriever(index_of(word_encoder, TEXTS), word_encoder, BY_LATE).collections) == {"": 2, "a": 2, "b": 1}


@pytest.mark.parametrize("names", [[""], ["a"], ["b"], ["a", ""], ["a", "b", ""], ["b", "unknown"]])
def test_an_answer_from_collections_equals_that_of_an_index_of_these(
    word_encoder: WordEncoder, names: list[str]
) -> None:
    """Quotes, copies, differing sources, closest and next passages are equal, the confidence to the last bit."""
    texts_within = {name: text for name, text in TEXTS.items() if collection_of(name) in names}
    together = Retriever(index_of(word_encoder, TEXTS), word_encoder, BY_LATE)
    alone = Retriever(index_of(word_encoder, texts_within), word_encoder, BY_LATE)
    for question in ("When does the cat sleep?", "cat sleeps", "ferry price", "museum opens nine", "who", "monday"):
        for threshold in (0.0, 0.5, 1.0):
            for options in ({}, {"top": 3}, {"top": 3, "newest": True}):
                answer = together.ask(question, threshold=threshold, collections=names, **options)  # type: ignore[arg-type]
                expected = alone.ask(question, threshold=threshold, **options)  # type: ignore[arg-type]
                assert without_generation(answer) == without_generation(expected)


@pytest.mark.parametrize("seed", range(3))
def test_random_corpora_give_the_same_answers_in_collections_and_alone(word_encoder: WordEncoder, seed: int) -> None:
    """There are two hundred documents in five folders, most of their sentences have copies, and fifty questions."""
    rng = random.Random(seed)
    sentences = [" ".join(["The", *rng.sample(WORDS, 4)]) + "." for _ in range(40)]
    texts = {
        f"{rng.choice('vwxyz')}/{number}.txt": "\n\n".join(rng.sample(sentences, rng.randint(1, 4)))
        for number in range(200)
    }
    names = set(rng.sample("vwxyz", 2))
    together = Retriever(index_of(word_encoder, texts), word_encoder, BY_LATE)
    texts_within = {name: text for name, text in texts.items() if name[0] in names}
    alone = Retriever(index_of(word_encoder, texts_within), word_encoder, BY_LATE)
    for _ in range(50):
        question = " ".join(rng.sample(WORDS, 3))
        answers = [retriever.ask(question, top=2, collections=names) for retriever in (together, alone)]
        assert answers[0].confidence == pytest.approx(answers[1].confidence)
        assert ids(answers[0]) <= ids_of(texts_within, together.index)


def ids(answer: Answer) -> set[str]:
    """Collect the ids of all citations in an answer."""
    quotes = (*answer.quotes, *answer.closest)
    return {citation.id for quote in quotes for citation in (quote.citation, *quote.also)} | set(answer.others)


def ids_of(texts: Mapping[str, str], index: Index) -> set[str]:
    """Collect the ids of all sentences of some documents."""
    citations = (cite(index, row) for row in range(index.count))
    return {citation.id for citation in citations if citation.document in texts}


def test_an_empty_list_of_collections_is_not_all_of_them(word_encoder: WordEncoder) -> None:
    """None searches everything, an empty list nothing, and unknown names are ignored."""
    retriever = Retriever(index_of(word_encoder, TEXTS), word_encoder, BY_LATE)
    assert retriever.ask("cat sleeps", collections=None).answered
    for names in ([], ["unknown"]):
        answer = retriever.ask("cat sleeps", threshold=0.0, collections=names)
        assert (answer.quotes, answer.closest, answer.others, answer.confidence) == ((), (), (), 0.0)


def test_a_document_outside_the_collections_is_not_searched(word_encoder: WordEncoder) -> None:
    """A question limited to such a document has no answer; inside the collections it is answered from that document."""
    index = index_of(word_encoder, TEXTS)
    retriever = Retriever(index, word_encoder, BY_LATE)
    rows = {document.id: row for row, document in enumerate(index.documents)}
    foreign = retriever.ask("cat sleeps", threshold=0.0, document=rows["b/cat.txt"], collections=["a"])
    own = retriever.ask("cat sleeps", threshold=0.0, document=rows["a/cat.txt"], collections=["a"])
    assert not foreign.answered
    assert {quote.citation.document for quote in own.quotes} == {"a/cat.txt"}
    assert own.quotes[0].also == ()


def test_scopes_are_cached_up_to_a_limit(word_encoder: WordEncoder) -> None:
    """Equal sets of collections share a scope, and a hundred combinations do not fill the memory."""
    scopes = Scopes(index_of(word_encoder, TEXTS))
    assert scopes.of(["a", "b"]) is scopes.of({"b", "a"})
    for number in range(100):
        scopes.of([str(number)])
    assert len(scopes._cache) <= MAX_CACHED_SCOPES
    rows = scopes.of(["a"]).rows
    assert rows is not None
    assert rows.count == 3
