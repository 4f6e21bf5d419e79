"""Train a span model: seeded, resumable after any step, with a schedule by pairs or by the clock.

A step takes one batch for each worker thread, in bfloat16 where the processor multiplies that, and updates weights kept
in float32 by AdamW (Loshchilov and Hutter 2019). The learning rate rises over the first WARM_UP of the work and then
falls to 0 in proportion to what is left. Word embeddings stay as they are: few words of a vocabulary occur in the
questions, and moving only these would tear them away from their synonyms.
"""

import datetime
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from retrieval.errors import DataError
from retrieval.training.batches import Batch, encode, make_batches
from retrieval.training.pairs import PairStream
from retrieval.training.span_model import SpanModel, judge_loss, list_loss, round_rows, span_loss

BLOCK_QUESTIONS = 1024  # whose pairs are sorted by length together
WARM_UP = 0.03
CHECKPOINT_SECONDS = 120
WEIGHT_DECAY = 0.01
MAX_GRADIENT_NORM = 1.0
REPORT_STEPS = 20
JUDGED_SHARE = 2.0  # of the loss of the judge, whose gradients are small
ROUNDED_FROM = 0.75  # of the work: from here on the forward pass uses weights as they will be shipped


@dataclass(frozen=True)
class Plan:
    """What decides the outcome besides the data.

    Training ends after `pairs` pairs, or `seconds` after it began if these are given, interruptions included.
    """

    seed: int = 0
    rate: float = 2e-4
    batch_tokens: int = 3072  # of each worker
    workers: int = 2
    pairs: int = 0
    seconds: float = 0.0
    compiled: bool = False


@dataclass
class Position:
    """How far training has come; `began` is Unix time."""

    block: int = 0
    batch: int = 0
    step: int = 0
    pairs: int = 0
    began: float = 0.0
    loss: float = 0.0  # a running mean


