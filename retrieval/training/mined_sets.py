"""Read sets of windows that were collected from the passages of an index, and draw pairs from them.

A set is NAME.jsonl.gz; each line is {"question", "windows": [{"head", "text", "evidence": [[start, end], ...]}]}, as
`python -m retrieval.measuring.mine_windows` writes it. A near miss has "beside" in place of windows: {"question",
"window"}, a question that is like it and the window that answers that one only.
"""

import gzip
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from retrieval.errors import DataError
from retrieval.training.casual_wording import reword
from retrieval.training.pairs import NEAR_MISS, Pair
from retrieval.training.passage_windows import Window

NO_HEAD_SHARE = 0.1
RIGHT_WINDOWS = 2  # of a question, the first ones, of which one is drawn
WRONG_WINDOWS = 4  # drawn with one that answers; without one, half as many
FIRST_SHARE = 0.75  # of those, drawn from the first FIRST_WINDOWS
FIRST_WINDOWS = 5


@dataclass(frozen=True, slots=True)
class MinedQuestion:
    """A question, the windows that answer it, and those that do not, best ranked first.

    `beside` is another question, which is answered by the windows that do not answer this one.
    """

    text: str
    right: tuple[Window, ...]
    wrong: tuple[Window, ...]
    beside: str = ""


@dataclass(frozen=True)
class MinedSet:
    """The questions of a file."""

    name: str
    questions: list[MinedQuestion]

    def training_rows(self) -> list[int]:
        """Return the rows of all questions: nothing is held out of these sets, other documents measure what they do."""
        return list(range(len(self.questions)))

    def draw(self, row: int, rng: random.Random) -> Sequence[Pair]:
        """Draw one window that answers a question and some that do not.

        Of a near miss, its window is drawn twice: with its question, and with the one that it answers.
        """
        question = self.questions[row]
        text = reword(question.text, rng, as_keywords=not question.beside)
        if question.beside:
            (window,) = question.wrong
            answered = Pair(reword(question.beside, rng, as_keywords=False), window, "answer")
            return [answered, Pair(text, Window(window.head, window.text), NEAR_MISS)]
        right = [rng.choice(question.right[:RIGHT_WINDOWS])] if question.right else []
        count = WRONG_WINDOWS if right else WRONG_WINDOWS // 2
        wrong = draw_wrong(question.wrong, count, rng)
        pairs = [Pair(text, without_head(window, rng), "answer") for window in right]
        return pairs + [Pair(text, without_head(window, rng), "ranked") for window in wrong]


def draw_wrong(windows: Sequence[Window], count: int, rng: random.Random) -> list[Window]:
    """Draw windows, most of them from the best ranked ones."""
    first = windows[:FIRST_WINDOWS]
    places = rng.sample(range(len(first)), min(len(first), round(count * FIRST_SHARE)))
    others = [place for place in range(len(windows)) if place not in places]
    places += rng.sample(others, min(len(others), count - len(places)))
    return [windows[place] for place in places]


def without_head(window: Window, rng: random.Random) -> Window:
    """Take its head from some of the windows."""
    return replace(window, head="") if rng.random() < NO_HEAD_SHARE else window


def read_mined(path: Path) -> MinedSet:
    """Read a set. Raises DataError if the file cannot be read or a record misses a field."""
    return MinedSet(path.name.split(".")[0], [question for _, question in read_records(path)])


def read_records(path: Path) -> Iterator[tuple[dict[str, Any], MinedQuestion]]:
    """Yield the records of a file, each with the question that it is.

    Raises DataError if the file cannot be read or a record misses a field.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for record in map(json.loads, file):
                yield record, _question(record)
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: not a set of windows: {' '.join(str(error).split())[:200]}") from None


def _question(record: Mapping[str, Any]) -> MinedQuestion:
    if "beside" in record:
        beside = record["beside"]
        return MinedQuestion(record["question"], (), (_window(beside["window"]),), beside["question"])
    windows = [_window(window) for window in record["windows"]]
    right = tuple(window for window in windows if window.evidence)
    wrong = tuple(window for window in windows if not window.evidence)
    return MinedQuestion(record["question"], right, wrong)


def _window(record: Mapping[str, Any]) -> Window:
    evidence = tuple((start, end) for start, end in record["evidence"])
    return Window(record["head"], record["text"], evidence, False)
