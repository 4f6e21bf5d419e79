"""Remember recent questions for a while, by keys that buttons can carry, without who asked them."""

import base64
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

MAX_QUESTIONS = 2_000
MAX_AGE_S = 24 * 3_600.0


def question_key(question: str) -> str:
    """Make the key of a question: ten letters and digits that depend on its text alone."""
    digest = hashlib.sha256(f"question\0{question}".encode("utf-8", "replace")).digest()
    return base64.b32encode(digest)[:10].decode().lower()


class QuestionMemory:
    """The last questions, in memory only. Belongs to one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._questions: OrderedDict[str, tuple[float, str]] = OrderedDict()  # when and what, by key

    def add(self, question: str) -> str:
        """Remember a question and return its key."""
        key = question_key(question)
        self._questions[key] = self._clock(), question
        self._questions.move_to_end(key)
        while len(self._questions) > MAX_QUESTIONS:
            self._questions.popitem(last=False)
        return key

    def find(self, key: str) -> str:
        """Return the question with a key, "" if it is forgotten."""
        added, question = self._questions.get(key, (0.0, ""))
        return question if self._clock() - added <= MAX_AGE_S else ""
