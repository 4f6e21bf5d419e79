"""Windows collected from an index become pairs: what answers has its evidence, what was ranked first and wrong none."""

import gzip
import json
import random
from pathlib import Path

import pytest

from retrieval.errors import DataError
from retrieval.training.mined_sets import read_mined
from retrieval.training.pairs import PairMaker, PairStream
from retrieval.training.reading_sets import read_set
from tests.support.tiny_reader import record, write_set

QUESTIONS = [
    {
        "question": "when does the ferry leave?",
        "answerable": True,
        "windows": [
            {"head": "Ferry", "text": "It leaves at nine.", "evidence": [[10, 17]]},
            {"head": "Bus", "text": "It leaves at ten.", "evidence": []},
        ],
    },
    {
        "question": "does the train leave?",
        "answerable": False,
        "windows": [{"head": "Ferry", "text": "It leaves.", "evidence": []}],
    },
    {"question": "who steers?", "answerable": True, "windows": []},
]


def write_mined(path: Path, questions: object = QUESTIONS) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(question) + "\n" for question in questions)  # type: ignore[attr-defined]
    return path


def test_a_pair_answers_exactly_if_its_window_does(tmp_path: Path) -> None:
    """Near half of the pairs of an answerable question do; those of an unanswerable one never."""
    mined = read_mined(write_mined(tmp_path / "mined.jsonl.gz"))
    rng = random.Random(0)
    pairs = [pair for _ in range(400) if (pair := mined.make(0, rng)) is not None]
    assert {(pair.kind, pair.window.text, pair.window.evidence) for pair in pairs} == {
        ("answer", "It leaves at nine.", ((10, 17),)),
        ("ranked", "It leaves at ten.", ()),
    }
    assert 140 <= sum(pair.kind == "answer" for pair in pairs) <= 220
    assert {pair.window.head for pair in pairs} == {"Ferry", "Bus", ""}
    unanswerable = [mined.make(1, rng) for _ in range(20)]
    assert {(pair.kind, pair.window.evidence) for pair in unanswerable if pair} == {("human", ())}
    assert mined.make(2, rng) is None


def test_a_stream_mixes_mined_and_other_sets_by_their_shares(tmp_path: Path) -> None:
    """Three parts of four come from the mined set."""
    forts = read_set(write_set(tmp_path / "forts.jsonl.gz", [record(number) for number in range(60)]), {})
    mined = read_mined(write_mined(tmp_path / "mined.jsonl.gz", QUESTIONS[:2]))
    pairs = PairStream([(PairMaker(forts), 1.0), (mined, 3.0)], seed=0).block(0, 400)
    assert sum("leave" in pair.window.text for pair in pairs) == 300


@pytest.mark.parametrize("line", [{"question": "who?"}, {**QUESTIONS[0], "windows": [{"head": "", "text": ""}]}, []])
def test_a_record_that_misses_a_field_is_an_error_with_the_file(tmp_path: Path, line: object) -> None:
    """One line, no traceback."""
    path = write_mined(tmp_path / "mined.jsonl.gz", [line])
    with pytest.raises(DataError, match=r"mined\.jsonl\.gz: not a set of windows"):
        read_mined(path)
