"""Collections: what is left out can neither be found nor change what is found."""

import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from retrieval.asking.retriever import Retriever
from retrieval.index.index import Index
from retrieval.index.scope import MOST_KEPT, Scopes
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


def in_words(answer: Answer) -> Answer:
    """Return an answer without what two indexes of the same documents may name otherwise."""
    return replace(answer, generation="")


def test_collections_are_counted(words: WordEncoder) -> None:
    """By name, with their documents; "" stands for no folder, and its documents stand between the others."""
    assert dict(Retriever(index_of(words, TEXTS), words, BY_LATE).collections) == {"": 2, "a": 2, "b": 1}


@pytest.mark.parametrize("names", [[""], ["a"], ["b"], ["a", ""], ["a", "b", ""], ["b", "unknown"]])
def test_an_answer_within_collections_is_that_of_an_index_of_these_alone(words: WordEncoder, names: list[str]) -> None:
    """Quotes, citations of copies, differing sources, closest passages, others and the confidence to the last bit."""
    kept = {name: text for name, text in TEXTS.items() if collection_of(name) in names}
    together = Retriever(index_of(words, TEXTS), words, BY_LATE)
    alone = Retriever(index_of(words, kept), words, BY_LATE)
    for question in ("When does the cat sleep?", "cat sleeps", "ferry price", "museum opens nine", "who", "monday"):
        for threshold in (0.0, 0.5, 1.0):
            for options in ({}, {"top": 3}, {"top": 3, "newest": True}):
                answer = together.ask(question, threshold=threshold, collections=names, **options)  # type: ignore[arg-type]
                assert in_words(answer) == in_words(alone.ask(question, threshold=threshold, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_random_corpora_give_the_same_answers_within_and_alone(words: WordEncoder, seed: int) -> None:
    """Two hundred documents in five folders, most of their sentences copied somewhere, and fifty questions."""
    rng = random.Random(seed)
    sentences = [" ".join(["The", *rng.sample(WORDS, 4)]) + "." for _ in range(40)]
    texts = {
        f"{rng.choice('vwxyz')}/{number}.txt": "\n\n".join(rng.sample(sentences, rng.randint(1, 4)))
        for number in range(200)
    }
    names = set(rng.sample("vwxyz", 2))
    together = Retriever(index_of(words, texts), words, BY_LATE)
    kept = {name: text for name, text in texts.items() if name[0] in names}
    alone = Retriever(index_of(words, kept), words, BY_LATE)
    for _ in range(50):
        question = " ".join(rng.sample(WORDS, 3))
        answers = [one.ask(question, top=2, collections=names) for one in (together, alone)]
        assert answers[0].confidence == pytest.approx(answers[1].confidence)
        assert ids(answers[0]) <= ids_of(kept, together.index)


def ids(answer: Answer) -> set[str]:
    """Return the ids of all citations that an answer holds."""
    quotes = (*answer.quotes, *answer.closest)
    return {one.id for quote in quotes for one in (quote.citation, *quote.also)} | set(answer.others)


def ids_of(texts: Mapping[str, str], index: Index) -> set[str]:
    """Return the ids of all sentences of some documents."""
    from retrieval.asking.quotes import cite

    cited = (cite(index, row) for row in range(index.count))
    return {one.id for one in cited if one.document in texts}


def test_no_collection_is_not_all_of_them(words: WordEncoder) -> None:
    """None asks everything, an empty list nothing, and an unknown name adds nothing."""
    retriever = Retriever(index_of(words, TEXTS), words, BY_LATE)
    assert retriever.ask("cat sleeps", collections=None).answered
    for names in ([], ["unknown"]):
        answer = retriever.ask("cat sleeps", threshold=0.0, collections=names)
        assert (answer.quotes, answer.closest, answer.others, answer.confidence) == ((), (), (), 0.0)


def test_a_document_outside_of_the_collections_is_not_looked_into(words: WordEncoder) -> None:
    """Naming one that may not be seen finds nothing; of one that may, its own sentences."""
    index = index_of(words, TEXTS)
    retriever = Retriever(index, words, BY_LATE)
    rows = {document.id: row for row, document in enumerate(index.documents)}
    foreign = retriever.ask("cat sleeps", threshold=0.0, document=rows["b/cat.txt"], collections=["a"])
    own = retriever.ask("cat sleeps", threshold=0.0, document=rows["a/cat.txt"], collections=["a"])
    assert not foreign.answered
    assert {quote.citation.document for quote in own.quotes} == {"a/cat.txt"}
    assert own.quotes[0].also == ()


def test_scopes_are_kept_but_not_without_end(words: WordEncoder) -> None:
    """The same collections give the same scope again; a hundred combinations hold little memory."""
    scopes = Scopes(index_of(words, TEXTS))
    assert scopes.of(["a", "b"]) is scopes.of({"b", "a"})
    for number in range(100):
        scopes.of([str(number)])
    assert len(scopes._kept) <= MOST_KEPT
    rows = scopes.of(["a"]).rows
    assert rows is not None
    assert np.count_nonzero(rows) == 3
