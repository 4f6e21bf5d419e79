"""Pairs of a question and a window: what answers answers, what does not does not, and a seed decides all."""

import random
from pathlib import Path

import pytest

from retrieval.training.pairs import NEGATIVE_SHARES, PairMaker, PairStream
from retrieval.training.reading_sets import Passage, Question, ReadingSet, read_set
from tests.support.tiny_reader import record, write_set


@pytest.fixture
def forts(tmp_path: Path) -> ReadingSet:
    return read_set(write_set(tmp_path / "forts.jsonl.gz", [record(number) for number in range(60)]), {})


def test_a_window_that_answers_marks_the_answer(forts: ReadingSet) -> None:
    """However it is cut and laid out, its evidence is the answer's text."""
    maker, rng = PairMaker(forts), random.Random(0)
    for row in range(60):
        pair = maker.make(row, rng, "answer")
        assert pair is not None
        assert [pair.window.text[start:end] for start, end in pair.window.evidence] == [str(1800 + row)]


@pytest.mark.parametrize("kind", ["removed", "near", "elsewhere", "anywhere"])
def test_a_negative_never_holds_its_answer(forts: ReadingSet, kind: str) -> None:
    """Neither in its text nor in its head."""
    maker, rng = PairMaker(forts), random.Random(0)
    pairs = [maker.make(row, rng, kind) for row in range(60)]
    made = [(row, pair.window) for row, pair in enumerate(pairs) if pair is not None]
    assert len(made) >= 50
    assert [row for row, window in made if str(1800 + row) in window.head + window.text] == []
    assert {window.evidence for _, window in made} == {()}


def test_an_altered_question_asks_for_something_that_the_window_does_not_say(forts: ReadingSet) -> None:
    """The window still holds the old answer, but one of the names is that of another question."""
    pair = PairMaker(forts).make(5, random.Random(0), "altered", casual=0.0)
    assert pair is not None
    assert "1805" in pair.window.text
    assert pair.window.evidence == ()
    old, new = forts.questions[5].text.rstrip("?").split(), pair.question.rstrip("?").split()
    (changed,) = [word for word, other in zip(new, old, strict=True) if word != other]
    assert changed not in forts.passages[5].text
    assert changed in {word for question in forts.questions for word in question.text.rstrip("?").split()}


def test_nothing_is_taken_out_of_a_passage_that_says_it_twice() -> None:
    """The rest would still answer."""
    text = "It opened in 1801. Nobody came. Since 1801 it has been open."
    data = ReadingSet("twice", [Question("when?", 0, ((13, 17),), ())], [Passage("", "", text, "")], {"": [0]})
    assert PairMaker(data).make(0, random.Random(0), "removed") is None


def test_about_half_of_the_pairs_do_not_answer(forts: ReadingSet) -> None:
    """The kinds of negatives come in their shares."""
    pairs = PairStream([(PairMaker(forts), 1.0)], seed=3).block(0, 2000)
    kinds = [pair.kind for pair in pairs]
    assert kinds.count("answer") / len(kinds) == pytest.approx(0.5, abs=0.04)
    for kind, share in NEGATIVE_SHARES.items():
        assert kinds.count(kind) / (len(kinds) - kinds.count("answer")) == pytest.approx(share, abs=0.06)


def test_a_block_depends_on_the_seed_and_its_number_only(forts: ReadingSet) -> None:
    """It is the same whether blocks before it were made or not."""
    first, second = (PairStream([(PairMaker(forts), 1.0)], seed=3) for _ in range(2))
    second.block(0, 50)
    assert first.block(4, 50) == second.block(4, 50)
    assert first.block(5, 50) != first.block(4, 50)
    assert PairStream([(PairMaker(forts), 1.0)], seed=4).block(4, 50) != first.block(4, 50)


def test_questions_that_people_wrote_to_be_unanswerable_keep_their_passage(tmp_path: Path) -> None:
    """No other passage could be as near."""
    data = read_set(write_set(tmp_path / "forts.jsonl.gz", [record(7, answerable=False)]), {})
    pair = PairMaker(data).make(0, random.Random(0))
    assert pair is not None
    assert (pair.kind, pair.window.evidence) == ("human", ())
    assert pair.window.text.split(". ")[0].lstrip("-*•1. ") in data.passages[0].text


def test_headings_are_questions_at_times_and_right_ones_prove_nothing(forts: ReadingSet) -> None:
    """The question itself stands above windows that answer, and more rarely above some that lost their answer."""
    maker, rng = PairMaker(forts), random.Random(0)
    above = {"answer": 0, "removed": 0, "near": 0}
    for kind in above:
        for row in list(range(60)) * 10:
            pair = maker.make(row, rng, kind, casual=0.0)
            names = set(forts.questions[row].text.rstrip("?").split()[3:6:2])
            above[kind] += pair is not None and names <= set(pair.window.head.rstrip("?").split())
    assert above["answer"] > above["removed"] > 0
    assert above["near"] < above["removed"]
