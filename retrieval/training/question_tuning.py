"""Tune the encoder of questions: passages keep their vectors, and questions move towards what answers them.

Two losses are added. One is that of the dense search: a softmax over the cosines of a question with all sentences of an
index, in which those that answer should stand out (van den Oord et al. 2018). The other is that of the ranker: a
softmax over the scores of its candidates (Cao et al. 2007), of which late interaction and the cosine with the window
come from the question's vectors, and all else is as it was mined. Only questions pass through the model, so a step
takes little time. What comes out is an adapter, see question_adapter.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor
from torch.nn import functional

from retrieval.encoding.question_adapter import write_changes
from retrieval.encoding.token_quantizer import dequantize
from retrieval.errors import DataError

SCALE = 20.0  # of cosines in the softmax
BATCH_QUESTIONS = 32  # of one index
MAX_RIGHT, NEXT_WRONG, OTHER_WRONG = 6, 10, 4  # candidates of a question in a step
WARM_UP_STEPS = 50
MAX_GRADIENT_NORM = 1.0
CHECKPOINT_SECONDS = 120
REPORT_STEPS = 50


@dataclass(frozen=True)
class TuningPlan:
    """How long and how fast to train."""

    epochs: float
    rate: float
    seed: int


class Candidates:
    """Questions, their candidates and the vectors of an index, as retrieval.measuring.mine_candidates writes them."""

    def __init__(self, path: Path) -> None:
        """Read a file. Raises DataError."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                content = {name: arrays[name] for name in arrays.files}
            self.questions = content["questions"].tobytes().decode().split("\n")
            self._ends = np.cumsum(content["sizes"])
            self._sizes, self._gold = content["sizes"], content["gold"]
            self._rows, self._rest, self._right = content["rows"], content["rest"], content["right"]
            self.sentences = torch.from_numpy(content["sentences"].astype(np.float32))
            self._windows = functional.normalize(torch.from_numpy(content["windows"].astype(np.float32)), dim=1)
            self._row_windows, self._tokens = content["row_windows"], content["tokens"]
            self._token_ends = np.cumsum(content["token_counts"])
            self.projection = (
                torch.from_numpy(content["projection_mean"]),
                torch.from_numpy(content["projection_basis"]),
            )
            self.similarity_range = tuple(content["similarity_range"].tolist())
            self.late_weight, self.window_weight = content["weights"].tolist()
        except (OSError, ValueError, KeyError) as error:
            raise DataError(f"{path}: {error}") from None

    def answers(self, question: int) -> tuple[Tensor, Tensor]:
        """Tell which sentences answer a question, and which are known to or stand beside one that does, bool (n,)."""
        part = self._part(question)
        rows = self._rows[part][self._right[part]]
        if self._gold[question] >= 0:
            rows = np.append(rows, self._gold[question])
        right = torch.zeros(len(self.sentences), dtype=torch.bool)
        right[torch.from_numpy(rows)] = True
        beside = np.isin(self._row_windows, self._row_windows[rows])
        return right, torch.from_numpy(beside)

    def draw(self, question: int, rng: random.Random) -> "Drawn | None":
        """Draw candidates of a question; None if all answer, or none does."""
        part = self._part(question)
        right = self._right[part]
        wrong = np.flatnonzero(~right).tolist()
        if not wrong or not right.any():
            return None
        others = wrong[NEXT_WRONG:]
        places = [
            *np.flatnonzero(right)[:MAX_RIGHT].tolist(),
            *wrong[:NEXT_WRONG],
            *rng.sample(others, min(OTHER_WRONG, len(others))),
        ]
        rows = self._rows[part][places]
        tokens = [self._tokens[self._token_ends[row - 1] if row else 0 : self._token_ends[row]] for row in rows]
        return Drawn(
            torch.from_numpy(dequantize(np.concatenate(tokens))),
            torch.repeat_interleave(torch.arange(len(rows)), torch.tensor([len(one) for one in tokens])),
            self._windows[torch.from_numpy(self._row_windows[rows])],
            torch.from_numpy(self._rest[part][places]),
            torch.from_numpy(right[places]),
        )

    def _part(self, question: int) -> slice:
        end = int(self._ends[question])
        return slice(end - int(self._sizes[question]), end)


