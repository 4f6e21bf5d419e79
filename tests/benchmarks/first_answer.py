"""Measure what the launcher adds: PYTHONPATH=. python tests/benchmarks/first_answer.py [RUNS].

Prints the wall time and peak memory of `./footnote ask` with a built index, and the launcher's own overhead; what
answering costs beside the bare model is what tests/benchmarks/contest.py measures.
"""

import json
import statistics
import sys

from tests.benchmarks.contest import run
from tests.support.paths import ROOT

QUESTION = "When did the security dialogue first meet?"


def main(runs: int) -> None:
    """Print one JSON object; times in milliseconds, medians."""
    launcher = str(ROOT / "footnote")
    python = [sys.executable, "-m", "bot.commands.cli"]
    run([launcher, "ask", QUESTION])  # the first one may have to build the index
    asked, direct, launched = [], [], []
    for _ in range(runs):
        asked.append(run([launcher, "ask", QUESTION]))
        direct.append(run([*python, "--version"]))
        launched.append(run([launcher, "--version"]))
    overhead = statistics.median(wall for wall, _ in launched) - statistics.median(wall for wall, _ in direct)
    figures = {
        "ask_ms": round(1000 * statistics.median(wall for wall, _ in asked), 1),
        "ask_peak_mb": max(peak for _, peak in asked),
        "launcher_ms": round(1000 * overhead, 1),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
