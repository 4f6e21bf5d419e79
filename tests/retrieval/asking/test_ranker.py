"""The ranker: operating points are looked up, and malformed weights are refused."""

import json
from pathlib import Path

import pytest

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.ranker import OperatingPoint, Ranker, read_ranker
from retrieval.errors import DataError

POINT = {"precision": 0.8, "threshold": 0.4, "answerable_answered": 0.9, "unanswerable_answered": 0.1}
CONTENT = {
    "features": list(FEATURE_NAMES),
    "order": {"late": 2.0},
    "confidence": {"margin": 3},
    "bias": -1.0,
    "operating_points": [POINT],
}


def test_an_operating_point_is_found_by_precision_and_by_threshold() -> None:
    """By precision: the first that reaches it, or the best. By threshold: the last at or below it."""
    low, high = OperatingPoint(0.8, 0.4, 0.9, 0.1), OperatingPoint(0.9, 0.6, 0.7, 0.0)
    ranker = Ranker((), (), 0.0, (low, high))
    assert [ranker.point_for(precision) for precision in (0.5, 0.8, 0.85, 0.99)] == [low, low, high, high]
    assert [ranker.point_at(threshold) for threshold in (0.3, 0.4, 0.59, 0.7)] == [None, low, low, high]


def test_weights_that_are_not_in_the_file_are_0(tmp_path: Path) -> None:
    """Further keys, such as the provenance, are ignored."""
    path = tmp_path / "ranker.json"
    path.write_text(json.dumps(CONTENT | {"provenance": {}}))
    assert read_ranker(path) == Ranker(
        tuple(2.0 * (name == "late") for name in FEATURE_NAMES),
        tuple(3.0 * (name == "margin") for name in FEATURE_NAMES),
        -1.0,
        (OperatingPoint(0.8, 0.4, 0.9, 0.1),),
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": ["other"]}, "has weights for .'other'., not for"),
        ({"operating_points": []}, "has no operating points; train the ranker again"),
        ({"bias": "1"}, r"cannot read the ranker's weights in .*ranker\.json: .*bias"),
        ({"order": []}, r"cannot read the ranker's weights in .*ranker\.json: .*order"),
        ({"confidence": {"late": None}}, r"cannot read the ranker's weights in .*ranker\.json: .*confidence"),
        ({"operating_points": [POINT | {"more": 1.0}]}, r"cannot read the ranker's weights in .*ranker\.json: .*more"),
    ],
)
def test_malformed_or_other_weights_are_refused(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    """The message is one line that names the file and what is wrong in it."""
    path = tmp_path / "ranker.json"
    path.write_text(json.dumps(CONTENT | changes))
    with pytest.raises(DataError, match=message):
        read_ranker(path)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"[" * 100_000, b'{"more": ' + b"[" * 100_000, b'{"a": "\xff"}']
)
def test_a_file_without_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    """So is a file that does not exist."""
    path = tmp_path / "ranker.json"
    with pytest.raises(DataError, match=r"cannot read the ranker's weights in .*ranker\.json: No such file"):
        read_ranker(path)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"cannot read the ranker's weights in .*ranker\.json: "):
        read_ranker(path)
