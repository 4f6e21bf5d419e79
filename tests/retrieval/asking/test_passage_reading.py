"""Reading: what a reader says of the best passages orders and judges them, where the ranker is in doubt."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from msgspec.structs import replace as replace_fields

from retrieval.asking.asked_before import SAME
from retrieval.asking.constrained_hits import MAX_JUDGED_HITS
from retrieval.asking.features import FEATURE_NAMES
from retrieval.asking.passage_reading import (
    MAX_BEHIND,
    MAX_CLOSE,
    MAX_JOINED_BEHIND,
    MAX_LEAD,
    MIN_HALVED_ANSWERS,
    READ_PASSAGES,
    SURE,
    SURE_NOT,
    PassageWindow,
    Said,
    find_passages,
    judge_best,
    order_closely,
    order_passages,
    read_closely,
    read_passages,
)
from retrieval.asking.ranker import OperatingPoint, ReadingWeights
from retrieval.asking.retriever import Retriever
from retrieval.asking.selection import select_distinct
from retrieval.text.follow_ups import Following
from retrieval.types import Hit
from tests.support.small_index import BY_LATE, index_of
from tests.support.word_encoder import WordEncoder

WEIGHTS = ReadingWeights(
    order=0.5, confidence={"late": 2.0, "answers": 0.4, "judged": 0.5, "lead": 0.25}, bias=-1.0, operating_points=()
)
# In doubt about everything: its probability is always 0.5.
IN_DOUBT = replace(BY_LATE, confidence=(0.0,) * len(FEATURE_NAMES), bias=0.0, reading=WEIGHTS)
FIRST = "The black cat sleeps at nine. " + "It sleeps long and well. " * 16 + "Always."
SECOND = "The white cat sleeps at ten. " + "It sleeps long and well. " * 16 + "Never."
FILLING = "\n\n".join(["Nobody knows why the ferry sails along the whole coast and back again every day. " * 6] * 2)
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

    @property
    def judged(self) -> float:
        return self.answers / 5


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
def test_a_passage_gets_the_probability_of_its_features_and_the_reading(
    word: str, answers: float, word_encoder: WordEncoder
) -> None:
    """What rules took from it stays away; alone, it leads over nothing, and by MAX_LEAD over what is far behind."""
    index = index_of(word_encoder, {"a.txt": "The cat sleeps."})
    (hit,) = doubtful(Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep"), 0.4)
    (judged,) = judge_best(index, WordReader(word), IN_DOUBT, "does the cat sleep", [hit])
    late = float(hit.features[FEATURE_NAMES.index("late")])
    log_odds = 2.0 * late + 0.5 * answers - 1.0 + math.log(0.4 / 0.6)
    assert judged.probability == pytest.approx(1 / (1 + math.exp(-log_odds)), rel=1e-5)
    far = replace(hit, row=1, score=hit.score - MAX_BEHIND - 0.1)
    index = index_of(word_encoder, {"a.txt": "The cat sleeps.", "b.txt": "The cat runs."})
    judged, _ = judge_best(index, WordReader(word), IN_DOUBT, "does the cat sleep", [hit, far])
    assert judged.probability == pytest.approx(1 / (1 + math.exp(-log_odds - 0.25 * MAX_LEAD)), rel=1e-5)


@pytest.mark.parametrize(
    ("text", "said", "halves"),
    [
        (f"The cat sleeps. {'It snores. ' * 30}", 5.0, 2),  # the first half answers
        (f"{'It snores. ' * 30}The cat sleeps.", 5.0, 2),
        (f"{'It snores. ' * 15}The dog. {'It barks. ' * 15}", -5.0, 2),
        (f"{'It snores and ' * 30}the cat sleeps.\n", 5.0, 0),  # one sentence
        ("The cat sleeps. It snores.", 5.0, 0),  # short
    ],
)
def test_a_long_passage_is_read_again_in_halves(text: str, said: float, halves: int) -> None:
    """The mean of its reading and that of the better half counts; the halves are whole sentences."""
    reader = WordReader("cat")
    passage = PassageWindow(0, (), [], "Animals", text)
    expected = ((2.0 + said) / 2, (3.0 + said / 5) / 2) if halves else (2.0, 3.0)
    assert read_closely(reader, "cat?", passage, Said(2.0, 3.0)) == pytest.approx(expected)
    assert len(reader.texts) == halves
    assert "".join(reader.texts) == (text if halves else "")
    assert all(half.rstrip().endswith(".") for half in reader.texts)
    assert set(reader.heads) <= {"Animals"}
    hardly = Said(MIN_HALVED_ANSWERS, 3.0)
    assert read_closely(reader, "cat?", passage, hardly) == hardly
    assert len(reader.texts) == halves


def test_a_passage_far_behind_the_first_is_not_read_closely(word_encoder: WordEncoder) -> None:
    """The first is, after all of them were read as a whole."""
    index = index_of(word_encoder, {"a.md": f"# A\n\n{FIRST}", "b.md": f"# B\n\n{SECOND}"})
    hits = doubtful(Retriever(index, word_encoder, BY_LATE).rank("when does the cat sleep"))
    for word, text in (("Always", FIRST), ("Never", SECOND)):
        reader = WordReader(word)
        judge_best(index, reader, IN_DOUBT, "when does the cat sleep", hits)
        assert {whole.strip() for whole in reader.texts[:2]} == {FIRST, SECOND}
        assert "".join(reader.texts[2:]).strip() == text


def test_a_passage_whose_half_answers_comes_first(word_encoder: WordEncoder) -> None:
    """Read as wholes, both seem to answer, and the order would stay."""

    class HalvesReader(WordReader):
        def read(self, question: str, windows: Sequence[tuple[str, str]]) -> list[WordReading]:
            parts = [(head, text if len(text) < len(FIRST) * 2 // 3 else self.word) for head, text in windows]
            return super().read(question, parts)

    index = index_of(word_encoder, {"a.md": f"# A\n\n{FIRST}", "b.md": f"# B\n\n{SECOND}"})
    ranked = Retriever(index, word_encoder, BY_LATE).rank("when does the cat sleep")
    hits = [replace(hit, score=5.0) for hit in doubtful(ranked)]
    ranker = replace(IN_DOUBT, reading=replace_fields(WEIGHTS, order=1.0))
    for word, name in (("Always", "a.md"), ("Never", "b.md")):
        judged = judge_best(index, HalvesReader(word), ranker, "when does the cat sleep", hits)
        assert index.documents[index.sentence(judged[0].row).document].id == name


def test_the_passage_that_answers_comes_first(word_encoder: WordEncoder) -> None:
    """No other hit is more probable, and the scores fall; an answer further down than is read stays where it was."""
    index = index_of(
        word_encoder, {f"{number}.txt": f"The cat sleeps {number}." for number in range(READ_PASSAGES + 2)}
    )
    hits = doubtful(Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep"))
    for place in (0, 2, READ_PASSAGES - 1):
        word = index.text(hits[place].row)
        judged = judge_best(index, WordReader(word), IN_DOUBT, "does the cat sleep", hits)
        assert judged[0].row == hits[place].row
        assert judged[0].score == pytest.approx(hits[place].score + 0.5 * 5.0, abs=1e-5)
        assert all(first.score >= second.score for first, second in pairwise(judged))
        assert max(hit.probability for hit in judged) == judged[0].probability
    judged = judge_best(index, WordReader(index.text(hits[-1].row)), IN_DOUBT, "does the cat sleep", hits)
    assert [hit.row for hit in judged] == [hit.row for hit in hits]


def test_what_a_rule_put_first_stays_first_if_readings_are_alike(word_encoder: WordEncoder) -> None:
    """Whatever its score."""
    index = index_of(word_encoder, DOCUMENTS)
    hits = doubtful(Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep"))
    first = replace(hits[0], score=hits[-1].score - 3)
    judged = judge_best(index, WordReader("nothing"), IN_DOUBT, "cat", [first, *hits[1:]])
    assert judged[0].row == first.row


def test_what_rules_took_from_the_first_hit_they_took_from_all(word_encoder: WordEncoder) -> None:
    """With readings alike it stays first; if another passage is read to answer, that is as doubtful."""
    texts = {f"{number}.txt": f"The cat sleeps {number}." for number in range(3)}
    index = index_of(word_encoder, texts)
    first, *others = doubtful(Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep"))
    lowered = replace(first, probability=0.1)
    judged = judge_best(index, WordReader("nothing"), IN_DOUBT, "cat", [lowered, *others])
    assert judged[0].row == first.row
    best = judge_best(index, WordReader(index.text(others[0].row)), IN_DOUBT, "cat", [lowered, *others])[0]
    free = judge_best(index, WordReader(index.text(others[0].row)), IN_DOUBT, "cat", [first, *others])[0]
    assert best.row == free.row == others[0].row
    before, after = (math.log(hit.probability / (1 - hit.probability)) for hit in (free, best))
    assert after - before == pytest.approx(math.log(0.1 / 0.9), abs=1e-4)


def test_rows_answer_no_better_than_one_with_the_number_of_the_question(word_encoder: WordEncoder) -> None:
    """A reader that takes another row of the table for the answer does not put it first."""
    rows = "".join(f"| {level} | {9 - level} |\n" for level in range(1, 9))
    filling = "It is a long story that nobody tells. " * 20
    text = f"# Levels\n\n{filling}\n\n| Level | Rages |\n|---|---|\n{rows}"
    index = index_of(word_encoder, {"a.md": text, "b.txt": "Rages end at noon."})
    question = "how many rages at level 6"
    ranked = doubtful(Retriever(index, word_encoder, BY_LATE).rank(question))
    hits = [hit for hit in ranked if "story" not in index.text(hit.row)]
    first = hits[0].row
    judged = judge_best(index, WordReader("Rages: 8"), IN_DOUBT, question, hits)
    read = read_passages(index, WordReader("Rages: 8"), IN_DOUBT, question, hits)
    assert any("Rages: 8" in passage.text for passage in read.passages)
    assert set(read.said) == {Said(-5.0, -1.0)}
    assert judged[0].row == first
    other = judge_best(index, WordReader("Rages: 8"), IN_DOUBT, "how many rages", hits)
    assert "8" in index.text(other[0].row).split("|")[1]


def test_what_is_far_behind_is_not_read(word_encoder: WordEncoder) -> None:
    """It comes after all that was read; neither is what no rule has looked at."""
    index = index_of(word_encoder, {f"{number}.txt": f"The cat sleeps {number}." for number in range(2)})
    best, second = doubtful(Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep"))
    far = replace(second, score=best.score - MAX_BEHIND - 0.1)
    reader = WordReader("nothing")
    judged = judge_best(index, reader, IN_DOUBT, "cat", [best, far])
    assert [hit.row for hit in judged] == [best.row, second.row]
    judge_best(index, reader, IN_DOUBT, "cat", [best] * MAX_JUDGED_HITS + [second])
    assert reader.texts == [f"{index.text(best.row)}\n"] * 2


def test_the_lead_is_over_the_best_of_the_others() -> None:
    """At most MAX_LEAD; of equal scores the first comes first."""
    base, answers = np.array([3.0, 2.0, 2.0, 0.0], np.float32), np.array([-2.0, 1.0, 1.0, 40.0], np.float32)
    apart = np.zeros((4, 4), bool)
    order = order_passages(0.5, base, answers, apart)
    assert (order.places, order.partner, order.lead) == ([3, 1, 2, 0], None, MAX_LEAD)
    assert order.scores.tolist() == [2.0, 2.5, 2.5, 20.0]
    assert order_passages(0.0, base, answers, apart).lead == 1.0


@pytest.mark.parametrize(
    ("base", "closely", "looks", "places", "said"),
    [
        ([5.0, 4.0, 3.0], [0.0, 0.0, 9.0], [0, 1], [0, 1, 2], 0.0),  # the third is not looked at
        ([5.0, 4.0, 0.0], [-2.0, 2.0, 0.0], [0, 1], [1, 0, 2], 2.0),  # the look decides
        ([5.0, 5.0 - MAX_CLOSE - 0.1], [-1.0, 2.0], [0], [0, 1], -1.0),  # the second is too far behind
        ([5.0, 4.0, 3.0], [-8.0, -8.0, 1.0], [0, 1, 2], [2, 0, 1], 1.0),  # the third comes first, so it is looked at
        ([5.0], [3.0], [0], [0], 3.0),
    ],
)
def test_a_closer_look_orders_the_two_best_passages(
    base: list[float], closely: list[float], looks: list[int], places: list[int], said: float
) -> None:
    """What comes first after it was looked at as well."""
    asked = []

    def look(place: int) -> Said:
        asked.append(place)
        return Said(closely[place], -place)

    nothing, apart = np.zeros(len(base), np.float32), np.zeros((len(base), len(base)), bool)
    order, first = order_closely(0.5, np.array(base, np.float32), nothing, apart, look)
    assert (asked, order.places, first) == (looks, places, Said(said, -places[0]))
    assert nothing.tolist() == [0.0] * len(base)
    known = [closely[place] if place in looks[:2] else 0.0 for place in range(len(base))]
    assert order.scores.tolist() == pytest.approx([score + 0.5 * said for score, said in zip(base, known, strict=True)])


@pytest.mark.parametrize(
    ("joinable", "second", "partner", "lead"),
    [([1, 2], 4.0, 1, 2.5), ([2], 4.0, 2, 1.0), ([1, 2], 5.1 - MAX_JOINED_BEHIND, 2, 2.9), ([3], 4.0, None, 1.0)],
)
def test_the_partner_is_the_best_passage_that_can_be_shown_with_the_first(
    joinable: list[int], second: float, partner: int | None, lead: float
) -> None:
    """None if it is too far behind; the first leads over the others."""
    base = np.array([5.0, second, 2.5, 5.0 - MAX_JOINED_BEHIND - 0.1], np.float32)
    beside = np.zeros((4, 4), bool)
    beside[0, joinable] = True
    order = order_passages(1.0, base, np.zeros(4, np.float32), beside)
    assert order.partner == partner
    assert order.lead == pytest.approx(lead, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        (f"# Cats\n\n{FIRST}\n\n{SECOND}\n\n{FILLING}", True),
        (f"# Cats\n\n{FIRST}\n\n{FILLING}\n\n{SECOND}", True),
        (f"# Cats\n\n{FIRST}\n\n{FILLING}\n\n## At night\n\n{SECOND}", False),
        (f"# Cats\n\n{FILLING}\n\n{FIRST}\n\n## At night\n\n{SECOND}", True),
        (f"# Cats\n\n## At day\n\n{FIRST}\n\n## At night\n\n{SECOND}", False),
        (f"{FIRST}\n\n{SECOND}\n\n{FILLING}", False),
    ],
)
def test_passages_of_one_section_are_shown_together_if_they_score_alike(
    text: str, joined: bool, word_encoder: WordEncoder
) -> None:
    """Under the same heading, or near each other under nested ones; not in a text without headings."""
    index = index_of(word_encoder, {"cats.md": text})
    hits = doubtful(Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep"))
    order = [next(hit for hit in hits if index.text(hit.row).startswith(start)) for start in (FIRST[:9], SECOND[:9])]
    level = [replace(hit, score=5.0) for hit in order]
    judged = judge_best(index, WordReader("cat"), IN_DOUBT, "cat", level)
    assert [hit.beside for hit in judged] == [order[1].row if joined else None, None]
    shown = [part.text for part in select_distinct(index, "cat", judged[:1], 1)[0].passage]
    assert (SECOND in shown) is joined
    assert any(text in FIRST for text in shown)


def test_only_the_first_quote_shows_a_second_passage(word_encoder: WordEncoder) -> None:
    """A later one might repeat what is shown already."""
    index = index_of(word_encoder, {"cats.md": f"# Cats\n\n{FIRST}\n\n{SECOND}\n\n{FILLING}"})
    hits = Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep")
    black, white = (next(hit for hit in hits if index.text(hit.row).startswith(start[:9])) for start in (FIRST, SECOND))
    both = replace(black, beside=white.row)
    shown = select_distinct(index, "cat", [white, both], 2)
    assert [SECOND in {part.text for part in place.passage} for place in shown] == [True, False]
    assert SECOND in {part.text for part in select_distinct(index, "cat", [both, white], 2)[0].passage}


def test_one_passage_is_read_once_under_its_title_and_headings_without_marks(word_encoder: WordEncoder) -> None:
    """Rows of its tables are written out; all its hits are judged."""
    index = index_of(word_encoder, {"hours.md": DOCUMENTS["hours.md"]})
    hits = doubtful(Retriever(index, word_encoder, BY_LATE).rank("does the cat sleep"))
    reader = WordReader("wakes")
    judged = judge_best(index, reader, IN_DOUBT, "cat", hits)
    assert reader.heads == ["hours › Hours"]
    assert reader.texts == ["The cat sleeps. It wakes at nine.\nDay: monday; Opens: nine\n"]
    assert all(hit.probability != 0.5 for hit in judged)


@pytest.mark.parametrize(
    ("probability", "reads"),
    [(SURE_NOT - 0.01, 0), (SURE_NOT, len(DOCUMENTS)), (SURE - 0.01, len(DOCUMENTS)), (SURE, 0)],
)
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
    for following, reads in ((None, len(DOCUMENTS)), (Following("and why", frozenset()), 0)):
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
    features, readings = np.ones((1, len(FEATURE_NAMES)), np.float32), np.ones((1, 3), np.float32)
    nothing = np.zeros(1, np.float32)
    both = (reading.reading, shifted.reading)
    (before,), (after,) = (weights.probabilities(features, readings, nothing) for weights in both)
    assert math.log(after / (1 - after)) == pytest.approx(math.log(before / (1 - before)) + 0.7, rel=1e-4)
    assert shifted.bias == reading.bias + 0.7
    assert reading.with_reader(True).points == reading.reading.operating_points
    assert reading.with_reader(False).reading is None


def test_an_answer_below_a_heading_that_asks_the_same_comes_first_after_reading(word_encoder: WordEncoder) -> None:
    """Though the reader put something else first."""
    documents = {"answers/k.md": "# does the cat sleep\n\nOn the ferry.\n", "a.md": "The cat sleeps at nine.\n"}
    index = index_of(word_encoder, documents)
    retriever = Retriever(index, word_encoder, IN_DOUBT, None, WordReader("nine"))
    first = retriever.rank("does the cat sleep")[0]
    assert index.text(first.row) == "On the ferry."
    assert first.probability >= SAME