@dataclass(frozen=True)
class Drawn:
    """The token vectors of n candidates, (t, k), which candidate each belongs to, (t,), and what else decides.

    That is the vector of the window, (n, d), the rest of the score, (n,), and whether it answers, bool (n,).
    """

    tokens: Tensor
    owners: Tensor
    windows: Tensor
    rest: Tensor
    right: Tensor


@dataclass(frozen=True)
class EncodedQuestions:
    """The unit vectors of b questions, (b, d), their projected token vectors, (b, t, k), and which of these count."""

    vectors: Tensor
    tokens: Tensor
    counted: Tensor


class QuestionTuner:
    """The model that is tuned, and its changes."""

    def __init__(self, folder: Path) -> None:
        """Load the model of a folder; its word and position embeddings stay as they are."""
        self._model = SentenceTransformer(str(folder), device="cpu", local_files_only=True).eval()
        self.parameters = {
            name.split("model.", 1)[-1]: parameter
            for name, parameter in self._model.named_parameters()
            if ".encoder.layer." in name
        }
        for parameter in self._model.parameters():
            parameter.requires_grad_(False)
        for parameter in self.parameters.values():
            parameter.requires_grad_(True)
        self._start = {name: parameter.detach().clone() for name, parameter in self.parameters.items()}

    def encode(self, questions: Sequence[str], projection: tuple[Tensor, Tensor]) -> EncodedQuestions:
        """Encode questions, with gradients; `projection` is that of OnnxEncoder.project."""
        features = self._model.preprocess(list(questions))
        special = torch.tensor(self._model.tokenizer.all_special_ids)
        counted = features["attention_mask"].bool() & ~torch.isin(features["input_ids"], special)
        outputs = self._model(features)
        mean, basis = projection
        tokens = functional.normalize(outputs["token_embeddings"], dim=2)
        projected = functional.normalize((tokens - mean) @ basis, dim=2)
        return EncodedQuestions(functional.normalize(outputs["sentence_embedding"], dim=1), projected, counted)

    def loss(self, corpus: Candidates, questions: Sequence[int], rng: random.Random) -> Tensor:
        """Compute the loss of some questions of a file."""
        encoded = self.encode([corpus.questions[question] for question in questions], corpus.projection)
        cosines = SCALE * encoded.vectors @ corpus.sentences.T
        found, ranked = [], []
        for place, question in enumerate(questions):
            right, beside = corpus.answers(question)
            if right.any():
                found.append(_softmax_loss(cosines[place].masked_fill(beside & ~right, -1e4), right))
            drawn = corpus.draw(question, rng)
            tokens = encoded.tokens[place][encoded.counted[place]]
            if drawn is not None and len(tokens):
                ranked.append(_softmax_loss(_scores(corpus, encoded.vectors[place], tokens, drawn), drawn.right))
        parts = [torch.stack(losses).mean() for losses in (found, ranked) if losses]
        return torch.stack(parts).sum() if parts else cosines.sum() * 0

    def write(self, path: Path, stretch: float = 1.0) -> None:
        """Write what has changed, times `stretch`, as an adapter."""
        changes = {name: value.detach() - self._start[name] for name, value in self.parameters.items()}
        write_changes({name: change * stretch for name, change in changes.items()}, path)


def _scores(corpus: Candidates, vector: Tensor, tokens: Tensor, drawn: Drawn) -> Tensor:
    """Compute the ranker's scores of n candidates, (n,), from the vectors of a question."""
    cosines = tokens @ drawn.tokens.T
    best = torch.full((len(tokens), len(drawn.rest)), -1.0)
    best = best.scatter_reduce(1, drawn.owners.expand_as(cosines), cosines, "amax")
    unrelated, same = corpus.similarity_range
    late = ((best - unrelated) / (same - unrelated)).mean(0)
    return corpus.late_weight * late + corpus.window_weight * (drawn.windows @ vector) + drawn.rest


