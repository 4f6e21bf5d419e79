"""Near misses that were written for questions of sets stand beside them, with the passage that does not answer."""

import gzip
import json
from pathlib import Path

import pytest

from retrieval.errors import DataError
from retrieval.training.mined_sets import read_mined
from retrieval.training.near_misses import write_near_misses
from retrieval.training.reading_sets import is_held_out, passage_of

TEXT = "The tower was built in 1890."


def write_set(folder: Path, contexts: list[str]) -> None:
    """Write a set with one question about each passage."""
    with gzip.open(folder / "towns.jsonl.gz", "wt", encoding="utf-8") as file:
        for number, context in enumerate(contexts):
            answers = [{"text": "1890", "start": context.index("1890")}]
            record = {"id": str(number), "title": "Old_Town", "context": context, "question": f"When was {number}?"}
            file.write(json.dumps(record | {"answers": answers}) + "\n")


def write(tmp_path: Path, lines: str) -> int:
    near = tmp_path / "near.tsv"
    near.write_text(lines, "utf-8")
    return write_near_misses(tmp_path, near, tmp_path / "near.jsonl.gz")


def test_a_near_miss_gets_the_passage_of_its_question(tmp_path: Path) -> None:
    """And the question that it answers; that in other words is answered by it; what nobody wrote about is left out."""
    write_set(tmp_path, [f"First. {TEXT}", TEXT, f"Last. {TEXT}"])
    assert write(tmp_path, "towns\t1\t!Who built it?\ntowns\t1\tHow old is the tower?\ntowns\t0\t!Why in 1890?\n") == 3
    questions = read_mined(tmp_path / "near.jsonl.gz").questions
    assert [(question.text, question.beside) for question in questions] == [
        ("Why in 1890?", "When was 0?"),
        ("Who built it?", "When was 1?"),
        ("How old is the tower?", ""),
    ]
    assert questions[1].wrong == questions[2].right
    (window,) = questions[1].wrong
    assert (window.head, window.text) == ("Old Town", TEXT)
    assert [window.text[start:end] for start, end in window.evidence] == ["1890"]


def test_what_is_held_out_is_not_trained_on(tmp_path: Path) -> None:
    """It measures and fits."""
    contexts = [f"{TEXT} It has {number} steps." for number in range(200)]
    write_set(tmp_path, contexts)
    kept = [
        number
        for number, context in enumerate(contexts)
        if not is_held_out(passage_of({"title": "Old_Town", "context": context}))
    ]
    lines = "".join(f"towns\t{number}\t!Who built number {number}?\n" for number in range(200))
    assert write(tmp_path, lines) == len(kept)
    assert 180 < len(kept) < 200
    written = [question.text for question in read_mined(tmp_path / "near.jsonl.gz").questions]
    assert written == [f"Who built number {number}?" for number in kept]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("towns\t1\n", "not near misses or rewordings"),
        ("towns\t7\tWhy?\n", "no question 7"),
        ("cities\t1\tWhy?\n", "not a set of questions"),
    ],
)
def test_what_cannot_be_written_is_an_error(lines: str, message: str, tmp_path: Path) -> None:
    """With the file and the reason."""
    write_set(tmp_path, [TEXT, TEXT])
    with pytest.raises(DataError, match=message):
        write(tmp_path, lines)
