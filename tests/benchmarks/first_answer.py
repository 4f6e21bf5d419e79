"""Measure a fresh process: python tests/benchmarks/first_answer.py [RUNS].

Prints the wall time and peak memory of `ask` with a built index, the launcher's own overhead, and
the warm time of one question against the bare cost of encoding it and searching the vectors.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
QUESTION = "When did the security dialogue first meet?"


def main(runs: int) -> None:
    """Print one JSON object; times in milliseconds, medians."""
    ask = [str(ROOT / "footnote"), "ask", QUESTION]
    python = [str(ROOT / ".venv/bin/python"), "-P", "-m", "bot.cli", "--version"]
    run(ask)  # the first one may have to build the index
    asked, direct, launched = [], [], []
    for _ in range(runs):
        asked.append(run(ask))
        direct.append(run(python))
        launched.append(run([str(ROOT / "footnote"), "--version"]))
    figures = {
        "ask_ms": statistics.median(wall for wall, _ in asked),
        "ask_peak_mb": max(peak for _, peak in asked),
        "launcher_ms": round(statistics.median(w for w, _ in launched) - statistics.median(w for w, _ in direct), 1),
    }
    print(json.dumps(figures | warm(), indent=1))


def run(command: list[str]) -> tuple[float, int]:
    """Return the milliseconds that a command takes and its peak memory in MB."""
    started = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return round((time.perf_counter() - started) * 1000, 1), usage.ru_maxrss // 1024


def warm() -> dict[str, float]:
    """Return the median of a warm question and of its bare cost, interleaved, and their ratio."""
    sys.path.insert(0, str(ROOT))
    from bot.service import open_service
    from config.settings import load_settings

    retriever = open_service(load_settings()).retriever
    encoder, vectors = retriever.encoder, retriever.index.vectors
    asked, bare = [], []
    for _ in range(100):
        started = time.perf_counter()
        retriever.ask(QUESTION)
        middle = time.perf_counter()
        vectors.search(encoder.encode_question(QUESTION).vector, 50)
        bare.append((time.perf_counter() - middle) * 1000)
        asked.append((middle - started) * 1000)
    medians = statistics.median(asked), statistics.median(bare)
    return {
        "warm_ms": round(medians[0], 2),
        "bare_ms": round(medians[1], 2),
        "ratio": round(medians[0] / medians[1], 2),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
