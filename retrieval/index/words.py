"""The words of the documents, to find those that resemble a misspelt word.

Documents come in, the distinct words of their texts go out, as they are written but in lower case. The index has only
hashes of terms, which resemble nothing. Which of the words a question may mean is left to `retrieval.asking.spelling`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from retrieval.types import Bool, Document, Int8, Int32, UInt8

WORD = re.compile(r"[^\W_]+")
MIN_LENGTH, MAX_LENGTH = 4, 20  # letters; only words of a to z are kept


@dataclass(frozen=True, slots=True)
class Words:
    """The n distinct words of some documents, by length, then by alphabet.

    `letters`, uint8, holds their characters one after another, `lengths`, int32 (MAX_LENGTH + 1,), counts the words of
    each length, and `counts`, int32 (n,), how often each occurs.
    """

    letters: UInt8
    lengths: Int32
    counts: Int32

    def of_length(self, length: int) -> UInt8:
        """Return the words of a length, uint8 (n, length)."""
        starts = np.arange(MAX_LENGTH + 1) * self.lengths
        first = int(starts[:length].sum())
        size = int(self.lengths[length])
        return self.letters[first : first + size * length].reshape(size, length)

    def __contains__(self, word: object) -> bool:
        if not isinstance(word, str) or not is_word(word):
            return False
        rows = self.of_length(len(word))
        wanted = np.frombuffer(word.encode("ascii"), np.uint8)
        first, end = np.searchsorted(rows[:, 0], [wanted[0], wanted[0] + 1]).tolist()
        return bool((rows[first:end] == wanted).all(axis=1).any())

    def __iter__(self) -> Iterator[str]:
        for length in range(MIN_LENGTH, MAX_LENGTH + 1):
            text = self.of_length(length).tobytes().decode("ascii")
            yield from (text[start : start + length] for start in range(0, len(text), length))


def count_words(documents: Iterable[Document]) -> Counter[str]:
    """Count the words in the titles and texts of documents."""
    counts: Counter[str] = Counter()
    for document in documents:
        counts.update(WORD.findall(f"{document.title}\n{document.text}".lower()))
    return Counter({word: count for word, count in counts.items() if is_word(word)})


def is_word(text: str) -> bool:
    """Tell whether a text in lower case is a word that is kept."""
    return MIN_LENGTH <= len(text) <= MAX_LENGTH and text.isascii() and text.isalpha()


def pack_words(counts: Counter[str]) -> Words:
    """Make the words from their counts; those that are not positive are left out."""
    words = sorted((word for word, count in counts.items() if count > 0), key=lambda word: (len(word), word))
    return Words(
        np.frombuffer("".join(words).encode("ascii"), np.uint8),
        np.bincount([len(word) for word in words], minlength=MAX_LENGTH + 1).astype(np.int32),
        np.array([counts[word] for word in words], np.int32),
    )


def change_words(words: Words, removed: Iterable[Document], added: Iterable[Document]) -> Words:
    """Return the words after some documents were removed and others added, as if all had been counted again."""
    counts = Counter(dict(zip(words, words.counts.tolist(), strict=True)))
    counts.update(count_words(added))
    counts.subtract(count_words(removed))
    return pack_words(counts)


def similar_words(words: Words, word: str, max_distance: int) -> list[tuple[str, int]]:
    """Find the words within a Damerau-Levenshtein distance from 1 on, with the distance, the nearest first.

    Insertions, deletions, replacements and swaps of neighbours count one each, and no letter is touched twice. The
    first letter must be the same or swapped with the second one: it is rarely misspelt.
    """
    letters = np.frombuffer(word.encode("ascii"), np.uint8)
    found: list[tuple[str, int]] = []
    for length in range(max(len(word) - max_distance, MIN_LENGTH), min(len(word) + max_distance, MAX_LENGTH) + 1):
        rows = _with_first_letters(words.of_length(length), letters)
        rows = rows[_may_be_near(rows, letters, max_distance)]
        distances = _distances(rows, letters)
        near = (distances > 0) & (distances <= max_distance)
        found += [
            (row.tobytes().decode("ascii"), distance)
            for row, distance in zip(rows[near], distances[near].tolist(), strict=True)
        ]
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def _with_first_letters(rows: UInt8, letters: UInt8) -> UInt8:
    """Return the rows with the first letter of a word, or with its first two letters swapped; rows are sorted."""
    same = slice(*np.searchsorted(rows[:, 0], [letters[0], letters[0] + 1]).tolist())
    swapped = slice(*np.searchsorted(rows[:, 0], [letters[1], letters[1] + 1]).tolist())
    if letters[0] == letters[1]:
        return rows[same]
    return np.concatenate([rows[same], rows[swapped][rows[swapped][:, 1] == letters[0]]])


def _may_be_near(rows: UInt8, letters: UInt8, max_distance: int) -> Bool:
    """Mark the rows whose letters differ from those of a word by as many as the distance allows, bool (n,)."""
    own, others = (
        np.bitwise_or.reduce(np.left_shift(np.uint32(1), (texts - np.uint8(97)).astype(np.uint32)), axis=-1)
        for texts in (letters, rows)
    )
    near: Bool = np.bitwise_count(own ^ others) <= 2 * max_distance
    return near


def _distances(rows: UInt8, letters: UInt8) -> Int8:
    """Compute the distance of each row from a word by the restricted edit distance with swaps, int8 (n,)."""
    count, length = rows.shape
    columns = np.arange(length + 1, dtype=np.int8)
    before = np.broadcast_to(columns, (count, length + 1))
    twice_before = before
    for number, letter in enumerate(letters.tolist(), start=1):
        current = np.empty((count, length + 1), np.int8)
        current[:, 0] = number
        np.minimum(before[:, 1:] + 1, before[:, :-1] + (rows != letter), out=current[:, 1:])
        if number > 1:
            swapped = (rows[:, :-1] == letter) & (rows[:, 1:] == letters[number - 2])
            after_swap = np.where(swapped, twice_before[:, :-2] + 1, current[:, 2:])
            np.minimum(current[:, 2:], after_swap, out=current[:, 2:])
        # An insertion continues from the left: the least of all earlier columns, plus one for each step.
        twice_before, before = before, np.minimum.accumulate(current - columns, axis=1) + columns
    distances: Int8 = before[:, -1]
    return distances
