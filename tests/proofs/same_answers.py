"""Prove that answers do not depend on the engine: python -m tests.proofs.same_answers INDEX FILE...

Each question of the files (SQuAD, golden questions, or JSON lines with a "question") is asked twice: of the index
folder, as by default, and of a mirror of it, whose vectors a searcher in another process searches. Answers are equal if
quotes, citations, closest passages, the confidence to its last bit and everything else are. Each question is also asked
within the document that answers it. Prints how many answers are equal, and how long a question took at the median.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.answering_stack import AnsweringStack, open_live
from config.settings import load_settings
from retrieval.measuring.golden import read_golden
from retrieval.measuring.squad import read_squad
from tests.support.paths import ROOT

KEY = "a key for this proof"


def questions_of(file: Path) -> list[str]:
    """Return the questions of a file."""
    if file.suffix == ".yaml":
        return [question.question for question in read_golden(file)]
    if file.suffix == ".jsonl":
        return [json.loads(line)["question"] for line in file.read_text("utf-8").splitlines()]
    return [question.text for question in read_squad(file).questions]


@contextmanager
def searcher(index: Path, key_file: Path) -> Iterator[str]:
    """Run `footnote searcher` on an index and yield its address."""
    command = [sys.executable, "-P", "-m", "bot.commands.cli", "searcher", "--port", "0", "--index", str(index)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "FOOTNOTE_SEARCH__KEY_FILE": str(key_file)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def compare(own: AnsweringStack, remote: AnsweringStack, file: Path) -> bool:
    """Ask the questions of a file and print a line; return whether all answers are equal."""
    questions = questions_of(file)
    rows = {document.id: row for row, document in enumerate(own.retriever.index.documents)}
    times: list[list[float]] = [[], []]
    asked = equal = answered = 0
    for question in questions:
        documents: list[int | None] = [None]
        while documents:
            document, answers = documents.pop(), []
            for stack, own_times in zip((own, remote), times, strict=True):
                started = time.perf_counter()
                answers.append(stack.retriever.ask(question, threshold=own.threshold, top=3, document=document))
                own_times.append(1_000 * (time.perf_counter() - started))
            asked += 1
            equal += answers[0] == answers[1]
            answered += answers[0].answered
            quotes = (*answers[0].quotes, *answers[0].closest)
            if document is None and quotes:
                documents.append(rows[quotes[0].citation.document])
    medians = " and ".join(f"{statistics.median(own_times):.1f}" for own_times in times)
    print(f"{file.name}: {asked} asked, {answered} answered, {equal} equal; {medians} ms", flush=True)
    return equal == asked


def main() -> int:
    """Compare the answers to all files; return 1 if any differs."""
    parser = argparse.ArgumentParser(description="Prove that answers do not depend on the engine.")
    parser.add_argument("index", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # as the command line does: the last bit depends on it
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        os.execv(sys.executable, [sys.executable, "-P", "-m", "tests.proofs.same_answers", *sys.argv[1:]])  # noqa: S606 - ourselves
    with tempfile.TemporaryDirectory() as folder:
        key_file = Path(folder, "key")
        key_file.write_text(KEY)
        own = open_live(load_settings(index=str(options.index)))
        with searcher(options.index.resolve(), key_file) as address:
            config = Path(folder, "footnote.toml")
            config.write_text(f'[search]\nservers = ["{address}"]\nkey_file = "{key_file}"\n')
            remote = open_live(load_settings(config, index=str(Path(folder, "mirror"))))
            print(f"{own.retriever.index.count} sentences, searched here and at {address}")
            results = [compare(own, remote, file) for file in options.files]
            return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
