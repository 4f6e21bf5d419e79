"""SQuAD files: what is read, and what is refused."""

import json
from pathlib import Path

import pytest

from retrieval.errors import DataError
from retrieval.measuring.squad import LabelledQuestion, read_squad
from tests.support.small_index import ARTICLES


def test_articles_become_documents_and_questions_know_where_their_answers_start(tmp_path: Path) -> None:
    """Paragraphs are joined by blank lines; offsets count from the start of the document."""
    path = tmp_path / "squad.json"
    path.write_text(json.dumps(ARTICLES))
    corpus = read_squad(path)
    assert [read.document.title for read in corpus.reads] == ["The library", "Ferry"]
    text = corpus.reads[0].document.text
    assert text == "The library opens at nine. It closes on monday.\n\nThe cat sleeps.\n\n"
    assert [text[block.start : block.end] for block in corpus.reads[0].blocks] == text.split("\n\n")[:2]
    assert corpus.questions[1:3] == [
        LabelledQuestion("closes monday", 0, 0, text.index("monday"), first=False),
        LabelledQuestion("cat sleeps", 0, 1, text.index("cat"), first=True),
    ]


@pytest.mark.parametrize("content", ["[]", '{"data": [{}]}', "nothing", '{"data": [{"title": "a", "paragraphs": 3}]}'])
def test_other_files_are_refused_in_one_line(tmp_path: Path, content: str) -> None:
    """Other JSON, or something else, is a DataError."""
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(DataError, match="is not a SQuAD file"):
        read_squad(tmp_path / "x.json")
