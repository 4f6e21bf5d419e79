"""Reading: what a reader says of the best passages changes their order and probabilities, and nothing else."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from msgspec.structs import replace as replace_fields

from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.passage_reading import READ_PASSAGES, read_hits
from retrieval.asking.ranker import OperatingPoint, ReadingWeights
from retrieval.asking.retriever import Retriever
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

WEIGHTS = ReadingWeights(
    order=1.0,
    within=0.5,
    confidence={"late": 2.0, "answers": 0.5, "others": -0.25, "lead": 0.125},
    bias=-1.0,
    operating_points=(),
)
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
        return self.within(0, len(self.text))

    def within(self, first: int, last: int) -> float:
        return 5.0 if self.word in self.text[first:last] else -5.0


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


def test_the_passage_that_the_reader_chooses_comes_first_with_its_sentence(word_encoder: WordEncoder) -> None:
    """Its order and its probability grow by the weights; the sentence with the answer is marked."""
    index = index_of(word_encoder, DOCUMENTS)
    hits = Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep")
    before = {hit.row: hit for hit in hits}
    read = read_hits(index, WordReader("wakes"), WEIGHTS, "does the cat sleep", hits)
    assert index.text(read[0].row) == "It wakes at nine."
    first = before[read[0].row]
    assert read[0].score == pytest.approx(first.score + 5.0)
    rival = max(hit.score for hit in read if index.sentence(hit.row).document != index.sentence(read[0].row).document)
    late = float(first.features[FEATURE_NAMES.index("late")])
    log_odds = 2.0 * late + 0.5 * 5.0 - 0.25 * -5.0 + 0.125 * (read[0].score - rival) - 1.0
    assert read[0].probability == pytest.approx(1 / (1 + math.exp(-log_odds)), rel=1e-5)
    assert sorted(hit.row for hit in read) == sorted(before)


def test_a_passage_is_read_once_under_its_title_and_headings_without_marks(word_encoder: WordEncoder) -> None:
    """Rows of its tables are written out."""
    index = index_of(word_encoder, DOCUMENTS)
    reader = WordReader("nothing")
    read_hits(index, reader, WEIGHTS, "cat", Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep"))
    assert sorted(reader.heads) == ["0", "1", "2", "3", "hours › Hours"]
    text = reader.texts[reader.heads.index("hours › Hours")]
    assert text == "The cat sleeps. It wakes at nine.\nDay: monday; Opens: nine\n"


def test_only_the_best_passages_are_read(word_encoder: WordEncoder) -> None:
    """The others follow as they were, no more probable than the least probable one that was read."""
    index = index_of(word_encoder, {f"{number}.txt": f"The cat sleeps {number}." for number in range(12)})
    hits = Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep")
    reader = WordReader("nothing")
    read = read_hits(index, reader, WEIGHTS, "does the cat sleep", hits)
    assert reader.texts == [f"{index.text(hit.row)}\n" for hit in hits[:READ_PASSAGES]]
    assert [hit.row for hit in read[READ_PASSAGES:]] == [hit.row for hit in hits[READ_PASSAGES:]]
    assert {hit.score for hit in read[READ_PASSAGES:]} == {hit.score for hit in hits[READ_PASSAGES:]}
    lowest = min(hit.probability for hit in read[:READ_PASSAGES])
    assert all(hit.probability <= lowest for hit in read[READ_PASSAGES:])


def test_reading_stops_when_what_is_left_can_hardly_come_first(word_encoder: WordEncoder) -> None:
    """Two passages are read at a time; with an answer among the first two, none of the others is."""
    index = index_of(word_encoder, {f"{number}.txt": f"The cat sleeps {number}." for number in range(7)})
    hits = Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep")
    for place, count in ((1, 2), (2, 4), (6, 7)):
        text = index.text(hits[place].row)
        reader = WordReader(text)
        read = read_hits(index, reader, WEIGHTS, "does the cat sleep", hits)
        assert len(reader.texts) == count
        assert index.text(read[0].row) == text


def test_a_long_passage_is_read_around_its_sentence(word_encoder: WordEncoder) -> None:
    """An item far below the line that introduces its list is still read."""
    items = "".join(f"- The cat sleeps {number} times on the long ferry.\n" for number in range(200))
    index = index_of(word_encoder, {"a.md": f"# Cat\n\n{LONG}Never:\n\n{items}"})
    row = next(row for row in range(index.count) if "sleeps 150 times" in index.text(row))
    hits = [hit for hit in Retriever(index, word_encoder, BY_LATE).rank("150 times") if hit.row == row]
    reader = WordReader("150")
    (read,) = read_hits(index, reader, WEIGHTS, "how do I list all", hits)
    assert "sleeps 150 times" in reader.texts[0]
    assert read.score == pytest.approx(hits[0].score + 5.0)


def test_a_retriever_reads_only_with_weights_and_in_english(word_encoder: WordEncoder) -> None:
    """Without them the first ranking stands."""
    index = index_of(word_encoder, DOCUMENTS)
    reading = replace(BY_LATE, reading=WEIGHTS)
    for ranker, language, reads in ((BY_LATE, "en", False), (reading, "de", False), (reading, "en", True)):
        reader = WordReader("wakes")
        Retriever(replace(index, language=language), word_encoder, ranker, None, reader).rank("does the cat sleep")
        assert bool(reader.texts) is reads


def test_a_shift_moves_the_log_odds_with_a_reader_by_as_much_as_without() -> None:
    """The operating points are those with a reader, or those without."""
    reading = replace(BY_LATE, reading=replace_fields(WEIGHTS, operating_points=(OperatingPoint(0.8, 0.5, 0.5, 0.1),)))
    shifted = reading.shifted(0.7)
    assert reading.reading is not None
    assert shifted.reading is not None
    features, readings = np.ones((1, len(FEATURE_NAMES)), np.float32), np.ones((1, 3), np.float32)
    (before,), (after,) = (weights.probabilities(features, readings) for weights in (reading.reading, shifted.reading))
    assert math.log(after / (1 - after)) == pytest.approx(math.log(before / (1 - before)) + 0.7, rel=1e-4)
    assert shifted.bias == reading.bias + 0.7
    assert reading.with_reader(True).points == reading.reading.operating_points
    assert reading.with_reader(False).reading is None
