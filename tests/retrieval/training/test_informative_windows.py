"""What a reader does not know yet is kept of a mined set, with the wrong windows that fool it most."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from retrieval.errors import DataError
from retrieval.training import informative_windows
from retrieval.training.informative_windows import read_judgements, select_windows


class Reading(NamedTuple):
    """The log-odds that a window answers."""

    answers: float


class KnownReader:
    """Says of each text what a table says, whatever the question."""

    def __init__(self, log_odds: Mapping[str, float]) -> None:
        self.log_odds = log_odds

    def read(self, _: str, windows: Sequence[tuple[str, str]]) -> list[Reading]:
        return [Reading(self.log_odds[text]) for _, text in windows]


def question(right: Sequence[str], wrong: Sequence[str]) -> dict[str, Any]:
    windows = [{"head": "", "text": text, "evidence": [[0, 2]]} for text in right]
    return {"question": "when?", "windows": windows + [{"head": "", "text": text, "evidence": []} for text in wrong]}


def near_miss(text: str) -> dict[str, Any]:
    window = {"head": "", "text": text, "evidence": [[0, 2]]}
    return {"question": "where?", "beside": {"question": "when?", "window": window}}


@pytest.fixture(autouse=True)
def _nothing_known_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(informative_windows, "KEPT_SURE", 0.0)
    monkeypatch.setattr(informative_windows, "KEPT_SURE_NEAR_MISSES", 0.0)


def select(
    tmp_path: Path, records: Sequence[object], log_odds: Mapping[str, float], judged: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Select from records, with lines of judgements; return what is written."""
    path, out = tmp_path / "mined.jsonl.gz", tmp_path / "selected.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
    (tmp_path / "judged.tsv").write_text("".join(f"{line}\n" for line in judged))
    judgements = read_judgements(tmp_path / "judged.tsv")
    kept, count = select_windows(KnownReader(log_odds), path, out, 0, judgements)
    with gzip.open(out, "rt", encoding="utf-8") as file:
        written = [json.loads(line) for line in file]
    assert (kept, count) == (len(written), len(records))
    return written


def texts(record: Mapping[str, Any]) -> list[str]:
    return [window["text"] for window in record["windows"]]


def test_the_wrong_windows_that_a_reader_takes_most_for_answers_are_kept(tmp_path: Path) -> None:
    """Three of them, the worst first, behind those that answer."""
    known = {"at nine": 0.5, "bus": -3.0, "train": 0.9, "tram": -1.0, "ship": 0.2}
    (kept,) = select(tmp_path, [question(["at nine"], ["bus", "train", "tram", "ship"])], known)
    assert texts(kept) == ["at nine", "train", "ship", "tram"]


@pytest.mark.parametrize(
    ("right", "wrong", "is_kept"),
    [(4.0, -4.0, False), (0.9, -6.0, True), (4.0, -0.4, True), (1.1, -0.7, True)],
    ids=["sure", "hardly right", "hardly wrong", "close together"],
)
def test_a_question_whose_windows_are_told_apart_surely_is_left_out(
    tmp_path: Path, right: float, wrong: float, is_kept: bool
) -> None:
    """Unless the right window is read as hardly right, a wrong one as hardly wrong, or both alike."""
    kept = select(tmp_path, [question(["at nine"], ["bus"])], {"at nine": right, "bus": wrong})
    assert bool(kept) == is_kept


def test_a_window_that_is_read_as_a_much_better_answer_than_the_right_one_is_left_out(tmp_path: Path) -> None:
    """It may be another right one."""
    (kept,) = select(tmp_path, [question(["at nine"], ["at 9", "bus"])], {"at nine": 1.5, "at 9": 2.1, "bus": 1.9})
    assert texts(kept) == ["at nine", "bus"]


def test_what_was_judged_counts_more_than_what_the_reader_says(tmp_path: Path) -> None:
    """A window judged wrong is kept however much it looks like an answer; one that answers becomes a right one."""
    known = {"at nine": 1.5, "the bus at 9": 4.0, "at ten or so": 3.0, "a tram": 5.0}
    judged = ["when?\ty\tBus at 9", "when?\th\tat ten", "when?\tn\ta tram", "why?\ty\ta tram"]
    (kept,) = select(tmp_path, [question(["at nine"], ["the bus at 9", "at ten or so", "a tram"])], known, judged)
    assert [(window["text"], window["evidence"]) for window in kept["windows"]] == [
        ("at nine", [[0, 2]]),
        ("the bus at 9", [[4, 12]]),
        ("a tram", []),
    ]


@pytest.mark.parametrize(("verdict", "is_kept"), [("y", False), ("h", False), ("n", True)])
def test_a_near_miss_whose_window_was_judged_to_answer_is_left_out(tmp_path: Path, verdict: str, is_kept: bool) -> None:
    """Also one that is answered by half."""
    kept = select(tmp_path, [near_miss("at nine")], {"at nine": 1.0}, [f"where?\t{verdict}\tat nine"])
    assert bool(kept) == is_kept


@pytest.mark.parametrize("line", ["when?", "when?\tyes\tat nine", "when?\tn\t …", "when?\tn\ta\tb"])
def test_a_line_that_is_no_judgement_is_an_error_with_its_number(tmp_path: Path, line: str) -> None:
    """Nothing is guessed."""
    path = tmp_path / "judged.tsv"
    path.write_text(f"when?\tn\ta tram\n{line}\n")
    with pytest.raises(DataError, match=r"judged\.tsv:2: not a question, y, h or n, and words"):
        read_judgements(path)


def test_judgements_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    """One line, no traceback."""
    with pytest.raises(DataError, match=r"missing\.tsv"):
        read_judgements(tmp_path / "missing.tsv")


def test_a_near_miss_is_kept_where_its_window_looks_like_an_answer(tmp_path: Path) -> None:
    """Others are known already."""
    records = [near_miss("at nine"), near_miss("at ten")]
    assert select(tmp_path, records, {"at nine": -3.0, "at ten": -4.0}) == records[:1]


def test_a_question_without_a_window_that_answers_is_kept_where_one_looks_like_an_answer(tmp_path: Path) -> None:
    """However much: nothing says that it is another right one."""
    records = [question([], ["bus"]), question([], ["tram"]), question([], [])]
    assert select(tmp_path, records, {"bus": 5.0, "tram": -2.0}) == records[:1]


def test_a_share_of_what_is_known_is_kept_the_same_one_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that nothing is forgotten."""
    monkeypatch.setattr(informative_windows, "KEPT_SURE", 0.15)
    records = [question(["at nine"], [f"bus {number}"]) for number in range(400)]
    known = {"at nine": 4.0} | {f"bus {number}": -4.0 for number in range(400)}
    kept = select(tmp_path, records, known)
    assert 40 <= len(kept) <= 80
    assert kept == select(tmp_path, records, known)


def test_a_file_that_is_no_mined_set_is_an_error_with_its_name(tmp_path: Path) -> None:
    """One line, no traceback."""
    (tmp_path / "mined.jsonl.gz").write_text("{}")
    with pytest.raises(DataError, match=r"mined\.jsonl\.gz: not a set of windows"):
        select_windows(KnownReader({}), tmp_path / "mined.jsonl.gz", tmp_path / "out.gz", 0, {})
