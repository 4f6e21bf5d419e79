"""The words of the documents: counted, packed, changed, and found by their likeness."""

import random
import time

import pytest

from retrieval.index.words import change_words, count_words, pack_words, similar_words
from retrieval.types import Document


def document(text: str, title: str = "") -> Document:
    return Document("a.txt", title, None, None, None, text, "")


def test_plain_words_of_titles_and_texts_are_counted() -> None:
    """In lower case; not short or long ones, nor those with digits, marks or other letters."""
    text = f"Ferry, ferry-boat café x86 the {'a' * 21} under_score harbour's"
    counts = count_words([document(text, title="Ferry times")])
    assert counts == {"ferry": 3, "boat": 1, "times": 1, "under": 1, "score": 1, "harbour": 1}


def test_words_are_packed_by_length_and_alphabet() -> None:
    """And read back; a count of 0 is no word."""
    words = pack_words(count_words([document("ferry boat apple boat")]))
    assert list(words) == ["boat", "apple", "ferry"]
    assert words.counts.tolist() == [2, 1, 1]
    assert words.of_length(5).tobytes() == b"appleferry"
    assert words.of_length(7).shape == (0, 7)


def test_changed_words_equal_counting_all_again() -> None:
    """Whatever is removed and added."""
    rng = random.Random(3)
    names = ["ferry", "boat", "apple", "harbour", "museum", "library"]
    documents = [document(" ".join(rng.choices(names, k=4))) for _ in range(12)]
    for _ in range(20):
        before, after = rng.sample(documents, 6), rng.sample(documents, 6)
        removed, added = [d for d in before if d not in after], [d for d in after if d not in before]
        changed = change_words(pack_words(count_words(before)), removed, added)
        again = pack_words(count_words(after))
        assert (list(changed), changed.counts.tolist()) == (list(again), again.counts.tolist())


@pytest.mark.parametrize(
    ("word", "similar"),
    [
        ("ferr", [("ferry", 1)]),
        ("ferrry", [("ferry", 1)]),
        ("fery", [("ferry", 1)]),
        ("ferri", [("ferry", 1)]),
        ("freyr", [("ferry", 2)]),
        ("efrry", [("ferry", 1)]),
        ("berry", []),
        ("ferry", []),
        ("harborr", [("harbor", 1), ("harbour", 1)]),
        ("passwrod", [("password", 1)]),
        ("pasword", [("password", 1)]),
        ("xyzzy", []),
    ],
)
def test_similar_words_have_the_distance_and_the_first_letter(word: str, similar: list[tuple[str, int]]) -> None:
    """A swap of neighbours counts one; the word itself is not similar."""
    words = pack_words(count_words([document("ferry harbour harbor password merry")]))
    assert similar_words(words, word, 2) == similar


def test_distances_are_those_of_the_definition() -> None:
    """Compared with the recursive definition for random words."""
    rng = random.Random(5)
    texts = {"a" + "".join(rng.choices("abc", k=rng.randint(3, 7))) for _ in range(60)}
    words = pack_words(count_words([document(" ".join(texts))]))
    for word in sorted(texts)[:20]:
        expected = {(other, d) for other in texts if 0 < (d := distance(word, other)) <= 2}
        assert set(similar_words(words, word, 2)) == expected


def distance(first: str, second: str) -> int:
    """Compute the restricted Damerau-Levenshtein distance by its definition."""
    table = [[i + j if i * j == 0 else 0 for j in range(len(second) + 1)] for i in range(len(first) + 1)]
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            cost = first[i - 1] != second[j - 1]
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + cost)
            if i > 1 and j > 1 and first[i - 1] == second[j - 2] and first[i - 2] == second[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


def test_a_hundred_thousand_words_are_searched_in_milliseconds() -> None:
    """Less than 2 ms on a free core; the limit leaves room for busy ones."""
    rng = random.Random(1)
    names = {"".join(rng.choices("etaoinshrdlu", k=rng.randint(5, 12))) for _ in range(100_000)}
    words = pack_words(count_words([document(" ".join(names))]))
    times = []
    for _ in range(9):
        started = time.perf_counter()
        similar_words(words, "estination", 2)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.01
