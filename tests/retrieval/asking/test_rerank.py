"""Reranking: hits are ordered exactly by the cross-encoder's scores of self-contained passages."""

import pytest

from retrieval.asking.rerank import RERANKED_HITS, passage_of_row, rerank
from retrieval.asking.retriever import Retriever
from retrieval.index.build import build_index
from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.text.windows import MAX_CONTEXT_LENGTH
from retrieval.types import ReadDocument
from tests.support.paths import SEEDS
from tests.support.small_index import BY_LATE, TEXTS, index_of, read
from tests.support.word_encoder import CountingCrossEncoder, WordEncoder

MANY = {"many.txt": "\n\n".join(f"The cat sleeps on ferry {number}." for number in range(30))}


def test_the_first_twenty_hits_are_reordered_by_score_and_ties_keep_their_order(word_encoder: WordEncoder) -> None:
    """Of thirty hits only twenty are read; the one that contains "7." comes first, the others stay."""
    index = index_of(word_encoder, MANY)
    ranked = [hit.row for hit in Retriever(index, word_encoder, BY_LATE).rank("cat sleeps")]
    assert len(ranked) == 30
    cross_encoder = CountingCrossEncoder("7.")
    positions = rerank(index, cross_encoder, "cat sleeps", ranked)
    (seven,) = [i for i, row in enumerate(ranked) if index.text(row).endswith(" 7.")]
    assert positions == [seven, *(i for i in range(30) if i != seven)]
    assert cross_encoder.read == [("cat sleeps", passage_of_row(index, row)) for row in ranked[:RERANKED_HITS]]


def test_a_hit_keeps_its_score_and_confidence_when_it_moves(word_encoder: WordEncoder) -> None:
    """The confidence of the answer is the calibrated probability of the hit that now comes first."""
    index = index_of(word_encoder)
    plain = Retriever(index, word_encoder, BY_LATE)
    reranking = Retriever(index, word_encoder, BY_LATE, CountingCrossEncoder("closes"))
    before, after = plain.rank("cat sleeps"), reranking.rank("cat sleeps")
    assert index.text(before[0].row) == "The cat sleeps on the ferry."
    assert index.text(after[0].row) == "It closes on monday."
    scores_before = {hit.row: (hit.score, hit.probability) for hit in before}
    assert {hit.row: (hit.score, hit.probability) for hit in after} == scores_before
    answer = reranking.ask("cat sleeps", threshold=0.0)
    assert (answer.quotes[0].text, answer.confidence) == ("It closes on monday.", after[0].probability)
    assert answer.confidence < plain.ask("cat sleeps", threshold=0.0).confidence


def test_equal_scores_give_the_same_answer_as_no_cross_encoder(word_encoder: WordEncoder) -> None:
    """A cross-encoder that finds all passages equally good changes nothing."""
    index = index_of(word_encoder)
    plain = Retriever(index, word_encoder, BY_LATE)
    equal = Retriever(index, word_encoder, BY_LATE, CountingCrossEncoder("nothing"))
    for question in ("cat sleeps nine", "library monday", "who"):
        assert plain.ask(question, top=5, threshold=0.0) == equal.ask(question, top=5, threshold=0.0)


def test_an_empty_index_refuses(word_encoder: WordEncoder) -> None:
    """There are no hits to rerank."""
    answer = Retriever(index_of(word_encoder, {}), word_encoder, BY_LATE, CountingCrossEncoder("a")).ask("cat")
    assert (answer.quotes, answer.confidence) == ((), 0.0)


def test_a_passage_contains_title_heading_and_a_question_above(word_encoder: WordEncoder) -> None:
    """Other neighbours are left out, and so is a question in another section."""
    index = index_of(word_encoder, TEXTS | {"faq.txt": "Is the cat there?\n\nOn monday.\n\nNot on sunday."})
    assert [passage_of_row(index, row) for row in range(index.count)] == [
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
def test_passages_begin_with_the_same_headings_as_the_windows(word_encoder: WordEncoder, name: str, text: str) -> None:
    """The passage of a row is the text that the lexical search indexes for it."""
    built = build_index([read(name, text)], word_encoder, "en", "gen-1")
    index, corpus = built.index, built.corpus
    assert [passage_of_row(index, row) for row in range(index.count)] == corpus.search_texts


def test_passages_of_the_seeds_begin_with_the_same_headings_as_their_windows(word_encoder: WordEncoder) -> None:
    """The seeds have front matter and captions."""
    entries, _ = list_files(SEEDS)
    reads = [read_file(entry, 1_000_000) for entry in entries]
    documents = [read for read in reads if isinstance(read, ReadDocument)]
    built = build_index(documents, word_encoder, "en", "gen-1")
    index, corpus = built.index, built.corpus
    assert index.count > 50
    assert [passage_of_row(index, row) for row in range(index.count)] == corpus.search_texts


def test_an_overlong_title_leaves_room_for_the_sentence(word_encoder: WordEncoder) -> None:
    """A heading cannot fill the whole input of the model."""
    index = index_of(word_encoder, {"long.md": f"# {'Heading ' * 1_000}\n\nA cat sleeps."})
    assert passage_of_row(index, 0)[MAX_CONTEXT_LENGTH:] == "A cat sleeps."
    assert word_encoder.encoded[0][MAX_CONTEXT_LENGTH:] == "A cat sleeps."
