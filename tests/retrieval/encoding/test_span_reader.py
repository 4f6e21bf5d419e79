"""A reader judges each window alone, from files that are the ones they should be."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from retrieval import files
from retrieval.encoding.span_reader import MAX_TOKENS, Window, open_reader, shorten_question
from retrieval.errors import ModelError
from tests.support.tiny_reader import make_tokenizer, write_weights

WINDOWS = [Window("towers › height", "The tower is 300 m high."), Window("", "It is old."), Window("a", "Ünïcode €5!")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_weights(tmp_path / "reader.onnx", seed=3)
    make_tokenizer().save(str(tmp_path / "tokenizer.json"))
    checksums = {name: files.sha256(tmp_path / name) for name in ("reader.onnx", "tokenizer.json")}
    (tmp_path / "reader.json").write_text(json.dumps({"files": checksums}))
    return tmp_path


def test_readings_are_in_the_order_of_the_windows_and_depend_on_nothing_else(folder: Path) -> None:
    """Alone or together, on one thread or two."""
    together = open_reader(folder, 2).read("how high is it", WINDOWS)
    reader = open_reader(folder, 1)
    for window, reading in zip(WINDOWS, together, strict=True):
        alone = reader.read("how high is it", [window])[0]
        assert (reading.answers, reading.start, reading.end) == (alone.answers, alone.start, alone.end)
        assert np.array_equal(reading.starts, alone.starts)


def test_spans_and_tokens_are_characters_of_the_text(folder: Path) -> None:
    """Never of the head; each letter here is a token."""
    reading = open_reader(folder, 1).read("how high is it", WINDOWS)[0]
    letters = [WINDOWS[0].text[start:end] for start, end in reading.offsets]
    assert "".join(letters) == WINDOWS[0].text.replace(" ", "")
    assert 0 <= reading.start < reading.end <= len(WINDOWS[0].text)


def test_a_text_without_tokens_does_not_answer(folder: Path) -> None:
    """Its span is empty."""
    reading = open_reader(folder, 1).read("how high", [Window("head", " ")])[0]
    assert (reading.answers, reading.start, reading.end, len(reading.offsets)) == (float("-inf"), 0, 0, 0)


def test_no_windows_have_no_readings(folder: Path) -> None:
    """Nothing is run."""
    assert open_reader(folder, 1).read("how high", []) == []


def test_a_long_window_is_read_as_far_as_it_fits(folder: Path) -> None:
    """[CLS] question [SEP] before it and MAX_TOKENS together; a long question leaves room for the window."""
    reading = open_reader(folder, 1).read("abc", [Window("", "x" * 90 + " " + "y" * 90 + " " + "z" * 90)])[0]
    assert MAX_TOKENS - 6 <= len(reading.offsets) <= MAX_TOKENS - 5
    cut = shorten_question(make_tokenizer(), "q" * 90 + " w" * 60)
    assert len(make_tokenizer().encode(cut, add_special_tokens=False).ids) == 64


def test_control_tokens_in_a_text_are_plain_characters(folder: Path) -> None:
    """A "[SEP]" in a document does not end the window."""
    reading = open_reader(folder, 1).read("how", [Window("", "a [SEP] b")])[0]
    assert len(reading.offsets) == len("a[SEP]b")


@pytest.mark.parametrize("name", ["reader.onnx", "tokenizer.json"])
def test_a_file_that_does_not_match_its_checksum_is_an_error(folder: Path, name: str) -> None:
    """Whatever loads it would read something else than was measured."""
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"{name} is not the file that reader.json describes"):
        open_reader(folder)


def test_a_folder_without_a_reader_is_an_error(folder: Path) -> None:
    """The message says which file is missing or damaged."""
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"cannot read .*tokenizer\.json"):
        open_reader(folder)
    (folder / "reader.json").write_text("[]")
    with pytest.raises(ModelError, match=r"reader\.json describes no reader"):
        open_reader(folder)


def test_a_graph_without_a_judge_is_an_error(folder: Path) -> None:
    """When it is opened, not when it is first asked."""
    model = onnx.load(folder / "reader.onnx")
    del model.graph.output[1:]
    onnx.save(model, folder / "reader.onnx")
    checksums = {name: files.sha256(folder / name) for name in ("reader.onnx", "tokenizer.json")}
    (folder / "reader.json").write_text(json.dumps({"files": checksums}))
    with pytest.raises(ModelError, match="has no output judged"):
        open_reader(folder)


def test_a_graph_that_cannot_be_loaded_is_an_error(folder: Path) -> None:
    """Also with the right checksum."""
    (folder / "reader.onnx").write_bytes(b"nothing")
    checksums = {name: files.sha256(folder / name) for name in ("reader.onnx", "tokenizer.json")}
    (folder / "reader.json").write_text(json.dumps({"files": checksums}))
    with pytest.raises(ModelError, match="cannot load the reader"):
        open_reader(folder)


def test_the_fingerprint_changes_with_the_weights(folder: Path) -> None:
    """Same fingerprint, same readings."""
    assert open_reader(folder).fingerprint == files.sha256(folder / "reader.onnx")[:16]
