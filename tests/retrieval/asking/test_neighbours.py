"""Context: what a sentence leans on comes along, and nothing else."""

from dataclasses import replace

import pytest

from retrieval.asking import neighbours
from retrieval.asking.neighbours import leans_on_before
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder


@pytest.mark.parametrize(
    "text",
    [
        "It fell to 4 %.",
        "“He refused,” she said.",
        "The move was criticised by both sides.",
        "The agreement, signed in Vienna, ended the war.",
        "The museum reopened in May.",
        "However, nobody came.",
        "Two years later the bridge was closed.",
        "In 1785 he presented a paper.",
        "During his reign the town grew.",
        "As part of this merger, the network would have been renamed.",
        "(This report became famous.)",
    ],
)
def test_a_sentence_that_points_back_leans_on_the_one_before(text: str) -> None:
    """Pronouns, links, and nouns that only name again what was just told."""
    assert leans_on_before(text, "en")


@pytest.mark.parametrize(
    "text",
    [
        "Rome fell in 476.",
        "The agreement of Vienna ended the war.",
        "The Nationals are strongest in the east.",
        "The library of the town opens at nine.",
        "In 1785 Hutton said that he had a theory.",
        "It is possible that ferries return.",
        "Theory and practice differ.",
    ],
)
def test_a_sentence_that_says_what_it_is_about_stands_alone(text: str) -> None:
    """A name, a noun that is explained, or an empty "it"."""
    assert not leans_on_before(text, "en")


def test_of_another_language_one_sentence_before_always_comes(words: WordEncoder) -> None:
    """The rules are for English; elsewhere too much context is better than too little."""
    assert leans_on_before("Rom fiel.", "de")
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
