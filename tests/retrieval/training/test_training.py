"""Training: repeatable, resumable, and the file that it ends with computes what the model computes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from retrieval.encoding import models
from retrieval.encoding.span_reader import Window, open_reader, window_text
from retrieval.errors import DataError, ModelError
from retrieval.training import __main__ as command
from retrieval.training import data_sets
from retrieval.training.batches import encode, make_batches, pad
from retrieval.training.export import from_onnx, quantize, to_onnx
from retrieval.training.pairs import NEAR_MISS, Pair, PairStream
from retrieval.training.passage_windows import Window as CutWindow
from retrieval.training.reader_files import mean_with, read_checkpoint, write_reader
from retrieval.training.span_model import OUTSIDE, Judge, freeze, list_loss, round_rows, span_loss
from retrieval.training.training_loop import JUDGED_SHARE, Plan, Trainer, fastest_type
from tests.support.paths import ROOT
from tests.support.tiny_reader import (
    LAYERS,
    make_model,
    make_stream,
    make_tokenizer,
    weights,
    write_sets,
    write_weights,
)

PLAN = Plan(seed=1, rate=1e-2, batch_tokens=2000, workers=2, pairs=400)


@pytest.fixture
def stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PairStream:
    monkeypatch.setattr("retrieval.training.training_loop.BLOCK_QUESTIONS", 64)
    return make_stream(tmp_path)


def train(stream: PairStream, path: Path, *steps: int, plan: Plan = PLAN) -> dict[str, Any]:
    """Train for some steps, then, with a new trainer that loads what was saved, for some more; return the weights."""
    trainer = Trainer(make_model(), stream, make_tokenizer(), plan, "cpu")
    for part in steps:
        trainer = Trainer(make_model(seed=9), stream, make_tokenizer(), plan, "cpu") if path.exists() else trainer
        if path.exists():
            trainer.load(path)
        trainer.run(path, lambda _: None, part)
    return trainer.state()


def test_a_resumed_training_ends_with_the_weights_of_an_uninterrupted_one(stream: PairStream, tmp_path: Path) -> None:
    """Interrupted in the middle of a block, twice, across the step from which weights are rounded."""
    whole = train(stream, tmp_path / "whole.pt", 14)
    parts = train(stream, tmp_path / "parts.pt", 3, 9, 2)
    assert {name for name in whole if not torch.equal(whole[name], parts[name])} == set()


def test_the_same_seed_trains_the_same_weights_and_another_seed_others(stream: PairStream, tmp_path: Path) -> None:
    """With the same number of workers."""
    first, second = (train(stream, tmp_path / f"{name}.pt", 4)["head.weight"] for name in "ab")
    other = PairStream(stream._sources, seed=2)
    assert torch.equal(first, second)
    assert not torch.equal(first, train(other, tmp_path / "c.pt", 4)["head.weight"])


def test_training_lowers_the_loss_and_leaves_the_words(
    stream: PairStream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embeddings of words are those of the start."""
    monkeypatch.setattr("retrieval.training.training_loop.REPORT_STEPS", 5)
    lines: list[str] = []
    trainer = Trainer(make_model(), stream, make_tokenizer(), PLAN, "cpu")
    trainer.run(tmp_path / "training.pt", lines.append)
    first, last = (float(line.split("loss ")[1].split()[0]) for line in (lines[0], lines[-1]))
    assert last < 0.95 * first
    assert torch.equal(trainer.state()["words.weight"], make_model().state_dict()["words.weight"])
    assert trainer.position.pairs >= 400


def test_layers_that_are_kept_and_what_is_below_them_do_not_change(stream: PairStream, tmp_path: Path) -> None:
    """The layer above them, the head and the judge do."""
    model = make_model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    freeze(model, LAYERS - 1)
    trainer = Trainer(model, stream, make_tokenizer(), PLAN, "cpu")
    trainer.run(tmp_path / "training.pt", lambda _: None, 3)
    changed = {name for name, tensor in trainer.state().items() if not torch.equal(tensor, before[name])}
    above = {name for name in before if name.startswith((f"layers.{LAYERS - 1}.", "head.", "judge."))}
    assert changed == above


