"""From an id back to the sentence, and whether the document still says it."""

import pytest

from retrieval.asking.quotes import cite, surrounded
from retrieval.asking.retriever import Retriever
from retrieval.index.citations import CitationLookup, citation_id
from tests.support.small_index import BY_LATE, TEXTS, index_of
from tests.support.word_encoder import WordEncoder


def test_every_id_leads_back_to_its_row(words: WordEncoder) -> None:
    """For each sentence of the corpus."""
    index = index_of(words)
    lookup = CitationLookup(index)
    assert [lookup.row(cite(index, row).id) for row in range(index.count)] == list(range(index.count))


def test_a_sentence_that_a_document_holds_twice_has_two_ids(words: WordEncoder) -> None:
    """Each leads to its own place, and to what stands around that; the first id is that of the sentence alone."""
    said = "The cat sleeps.\n\nThe ferry opens.\n\nThe cat sleeps."
    index = index_of(words, {"a.txt": said, "b.txt": said})
    ids = [cite(index, row).id for row in range(index.count)]
    assert [CitationLookup(index).row(one) for one in ids] == list(range(6))
    assert (ids[0], ids[3]) == (citation_id("a.txt", "The cat sleeps."), citation_id("b.txt", "The cat sleeps."))


@pytest.mark.parametrize("citation", ["", "aaaaaaaaaa", "short", "UPPERCASE2", "a" * 11, "ab cd efgh", "é" * 10])
def test_other_ids_lead_nowhere(words: WordEncoder, citation: str) -> None:
    """Of the right form or not: None, never an error."""
    assert CitationLookup(index_of(words)).row(citation) is None


def test_a_quote_is_shown_with_its_paragraph_and_the_ones_beside_it(words: WordEncoder) -> None:
    """Not across a heading; the three parts together are a piece of the document."""
    index = index_of(words)
    inside = surrounded(index, 3)
    assert (inside.before, inside.text, inside.after) == ("The library opens at nine. ", "It closes on monday.", "")
    first = surrounded(index, 0)
    assert first.after == "\n\nThe cat sleeps on the ferry."
    assert first.before + first.text + first.after == TEXTS["ferry.txt"]


def test_a_question_can_be_asked_of_one_document(words: WordEncoder) -> None:
    """Every candidate is in it, with the same features as without where no rival stands elsewhere."""
    index = index_of(words)
    retriever = Retriever(index, words, BY_LATE)
    for document, rows in enumerate(([0, 1], [2, 3, 4])):
        hits = retriever.rank("cat sleeps nine", document)
        assert sorted(hit.row for hit in hits) == rows
        everywhere = {hit.row: hit.score for hit in retriever.rank("cat sleeps nine")}
        assert {hit.row: hit.score for hit in hits} == {row: everywhere[row] for row in rows}


def test_an_answer_names_the_passages_that_come_next(words: WordEncoder) -> None:
    """Best first, without those that are quoted."""
    index = index_of(words)
    retriever = Retriever(index, words, BY_LATE)
    answer = retriever.ask("cat sleeps nine", threshold=0.5)
    order = [hit.row for hit in retriever.rank("cat sleeps nine")]
    assert [quote.citation.id for quote in answer.quotes] == [cite(index, order[0]).id]
    assert answer.others == tuple(cite(index, row).id for row in order[1:])
