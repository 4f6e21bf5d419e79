"""Measure several processes that map one index: python -m tests.benchmarks.process_callers INDEX SQUAD_FILE.

Printed for one and two processes, and one and 16 callers in all: questions a second, and how many times that of one
caller in one process it is; resident memory of each process, and its proportional part (PSS), in which a page that two
processes share counts half for each. The numbers are taken in turns, several times, and the best is kept, because other
programs share the machine.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

SECONDS = 3.0
ROUNDS = 3
LOADS = ((1, 1), (1, 16), (2, 1), (2, 16))  # processes, callers in all


def questions_of(file: Path) -> list[str]:
    """Return the questions of a SQuAD file."""
    data = json.loads(file.read_text("utf-8"))["data"]
    return [entry["question"] for article in data for part in article["paragraphs"] for entry in part["qas"]]


def serve(index: str, questions: list[str], pipe: Connection) -> None:
    """Answer with as many threads as are asked for, for SECONDS; send the number of answers and the memory in KB."""
    from bot.answering_stack import open_live
    from config.settings import load_settings

    stack = open_live(load_settings(index=index))
    stack.retriever.ask(questions[0], threshold=stack.threshold)
    pipe.send(memory())
    while callers := pipe.recv():
        counts, until = [0] * callers, time.perf_counter() + SECONDS

        def ask(caller: int, counts: list[int] = counts, until: float = until) -> None:
            for question in itertools.cycle(questions[caller * 7 :] + questions[: caller * 7]):
                if time.perf_counter() >= until:
                    return
                stack.retriever.ask(question, threshold=stack.threshold)
                counts[caller] += 1

        threads = [threading.Thread(target=ask, args=(caller,)) for caller in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pipe.send((sum(counts), memory()))


def memory() -> tuple[int, int]:
    """Return the resident memory of this process and its proportional part, in KB."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    values = {line.split(":")[0]: line.split()[1] for line in lines[1:]}
    return int(values["Rss"]), int(values["Pss"])


def main() -> None:
    """Start the processes and print what they do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("squad_file", type=Path)
    options = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does; others would spin on both cores
    questions, context = questions_of(options.squad_file), multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    for _ in range(max(processes for processes, _ in LOADS)):
        ours, theirs = context.Pipe()
        context.Process(target=serve, args=(str(options.index), questions, theirs), daemon=True).start()
        pipes.append(ours)
    first = [pipe.recv() for pipe in pipes]
    best = dict.fromkeys(LOADS, 0.0)
    last: list[tuple[int, int]] = first
    for _ in range(ROUNDS):
        for processes, callers in LOADS:
            used = pipes[: min(processes, callers)]
            for number, pipe in enumerate(used):
                pipe.send(callers // len(used) + (number < callers % len(used)))
            answers = [pipe.recv() for pipe in used]
            best[processes, callers] = max(best[processes, callers], sum(count for count, _ in answers) / SECONDS)
            last = [figures for _, figures in answers] if len(used) > 1 else last
    for (processes, callers), rate in best.items():
        print(f"{processes} processes, {callers} callers: {rate:.0f} questions a second, {rate / best[1, 1]:.2f} times")
    print("memory, MB resident / proportional:", ", ".join(f"{rss / 1e3:.0f} / {pss / 1e3:.0f}" for rss, pss in last))
    for pipe in pipes:
        pipe.send(0)


if __name__ == "__main__":
    main()
