"""Windows collected from an index become pairs: what answers has its evidence, what was ranked first and wrong none."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import DataError
from retrieval.training.mined_sets import read_mined
from retrieval.training.pairs import PairMaker, PairStream
from retrieval.training.reading_sets import read_set
from tests.support.tiny_reader import record, write_set

QUESTIONS: list[dict[str, Any]] = [
    {
        "question": "when does the ferry leave?",
        "windows": [
            {"head": "Ferry", "text": "It leaves at nine.", "evidence": [[10, 17]]},
            {"head": "Bus", "text": "It leaves at ten.", "evidence": []},
        ],
    },
    {
        "question": "does the train leave?",
        "windows": [{"head": "Ferry", "text": "It leaves.", "evidence": []}],
    },
    {"question": "who steers?", "windows": []},
]


def write_mined(path: Path, questions: object = QUESTIONS) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(question) + "\n" for question in questions)  # type: ignore[attr-defined]
    return path


def test_one_window_that_answers_is_drawn_with_some_that_do_not(tmp_path: Path) -> None:
    """Of four, most from the best ranked; half as many of an unanswerable question, and none of one without windows."""
    texts = [f"It leaves at {number}." for number in range(9)]
    wrong = [{"head": "Bus", "text": text, "evidence": []} for text in texts]
    first = {**QUESTIONS[0], "windows": [QUESTIONS[0]["windows"][0], *wrong]}
    mined = read_mined(write_mined(tmp_path / "mined.jsonl.gz", [first, *QUESTIONS[1:]]))
    rng = random.Random(0)
    drawn = [mined.draw(0, rng) for _ in range(200)]
    assert {tuple(pair.kind for pair in pairs) for pairs in drawn} == {("answer", *["ranked"] * 4)}
    assert {pairs[0].window.evidence for pairs in drawn} == {((10, 17),)}
    assert all(pair.window.evidence == () for pairs in drawn for pair in pairs[1:])
    assert {sum(pair.window.text in texts[:5] for pair in pairs[1:]) for pairs in drawn} == {3, 4}
    assert {pair.window.head for pairs in drawn for pair in pairs} == {"Ferry", "Bus", ""}
    assert [(pair.kind, pair.window.evidence) for pair in mined.draw(1, rng)] == [("ranked", ())]
    assert mined.draw(2, rng) == []


def test_a_near_miss_is_drawn_beside_the_question_that_its_window_answers(tmp_path: Path) -> None:
    """The same window, with the evidence and without."""
    window = {"head": "Ferry", "text": "It leaves at nine.", "evidence": [[10, 17]]}
    line = {"question": "who steers?", "beside": {"question": "when does the ferry leave?", "window": window}}
    mined = read_mined(write_mined(tmp_path / "mined.jsonl.gz", [line]))
    pairs = mined.draw(0, random.Random(3))
    assert [(pair.kind, pair.window.text, pair.window.evidence) for pair in pairs] == [
        ("answer", "It leaves at nine.", ((10, 17),)),
        ("near miss", "It leaves at nine.", ()),
    ]


def test_a_stream_mixes_mined_and_other_sets_by_their_shares(tmp_path: Path) -> None:
    """Three questions of four come from the mined set; the pairs of one are a group."""
    forts = read_set(write_set(tmp_path / "forts.jsonl.gz", [record(number) for number in range(60)]), {})
    mined = read_mined(write_mined(tmp_path / "mined.jsonl.gz", QUESTIONS[:2]))
    pairs = PairStream([(PairMaker(forts), 1.0), (mined, 3.0)], seed=0).block(0, 400)
    assert len({pair.group for pair in pairs if "leave" in pair.window.text}) == 300
    assert all(len({pair.question for pair in pairs if pair.group == group}) <= 1 for group in range(400))


@pytest.mark.parametrize("line", [{"question": "who?"}, {**QUESTIONS[0], "windows": [{"head": "", "text": ""}]}, []])
def test_a_record_that_misses_a_field_is_an_error_with_the_file(tmp_path: Path, line: object) -> None:
    """One line, no traceback."""
    path = write_mined(tmp_path / "mined.jsonl.gz", [line])
    with pytest.raises(DataError, match=r"mined\.jsonl\.gz: not a set of windows"):
        read_mined(path)
