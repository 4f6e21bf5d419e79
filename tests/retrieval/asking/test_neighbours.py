"""Context: a sentence brings the sentences that it refers back to, and no others."""

from dataclasses import replace

from retrieval.asking.neighbours import context_before
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder


def test_in_other_languages_the_sentence_before_always_comes_along(word_encoder: WordEncoder) -> None:
    """The rules are for English; elsewhere too much context is better than too little."""
    index = replace(index_of(word_encoder, {"a.txt": "Rom fiel. Das war 476. Danach kam nichts."}), language="de")
    assert [context_before(index, row) for row in range(3)] == ["", "Rom fiel.", "Das war 476."]


def test_context_is_cut_verbatim_from_the_document(word_encoder: WordEncoder) -> None:
    """At most two sentences before it within the section."""
    text = "# Cat\n\nThe cat came.  It sleeps. It eats.\nIt left. The hours of the ferry are:\n\n# Ferry\n\nIt sails."
    index = index_of(word_encoder, {"a.md": text})
    before = [context_before(index, row) for row in range(index.count)]
    assert before == ["", "The cat came.", "The cat came.  It sleeps.", "It sleeps. It eats.", "", ""]
