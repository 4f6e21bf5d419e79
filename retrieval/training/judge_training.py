"""Train the judge of a reader alone, on hidden states that the reader computes once.

The layers below the judge stay as they are. So the file of the reader computes their states, rounded as they will be in
use, and the judge, which is small, goes through them several times.
"""

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from retrieval import files
from retrieval.concurrency import available_cores
from retrieval.encoding.session import Session, open_session
from retrieval.training.batches import EncodedPair, encode
from retrieval.training.export import HIDDEN, to_hidden_states
from retrieval.training.pairs import PairStream
from retrieval.training.span_model import OUTSIDE, Judge, judge_loss, round_rows
from retrieval.training.training_loop import BLOCK_QUESTIONS, MAX_GRADIENT_NORM, ROUNDED_FROM, WARM_UP, WEIGHT_DECAY

SORTED_PAIRS = 4096  # whose batches are of about the same length
REPORT_STEPS = 100
Float16 = NDArray[np.float16]


@dataclass(frozen=True)
class JudgePlan:
    """What decides the outcome besides the data."""

    pairs: int
    passes: int = 3
    rate: float = 3e-4
    batch: int = 64  # pairs
    seed: int = 0


@dataclass(frozen=True)
class States:
    """Hidden states of pairs: float16 (tokens, size) for each, and whether the window answers, bool (pairs,)."""

    hidden: Sequence[Float16]
    answered: NDArray[np.bool_]


def compute_states(
    reader: Path, stream: PairStream, tokenizer: Tokenizer, pairs: int, folder: Path, report: Callable[[str], None]
) -> States:
    """Compute what the judge of a reader.onnx reads, for about the first pairs of a stream.

    Those of each block of pairs are kept in the folder, so that an interrupted run goes on with the next block. The
    name of a file depends on the reader and the pairs, so that others do not find it. Raises ModelError.
    """
    graph = to_hidden_states(reader)
    session = open_session(graph)
    hidden: list[Float16] = []
    answered: list[NDArray[np.bool_]] = []
    number = 0
    while len(hidden) < pairs:
        encoded = encode(tokenizer, stream.block(number, BLOCK_QUESTIONS))
        asked = repr([(pair.ids, pair.types, pair.starts[0]) for pair in encoded])
        path = folder / f"states_{number}_{files.sha256_bytes(graph + asked.encode())[:16]}.npz"
        if not path.is_file():
            _write_block(session, encoded, path)
        with np.load(path) as block:
            hidden += np.split(block["hidden"], block["ends"][:-1])
            answered.append(block["answered"])
        number += 1
        report(f"hidden states of {len(hidden)} of {pairs} pairs")
    return States(hidden, np.concatenate(answered))


def _write_block(session: Session, pairs: Sequence[EncodedPair], path: Path) -> None:
    """Compute and write the states of some pairs, in one replacement of the file."""

    def read(pair: EncodedPair) -> Float16:
        given = {"ids": np.array([pair.ids], np.int64), "types": np.array([pair.types], np.int64)}
        return np.asarray(session.run([HIDDEN], given)[0][0], np.float16)

    with ThreadPoolExecutor(available_cores()) as workers:
        hidden = list(workers.map(read, pairs))
    unfinished = path.with_suffix(".unfinished.npz")
    answered = np.array([not pair.starts[0] for pair in pairs])
    np.savez(unfinished, hidden=np.concatenate(hidden), ends=np.cumsum([len(one) for one in hidden]), answered=answered)
    unfinished.replace(path)


def train_judge(judge: Judge, states: States, plan: JudgePlan, report: Callable[[str], None]) -> None:
    """Train a judge in place. The same plan, states and number of threads give the same weights."""
    run = copy.deepcopy(judge)
    names = [name for name, _ in judge.named_parameters()]
    full, running = list(judge.parameters()), list(run.parameters())
    optimizer = torch.optim.AdamW(full, lr=plan.rate, weight_decay=WEIGHT_DECAY)
    batches = list(_batches(states, plan))
    mean = 0.0
    for step, rows in enumerate(batches):
        done = step / len(batches)
        for group in optimizer.param_groups:
            group["lr"] = plan.rate * min(1.0, max(done, 1e-3) / WARM_UP) * (1 - done)
        hidden, mask, right = _pad(states, rows)
        loss = judge_loss(run(hidden, mask), right)
        for weight, gradient in zip(full, torch.autograd.grad(loss, running), strict=True):
            weight.grad = gradient
        torch.nn.utils.clip_grad_norm_(full, MAX_GRADIENT_NORM)
        optimizer.step()
        with torch.no_grad():
            for name, source, target in zip(names, full, running, strict=True):
                shipped = done >= ROUNDED_FROM and source.ndim == 2 and "head." not in name
                target.copy_(round_rows(source) if shipped else source)
        mean += (float(loss.detach()) - mean) * max(0.01, 1 / (step + 1))
        if (step + 1) % REPORT_STEPS == 0:
            report(f"step {step + 1} of {len(batches)} loss {mean:.4f}")


def _batches(states: States, plan: JudgePlan) -> Iterator[list[int]]:
    """Yield the rows of each batch of all passes."""
    rng = random.Random(plan.seed)
    for _ in range(plan.passes):
        rows = list(range(len(states.hidden)))
        rng.shuffle(rows)
        parts = [rows[start : start + SORTED_PAIRS] for start in range(0, len(rows), SORTED_PAIRS)]
        alike = [row for part in parts for row in sorted(part, key=lambda row: len(states.hidden[row]))]
        batches = [alike[start : start + plan.batch] for start in range(0, len(alike), plan.batch)]
        rng.shuffle(batches)
        yield from batches


def _pad(states: States, rows: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Return the states of some pairs, (pairs, tokens, size), their mask, and starts as `judge_loss` takes them."""
    hidden = [states.hidden[row] for row in rows]
    tokens, size = max(map(len, hidden)), hidden[0].shape[1]
    padded: NDArray[Any] = np.zeros((len(rows), tokens, size), np.float32)
    mask = np.full((len(rows), 1, 1, tokens), OUTSIDE, np.float32)
    for place, one in enumerate(hidden):
        padded[place, : len(one)], mask[place, ..., : len(one)] = one, 0.0
    unanswered = ~states.answered[list(rows)][:, np.newaxis]
    return torch.from_numpy(padded), torch.from_numpy(mask), torch.from_numpy(unanswered)
