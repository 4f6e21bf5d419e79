"""Training the judge alone: on what the shipped file computes, repeatable, resumable, and nothing else changes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from retrieval.encoding.session import open_session
from retrieval.encoding.span_reader import Window, open_reader
from retrieval.errors import ModelError
from retrieval.training import __main__ as command
from retrieval.training import judge_training
from retrieval.training.batches import encode
from retrieval.training.export import from_onnx, to_hidden_states
from retrieval.training.judge_training import JudgePlan, States, compute_states, train_judge
from retrieval.training.pairs import Pair, PairStream
from retrieval.training.passage_windows import Window as CutWindow
from retrieval.training.reader_files import write_reader
from retrieval.training.span_model import Judge
from tests.support.tiny_reader import (
    SIZE,
    make_model,
    make_stream,
    make_tokenizer,
    weights,
    write_sets,
    write_weights,
)

PLAN = JudgePlan(pairs=100, passes=4, rate=1e-2, batch=16, seed=3)


@pytest.fixture
def stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PairStream:
    monkeypatch.setattr(judge_training, "BLOCK_QUESTIONS", 64)
    return make_stream(tmp_path)


@pytest.fixture
def states(stream: PairStream, tmp_path: Path) -> States:
    return compute(stream, tmp_path)


def compute(stream: PairStream, tmp_path: Path) -> States:
    """Compute the states of 100 pairs for a small reader."""
    path = write_weights(tmp_path / "start.onnx")
    return compute_states(path, stream, make_tokenizer(), 100, tmp_path, lambda _: None)


def test_the_judge_says_of_the_states_what_the_reader_says_of_the_window(tmp_path: Path) -> None:
    """Within 0.05: in the reader, the activations of the judge are of eight bits as well."""
    (tmp_path / "tokenizer.json").write_text(make_tokenizer().to_str())
    write_reader(weights(make_model()), 1, tmp_path / "tokenizer.json", tmp_path / "reader", {})
    path = tmp_path / "reader" / "reader.onnx"
    (encoded,) = encode(make_tokenizer(), [Pair("how high", CutWindow("a head", "it is 300 m high"), "near")])
    judge_training._write_block(open_session(to_hidden_states(path)), [encoded], tmp_path / "block.npz")
    with np.load(tmp_path / "block.npz") as block:
        hidden, answered = block["hidden"], block["answered"]
    assert hidden.dtype == np.float16
    assert answered.tolist() == [False]
    given, mask, _ = judge_training._pad(States([hidden], answered), [0])
    with torch.no_grad():
        judged = float(from_onnx(path).judge(given, mask))
    (reading,) = open_reader(tmp_path / "reader", 1).read("how high", [Window("a head", "it is 300 m high")])
    assert judged == pytest.approx(reading.judged, abs=0.05)


def test_states_are_those_of_the_stream_in_its_order(states: States, stream: PairStream) -> None:
    """As many tokens as each pair has; whole blocks, so at least as many pairs as wanted."""
    encoded = [pair for number in range(2) for pair in encode(make_tokenizer(), stream.block(number, 64))]
    assert [len(one) for one in states.hidden] == [len(pair.ids) for pair in encoded][: len(states.hidden)]
    assert states.answered.tolist() == [not pair.starts[0] for pair in encoded][: len(states.hidden)]
    assert len(states.hidden) >= 100


def test_an_interrupted_computation_goes_on_with_the_next_block(
    stream: PairStream, states: States, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block that is there is not computed again, and one that is missing gets the same states."""
    blocks = sorted(tmp_path.glob("states_*.npz"))
    blocks[-1].unlink()
    again = compute(stream, tmp_path)
    assert all(np.array_equal(*both) for both in zip(states.hidden, again.hidden, strict=True))
    monkeypatch.setattr(judge_training, "_write_block", None)
    assert len(compute(stream, tmp_path).hidden) == len(states.hidden)


def test_states_of_another_reader_are_computed_again(stream: PairStream, states: States, tmp_path: Path) -> None:
    """In the same folder."""
    other = write_weights(tmp_path / "other.onnx", seed=5)
    again = compute_states(other, stream, make_tokenizer(), 100, tmp_path, lambda _: None)
    assert not any(np.array_equal(*both) for both in zip(states.hidden, again.hidden, strict=True))
    assert states.answered.tolist() == again.answered.tolist()


def test_training_tells_answers_from_the_rest_and_repeats() -> None:
    """Of states that differ in one number at one token; the same seed gives the same weights, another one others."""
    rng = np.random.default_rng(0)
    answered = np.arange(96) % 3 == 0
    hidden = [rng.normal(size=(5 + row % 4, SIZE)).astype(np.float16) for row in range(96)]
    for one, answers in zip(hidden, answered, strict=True):
        one[3, 7] = 4.0 if answers else -4.0
    states = States(hidden, answered)

    def train(seed: int) -> Judge:
        judge = make_model().judge
        train_judge(judge, states, JudgePlan(96, 12, PLAN.rate, PLAN.batch, seed), lambda _: None)
        return judge

    judge = train(3)
    given, mask, _ = judge_training._pad(states, range(96))
    with torch.no_grad():
        assert (judge(given, mask).numpy() > 0).tolist() == answered.tolist()
    assert torch.equal(judge.wide.weight, train(3).wide.weight)
    assert not torch.equal(judge.wide.weight, train(4).wide.weight)


def test_the_last_quarter_runs_with_rounded_weights(states: States, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what is trained fits what is shipped; the head is not rounded."""
    rounded: list[int] = []

    def note(matrix: torch.Tensor) -> torch.Tensor:
        rounded.append(matrix.ndim)
        return matrix

    monkeypatch.setattr(judge_training, "round_rows", note)
    train_judge(make_model().judge, states, PLAN, lambda _: None)
    steps = len(list(judge_training._batches(states, PLAN)))
    matrices = sum(weight.ndim == 2 for weight in make_model().judge.parameters()) - 1
    assert len(rounded) == matrices * sum(step / steps >= 0.75 for step in range(steps))


def test_what_has_no_judge_is_an_error(tmp_path: Path) -> None:
    """With the name of the file."""
    (tmp_path / "reader.onnx").write_bytes(b"\x08")
    with pytest.raises(ModelError, match=r"reader\.onnx: not a reader with a judge"):
        to_hidden_states(tmp_path / "reader.onnx")


def test_the_command_changes_the_judge_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From sets to the folder of a reader, with small weights that read the default model's vocabulary."""
    monkeypatch.setattr(judge_training, "BLOCK_QUESTIONS", 64)
    monkeypatch.setattr("retrieval.training.made_tables.TABLES", 6)
    data = write_sets(tmp_path / "data")
    start = write_weights(tmp_path / "start.onnx", vocabulary=30522)
    options = ["--pairs", "50", "--rate", "0.1", "--out", str(tmp_path / "out")]
    assert command.main(["train-judge", str(data), str(start), *options]) == 0
    open_reader(tmp_path / "out" / "reader")
    before, after = (from_onnx(path).state_dict() for path in (start, tmp_path / "out" / "reader" / "reader.onnx"))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {name for name in before if name.startswith("judge.")}
