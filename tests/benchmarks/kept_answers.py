"""Ask again what moderators have answered: python -m tests.benchmarks.kept_answers FOLDER [--cases].

FOLDER has collections of documents and their golden questions, as for `wild`. The answers of
tests/golden/kept_answers.yaml are kept beside the documents as the bot keeps them, and asked for in the same words,
in three other wordings each, and by two questions each that only look alike. The golden questions show whether kept
answers come where they do not belong. Prints for each kind of question how many got the kept answer, another one,
or none.
"""

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.answering_stack import open_live
from bot.building import run_rebuild
from bot.discord_bot.operations.kept_answers import KeptAnswer, write
from bot.showing.terminal import say
from config.settings import DEFAULTS, load_settings
from retrieval.measuring.golden import read_golden
from retrieval.types import KEPT_PREFIX, Answer
from tests.support.paths import ROOT

KEPT_FILE = ROOT / "tests" / "golden" / "kept_answers.yaml"
KINDS = ("same words", "other words 1", "other words 2", "other words 3", "looks alike", "golden")
Case = tuple[str, str, str]  # kind, question, and the file of the kept answer that is right, "" for none


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Ask again what moderators have answered.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", action="store_true", help="print every question that went wrong")
    options = parser.parse_args()
    counts: Counter[tuple[str, str]] = Counter()
    for name, entries in read_kept().items():
        with tempfile.TemporaryDirectory() as folder:
            for kind, verdict, line in ask_community(options.folder / name, entries, Path(folder)):
                counts[kind, verdict] += 1
                if options.cases and verdict != ("silent" if kind in ("looks alike", "golden") else "right"):
                    print(f"{kind:14} {verdict:10} {line}")
    print(f"{'question':14} {'right':>6} {'another':>8} {'silent':>7} {'kept, wrongly':>14}")
    for kind in KINDS:
        right, another, silent, wrong = (counts[kind, verdict] for verdict in ("right", "another", "silent", "wrong"))
        print(f"{kind:14} {right:6} {another:8} {silent:7} {wrong:14}")
    return 0


def read_kept() -> dict[str, list[dict[str, Any]]]:
    """Read the kept answers by the name of their collection."""
    entries: dict[str, list[dict[str, Any]]] = {}
    for entry in yaml.safe_load(KEPT_FILE.read_text("utf-8")):
        entries.setdefault(entry["community"], []).append(entry)
    return entries


def ask_community(documents: Path, entries: list[dict[str, Any]], folder: Path) -> Iterator[tuple[str, str, str]]:
    """Keep answers beside a copy of some documents, and yield the kind, the verdict and a line for each question."""
    seeds = folder / "documents"
    shutil.copytree(documents, seeds)
    cases: list[Case] = []
    for entry in entries:
        file = write(seeds, KeptAnswer((entry["question"],), entry["answer"], "Kim (1)"))
        cases.append(("same words", entry["question"], file))
        cases += [(f"other words {number}", question, file) for number, question in enumerate(entry["again"], 1)]
        cases += [("looks alike", question, "") for question in entry["near"]]
    cases += [("golden", golden.question, "") for golden in read_golden(documents.with_suffix(".jsonl"))]
    settings = load_settings(DEFAULTS, seeds=str(seeds), index=str(folder / "index"))
    run_rebuild(settings, wait=True)
    stack = open_live(settings, say)
    for kind, question, file in cases:
        answer = stack.retriever.ask(question, threshold=stack.threshold)
        yield kind, judge(answer, file), f"{answer.confidence:.2f} {question} -> {given(answer)}"


def judge(answer: Answer, file: str) -> str:
    """Tell whether the kept answer was given, and whether it should have been."""
    if not answer.quotes:
        return "silent"
    if file and given(answer) == KEPT_PREFIX + file:
        return "right"
    return "wrong" if given(answer).startswith(KEPT_PREFIX) else "another"


def given(answer: Answer) -> str:
    """Return the document of the first quote, or of the closest passage."""
    return next((quote.citation.document for quote in (*answer.quotes, *answer.closest)), "")


if __name__ == "__main__":
    raise SystemExit(main())
