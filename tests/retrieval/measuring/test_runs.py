"""The record of a run: what was kept comes back, what is no record is refused."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from retrieval.errors import DataError
from retrieval.measuring.runs import Run, flatten, keep_run, read_run, run_path

RUN = Run("ab" * 32, "2026-11-22 10:00:00 UTC", "0.1.0", None, "m", "f", "w", 0.5, {"p_at_1": 0.8, "ece": None}, [True])


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    """The folder is made; nothing but the record is left in it."""
    path = run_path(tmp_path, Path("some where/en.json"), RUN.sha256)
    assert read_run(path, RUN.sha256) is None
    keep_run(path, RUN)
    keep_run(path, replace(RUN, threshold=0.6))
    assert read_run(path, RUN.sha256) == replace(RUN, threshold=0.6)
    assert [one.name for one in (tmp_path / "eval").iterdir()] == ["en-abababababababab.json"]


def test_the_name_of_a_record_is_a_file_name_whatever_the_file_is_called(tmp_path: Path) -> None:
    """Short, and without separators or odd characters."""
    path = run_path(tmp_path, Path("a b\n\udcff" + "é" * 300 + ".json"), RUN.sha256)
    assert path.parent == tmp_path / "eval"
    assert path.name == "a_b__" + "é" * 35 + "-abababababababab.json"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "nothing",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({"format": 2, **asdict(RUN)}),
        json.dumps({"format": 1, **asdict(RUN), "more": 1}),
        json.dumps({"format": 1, **asdict(RUN), "sha256": "cd" * 32}),
        json.dumps({"format": 1, **asdict(RUN), "model": 3}),
        json.dumps({"format": 1, **asdict(RUN), "figures": {"p_at_1": "0.8"}}),
        json.dumps({"format": 1, **asdict(RUN), "figures": {"p_at_1": float("nan")}}),
        json.dumps({"format": 1, **asdict(RUN), "figures": {"p_at_1": 10**400}}),
        json.dumps({"format": 1, **asdict(RUN), "figures": [1]}),
        json.dumps({"format": 1, **asdict(RUN), "passed": [1]}),
    ],
)
def test_what_is_no_record_of_this_file_is_refused(tmp_path: Path, content: str) -> None:
    """One line that names the record."""
    path = tmp_path / "record.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"record\.json"):
        read_run(path, RUN.sha256)


def test_figures_are_flat_and_finite() -> None:
    """What could not be measured is None."""
    assert flatten({"a": 1, "b": {"c": float("nan"), "d": {"e": 0.5}}}) == {"a": 1.0, "b.c": None, "b.d.e": 0.5}
