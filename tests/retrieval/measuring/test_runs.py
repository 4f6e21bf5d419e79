"""Records of runs: a record that was written is read back, and anything else is refused."""

import json
from pathlib import Path

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from retrieval.errors import DataError
from retrieval.measuring.runs import EvalRun, flatten_figures, read_run, run_path, write_run

RUN = EvalRun(
    "ab" * 32, "2026-11-22 10:00:00 UTC", "0.1.0", None, "m", "f", "w", 0.5, {"p_at_1": 0.8, "ece": None}, [True]
)
RECORD = to_builtins(RUN)


def test_a_record_is_read_back(tmp_path: Path) -> None:
    """The folder is created, and contains nothing but the last record."""
    path = run_path(tmp_path, Path("some where/en.json"), RUN.sha256)
    assert read_run(path, RUN.sha256) is None
    write_run(path, RUN)
    write_run(path, replace(RUN, threshold=0.6))
    assert read_run(path, RUN.sha256) == replace(RUN, threshold=0.6)
    assert [entry.name for entry in (tmp_path / "eval").iterdir()] == ["en-abababababababab.json"]


def test_a_record_begins_with_its_format(tmp_path: Path) -> None:
    """The fields follow in their order."""
    path = tmp_path / "record.json"
    write_run(path, RUN)
    assert list(json.loads(path.read_text())) == [
        "format", "sha256", "created", "version", "generation", "model", "fingerprint", "weights", "threshold",
        "figures", "passed",
    ]  # fmt: skip


def test_the_name_of_a_record_is_always_a_valid_file_name(tmp_path: Path) -> None:
    """It is short and has no separators or unusual characters, whatever the measured file is called."""
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
        '{"more": ' + "[" * 100_000,
        json.dumps({**RECORD, "format": 2}),
        json.dumps({**RECORD, "format": "1"}),
        json.dumps({key: value for key, value in RECORD.items() if key != "format"}),
        json.dumps({key: value for key, value in RECORD.items() if key != "passed"}),
        json.dumps({**RECORD, "more": 1}),
        json.dumps({**RECORD, "sha256": "cd" * 32}),
        json.dumps({**RECORD, "model": 3}),
        json.dumps({**RECORD, "threshold": True}),
        json.dumps({**RECORD, "figures": {"p_at_1": "0.8"}}),
        json.dumps({**RECORD, "figures": {"p_at_1": float("nan")}}),
        json.dumps({**RECORD, "figures": {"p_at_1": 10**400}}),
        json.dumps({**RECORD, "figures": [1]}),
        json.dumps({**RECORD, "passed": [1]}),
    ],
)
def test_a_malformed_or_foreign_record_is_refused(tmp_path: Path, content: str) -> None:
    """The message is one line that names the record."""
    path = tmp_path / "record.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"^[^\n]*record\.json[^\n]*$"):
        read_run(path, RUN.sha256)


def test_a_record_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    """The reason is in the message."""
    path = tmp_path / "record.json"
    path.write_bytes(json.dumps(RECORD).encode().replace(b"0.1.0", b"\xff"))
    with pytest.raises(DataError, match=r"record\.json is not the record of a run: .*utf-8"):
        read_run(path, RUN.sha256)


def test_flat_figures_are_finite_or_none() -> None:
    """A figure that could not be measured is NaN, and becomes None."""
    figures = {"a": 1, "b": {"c": float("nan"), "d": {"e": 0.5}}}
    assert flatten_figures(figures) == {"a": 1.0, "b.c": None, "b.d.e": 0.5}
