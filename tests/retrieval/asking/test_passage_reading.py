"""Reading: what a reader says of the best passage changes probabilities, where the ranker is in doubt, and no order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from msgspec.structs import replace as replace_fields

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.passage_reading import SURE, SURE_NOT, find_passages, judge_best
from retrieval.asking.ranker import OperatingPoint, ReadingWeights
from retrieval.asking.retriever import Retriever
from retrieval.text.follow_ups import Following
from retrieval.types import Hit
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

WEIGHTS = ReadingWeights(confidence={"late": 2.0, "answers": 0.5}, bias=-1.0, operating_points=())
# In doubt about everything: its probability is always 0.5.
IN_DOUBT = replace(BY_LATE, confidence=(0.0,) * len(FEATURE_NAMES), bias=0.0, reading=WEIGHTS)
LONG = "The ferry sails along the whole coast and the cat sleeps. " * 16
DOCUMENTS = {f"{number}.txt": f"The cat sleeps {number}." for number in range(4)} | {
    "hours.md": "# Hours\n\nThe cat sleeps. It **wakes** at nine.\n\n| Day | Opens |\n|---|---|\n| monday | nine |\n"
}


@dataclass(frozen=True)
class WordReading:
    """Says that a text answers with log-odds of 5 where a word stands in it, of -5 elsewhere."""

    text: str
    word: str

    @property
    def answers(self) -> float:
        return 5.0 if self.word in self.text else -5.0


class WordReader:
    """Reads for one word, and remembers what it read."""

    fingerprint = "word"

    def __init__(self, word: str) -> None:
        self.word = word
        self.heads: list[str] = []
        self.texts: list[str] = []

    def read(self, question: str, windows: Sequence[tuple[str, str]]) -> list[WordReading]:
        assert question
        self.heads += [head for head, _ in windows]
        self.texts += [text for _, text in windows]
        return [WordReading(text, self.word) for _, text in windows]


def doubtful(hits: Sequence[Hit], probability: float = 0.5) -> list[Hit]:
    """Return hits that the ranker is in doubt about."""
    return [replace(hit, probability=probability) for hit in hits]


@pytest.mark.parametrize(("word", "answers"), [("sleeps", 5.0), ("nothing", -5.0)])
def test_the_best_passage_gets_the_probability_of_its_features_and_the_reading(
    word: str, answers: float, word_encoder: WordEncoder
) -> None:
    """What rules took from it stays away. The order stays, and no other hit is more probable."""
    index = index_of(word_encoder, DOCUMENTS)
    hits = doubtful(Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep"), 0.4)
    judged = judge_best(index, WordReader(word), IN_DOUBT, "does the cat sleep", hits)
    late = float(hits[0].features[FEATURE_NAMES.index("late")])
    log_odds = 2.0 * late + 0.5 * answers - 1.0 + math.log(0.4 / 0.6)
    assert judged[0].probability == pytest.approx(1 / (1 + math.exp(-log_odds)), rel=1e-5)
    assert [(hit.row, hit.score) for hit in judged] == [(hit.row, hit.score) for hit in hits]
    assert all(hit.probability == min(0.4, judged[0].probability) for hit in judged[1:])


def test_one_passage_is_read_once_under_its_title_and_headings_without_marks(word_encoder: WordEncoder) -> None:
    """Rows of its tables are written out; all its hits are judged."""
    index = index_of(word_encoder, {"hours.md": DOCUMENTS["hours.md"]})
    hits = doubtful(Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep"))
    reader = WordReader("wakes")
    judged = judge_best(index, reader, IN_DOUBT, "cat", hits)
    assert reader.heads == ["hours › Hours"]
    assert reader.texts == ["The cat sleeps. It wakes at nine.\nDay: monday; Opens: nine\n"]
    assert all(hit.probability != 0.5 for hit in judged)


@pytest.mark.parametrize(("probability", "reads"), [(SURE_NOT - 0.01, 0), (SURE_NOT, 1), (SURE - 0.01, 1), (SURE, 0)])
def test_nothing_is_read_where_the_ranker_is_sure(probability: float, reads: int, word_encoder: WordEncoder) -> None:
    """Nor where there is no hit: then all stays as it was."""
    index = index_of(word_encoder, DOCUMENTS)
    hits = doubtful(Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep"), probability)
    reader = WordReader("cat")
    judged = judge_best(index, reader, IN_DOUBT, "cat", hits)
    assert len(reader.texts) == reads
    assert (judged == hits) is (reads == 0)
    assert judge_best(index, reader, IN_DOUBT, "cat", []) == []


def test_a_follow_up_is_not_read(word_encoder: WordEncoder) -> None:
    """The same question, not following anything, is."""
    index = index_of(word_encoder, DOCUMENTS)
    for following, reads in ((None, 1), (Following("and why", frozenset()), 0)):
        reader = WordReader("cat")
        Retriever(index, word_encoder, IN_DOUBT, None, reader).ask("does the cat sleep", following=following)
        assert len(reader.texts) == reads


def test_a_long_passage_is_read_around_its_sentence(word_encoder: WordEncoder) -> None:
    """An item far below the line that introduces its list is still read."""
    items = "".join(f"- The cat sleeps {number} times on the long ferry.\n" for number in range(200))
    index = index_of(word_encoder, {"a.md": f"# Cat\n\n{LONG}Never:\n\n{items}"})
    row = next(row for row in range(index.count) if "sleeps 150 times" in index.text(row))
    hits = [hit for hit in Retriever(index, word_encoder, BY_LATE).rank("150 times") if hit.row == row]
    (passage,), others = find_passages(index, "how do I list all", hits, 1)
    assert "sleeps 150 times" in passage.text
    assert others == []


def test_a_retriever_reads_only_with_weights_and_in_english(word_encoder: WordEncoder) -> None:
    """Without them the first ranking stands."""
    index = index_of(word_encoder, DOCUMENTS)
    unfitted = replace(IN_DOUBT, reading=None)
    for ranker, language, reads in ((unfitted, "en", False), (IN_DOUBT, "de", False), (IN_DOUBT, "en", True)):
        reader = WordReader("wakes")
        Retriever(replace(index, language=language), word_encoder, ranker, None, reader).rank("does the cat sleep")
        assert bool(reader.texts) is reads


def test_a_shift_moves_the_log_odds_with_a_reader_by_as_much_as_without() -> None:
    """The operating points are those with a reader, or those without."""
    reading = replace(BY_LATE, reading=replace_fields(WEIGHTS, operating_points=(OperatingPoint(0.8, 0.5, 0.5, 0.1),)))
    shifted = reading.shifted(0.7)
    assert reading.reading is not None
    assert shifted.reading is not None
    features, answers = np.ones((1, len(FEATURE_NAMES)), np.float32), np.ones(1, np.float32)
    both = (reading.reading, shifted.reading)
    (before,), (after,) = (weights.probabilities(features, answers, 0 * answers) for weights in both)
    assert math.log(after / (1 - after)) == pytest.approx(math.log(before / (1 - before)) + 0.7, rel=1e-4)
    assert shifted.bias == reading.bias + 0.7
    assert reading.with_reader(True).points == reading.reading.operating_points
    assert reading.with_reader(False).reading is None
