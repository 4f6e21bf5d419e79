"""Measure the cost of the launcher: PYTHONPATH=. python tests/benchmarks/first_answer.py [RUNS].

Prints the wall time and the peak memory of `./footnote ask` with an existing index, and how much of the time is due to
the launcher. tests/benchmarks/contest.py compares the cost of answering with that of the bare model.
"""

import json
import statistics
import sys

from tests.benchmarks.contest import run
from tests.support.paths import ROOT

QUESTION = "When did the security dialogue first meet?"


def main(runs: int) -> None:
    """Print the figures as a JSON object; times are medians in milliseconds."""
    launcher = str(ROOT / "footnote")
    python = [sys.executable, "-m", "bot.commands.cli"]
    run([launcher, "ask", QUESTION])  # builds the index if there is none
    answers, direct_starts, launched_starts = [], [], []
    for _ in range(runs):
        answers.append(run([launcher, "ask", QUESTION]))
        direct_starts.append(run([*python, "--version"]))
        launched_starts.append(run([launcher, "--version"]))
    overhead = statistics.median(wall for wall, _ in launched_starts) - statistics.median(
        wall for wall, _ in direct_starts
    )
    figures = {
        "ask_ms": round(1000 * statistics.median(wall for wall, _ in answers), 1),
        "ask_peak_mb": max(peak for _, peak in answers),
        "launcher_ms": round(1000 * overhead, 1),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
