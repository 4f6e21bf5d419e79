"""Train a reader, and tune the encoder of questions: python -m retrieval.training train DATA_FOLDER --out FOLDER.

`train` continues where it was interrupted, and ends by writing the reader beside its checkpoint; `train-judge` trains
the judge of a reader alone. `export` writes the reader of a checkpoint, `held-out` the questions that a set keeps from
training, as a SQuAD file, `near-misses` those that were written for questions of sets, `select` the questions of mined
sets to train on. `measure` prints figures for held-out questions, `speed` the time of a window. `tune-questions` trains
the encoder of questions.
"""

import argparse
import datetime
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from retrieval.concurrency import available_cores
from retrieval.encoding import models
from retrieval.encoding.span_reader import TOKENIZER, open_reader
from retrieval.errors import FootnoteError
from retrieval.training import data_sets, reader_figures
from retrieval.training.export import from_onnx
from retrieval.training.held_out import write_held_out
from retrieval.training.informative_windows import read_judgements, select_windows
from retrieval.training.judge_training import JudgePlan, compute_states, train_judge
from retrieval.training.made_questions import make_questions
from retrieval.training.made_tables import make_tables
from retrieval.training.mined_sets import read_mined
from retrieval.training.near_misses import write_near_misses
from retrieval.training.pairs import PairMaker, PairSource, PairStream, training_rows
from retrieval.training.reader_files import mean_with, read_checkpoint, record_figures, write_reader
from retrieval.training.reading_sets import ReadingSet, read_near, read_set
from retrieval.training.span_model import freeze, from_bert
from retrieval.training.training_loop import Plan, Trainer

CHECKPOINT = "training.pt"
EPOCHS, RATE = 1.0, 5e-5  # of tuning the encoder of questions


