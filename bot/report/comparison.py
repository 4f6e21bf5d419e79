"""The figures of a run beside those of the run before and of the baselines; for terminal and page alike."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retrieval.measuring.golden import GoldenCase
from retrieval.measuring.runs import EvalRun

Flat = Mapping[str, float | None]

MAKING = ("generation", "fingerprint", "weights", "threshold", "version")
SAME_MAKING = ", made with the same index, model, weights, threshold and version"
BETTER, WORSE, SAME = "better", "worse", "same"


@dataclass(frozen=True, slots=True)
class Figure:
    """What a figure is called and means, whether less of it is better, and how many decimals are shown."""

    key: str
    label: str
    meaning: str
    less_is_better: bool = False
    places: int = 3


@dataclass(frozen=True, slots=True)
class FigureChange:
    """Another run's value of a figure, and how this run differs from it, as rounded as it is shown."""

    value: float
    change: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of this run; None where this run, the previous one or a baseline has no such figure."""

    figure: Figure
    value: float | None
    previous: FigureChange | None
    baselines: tuple[FigureChange | None, ...]


LEVELS = {
    "far": "questions on other articles",
    "near": "questions on other paragraphs of the same articles",
    "nearest": "questions whose very sentence was taken out",
}
SQUAD = (
    Figure("p_at_1", "P@1", "the right sentence comes first"),
    Figure("r_at_5", "R@5", "it is among the first five"),
    Figure("mrr_at_10", "MRR@10", "one over its rank, nothing beyond ten, on average"),
    *(
        figure
        for level, meaning in LEVELS.items()
        for figure in (
            Figure(f"refusal.{level}.auroc", f"{level}: AUROC", f"told from answerable ones: {meaning}"),
            Figure(f"refusal.{level}.refused_at_95", f"{level}: refused@95", "refused, with 95% of the others kept"),
        )
    ),
    Figure("ece", "ECE", "calibration error of the confidence, ten bins", less_is_better=True),
    Figure("latency_ms.p50", "latency p50", "milliseconds; half of the questions are faster", True, 1),
    Figure("latency_ms.p95", "latency p95", "milliseconds; 95% are faster", True, 1),
)


def golden_figures(cases: Sequence[GoldenCase]) -> list[Figure]:
    """Return the figures of golden questions; how many there are of each kind is part of their meaning."""
    answerable = sum(one.golden.answerable for one in cases)
    return [
        Figure("passed", "passed", f"of {len(cases)} questions: the right quote, or rightly none", places=0),
        Figure("failed", "failed", "the others", less_is_better=True, places=0),
        Figure("answerable_passed", "answered rightly", f"of {answerable} that have an answer", places=0),
        Figure("unanswerable_passed", "refused rightly", f"of {len(cases) - answerable} that have none", places=0),
    ]


def compare(figures: Sequence[Figure], now: Flat, previous: EvalRun | None, baselines: Mapping[str, Flat]) -> list[Row]:
    """Return a row for each figure; its baselines are in their order."""
    return [
        Row(
            figure,
            now.get(figure.key),
            _difference(figure, now, previous.figures if previous else {}),
            tuple(_difference(figure, now, other) for other in baselines.values()),
        )
        for figure in figures
    ]


def changed(cases: Sequence[GoldenCase], previous: EvalRun | None) -> list[GoldenCase]:
    """Return the golden questions that came out otherwise in the previous run of the same file."""
    before = previous.passed if previous else [one.passed for one in cases]
    return [one for one, passed in zip(cases, before, strict=True) if one.passed is not passed]


def described(run: EvalRun) -> str:
    """Return when and with what a run was made."""
    index = f"{run.generation}, " if run.generation else ""
    return (
        f"{run.created} ({index}model {run.model} {run.fingerprint}, weights {run.weights}, "
        f"threshold {run.threshold:.2f}, version {run.version})"
    )


def compared(run: EvalRun, previous: EvalRun | None) -> str:
    """Return the sentence that says what a run is compared with."""
    if previous is None:
        return "No run of this file was kept before this one; the next one will be compared with it."
    same = all(getattr(run, name) == getattr(previous, name) for name in MAKING)
    return f"Compared with the run of {described(previous)}{SAME_MAKING if same else ''}."


def shown(value: float | None, places: int = 3) -> str:
    """Return a figure as it is printed."""
    return "–" if value is None or math.isnan(value) else f"{value:.{places}f}"


def signed(change: float, places: int = 3) -> str:
    """Return a difference as it is printed, with a sign of its own for minus."""
    return f"{change:+.{places}f}".replace("-", "−") if round(change, places) else "±0"


def _difference(figure: Figure, now: Flat, other: Flat) -> FigureChange | None:
    value, theirs = now.get(figure.key), other.get(figure.key)
    if value is None or theirs is None:
        return None
    change = round(round(value, figure.places) - round(theirs, figure.places), figure.places)
    gained = -change if figure.less_is_better else change
    return FigureChange(theirs, change, BETTER if gained > 0 else WORSE if gained < 0 else SAME)
