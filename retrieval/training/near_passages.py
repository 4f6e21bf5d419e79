"""Find the passages that share the rarest words with a question, by an inverted index over the passages of a set."""

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable

WORD = re.compile(r"[^\W_]+")
MAX_SHARE = 0.1  # words in more of the passages say little and cost much


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, cut to six letters, so that endings matter less."""
    return [word[:6] for word in WORD.findall(text.lower())]


class NearPassages:
    """An inverted index: the rows of the passages that hold each word."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Index texts; the row of a text is its position."""
        self._rows: dict[str, list[int]] = defaultdict(list)
        self._count = 0
        for row, text in enumerate(texts):
            self._count += 1
            for word in set(words(text)):
                self._rows[word].append(row)

    def weight(self, word: str) -> float:
        """Return the inverse document frequency of a word, 0 where it is too frequent or unknown."""
        count = len(self._rows.get(word, ()))
        return math.log(self._count / count) if 0 < count <= max(3, MAX_SHARE * self._count) else 0.0

    def nearest(self, question: str, count: int, within: Collection[int] | None = None) -> list[int]:
        """Find up to `count` rows, best first, among those in `within` (None: all) that share a word."""
        scores: dict[int, float] = defaultdict(float)
        for word in sorted(set(words(question))):
            weight = self.weight(word)
            if weight:
                for row in self._rows[word]:
                    if within is None or row in within:
                        scores[row] += weight
        return sorted(scores, key=lambda row: (-scores[row], row))[:count]