def main(arguments: Sequence[str]) -> int:
    """Run a command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m retrieval.training", description="Train and measure a reader.")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train, or continue training, and write the reader")
    _add_data_arguments(train)
    _add_train_arguments(train)
    judge = commands.add_parser("train-judge", help="train the judge of a reader alone, as a mean of weights needs")
    _add_data_arguments(judge)
    _add_judge_arguments(judge)
    export = commands.add_parser("export", help="write the reader of a checkpoint")
    export.add_argument("checkpoint", type=Path)
    export.add_argument("--out", type=Path, required=True)
    export.add_argument(
        "--mean-with", type=Path, help="the reader.onnx that it started from, to write the mean of both"
    )
    _add_set_arguments(commands)
    measure = commands.add_parser("measure", help="print how well a reader judges windows")
    measure.add_argument("reader", type=Path)
    measure.add_argument("files", type=Path, nargs="+", help="sets (.jsonl.gz) or SQuAD files (.json)")
    measure.add_argument("--questions", type=int, default=200, help="of each file")
    measure.add_argument("--casual", type=float, default=0.0, help="share of the questions to reword (default 0)")
    measure.add_argument("--record", action="store_true", help="also write the figures into reader.json")
    commands.add_parser("speed", help="print the time that a window takes").add_argument("reader", type=Path)
    tune = commands.add_parser("tune-questions", help="tune the default encoder for questions, or continue that")
    tune.add_argument("files", type=Path, nargs="+", help="files of retrieval.measuring.mine_candidates")
    tune.add_argument("--out", type=Path, required=True, help="the folder of the checkpoint and the adapter")
    tune.add_argument("--epochs", type=float, default=EPOCHS, help=f"rounds through all questions ({EPOCHS:g})")
    tune.add_argument("--rate", type=float, default=RATE, help=f"the largest learning rate ({RATE:g})")
    tune.add_argument("--stretch", type=float, default=1.0, help="multiply the changes by this at the end (default 1)")
    tune.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        COMMANDS[given.command](given)
    except FootnoteError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _add_data_arguments(train: argparse.ArgumentParser) -> None:
    train.add_argument("data", type=Path, help="a folder with NAME.jsonl.gz of the sets in data_sets")
    train.add_argument("--out", type=Path, required=True, help="the folder of the reader and of what continuing needs")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument(
        "--mined",
        nargs="+",
        action="append",
        default=[],
        metavar=("SHARE", "FILE"),
        help="also train on windows collected by retrieval.measuring.mine_windows: these files together give so many "
        "pairs for each 110 of the other sets",
    )


def _add_judge_arguments(train: argparse.ArgumentParser) -> None:
    train.add_argument("start", type=Path, help="the reader.onnx whose judge is trained")
    train.add_argument("--pairs", type=int, required=True, help="train on so many pairs; each takes 100 kB in memory")
    train.add_argument("--passes", type=int, default=JudgePlan.passes, help=f"through them ({JudgePlan.passes})")
    train.add_argument("--rate", type=float, default=JudgePlan.rate, help=f"the largest ({JudgePlan.rate:g})")


def _add_train_arguments(train: argparse.ArgumentParser) -> None:
    length = train.add_mutually_exclusive_group(required=True)
    length.add_argument("--pairs", type=int, default=0, help="train on so many pairs: repeatable")
    length.add_argument("--minutes", type=float, default=0.0, help="train so long, interruptions included")
    train.add_argument("--start", type=Path, help="the reader.onnx to start from, instead of the default encoder")
    train.add_argument("--layers", type=int, default=6, help="of the default encoder (default 6)")
    train.add_argument(
        "--frozen",
        type=int,
        default=0,
        help="layers that stay as they are; 3 of 6 take a third off the time (default 0)",
    )
    train.add_argument("--rate", type=float, default=Plan.rate, help=f"the largest learning rate ({Plan.rate:g})")
    train.add_argument("--batch-tokens", type=int, default=Plan.batch_tokens, help="of each worker")
    train.add_argument("--workers", type=int, default=available_cores(), help="threads (default one per core)")
    train.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    train.add_argument("--compile", action="store_true", help="a quarter faster after a minute; needs a C++ compiler")


def _add_set_arguments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    held_out = commands.add_parser("held-out", help="write what a set holds out of the training as a SQuAD file")
    held_out.add_argument("file", type=Path)
    held_out.add_argument("--out", type=Path, required=True)
    near = commands.add_parser("near-misses", help="write near misses with the passages that do not answer them")
    near.add_argument("data", type=Path, help="a folder with NAME.jsonl.gz of the sets")
    near.add_argument("file", type=Path, help="set, id of a question and near miss, as tests/manuals/near_misses.tsv")
    near.add_argument("--out", type=Path, required=True)
    select = commands.add_parser("select", help="write the part of mined sets that a reader does not know yet")
    select.add_argument("reader", type=Path)
    select.add_argument("files", type=Path, nargs="+", help="sets of retrieval.measuring.mine_windows")
    select.add_argument("--out", type=Path, required=True, help="the folder of the smaller sets")
    select.add_argument("--judged", type=Path, help="judgements of windows, as tests/manuals/judged.tsv")
    select.add_argument("--seed", type=int, default=0)


def _train(given: argparse.Namespace) -> None:
    """Train and write the reader."""
    plan = Plan(
        seed=given.seed,
        rate=given.rate,
        batch_tokens=given.batch_tokens,
        workers=given.workers,
        pairs=given.pairs,
        seconds=given.minutes * 60,
        compiled=given.compile,
    )
    folder = models.find_verified(models.DEFAULT_MODEL)
    model = from_onnx(given.start) if given.start else from_bert(folder / "model.safetensors", given.layers)
    freeze(model, given.frozen)
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    trainer = Trainer(model, _stream(given.data, given.mined, given.seed), tokenizer, plan, given.device)
    given.out.mkdir(parents=True, exist_ok=True)
    checkpoint = given.out / CHECKPOINT
    if checkpoint.is_file():
        trainer.load(checkpoint)
    trainer.run(checkpoint, _say)
    write_reader(*read_checkpoint(checkpoint), folder / TOKENIZER, given.out / "reader", _facts())


def _train_judge(given: argparse.Namespace) -> None:
    """Train the judge of a reader and write the reader with it."""
    plan = JudgePlan(given.pairs, given.passes, given.rate, seed=given.seed)
    tokenizer = models.find_verified(models.DEFAULT_MODEL) / TOKENIZER
    model = from_onnx(given.start)
    given.out.mkdir(parents=True, exist_ok=True)
    stream = _stream(given.data, given.mined, given.seed)
    states = compute_states(given.start, stream, Tokenizer.from_file(str(tokenizer)), plan.pairs, given.out, _say)
    train_judge(model.judge, states, plan, _say)
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    write_reader(state, len(states.hidden), tokenizer, given.out / "reader", _facts())


def _stream(folder: Path, mined: Sequence[Sequence[str]], seed: int) -> PairStream:
    """Read the sets of a folder and make those that are made from them; `mined` are lists of a share and files."""
    near = read_near(folder / data_sets.NEAR_FILE)
    sets = {entry.name: read_set(folder / f"{entry.name}.jsonl.gz", near) for entry in data_sets.SETS}
    statements = [sets[entry.name] for entry in data_sets.SETS if entry.made_from]
    made: list[ReadingSet] = [make_questions(statements, seed), make_tables(statements, seed)]
    shares = {entry.name: entry.share for entry in data_sets.SETS} | data_sets.MADE_SHARES
    sources: list[tuple[PairSource, float]] = [
        (PairMaker(data), shares.get(data.name, 0.0)) for data in (*sets.values(), *made)
    ]
    for share, *paths in mined:
        written = [read_mined(Path(path)) for path in paths]
        total = sum(len(data.questions) for data in written)
        sources += [(data, float(share) * len(data.questions) / total) for data in written]
    return PairStream(sources, seed)


def _export(given: argparse.Namespace) -> None:
    folder = models.find_verified(models.DEFAULT_MODEL)
    state, pairs = read_checkpoint(given.checkpoint)
    if given.mean_with is not None:
        state = mean_with(state, given.mean_with)
    write_reader(state, pairs, folder / TOKENIZER, given.out, _facts())


def _facts() -> dict[str, Any]:
    """Return what reader.json says of the origin of the weights."""
    return {
        "trained": datetime.date.today().isoformat(),
        "started_from": models.DEFAULT_MODEL,
        "data": [
            {"title": entry.title, "licence": entry.licence, "page": entry.page, "share": entry.share}
            for entry in data_sets.SETS
        ],
    }


def _measure(given: argparse.Namespace) -> None:
    """Print figures of each file: of what was held out of the sets that were trained on, of all of any other."""
    reader = open_reader(given.reader)
    figures = []
    trained_on = {entry.name for entry in data_sets.SETS}
    for path in given.files:
        data = reader_figures.read_squad_set(path) if path.suffix == ".json" else read_set(path, {})
        rows = training_rows(data, held_out=True) if data.name in trained_on else range(len(data.questions))
        pairs = reader_figures.make_pairs(data, rows, given.questions, given.casual)
        figures.append({"file": path.name, "casual": given.casual, **reader_figures.judge(reader, pairs)})
        print(json.dumps(figures[-1]), flush=True)
    if given.record:
        record_figures(given.reader, figures)


def _speed(given: argparse.Namespace) -> None:
    print(json.dumps(reader_figures.speed({threads: open_reader(given.reader, threads) for threads in (1, 2)})))


def _select(given: argparse.Namespace) -> None:
    reader = open_reader(given.reader)
    judgements = read_judgements(given.judged) if given.judged else {}
    given.out.mkdir(parents=True, exist_ok=True)
    for path in given.files:
        kept, count = select_windows(reader, path, given.out / path.name, given.seed, judgements)
        print(f"{path.name}: {kept} of {count} questions", flush=True)


def _tune_questions(given: argparse.Namespace) -> None:
    """Tune the encoder of questions and write its adapter."""
    from retrieval.training import question_tuning  # needs sentence-transformers, which takes seconds to load

    tuner = question_tuning.QuestionTuner(models.find_verified(models.DEFAULT_MODEL))
    corpora = [question_tuning.Candidates(path) for path in given.files]
    given.out.mkdir(parents=True, exist_ok=True)
    plan = question_tuning.TuningPlan(given.epochs, given.rate, given.seed)
    question_tuning.tune(tuner, corpora, plan, given.out / "questions.pt", _say)
    tuner.write(given.out / models.QUESTION_ADAPTER.name, given.stretch)


def _held_out(given: argparse.Namespace) -> None:
    print(f"{write_held_out(read_set(given.file, {}), given.out)} questions")


def _near_misses(given: argparse.Namespace) -> None:
    print(f"{write_near_misses(given.data, given.file, given.out)} near misses")


def _say(line: str) -> None:
    print(line, flush=True)


COMMANDS = {
    "train": _train,
    "train-judge": _train_judge,
    "export": _export,
    "held-out": _held_out,
    "near-misses": _near_misses,
    "select": _select,
    "measure": _measure,
    "speed": _speed,
    "tune-questions": _tune_questions,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
