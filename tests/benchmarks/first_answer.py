"""Measure a fresh process: python tests/benchmarks/first_answer.py [RUNS].

Prints the wall time and peak memory of `ask` with a built index, the launcher's own overhead, and
the warm time of one question against the bare cost of encoding it and searching the vectors.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
QUESTION = "When did the security dialogue first meet?"


def main(runs: int) -> None:
    """Print one JSON object; times in milliseconds, medians."""
    ask = [str(ROOT / "footnote"), "ask", QUESTION]
    subprocess.run(ask, check=True, capture_output=True)
    walls, direct, launched = [], [], []
    python = [str(ROOT / ".venv/bin/python"), "-P", "-m", "bot.cli", "--version"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    for _ in range(runs):
        walls.append(timed(ask))
        direct.append(timed(python, environment))
        launched.append(timed([str(ROOT / "footnote"), "--version"]))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    figures = {
        "ask_ms": statistics.median(walls),
        "ask_peak_mb": round(peak / 1024),
        "launcher_ms": round(statistics.median(launched) - statistics.median(direct), 1),
    }
    print(json.dumps(figures | warm(), indent=1))


def timed(command: Sequence[str], environment: dict[str, str] | None = None) -> float:
    """Return the milliseconds that a command takes."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return round((time.perf_counter() - started) * 1000, 1)


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
