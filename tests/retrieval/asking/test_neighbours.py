"""Context: what a sentence leans on comes along, and nothing else."""

from dataclasses import replace

from retrieval.asking import neighbours
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder


def test_of_another_language_one_sentence_before_always_comes(words: WordEncoder) -> None:
    """The rules are for English; elsewhere too much context is better than too little."""
    index = replace(index_of(words, {"a.txt": "Rom fiel. Das war 476. Danach kam nichts."}), language="de")
    assert [neighbours.before(index, row) for row in range(3)] == ["", "Rom fiel.", "Das war 476."]


def test_context_is_cut_from_the_document_as_it_stands(words: WordEncoder) -> None:
    """At most two sentences before, inside the section, and one after a colon."""
    text = "# Cat\n\nThe cat came.  It sleeps. It eats.\nIt left. The hours of the ferry are:\n\n# Ferry\n\nIt sails."
    index = index_of(words, {"a.md": text})
    before = [neighbours.before(index, row) for row in range(index.count)]
    assert before == ["", "The cat came.", "The cat came.  It sleeps.", "It sleeps. It eats.", "", ""]
    assert [neighbours.after(index, row) for row in range(index.count)] == [""] * 6
    index = index_of(words, {"a.md": "The hours of the ferry are:\n\nMonday at nine."})
    assert neighbours.after(index, 0) == "Monday at nine."