def _softmax_loss(scores: Tensor, right: Tensor) -> Tensor:
    """Return -log P(one that is right)."""
    return scores.logsumexp(0) - scores.masked_fill(~right, -1e4).logsumexp(0)


def tune(
    tuner: QuestionTuner,
    corpora: Sequence[Candidates],
    plan: TuningPlan,
    checkpoint: Path,
    report: Callable[[str], None],
) -> None:
    """Train to the end of the plan; saves regularly, and continues from what it saved."""
    optimizer = torch.optim.AdamW(list(tuner.parameters.values()), lr=plan.rate, weight_decay=0.0)
    total = int(plan.epochs * sum(1 for _ in _batches(corpora, random.Random(0))))
    step, mean = 0, 0.0
    if checkpoint.is_file():
        step, mean = _load(checkpoint, tuner, optimizer)
    saved = began = time.time()
    first = step
    while step < total:
        for number, (corpus, questions) in _numbered_batches(corpora, plan.seed, step):
            loss = tuner.loss(corpus, questions, random.Random(f"{plan.seed} {number}"))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(tuner.parameters.values(), MAX_GRADIENT_NORM)
            for group in optimizer.param_groups:
                group["lr"] = plan.rate * min(1.0, (step + 1) / WARM_UP_STEPS) * (1 - step / total)
            optimizer.step()
            step += 1
            mean = float(loss.detach()) if step == 1 else mean + (float(loss.detach()) - mean) * 0.02
            if step % REPORT_STEPS == 0:
                speed = (step - first) * BATCH_QUESTIONS / (time.time() - began)
                report(f"step {step} of {total} loss {mean:.4f} {speed:.1f} questions/s")
            if time.time() - saved > CHECKPOINT_SECONDS or step >= total:
                _save(checkpoint, tuner, optimizer, step, mean)
                saved = time.time()
            if step >= total:
                break


def _batches(corpora: Sequence[Candidates], rng: random.Random) -> Iterator[tuple[Candidates, list[int]]]:
    """Yield the batches of an epoch in random order."""
    batches = []
    for corpus in corpora:
        questions = rng.sample(range(len(corpus.questions)), len(corpus.questions))
        batches += [
            (corpus, questions[start : start + BATCH_QUESTIONS]) for start in range(0, len(questions), BATCH_QUESTIONS)
        ]
    rng.shuffle(batches)
    yield from batches


def _numbered_batches(
    corpora: Sequence[Candidates], seed: int, step: int
) -> Iterator[tuple[int, tuple[Candidates, list[int]]]]:
    """Yield what is left of the epoch of a step, with the numbers of the steps."""
    size = sum(1 for _ in _batches(corpora, random.Random(0)))
    epoch, done = divmod(step, size)
    batches = list(_batches(corpora, random.Random(f"{seed} epoch {epoch}")))
    yield from enumerate(batches[done:], step)


def _save(path: Path, tuner: QuestionTuner, optimizer: torch.optim.Optimizer, step: int, mean: float) -> None:
    state = {"weights": dict(tuner.parameters), "optimizer": optimizer.state_dict(), "step": step, "loss": mean}
    unfinished = path.with_suffix(".unfinished")
    torch.save(state, unfinished)
    unfinished.replace(path)


def _load(path: Path, tuner: QuestionTuner, optimizer: torch.optim.Optimizer) -> tuple[int, float]:
    saved: dict[str, Any] = torch.load(path, weights_only=True)
    with torch.no_grad():
        for name, parameter in tuner.parameters.items():
            parameter.copy_(saved["weights"][name])
    optimizer.load_state_dict(saved["optimizer"])
    return int(saved["step"]), float(saved["loss"])
