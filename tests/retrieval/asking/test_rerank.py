"""The second stage: exactly the order of the scores, from texts that say what a sentence is about."""

import pytest

from retrieval.asking.rerank import READ_AGAIN, passage, reordered
from retrieval.asking.retriever import Retriever
from retrieval.index.build import build_index
from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.text.windows import LONGEST_CONTEXT
from retrieval.types import ReadDocument
from tests.support.paths import SEEDS
from tests.support.small_index import BY_LATE, TEXTS, index_of, read
from tests.support.word_encoder import CountingCrossEncoder, WordEncoder

MANY = {"many.txt": "\n\n".join(f"The cat sleeps on ferry {number}." for number in range(30))}


def test_the_first_twenty_are_ordered_by_score_with_ties_as_they_were(words: WordEncoder) -> None:
    """Of thirty hits only twenty are read; those that hold "7." come first, the others stay."""
    index = index_of(words, MANY)
    ranked = [hit.row for hit in Retriever(index, words, BY_LATE).rank("cat sleeps")]
    assert len(ranked) == 30
    cross_encoder = CountingCrossEncoder("7.")
    places = reordered(index, cross_encoder, "cat sleeps", ranked)
    (seven,) = [place for place, row in enumerate(ranked) if index.text(row).endswith(" 7.")]
    assert places == [seven, *(place for place in range(30) if place != seven)]
    assert cross_encoder.read == [("cat sleeps", passage(index, row)) for row in ranked[:READ_AGAIN]]


def test_a_hit_keeps_its_score_and_confidence_when_it_moves(words: WordEncoder) -> None:
    """The answer's confidence is the calibrated one of the hit that now comes first."""
    index = index_of(words)
    plain = Retriever(index, words, BY_LATE)
    second = Retriever(index, words, BY_LATE, CountingCrossEncoder("closes"))
    before, after = plain.rank("cat sleeps"), second.rank("cat sleeps")
    assert index.text(before[0].row) == "The cat sleeps on the ferry."
    assert index.text(after[0].row) == "It closes on monday."
    known = {hit.row: (hit.score, hit.probability) for hit in before}
    assert {hit.row: (hit.score, hit.probability) for hit in after} == known
    answer = second.ask("cat sleeps", threshold=0.0)
    assert (answer.quotes[0].text, answer.confidence) == ("It closes on monday.", after[0].probability)
    assert answer.confidence < plain.ask("cat sleeps", threshold=0.0).confidence


def test_equal_scores_and_no_second_stage_give_the_same_answer(words: WordEncoder) -> None:
    """A second stage that knows no better changes nothing; one that is off is not asked."""
    index = index_of(words)
    plain, equal = (Retriever(index, words, BY_LATE, one) for one in (None, CountingCrossEncoder("nothing")))
    for question in ("cat sleeps nine", "library monday", "who"):
        assert plain.ask(question, top=5, threshold=0.0) == equal.ask(question, top=5, threshold=0.0)


def test_an_index_without_a_sentence_refuses(words: WordEncoder) -> None:
    """There is nothing to read again."""
    answer = Retriever(index_of(words, {}), words, BY_LATE, CountingCrossEncoder("a")).ask("cat")
    assert (answer.quotes, answer.confidence) == ((), 0.0)


def test_a_sentence_is_read_with_title_and_heading_and_a_question_above(words: WordEncoder) -> None:
    """Other neighbours are left out; a question of another section is too."""
    index = index_of(words, TEXTS | {"faq.txt": "Is the cat there?\n\nOn monday.\n\nNot on sunday."})
    assert [passage(index, row) for row in range(index.count)] == [
        "faq. Is the cat there?",
        "faq. Is the cat there? On monday.",
        "faq. Not on sunday.",
        "ferry. The ferry has a price of four.",
        "ferry. The cat sleeps on the ferry.",
        "library. Hours. The library opens at nine.",
        "library. Hours. It closes on monday.",
        "library. Museum. The museum sleeps.",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "marks.md",
            "# One #\n\nA cat.\n\n## Two *words*\n\n- A list.\n- Of two.\n\n### Three\n\n1. First.\n2. Second.",
        ),
        ("lines.md", "One\n===\n\nA cat.\n\nTwo\n---\n\n> A quote.\n\nThree\n---\n**Bold** cat."),
        ("aside.md", "# One\n\n| a | b |\n|---|---|\n| c | d |\n\nA cat.\n\n# Two\n\n```\ncode\n```\n\nA ferry."),
        ("empty.md", "# One\n\n## Two\n\nA cat.\n\n# Three\n"),
        (
            "capitals.txt",
            "THE MUSEUM\nIt opens at nine.\n\nPrices:\n\nIt costs four.\n\nUnderlined\n----------\nA cat sleeps.",
        ),
        ("plain.txt", "A cat sleeps.\n\nA ferry sleeps.\n\nOpening hours\n\nAt nine it opens."),
    ],
)
def test_headings_are_those_that_the_windows_open_with(words: WordEncoder, name: str, text: str) -> None:
    """What is read again of a row is what is searched for it."""
    built = build_index([read(name, text)], words, "en", "gen-1")
    index, corpus = built.index, built.corpus
    assert [passage(index, row) for row in range(index.count)] == corpus.search_texts


def test_headings_of_the_shipped_passages_are_found(words: WordEncoder) -> None:
    """With front matter and captions, every sentence is read with the context of its window."""
    entries, _ = list_files(SEEDS)
    reads = [one for one in (read_file(entry, 1_000_000) for entry in entries) if isinstance(one, ReadDocument)]
    built = build_index(reads, words, "en", "gen-1")
    index, corpus = built.index, built.corpus
    assert index.count > 50
    assert [passage(index, row) for row in range(index.count)] == corpus.search_texts


def test_an_overlong_title_leaves_room_for_the_sentence(words: WordEncoder) -> None:
    """No heading fills what the model reads."""
    index = index_of(words, {"long.md": f"# {'Heading ' * 1_000}\n\nA cat sleeps."})
    assert passage(index, 0)[LONGEST_CONTEXT:] == "A cat sleeps."
    assert words.encoded[0][LONGEST_CONTEXT:] == "A cat sleeps."
