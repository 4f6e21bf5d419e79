"""Comparing two runs: which figures are better, worse, or look the same."""

import pytest
from msgspec.structs import replace

from bot.report.comparison import (
    SQUAD_FIGURES,
    compare_figures,
    describe_comparison,
    format_change,
    format_figure,
)
from retrieval.measuring.runs import EvalRun
from tests.support.evaluation_pages import run_of

NOW = run_of({"p_at_1": 0.84496, "ece": 0.06, "latency_ms": {"p50": 9.0}, "refusal": {"far": {"auroc": float("nan")}}})
PREVIOUS = run_of({"p_at_1": 0.8404, "ece": 0.05, "latency_ms": {"p50": 9.04}, "refusal": {"far": {"auroc": 0.9}}})


def test_more_is_better_except_for_errors_and_milliseconds() -> None:
    """A change is between the figures as they are shown; a figure that was not measured has none."""
    rows = {
        row.figure.key: row for row in compare_figures(SQUAD_FIGURES, NOW.figures, PREVIOUS, {"dense": {"p_at_1": 0.9}})
    }
    changes = {
        key: row.previous and (row.previous.value, row.previous.change, row.previous.verdict)
        for key, row in rows.items()
    }
    assert changes["p_at_1"] == (0.8404, 0.005, "better")
    assert changes["ece"] == (0.05, 0.01, "worse")
    assert changes["latency_ms.p50"] == (9.04, 0.0, "same")
    assert changes["refusal.far.auroc"] is None
    (dense,) = rows["p_at_1"].baselines
    assert dense is not None
    assert (dense.change, dense.verdict) == (-0.055, "worse")
    assert rows["ece"].baselines == (None,)
    assert all(row.previous is None for row in compare_figures(SQUAD_FIGURES, NOW.figures, None, {}))


def test_figures_are_formatted_with_signs_that_can_be_told_apart() -> None:
    """There is a true minus sign, and a dash for an unknown figure."""
    assert [format_change(0.0046), format_change(-0.01, 2), format_change(0.004, 2)] == ["+0.005", "−0.01", "±0"]
    figures = (0.84496, 3), (9.04, 1), (None, 3), (float("nan"), 3)
    assert [format_figure(value, decimals) for value, decimals in figures] == ["0.845", "9.0", "–", "–"]


def test_a_comparison_describes_the_previous_run() -> None:
    """By date, generation if it has one, model, weights, threshold and version."""
    assert describe_comparison(NOW, replace(NOW, generation="gen-3")) == (
        "Compared with the run of 2026-11-22 10:00:00 UTC"
        " (gen-3, model words words, weights w, threshold 0.50, version 0.1.0)."
    )
    assert describe_comparison(NOW, None).startswith("There is no earlier run of this file to compare with")


@pytest.mark.parametrize(
    "other",
    [
        replace(NOW, generation="gen-2"),
        replace(NOW, fingerprint="other"),
        replace(NOW, weights="other"),
        replace(NOW, threshold=0.6),
        replace(NOW, version="0.2.0"),
    ],
)
def test_runs_with_different_inputs_are_not_said_to_have_the_same(other: EvalRun) -> None:
    """The date does not count, everything else does."""
    assert "made with the same" in describe_comparison(NOW, replace(NOW, created="later"))
    assert "made with the same" not in describe_comparison(NOW, other)
