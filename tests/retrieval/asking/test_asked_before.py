"""Asked again, a question gets what its heading has below it; one that only looks alike does not."""

import pytest

from config.settings import RANKER
from retrieval.asking.asked_before import SAME, find_asked, kept_rows
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding.encoder import OnnxEncoder
from retrieval.types import Float32
from tests.support.small_index import index_of

KEPT = {
    "answers/crits.md": "# how do we do crits here, roll twice or max?\n\nOne die has its maximum, roll the rest.\n",
    "answers/sheet.md": "# Who runs the Halloween one-shot?\n\n## halloween game gm?\n\nMira does, from eight.\n",
    "answers/rest.md": "# how long is a long rest in the wilds\n\nSeven days in town, without adventures.\n",
}
DOCUMENTS = {
    "combat.md": "# Combat\n\nWhen you score a critical hit, you roll all damage dice twice.\n\n"
    "## Resting\n\nA long rest lasts at least eight hours.\n\nA short rest lasts at least one hour.\n",
    "faq.md": "# FAQ\n\n## 1. Can I bring my dog along?\n\nNot into the kitchen, but it may wait with the porter.\n\n"
    "## 2. Is there Wi-Fi?\n\nThe password hangs beside the till.\n",
}


@pytest.fixture(scope="module")
def retriever(encoder: OnnxEncoder) -> Retriever:
    """Return a retriever without a reader, for some documents and kept answers in the order of their names."""
    return Retriever(index_of(encoder, KEPT | DOCUMENTS), encoder, read_ranker(RANKER))


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("How do we do crits here: roll twice, or max", "answers/crits.md"),
        ("who runs the halloween one-shot", "answers/sheet.md"),
        ("Halloween game GM", "answers/sheet.md"),
        ("is there wi-fi", "faq.md"),
    ],
)
def test_the_same_words_get_the_answer_below_them_as_surely_as_can_be(
    retriever: Retriever, question: str, document: str
) -> None:
    answer = retriever.ask(question)
    assert answer.quotes[0].citation.document == document
    assert answer.confidence == pytest.approx(SAME)


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("how are crits done here, do I roll twice or take the max", "answers/crits.md"),
        ("How long does a long rest take in the Wilds?", "answers/rest.md"),
        ("Can I bring a dog?", "faq.md"),
    ],
)
def test_other_words_get_it_too(retriever: Retriever, question: str, document: str) -> None:
    assert retriever.ask(question).quotes[0].citation.document == document


@pytest.mark.parametrize(
    "question",
    [
        "how long is a short rest in the wilds",
        "Who runs the Christmas one-shot?",
        "how do we do fumbles here, roll twice or max?",
    ],
)
def test_a_question_that_differs_in_one_thing_does_not_get_the_kept_answer(retriever: Retriever, question: str) -> None:
    answer = retriever.ask(question)
    assert not [quote for quote in answer.quotes if quote.citation.document.startswith("answers/")]


def test_kept_answers_are_candidates_however_many_documents_are_more_alike(encoder: OnnxEncoder) -> None:
    """Thirty documents repeat the words of the question, and the kept answer has none of them."""
    crowd = {
        f"page{number:02}.md": f"# Printing\n\nThe printer of room {number} prints badges.\n" for number in range(30)
    }
    kept = {"answers/badge.md": "# where can I get a name tag\n\nAt the desk beside the stairs.\n"}
    index = index_of(encoder, crowd | kept)
    assert kept_rows(index).rows().tolist() == [0]
    hits = Retriever(index, encoder, read_ranker(RANKER)).rank("Which printer prints the badges of room 7?")
    assert 0 in [hit.row for hit in hits]


def test_without_kept_answers_there_are_no_kept_rows(encoder: OnnxEncoder) -> None:
    names = ("answer.md", "answers.md", "b.md")
    assert kept_rows(index_of(encoder, dict.fromkeys(names, "# Title\n\nIt is open.\n"))).count == 0


def test_a_heading_longer_than_any_question_is_not_compared(encoder: OnnxEncoder) -> None:
    """It may have the size of a file, and encoding it that of a second."""
    long = "what is the badge " * 1_000
    index = index_of(encoder, {"answers/a.md": f"# {long}\n\nBadges are red.\n", "b.md": "# Who has it?\n\nMira.\n"})
    asked: list[str] = []

    def encode(text: str) -> Float32:
        asked.append(text)
        return encoder.encode_question(text).vector

    hits = Retriever(index, encoder, read_ranker(RANKER)).rank("what is the badge")
    assert {hit.row for hit in hits} == {0, 1}
    find_asked(index, encoder, encode, "what is the badge", hits)
    assert asked == ["what is the badge", "Who has it?"]
