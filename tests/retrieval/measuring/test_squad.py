"""SQuAD files: what is read, and what is refused."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import DataError
from retrieval.index.build import build_index
from retrieval.measuring.metrics import NO_ANSWER
from retrieval.measuring.squad import LabelledQuestion, gold_rows, read_squad
from tests.support.small_index import ARTICLES
from tests.support.word_encoder import WordEncoder


def test_articles_become_documents_and_questions_know_where_their_answers_start(tmp_path: Path) -> None:
    """Paragraphs are joined by blank lines; offsets count from the start of the document."""
    path = tmp_path / "squad.json"
    path.write_text(json.dumps(ARTICLES))
    corpus = read_squad(path)
    assert [read.document.title for read in corpus.reads] == ["The library", "Boats"]
    text = corpus.reads[0].document.text
    assert text == "The library opens at nine. It closes on monday.\n\nThe cat sleeps.\n\n"
    assert [text[block.start : block.end] for block in corpus.reads[0].blocks] == text.split("\n\n")[:2]
    assert corpus.questions[1:3] == [
        LabelledQuestion("closes monday", 0, 0, text.index("monday"), first=False),
        LabelledQuestion("cat sleeps", 0, 1, text.index("cat"), first=True),
    ]


def test_questions_without_an_answer_are_read(tmp_path: Path, word_encoder: WordEncoder) -> None:
    """They have no answers, or are marked impossible; the first question of a paragraph is one that has an answer."""
    content: Any = copy.deepcopy(ARTICLES)
    content["data"][0]["paragraphs"][0]["qas"] = [
        {"question": "library price", "answers": [], "is_impossible": True, "plausible_answers": [{"answer_start": 4}]},
        {"question": "closes monday", "answers": [{"answer_start": 40}], "is_impossible": False},
        {"question": "museum opens", "answers": [{"answer_start": 40}], "is_impossible": True},
    ]
    (tmp_path / "squad.json").write_text(json.dumps(content))
    corpus = read_squad(tmp_path / "squad.json")
    start = corpus.reads[0].document.text.index("monday")
    assert corpus.questions[:3] == [
        LabelledQuestion("library price", 0, 0, None, first=False),
        LabelledQuestion("closes monday", 0, 0, start, first=True),
        LabelledQuestion("museum opens", 0, 0, None, first=False),
    ]
    index = build_index(corpus.reads, word_encoder, "en", "gen-1").index
    assert gold_rows(index, corpus.questions) == [NO_ANSWER, 1, NO_ANSWER, 2, 3]


@pytest.mark.parametrize("content", ["[]", '{"data": [{}]}', "nothing", '{"data": [{"title": "a", "paragraphs": 3}]}'])
def test_other_files_are_refused_in_one_line(tmp_path: Path, content: str) -> None:
    """Other JSON, or something else, is a DataError."""
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(DataError, match="is not a SQuAD file"):
        read_squad(tmp_path / "x.json")
