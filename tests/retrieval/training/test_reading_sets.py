"""Sets of questions are read with their spans, and a record that contradicts itself is an error."""

from pathlib import Path

import pytest

from retrieval.errors import DataError
from retrieval.measuring.squad import read_squad
from retrieval.training.held_out import write_held_out
from retrieval.training.pairs import training_rows
from retrieval.training.reading_sets import is_held_out, read_near, read_set
from tests.support.tiny_reader import record, write_set


def test_questions_share_a_passage_and_keep_their_answers(tmp_path: Path) -> None:
    """Two questions about one text have one passage; its title is written with spaces."""
    second = {**record(1), "id": "other", "question": "In which year?"}
    data = read_set(write_set(tmp_path / "forts.jsonl.gz", [record(1), second]), {})
    assert (data.name, len(data.passages), data.passages[0].title) == ("forts", 1, "Forts 0")
    assert [question.passage for question in data.questions] == [0, 0]
    ((start, end),) = data.questions[1].answers
    assert data.passages[0].text[start:end] == "1801"
    assert data.groups == {"Forts 0": [0]}


def test_a_question_without_answers_has_no_evidence(tmp_path: Path) -> None:
    """Unanswerable records keep their passage only."""
    data = read_set(write_set(tmp_path / "forts.jsonl.gz", [record(1, answerable=False)]), {})
    assert data.questions[0].evidence == ()


def test_a_question_whose_answer_nobody_marked_gives_a_passage_only(tmp_path: Path) -> None:
    """It is neither trained on as answerable nor as unanswerable."""
    entry = {**record(1), "answers": [], "answerable": True}
    data = read_set(write_set(tmp_path / "forts.jsonl.gz", [entry, record(2)]), {})
    assert (len(data.passages), len(data.questions), data.questions[0].passage) == (2, 1, 1)


def test_quotes_of_treebanks_keep_the_offsets(tmp_path: Path) -> None:
    """`` and '' become quotes of the same length, so spans stay valid."""
    entry = {**record(1), "context": "It is ``old'' , from 1801 .", "answers": [{"text": "1801", "start": 21}]}
    data = read_set(write_set(tmp_path / "forts.jsonl.gz", [entry]), {})
    assert data.passages[0].text == 'It is " old " , from 1801 .'
    assert data.questions[0].answers == ((21, 25),)


def test_an_answer_that_does_not_stand_at_its_offset_is_an_error(tmp_path: Path) -> None:
    """Otherwise the reader would learn from the wrong words."""
    wrong = {**record(1), "answers": [{"text": "1801", "start": 0}]}
    with pytest.raises(DataError, match="q1: the answer does not stand at its offset"):
        read_set(write_set(tmp_path / "forts.jsonl.gz", [wrong]), {})


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The message names the file."""
    with pytest.raises(DataError, match=r"none\.jsonl\.gz"):
        read_set(tmp_path / "none.jsonl.gz", {})


def test_near_passages_that_share_too_much_of_the_answer_are_dropped(tmp_path: Path) -> None:
    """They often answer the question as well."""
    path = write_set(tmp_path / "near.jsonl.gz", [{"id": "q1", "neg": ["q2", "q3"], "overlap": [0.95, 0.4]}])
    near = read_near(path)
    assert near == {"q1": ["q3"]}
    data = read_set(write_set(tmp_path / "forts.jsonl.gz", [record(1), record(2), record(3)]), near)
    assert [question.near for question in data.questions] == [(2,), (), ()]


def test_no_question_is_both_trained_on_and_held_out(tmp_path: Path) -> None:
    """About one passage in fifty (here 6 of 500) is held out, with all of its questions."""
    data = read_set(write_set(tmp_path / "forts.jsonl.gz", [record(number) for number in range(500)]), {})
    trained, held_out = training_rows(data), training_rows(data, held_out=True)
    assert sorted(trained + held_out) == list(range(500))
    assert len(held_out) == 6


def test_what_is_held_out_is_written_as_a_squad_file(tmp_path: Path) -> None:
    """Only passages that are not trained on, with at most two questions each, whose answers stand where it says."""
    records = [record(number) for number in range(300)]
    data = read_set(write_set(tmp_path / "forts.jsonl.gz", records), {})
    count = write_held_out(data, tmp_path / "held_out.json")
    corpus = read_squad(tmp_path / "held_out.json")
    outside = {passage.text for passage in data.passages if is_held_out(passage)}
    assert count == len(corpus.questions) > 0
    held = {text.strip() for read in corpus.reads for text in read.document.text.split("\n\n") if text.strip()}
    assert held == outside
