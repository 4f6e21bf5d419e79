"""A day, a number, a version, a name or a negation in a question decides which sentence is quoted, or that none is."""

import pytest

from config.settings import RANKER
from retrieval.asking.ranker import read_ranker
from retrieval.asking.retriever import Retriever
from retrieval.encoding.encoder import OnnxEncoder
from retrieval.index.build import build_index
from retrieval.reading.isolated import parent
from retrieval.types import Answer
from tests.retrieval.asking.constraint_cases import ANSWERED, DOCUMENTS, REFUSED
from tests.support.reading import read_content
from tests.traps.test_traps import extract_here

PRECISION = 0.75  # the default


@pytest.fixture(scope="module")
def retriever(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    """Return the retriever of an index of all documents."""
    folder = tmp_path_factory.mktemp("constraints")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parent, "extract", extract_here)
        contents = {
            name: text if isinstance(text, bytes) else text.encode() for name, text in sorted(DOCUMENTS.items())
        }
        reads = [read_content(folder, name, content) for name, content in contents.items()]
    return Retriever(build_index(reads, encoder, "en", "constraints").index, encoder, read_ranker(RANKER))


@pytest.fixture(scope="module")
def answers(retriever: Retriever) -> dict[str, Answer]:
    """Return what comes first for each question, however unsure."""
    return {question: retriever.ask(question, threshold=0.0) for question in [*dict(ANSWERED), *REFUSED]}


@pytest.mark.parametrize(("question", "quote"), ANSWERED)
def test_the_sentence_that_keeps_to_the_question_is_quoted(
    answers: dict[str, Answer], question: str, quote: str
) -> None:
    """It comes before the one beside it for another day, number, version or name, which would be wrong."""
    assert answers[question].quotes[0].text == quote


@pytest.mark.parametrize("question", REFUSED)
def test_no_sentence_about_another_one_is_sure(retriever: Retriever, answers: dict[str, Answer], question: str) -> None:
    """However much a sentence resembles the question, one for another day, number, version or name is no answer."""
    assert answers[question].confidence < retriever.ranker.point_for(PRECISION).threshold


def test_right_sentences_stay_sure(retriever: Retriever, answers: dict[str, Answer]) -> None:
    """What makes wrong sentences doubtful leaves right ones alone: at most four of 55 may be refused."""
    threshold = retriever.ranker.point_for(PRECISION).threshold
    refused = [question for question, _ in ANSWERED if answers[question].confidence < threshold]
    assert (len(ANSWERED), len(refused) <= 4) == (55, True)
