"""Read sets of windows that were collected from the passages of an index, and draw pairs from them.

A set is NAME.jsonl.gz; each line is {"question", "answerable", "windows": [{"head", "text", "evidence": [[start,
end], ...]}]}, as `python -m retrieval.measuring.mine_windows` writes it.
"""

import gzip
import json
import random
from dataclasses import dataclass
from pathlib import Path

from retrieval.errors import DataError
from retrieval.training.casual_wording import reword
from retrieval.training.pairs import Pair
from retrieval.training.passage_windows import Window

ANSWERS = 0.45  # share of the pairs of a question that has a window which answers
NO_HEAD_SHARE = 0.15
FIRST_SHARE = 0.5  # of the windows that do not answer, one of the first FIRST_WINDOWS
FIRST_WINDOWS = 3


@dataclass(frozen=True, slots=True)
class MinedQuestion:
    """A question, the windows that answer it, and those that do not, best ranked first."""

    text: str
    right: tuple[Window, ...]
    wrong: tuple[Window, ...]
    answerable: bool


@dataclass(frozen=True)
class MinedSet:
    """The questions of a file."""

    name: str
    questions: list[MinedQuestion]

    def training_rows(self) -> list[int]:
        """Return the rows of all questions: nothing is held out of these sets, other documents measure what they do."""
        return list(range(len(self.questions)))

    def make(self, row: int, rng: random.Random) -> Pair | None:
        """Make a pair of a question; None if it has no window of the kind that was drawn."""
        question = self.questions[row]
        answers = bool(question.right) and rng.random() < ANSWERS
        windows = question.right if answers else question.wrong
        if not windows:
            return None
        first = windows[:FIRST_WINDOWS] if rng.random() < FIRST_SHARE else windows
        window = rng.choice(first)
        if rng.random() < NO_HEAD_SHARE:
            window = Window("", window.text, window.evidence, window.exact)
        kind = "answer" if answers else "ranked" if question.answerable else "human"
        return Pair(reword(question.text, rng), window, kind)


def read_mined(path: Path) -> MinedSet:
    """Read a set. Raises DataError if the file cannot be read or a record misses a field."""
    questions = []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for record in map(json.loads, file):
                windows = [
                    Window(
                        window["head"], window["text"], tuple((start, end) for start, end in window["evidence"]), False
                    )
                    for window in record["windows"]
                ]
                right = tuple(window for window in windows if window.evidence)
                wrong = tuple(window for window in windows if not window.evidence)
                questions.append(MinedQuestion(record["question"], right, wrong, record["answerable"]))
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a set of windows: {' '.join(str(error).split())[:200]}") from None
    return MinedSet(path.name.split(".")[0], questions)