@pytest.mark.parametrize(
    ("device", "multiplies", "expected"),
    [("cpu", True, torch.bfloat16), ("cpu", False, torch.float32), ("cuda", False, torch.bfloat16)],
)
def test_bfloat16_is_used_where_the_processor_multiplies_it(
    device: str, multiplies: bool, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere it takes several times as long as float32."""
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: multiplies)
    assert fastest_type(device) == expected


def test_too_little_data_for_the_workers_is_an_error(stream: PairStream, tmp_path: Path) -> None:
    """Instead of waiting for batches for ever."""
    plan = Plan(batch_tokens=100_000, workers=2, pairs=10)
    with pytest.raises(DataError, match="1 batches at a time, but there are 2 workers"):
        train(stream, tmp_path / "training.pt", 1, plan=plan)


def test_the_loss_counts_every_right_position() -> None:
    """With equal logits of three possible positions, one right start and two right ends."""
    text = torch.tensor([[True, True, True, False]])
    starts = torch.tensor([[False, True, False, False]])
    ends = torch.tensor([[False, True, True, False]])
    loss = span_loss(torch.zeros(1, 4, 2), text, starts, ends)
    assert float(loss) == pytest.approx((np.log(3) + np.log(3 / 2)) / 2)


def test_the_loss_of_a_list_is_that_of_its_softmax_over_log_odds() -> None:
    """Of two windows with log-odds 1 and 0, the first answers; a group of one kind does not count."""
    logits = torch.zeros(4, 2, 2)
    logits[0, 1] = 1.0
    text = torch.ones(4, 2, dtype=torch.bool)
    starts = torch.tensor([[False, True], [True, False], [True, False], [True, False]])
    loss = list_loss(logits, text, starts, torch.tensor([7, 7, 3, 3]))
    assert float(loss) == pytest.approx(np.log(1 + np.exp(-1.0)))
    assert float(list_loss(logits, text, starts, torch.tensor([7, 6, 3, 3]))) == 0.0


def test_the_judge_begins_as_the_last_layer_and_the_head_of_spans() -> None:
    """With all of its wide part, its log-odds are minus the sum of start and end at position 0."""
    model = make_model()
    model.judge = Judge(model.positions.weight.shape[1], model.layers[-1].wide.out_features)
    model.judge.begin_as(model.layers[-1], model.head)
    batch = pad(encode(make_tokenizer(), [Pair("q", CutWindow("", "abcd"), "near")]))
    with torch.no_grad():
        logits, judged = model(*(torch.from_numpy(array) for array in (batch.ids, batch.types, batch.filled)))
    assert float(judged) == pytest.approx(-float(logits[0, 0].sum()), abs=1e-5)


def test_a_near_miss_moves_the_judge_and_no_other_output(stream: PairStream) -> None:
    """Of a batch of a near miss alone, the head of spans has no gradient."""
    trainer = Trainer(make_model(), stream, make_tokenizer(), PLAN, "cpu")
    batch = pad(encode(make_tokenizer(), [Pair("q", CutWindow("", "abcd"), NEAR_MISS)]))
    loss, gradients = trainer._gradients(batch)
    moved = {name for name, part in zip(trainer._names, gradients, strict=True) if part.abs().max() > 0}
    assert {"judge.head.weight", "layers.0.wide.weight"} <= moved
    assert not {"head.weight", "layers.1.wide.weight"} & moved
    with torch.no_grad():
        _, judged = trainer.model(*(torch.from_numpy(array) for array in (batch.ids, batch.types, batch.filled)))
    assert loss == pytest.approx(JUDGED_SHARE * float(torch.nn.functional.softplus(judged)), rel=1e-2)


def test_a_batch_marks_the_tokens_of_the_answer_in_the_text() -> None:
    """Letters are tokens: [CLS] q [SEP] h : a b c d [SEP], with "bc" as the answer; the head cannot answer."""
    pair = Pair("q", CutWindow("h", "abcd", ((1, 3),)), "answer")
    encoded = encode(make_tokenizer(), [pair])
    assert encoded[0].text.astype(int).tolist() == [1, 0, 0, 0, 0, 1, 1, 1, 1, 0]
    assert np.flatnonzero(encoded[0].starts).tolist() == [6]
    assert np.flatnonzero(encoded[0].ends).tolist() == [7]
    assert encoded[0].types == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1]


def test_a_tokenizer_that_pads_or_cuts_does_so_no_longer() -> None:
    """That of the default encoder does both, at 128 tokens."""
    tokenizer = make_tokenizer()
    tokenizer.enable_padding(length=20)
    tokenizer.enable_truncation(20)
    pairs = [Pair("q", CutWindow("", "ab"), "near"), Pair("q", CutWindow("", "a" * 40), "near")]
    assert [len(pair.ids) for pair in encode(tokenizer, pairs)] == [6, 44]


def test_without_an_answer_the_first_position_is_right() -> None:
    """It stands for "not answered here"; sentences that hold an answer mark all of their tokens."""
    none = encode(make_tokenizer(), [Pair("q", CutWindow("", "abcd"), "near")])[0]
    sentence = encode(make_tokenizer(), [Pair("q", CutWindow("", "abcd", ((0, 4),), exact=False), "answer")])[0]
    assert np.flatnonzero(none.starts).tolist() == [0]
    assert np.flatnonzero(sentence.starts).tolist() == [3, 4, 5, 6]


def test_batches_hold_every_pair_once_within_their_tokens() -> None:
    """Padding counts as well; groups stay together."""
    import random

    pairs = [Pair("q", CutWindow("", "a" * (1 + number % 9)), "near", number // 2) for number in range(40)]
    batches = make_batches(encode(make_tokenizer(), pairs), 50, random.Random(0))
    assert sum(len(batch.ids) for batch in batches) == 40
    assert max(batch.ids.size for batch in batches) <= 50
    found = [group for batch in batches for group in set(batch.groups.tolist())]
    assert sorted(found) == list(range(20))
    assert pad(encode(make_tokenizer(), pairs[:2])).filled.astype(int).tolist() == [[1, 1, 1, 1, 1, 0], [1] * 6]


def test_the_exported_graph_computes_what_the_model_computes(tmp_path: Path) -> None:
    """Within 0.05 of logits of about 1, the judge's as well: activations are quantized to eight bits while running."""
    path = write_weights(tmp_path / "reader.onnx")
    model = from_onnx(path)
    folder = write_reader_folder(tmp_path)
    reader = open_reader(folder, 1)
    window = Window("a head", "the tower is 300 m high")
    reading = reader.read("how high", [window])[0]
    encoding = make_tokenizer().encode("how high", window_text(window))
    ids, types = torch.tensor([encoding.ids]), torch.tensor([encoding.type_ids])
    with torch.no_grad():
        (logits,), judged = model(ids, types, torch.ones_like(ids, dtype=torch.bool))
    expected = (logits[-1 - len(reading.starts) : -1] - logits[0]).numpy()
    assert abs(reading.judged - float(judged)) < 0.05
    assert np.abs(np.stack([reading.starts, reading.ends], 1) - expected).max() < 0.05


def test_weights_that_were_exported_are_exported_the_same_again(tmp_path: Path) -> None:
    """So training can continue from the shipped file, and rounding twice changes nothing."""
    path = write_weights(tmp_path / "reader.onnx")
    assert to_onnx(weights(from_onnx(path)), LAYERS) == path.read_bytes()


def test_the_mean_with_the_weights_of_the_start_is_written(tmp_path: Path) -> None:
    """Of every parameter but the judge's; what did not change stays."""
    folder = write_reader_folder(tmp_path)
    start = {name: tensor.clone() for name, tensor in from_onnx(folder / "reader.onnx").state_dict().items()}
    trained = start | {name: start[name] + 2.0 for name in ("head.bias", "judge.head.bias")}
    arrays = {name: tensor.numpy() for name, tensor in trained.items()}
    state = mean_with(arrays, folder / "reader.onnx")
    write_reader(state, 9, folder / "tokenizer.json", tmp_path / "mean", {})
    mean = from_onnx(tmp_path / "mean" / "reader.onnx").state_dict()
    assert torch.allclose(mean["head.bias"], start["head.bias"] + 1.0)
    assert torch.allclose(mean["judge.head.bias"], start["judge.head.bias"] + 2.0)
    assert all(torch.allclose(mean[name], start[name], atol=1e-6) for name in start if not name.endswith("head.bias"))


def test_training_rounds_weights_as_the_export_does() -> None:
    """To multiples of 1/63 of the largest value of each row."""
    matrix = np.random.default_rng(0).normal(size=(4, 9)).astype(np.float32)
    integers, scales = quantize(matrix)
    assert np.abs(integers).max(axis=1).tolist() == [63] * 4
    assert np.allclose(round_rows(torch.from_numpy(matrix)).numpy(), integers * scales[:, None], atol=1e-6)


def test_padding_does_not_change_the_scores() -> None:
    """A pair scores the same alone and beside a longer one; outside of the text the loss sees OUTSIDE only."""
    model = make_model()
    short, long = encode(
        make_tokenizer(), [Pair("q", CutWindow("", "ab"), "near"), Pair("q", CutWindow("", "abcdef"), "near")]
    )
    both, alone = pad([short, long]), pad([short])
    with torch.no_grad():
        (padded, judged), (single, judged_alone) = (
            model(*(torch.from_numpy(array) for array in (batch.ids, batch.types, batch.filled)))
            for batch in (both, alone)
        )
    assert torch.allclose(padded[0, :6], single[0], atol=1e-5)
    assert torch.allclose(judged[:1], judged_alone, atol=1e-5)
    assert OUTSIDE < -1000


def test_what_is_no_reader_or_checkpoint_is_an_error(tmp_path: Path) -> None:
    """Each with the name of the file."""
    path = tmp_path / "reader.onnx"
    path.write_bytes(b"\x08")
    with pytest.raises(ModelError, match=r"reader\.onnx"):
        from_onnx(path)
    with pytest.raises(DataError, match=r"reader\.onnx: not a checkpoint"):
        read_checkpoint(path)


def write_reader_folder(tmp_path: Path) -> Path:
    """Write the folder of a small reader."""
    tokenizer = tmp_path / "tokenizer.json"
    make_tokenizer().save(str(tokenizer))
    write_reader(weights(make_model()), 7, tokenizer, tmp_path / "reader", {"trained": "2026-11-27"})
    return tmp_path / "reader"


def test_the_commands_train_export_and_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From sets to figures, with small weights that read the default model's vocabulary."""
    monkeypatch.setattr("retrieval.training.training_loop.BLOCK_QUESTIONS", 64)
    monkeypatch.setattr("retrieval.training.made_tables.TABLES", 6)
    data = write_sets(tmp_path / "data")
    start = write_weights(tmp_path / "start.onnx", vocabulary=30522)
    out = tmp_path / "out"
    options = ["--out", str(out), "--pairs", "100", "--start", str(start), "--batch-tokens", "1024", "--workers", "1"]
    assert command.main(["train", str(data), *options]) == 0
    manifest = json.loads((out / "reader" / "reader.json").read_text())
    assert manifest["pairs"] >= 100
    assert [entry["title"] for entry in manifest["data"]] == [entry.title for entry in data_sets.SETS]
    assert manifest["started_from"] == models.DEFAULT_MODEL
    assert command.main(["export", str(out / "training.pt"), "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "reader.onnx").read_bytes() == (out / "reader" / "reader.onnx").read_bytes()
    mean = ["export", str(out / "training.pt"), "--mean-with", str(start), "--out", str(tmp_path / "mean")]
    assert command.main(mean) == 0
    assert (tmp_path / "mean" / "reader.onnx").read_bytes() != (out / "reader" / "reader.onnx").read_bytes()
    capsys.readouterr()
    squad = tmp_path / "squad.json"
    paragraph = {"context": "It was built in 1840. It is old.", "qas": [
        {"question": "when was it built?", "answers": [{"text": "1840", "answer_start": 16}]},
    ]}  # fmt: skip
    squad.write_text(json.dumps({"data": [{"title": "A_fort", "paragraphs": [paragraph]}]}))
    sets = [str(data / "qed_nq.jsonl.gz"), str(squad)]
    assert command.main(["measure", str(out / "reader"), "--record", *sets]) == 0
    held_out, other = map(json.loads, capsys.readouterr().out.splitlines())
    assert (held_out["file"], held_out["answering"], other["answering"]) == ("qed_nq.jsonl.gz", 2, 1)
    assert other["removed"]["n"] == 1
    assert command.main(["measure", str(out / "reader"), "--record", sets[1]]) == 0
    kept = json.loads((out / "reader" / "reader.json").read_text())["figures"]
    assert [entry["file"] for entry in kept] == ["qed_nq.jsonl.gz", "squad.json"]
    assert [entry["auroc"]["removed"] for entry in kept] == [held_out["removed"]["auroc"], other["removed"]["auroc"]]
    capsys.readouterr()
    assert command.main(["speed", str(out / "reader")]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 2
    assert command.main(["speed", str(tmp_path)]) == 1
    assert "describes no reader" in capsys.readouterr().err


def test_the_model_card_names_every_set_with_its_licence_and_page() -> None:
    """Whoever adds a set, or changes a share, says so there."""
    card = (ROOT / "docs" / "reader.md").read_text("utf-8")
    rows = [f"| [{entry.title}]({entry.page}) | {entry.licence} | {entry.share:g} |" for entry in data_sets.SETS]
    assert [row for row in rows if row not in card] == []
