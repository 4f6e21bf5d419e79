"""The "how do I" questions in tests/golden/: every expected fragment is in its document."""

from pathlib import Path

import pytest

from retrieval.measuring.golden import read_golden
from retrieval.measuring.visible_text import contains_fragment
from retrieval.reading.documents import read_file
from retrieval.reading.folder import list_files
from retrieval.types import ReadDocument
from tests.support.paths import ROOT

GOLDEN = ROOT / "tests" / "golden"
QUESTIONS = 20


def missing_fragments(golden: Path, documents: Path) -> list[str]:
    """List the fragments of a golden file that are not in their documents."""
    files = {file.id: file for file in list_files(documents)[0]}
    questions = read_golden(golden)
    assert len({question.question for question in questions}) == QUESTIONS
    missing = []
    for document in {document for question in questions for document in question.documents}:
        read = read_file(files[document], 10_000_000)
        assert isinstance(read, ReadDocument)
        answers = [answer for question in questions for answer in question.answers if answer.document == document]
        fragments = [fragment for answer in answers for fragment in answer.fragments]
        missing += [fragment for fragment in fragments if not contains_fragment(read.document.text, fragment)]
    return missing


def test_questions_about_the_documentation_have_their_answers_there() -> None:
    """Whoever rewords a page changes the question's fragment as well."""
    assert missing_fragments(GOLDEN / "howto_footnote.yaml", ROOT / "docs") == []


@pytest.mark.parametrize("name", ["red", "jellyfin"])
def test_questions_about_collections_have_their_answers_there(name: str, measuring_data: Path) -> None:
    """None of them repeats a question that came with the collection."""
    folder = measuring_data / "data" / "wild"
    if not (folder / name).is_dir():
        pytest.skip(f"no collection {name} in {folder}")
    golden = GOLDEN / f"howto_{name}.yaml"
    assert missing_fragments(golden, folder / name) == []
    given = {question.question for question in read_golden(folder / f"{name}.jsonl")}
    assert given.isdisjoint(question.question for question in read_golden(golden))
