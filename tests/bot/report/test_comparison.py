"""Two runs side by side: what is better, what is worse, and what looks the same."""

import pytest
from msgspec.structs import replace

from bot.report.comparison import SQUAD, compare, compared, shown, signed
from retrieval.measuring.runs import EvalRun
from tests.support.evaluation_pages import run_of

NOW = run_of({"p_at_1": 0.84496, "ece": 0.06, "latency_ms": {"p50": 9.0}, "refusal": {"far": {"auroc": float("nan")}}})
BEFORE = run_of({"p_at_1": 0.8404, "ece": 0.05, "latency_ms": {"p50": 9.04}, "refusal": {"far": {"auroc": 0.9}}})


def test_more_is_better_but_for_errors_and_milliseconds() -> None:
    """A difference is that of the figures as they are shown; what was not measured has none."""
    rows = {row.figure.key: row for row in compare(SQUAD, NOW.figures, BEFORE, {"dense": {"p_at_1": 0.9}})}
    found = {
        key: row.previous and (row.previous.value, row.previous.change, row.previous.verdict)
        for key, row in rows.items()
    }
    assert found["p_at_1"] == (0.8404, 0.005, "better")
    assert found["ece"] == (0.05, 0.01, "worse")
    assert found["latency_ms.p50"] == (9.04, 0.0, "same")
    assert found["refusal.far.auroc"] is None
    (dense,) = rows["p_at_1"].baselines
    assert dense is not None
    assert (dense.change, dense.verdict) == (-0.055, "worse")
    assert rows["ece"].baselines == (None,)
    assert all(row.previous is None for row in compare(SQUAD, NOW.figures, None, {}))


def test_figures_are_printed_with_signs_that_can_be_told_apart() -> None:
    """A true minus sign, and a dash for what is not known."""
    assert [signed(0.0046), signed(-0.01, 2), signed(0.004, 2)] == ["+0.005", "−0.01", "±0"]
    assert [shown(0.84496), shown(9.04, 1), shown(None), shown(float("nan"))] == ["0.845", "9.0", "–", "–"]


def test_a_run_is_compared_with_one_of_a_date_and_a_making() -> None:
    """Date, generation where there is one, model, weights, threshold, version; or that there was none."""
    assert compared(NOW, replace(NOW, generation="gen-3")) == (
        "Compared with the run of 2026-11-22 10:00:00 UTC"
        " (gen-3, model words words, weights w, threshold 0.50, version 0.1.0)."
    )
    assert compared(NOW, None).startswith("No run of this file was kept before this one")


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
def test_runs_are_made_with_the_same_only_if_nothing_differs(other: EvalRun) -> None:
    """The date does not count, the rest does."""
    assert "made with the same" in compared(NOW, replace(NOW, created="later"))
    assert "made with the same" not in compared(NOW, other)
