"""Citation ids: how they are made, and the sentences that they lead to."""

import pytest

from retrieval.asking.quotes import cite, make_quote_with_surroundings
from retrieval.asking.retriever import Retriever
from retrieval.index.citations import CitationLookup, citation_id
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder


def test_every_citation_id_leads_back_to_its_row(word_encoder: WordEncoder) -> None:
    """It holds for each sentence of the corpus."""
    index = index_of(word_encoder)
    lookup = CitationLookup(index)
    assert [lookup.row(cite(index, row).id) for row in range(index.count)] == list(range(index.count))


def test_a_sentence_that_occurs_twice_in_a_document_has_two_ids(word_encoder: WordEncoder) -> None:
    """Each leads to its own row; the first is the id that the sentence would have if it occurred once."""
    text = "The cat sleeps.\n\nThe ferry opens.\n\nThe cat sleeps."
    index = index_of(word_encoder, {"a.txt": text, "b.txt": text})
    ids = [cite(index, row).id for row in range(index.count)]
    assert [CitationLookup(index).row(citation) for citation in ids] == list(range(6))
    assert (ids[0], ids[3]) == (citation_id("a.txt", "The cat sleeps."), citation_id("b.txt", "The cat sleeps."))


def test_a_citation_id_depends_only_on_document_and_sentence() -> None:
    """It has ten letters and digits and is part of the format: links to it must stay valid."""
    citation = citation_id("a.md", "It opens.")
    assert citation == "cnjvsaohg7"
    assert len({citation, citation_id("b.md", "It opens."), citation_id("a.md", "It shuts.")}) == 3
    assert citation.isalnum()
    assert len(citation) == 10


@pytest.mark.parametrize("citation", ["", "aaaaaaaaaa", "short", "UPPERCASE2", "a" * 11, "ab cd efgh", "é" * 10])
def test_an_unknown_or_malformed_id_leads_to_none(word_encoder: WordEncoder, citation: str) -> None:
    """The lookup never raises an error."""
    assert CitationLookup(index_of(word_encoder)).row(citation) is None


def test_a_quote_is_shown_with_the_section_around_it(word_encoder: WordEncoder) -> None:
    """The context ends at a heading."""
    index = index_of(word_encoder)
    middle = make_quote_with_surroundings(index, 3)
    assert (middle.before, middle.text, middle.after) == ("The library opens at nine.", "It closes on monday.", "")
    first = make_quote_with_surroundings(index, 0)
    assert first.after == "The cat sleeps on the ferry."
    assert [(part.kind, part.text) for part in first.passage] == [("prose", first.text), ("prose", first.after)]


def test_a_question_can_be_limited_to_one_document(word_encoder: WordEncoder) -> None:
    """All candidates are in it, and keep their scores as no rival is in the other document."""
    index = index_of(word_encoder)
    retriever = Retriever(index, word_encoder, BY_LATE)
    for document, rows in enumerate(([0, 1], [2, 3, 4])):
        hits = retriever.rank("cat sleeps nine", document)
        assert sorted(hit.row for hit in hits) == rows
        everywhere = {hit.row: hit.score for hit in retriever.rank("cat sleeps nine")}
        assert {hit.row: hit.score for hit in hits} == {row: everywhere[row] for row in rows}


def test_an_answer_names_the_next_best_passages(word_encoder: WordEncoder) -> None:
    """They come best first and do not include the quotes."""
    index = index_of(word_encoder)
    retriever = Retriever(index, word_encoder, BY_LATE)
    answer = retriever.ask("cat sleeps nine", threshold=0.5)
    order = [hit.row for hit in retriever.rank("cat sleeps nine")]
    assert [quote.citation.id for quote in answer.quotes] == [cite(index, order[0]).id]
    assert answer.others == tuple(cite(index, row).id for row in order[1:])
