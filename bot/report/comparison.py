"""Compare the figures of a run with those of the previous run and of the baselines, for the terminal and the page."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retrieval.measuring.runs import EvalRun
from retrieval.measuring.verdicts import GoldenCase

FlatFigures = Mapping[str, float | None]  # see retrieval.measuring.runs.flatten_figures

INPUTS = ("generation", "fingerprint", "weights", "threshold", "version")  # fields of a run that decide its figures
SAME_INPUTS = ", made with the same index, model, weights, threshold and version"
BETTER, WORSE, SAME = "better", "worse", "same"


@dataclass(frozen=True, slots=True)
class Figure:
    """The name and meaning of a figure, whether less of it is better, and how many decimals are shown."""

    key: str
    label: str
    meaning: str
    less_is_better: bool = False
    decimals: int = 3


@dataclass(frozen=True, slots=True)
class FigureChange:
    """The value of a figure elsewhere, how this run differs from it, rounded as it is shown, and the verdict."""

    value: float
    change: float
    verdict: str


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure of this run beside the previous run and the baselines; None where there is no such figure."""

    figure: Figure
    value: float | None
    previous: FigureChange | None
    baselines: tuple[FigureChange | None, ...]


LEVELS = {
    "far": "those about missing articles",
    "near": "those about missing paragraphs of known articles",
    "nearest": "those where only the answer is missing",
}
SQUAD_FIGURES = (
    Figure("p_at_1", "P@1", "share of questions with the right sentence first"),
    Figure("r_at_5", "R@5", "share with it among the first five sentences"),
    Figure("mrr_at_10", "MRR@10", "mean of 1 / its rank, 0 beyond rank 10"),
    *(
        figure
        for level, meaning in LEVELS.items()
        for figure in (
            Figure(f"refusal.{level}.auroc", f"{level}: AUROC", f"telling answerable questions from {meaning}"),
            Figure(
                f"refusal.{level}.refused_at_95",
                f"{level}: refused@95",
                "share of these refused, with 95% of the others answered",
            ),
        )
    ),
    Figure("ece", "ECE", "calibration error of the confidence, ten bins", less_is_better=True),
    Figure("latency_ms.p50", "latency p50", "milliseconds; half of the questions are faster", True, 1),
    Figure("latency_ms.p95", "latency p95", "milliseconds; 95% are faster", True, 1),
)


def golden_figures(cases: Sequence[GoldenCase]) -> list[Figure]:
    """List the figures of golden questions; their meanings include the number of questions."""
    answerable = sum(case.golden.answerable for case in cases)
    return [
        Figure("passed", "passed", f"of {len(cases)} questions: right quotes and right refusals", decimals=0),
        Figure("failed", "failed", "the others", less_is_better=True, decimals=0),
        Figure("answerable_passed", "answered rightly", f"of {answerable} that have an answer", decimals=0),
        Figure("unanswerable_passed", "refused rightly", f"of {len(cases) - answerable} that have none", decimals=0),
    ]


def compare_figures(
    figures: Sequence[Figure], values: FlatFigures, previous: EvalRun | None, baselines: Mapping[str, FlatFigures]
) -> list[FigureRow]:
    """Compare each figure of a run with the previous run and with each baseline, in their order."""
    return [
        FigureRow(
            figure,
            values.get(figure.key),
            _change(figure, values, previous.figures if previous else {}),
            tuple(_change(figure, values, baseline) for baseline in baselines.values()),
        )
        for figure in figures
    ]


def changed_cases(cases: Sequence[GoldenCase], previous: EvalRun | None) -> list[GoldenCase]:
    """Find the golden questions with another outcome than in the previous run of the same file."""
    if previous is None:
        return []
    return [case for case, passed in zip(cases, previous.passed, strict=True) if case.passed is not passed]


def describe_run(run: EvalRun) -> str:
    """Describe when and with what a run was made."""
    index = f"{run.generation}, " if run.generation else ""
    return (
        f"{run.created} ({index}model {run.model} {run.fingerprint}, weights {run.weights}, "
        f"threshold {run.threshold:.2f}, version {run.version})"
    )


def describe_comparison(run: EvalRun, previous: EvalRun | None) -> str:
    """Say in a sentence what a run is compared with."""
    if previous is None:
        return "There is no earlier run of this file to compare with; the next run will be compared with this one."
    same = all(getattr(run, name) == getattr(previous, name) for name in INPUTS)
    return f"Compared with the run of {describe_run(previous)}{SAME_INPUTS if same else ''}."


def format_figure(value: float | None, decimals: int = 3) -> str:
    """Format a figure; a dash means that it is unknown."""
    return "–" if value is None or math.isnan(value) else f"{value:.{decimals}f}"


def format_change(change: float, decimals: int = 3) -> str:
    """Format a difference with a plus or a true minus sign, or ±0."""
    return f"{change:+.{decimals}f}".replace("-", "−") if round(change, decimals) else "±0"


def _change(figure: Figure, values: FlatFigures, others: FlatFigures) -> FigureChange | None:
    value, other = values.get(figure.key), others.get(figure.key)
    if value is None or other is None:
        return None
    change = round(round(value, figure.decimals) - round(other, figure.decimals), figure.decimals)
    gain = -change if figure.less_is_better else change
    return FigureChange(other, change, BETTER if gain > 0 else WORSE if gain < 0 else SAME)