class Trainer:
    """A model, its optimiser and its position in the stream of pairs."""

    def __init__(self, model: SpanModel, stream: PairStream, tokenizer: Tokenizer, plan: Plan, device: str) -> None:
        """Take a model in float32; trains what requires gradients in a copy, in the type of `fastest_type`."""
        self.model = model
        model.words.weight.requires_grad_(False)
        self._names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
        self._full = [parameter.detach() for parameter in model.parameters() if parameter.requires_grad]
        self._full = [parameter.to(device) for parameter in self._full]
        self._running = _copy(model).to(device, fastest_type(device))
        self._weights = [parameter for parameter in self._running.parameters() if parameter.requires_grad]
        self._run = torch.compile(self._running, dynamic=True) if plan.compiled else self._running
        self._optimizer = torch.optim.AdamW(self._full, lr=plan.rate, weight_decay=WEIGHT_DECAY, fused=True)
        self._stream, self._tokenizer, self._plan, self._device = stream, tokenizer, plan, device
        self.position = Position(began=time.time())

    def progress(self) -> float:
        """Return the share of the work that is done, 0 to 1."""
        if self._plan.seconds:
            return min(1.0, (time.time() - self.position.began) / self._plan.seconds)
        return min(1.0, self.position.pairs / self._plan.pairs)

    def run(self, save: Path, report: Callable[[str], None], steps: int = 0) -> None:
        """Train to the end of the plan, or for some steps; saves regularly and at the end."""
        torch.set_num_threads(1)
        saved = began = time.time()
        first = self.position.pairs
        stop = self.position.step + steps if steps else 0
        with ThreadPoolExecutor(self._plan.workers) as workers, ThreadPoolExecutor(1) as maker:
            for number, batches in enumerate(self._steps(maker)):
                if number == 0 and self._plan.compiled:
                    self._gradients(batches[0])  # compiles before the threads share the result
                rate = self._step(batches, workers)
                if self.position.step % REPORT_STEPS == 0:
                    speed = (self.position.pairs - first) / (time.time() - began)
                    report(self._line(rate, speed))
                if time.time() - saved > CHECKPOINT_SECONDS:
                    self.save(save)
                    saved = time.time()
                if self.progress() >= 1 or self.position.step == stop:
                    break
        self.save(save)

    def _line(self, rate: float, speed: float) -> str:
        """Return a line of progress."""
        at = self.position
        clock = datetime.datetime.now().strftime("%H:%M:%S")
        return (
            f"{clock} step {at.step} pairs {at.pairs} loss {at.loss:.4f} rate {rate:.2e} "
            f"{speed:.1f} pairs/s done {self.progress():.1%}"
        )

    def _steps(self, maker: ThreadPoolExecutor) -> Iterator[list[Batch]]:
        """Yield the batches of each step, from the position on; the next block is made meanwhile."""
        upcoming: Future[list[Batch]] = maker.submit(self._block, self.position.block)
        while True:
            batches = upcoming.result()
            if len(batches) < self._plan.workers:
                raise DataError(
                    f"the sets give {len(batches)} batches at a time, but there are {self._plan.workers} workers"
                )
            upcoming = maker.submit(self._block, self.position.block + 1)
            while self.position.batch + self._plan.workers <= len(batches):
                first = self.position.batch
                self.position.batch += self._plan.workers
                yield batches[first : first + self._plan.workers]
            self.position.block, self.position.batch = self.position.block + 1, 0

    def _block(self, number: int) -> list[Batch]:
        """Make the batches of a block of pairs."""
        encoded = encode(self._tokenizer, self._stream.block(number, BLOCK_QUESTIONS))
        return make_batches(encoded, self._plan.batch_tokens, random.Random(f"{self._plan.seed} {number}"))

    def _step(self, batches: list[Batch], workers: ThreadPoolExecutor) -> float:
        """Update the weights from some batches; return the learning rate."""
        sizes = [len(batch.ids) for batch in batches]
        results = list(workers.map(self._gradients, batches))
        shares = [size / sum(sizes) for size in sizes]
        for place, weight in enumerate(self._full):
            parts = [gradients[place].float() * share for (_, gradients), share in zip(results, shares, strict=True)]
            weight.grad = torch.stack(parts).sum(0) if len(parts) > 1 else parts[0]
        torch.nn.utils.clip_grad_norm_(self._full, MAX_GRADIENT_NORM)
        done = self.progress()
        rate = self._plan.rate * min(1.0, max(done, 1e-3) / WARM_UP) * (1 - done)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        self._copy_weights(rounded=done >= ROUNDED_FROM)
        at = self.position
        at.step += 1
        at.pairs += sum(sizes)
        loss = sum(value * share for (value, _), share in zip(results, shares, strict=True))
        at.loss = loss if at.step == 1 else at.loss + (loss - at.loss) * max(0.01, 1 / at.step)
        return rate

    def _copy_weights(self, rounded: bool) -> None:
        """Copy the weights to those that are run, if wanted rounded to the steps of the integers that are shipped."""
        with torch.no_grad():
            for name, run, full in zip(self._names, self._weights, self._full, strict=True):
                shipped = rounded and full.ndim == 2 and "head." not in name
                run.copy_(round_rows(full) if shipped else full)

    def _gradients(self, batch: Batch) -> tuple[float, tuple[Tensor, ...]]:
        """Compute the loss of a batch and its gradients."""
        given = (batch.ids, batch.types, batch.filled, batch.text, batch.starts, batch.ends, batch.groups, batch.found)
        ids, types, filled, text, starts, ends, groups, found = (
            torch.from_numpy(array).to(self._device) for array in given
        )
        logits, judged = self._run(ids, types, filled)
        loss = JUDGED_SHARE * judge_loss(judged, starts)
        if batch.found.any():
            logits, text, starts, ends, groups = (part[found] for part in (logits, text, starts, ends, groups))
            loss = loss + span_loss(logits, text, starts, ends) + list_loss(logits, text, starts, groups)
        return float(loss.detach()), torch.autograd.grad(loss, self._weights, materialize_grads=True)

    def save(self, path: Path) -> None:
        """Save everything that continuing needs, in one replacement of the file."""
        state = {
            "model": self.state(),
            "optimizer": self._optimizer.state_dict(),
            "position": asdict(self.position),
            "plan": asdict(self._plan),
        }
        unfinished = path.with_suffix(".unfinished")
        torch.save(state, unfinished)
        unfinished.replace(path)

    def state(self) -> dict[str, Tensor]:
        """Return the weights, float32."""
        state = {name: tensor.float().cpu() for name, tensor in self.model.state_dict().items()}
        trained = zip(self._names, self._full, strict=True)
        return state | {name: full.detach().float().cpu() for name, full in trained}

    def load(self, path: Path) -> None:
        """Continue from what `save` saved."""
        saved: dict[str, Any] = torch.load(path, map_location=self._device, weights_only=True)
        with torch.no_grad():
            for model in (self.model, self._running):
                model.load_state_dict(saved["model"])
            for name, full in zip(self._names, self._full, strict=True):
                full.copy_(saved["model"][name])
        self._optimizer.load_state_dict(saved["optimizer"])
        self.position = Position(**saved["position"])
        self._copy_weights(rounded=self.progress() >= ROUNDED_FROM)


def fastest_type(device: str) -> torch.dtype:
    """Return bfloat16, or float32 for a processor that has no instructions for it and takes eight times as long."""
    if device != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported():  # there is no public one
        return torch.bfloat16
    return torch.float32


def _copy(model: SpanModel) -> SpanModel:
    """Return a model with the same weights and the same trainable parameters."""
    words, size = model.words.weight.shape
    wide = model.layers[0].wide.out_features
    copy = SpanModel(words, size, wide, len(model.layers), model.positions.weight.shape[0])
    copy.load_state_dict(model.state_dict())
    for parameter, original in zip(copy.parameters(), model.parameters(), strict=True):
        parameter.requires_grad_(original.requires_grad)
    return copy
