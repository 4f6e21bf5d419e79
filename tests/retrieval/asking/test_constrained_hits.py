"""Hits that contradict or lack a constraint yield to those beside them, or become doubtful."""

import numpy as np
import pytest

from retrieval.asking.alternatives import are_parallel, doubt_other_names
from retrieval.asking.constrained_hits import prefer_same_sense, respect_constraints
from retrieval.asking.features import FEATURE_NAMES
from retrieval.index.index import Index
from retrieval.types import Hit
from tests.support.small_index import index_of
from tests.support.word_encoder import WordEncoder

TEXT = (
    "# Library\n\nThe library opens at nine on monday. The library opens at one on sunday. The library opens.\n\n"
    "# Cat\n\nThe cat opens the ferry. The cat never opens the ferry on monday.\n"
)


@pytest.fixture
def index(word_encoder: WordEncoder) -> Index:
    """Return an index of three sentences (rows 0 to 2) and of two in another section (rows 3 and 4)."""
    return index_of(word_encoder, {"a.md": TEXT})


def hits(*rows: int, gap: float = 1.0, covered: float = 1.0) -> list[Hit]:
    """Make hits whose scores fall by `gap` and whose probabilities fall from 0.9 by 0.1; the first covers all."""
    features = np.zeros(len(FEATURE_NAMES), np.float32)
    features[FEATURE_NAMES.index("coverage_neighbours")] = covered
    best = features.copy()
    best[FEATURE_NAMES.index("coverage_neighbours")] = 1.0
    return [
        Hit(row, 9.0 - gap * place, 0.9 - place / 10, features if place else best) for place, row in enumerate(rows)
    ]


def judged(found: list[Hit]) -> list[tuple[int, float]]:
    """Return the rows and the rounded probabilities."""
    return [(hit.row, round(hit.probability, 2)) for hit in found]


def test_a_hit_that_contradicts_yields_to_the_one_that_has_the_day(index: Index) -> None:
    """It becomes doubtful, and the other one as sure as halfway between both."""
    found = respect_constraints(index, hits(0, 1, 2), "When does the library open on Sunday?")
    assert judged(found) == [(1, 0.85), (2, 0.7), (0, 0.14)]
    assert [hit.score for hit in found] == [9.0, 8.0, 7.0]


def test_a_hit_yields_only_to_one_that_says_the_same_otherwise(index: Index) -> None:
    """One that has the day, but not the other words of the question, keeps its probability."""
    found = respect_constraints(index, hits(0, 1, 2, covered=0.5), "When does the library open on Sunday?")
    assert judged(found) == [(1, 0.8), (2, 0.7), (0, 0.14)]


def test_a_hit_that_contradicts_does_not_yield_to_one_about_something_else(index: Index) -> None:
    """The cat has the day, but nothing else of the question, so it stays behind."""
    found = respect_constraints(index, hits(1, 4), "When does the library close on Monday?")
    assert judged(found) == [(1, 0.14), (4, 0.8)]


def test_without_a_hit_that_has_the_day_those_that_contradict_are_doubtful(index: Index) -> None:
    """A silent one comes first, no surer than before."""
    found = respect_constraints(index, hits(0, 2), "When does the library open on Friday?")
    assert judged(found) == [(2, 0.8), (0, 0.14)]


def test_much_worse_hits_stay_behind_one_that_contradicts(index: Index) -> None:
    """They are not about the question at all."""
    found = respect_constraints(index, hits(0, 2, gap=4.0), "When does the library open on Friday?")
    assert judged(found) == [(0, 0.14), (2, 0.8)]


def test_a_silent_hit_yields_to_a_parallel_one_that_has_the_day(index: Index) -> None:
    """Not to one that is built otherwise or much worse."""
    question = "When does the library open on Sunday?"
    assert [hit.row for hit in respect_constraints(index, hits(2, 1), question)] == [1, 2]
    assert [hit.row for hit in respect_constraints(index, hits(2, 1, gap=4.0), question)] == [2, 1]
    assert [hit.row for hit in respect_constraints(index, hits(3, 1), question)] == [3, 1]


def test_for_yes_or_no_what_contradicts_is_an_answer(index: Index) -> None:
    """Unless another hit has the day."""
    asked = hits(0, 2)
    assert respect_constraints(index, asked, "Is the library open on Friday?") == asked
    assert [hit.row for hit in respect_constraints(index, hits(0, 1), "Is the library open on Sunday?")] == [1, 0]


@pytest.fixture
def schedule(word_encoder: WordEncoder) -> Index:
    """Return an index of an exception (row 0), the lines of a schedule (1 and 2), another section (3), and dates."""
    text = (
        "# Hours\n\nFrom 24 December to 2 January the library is closed.\n\n- Mon–Thu 9–18\n- Fri 9–14\n\n"
        "# Cat\n\nSat 9–12\n\n# Feasts\n\n- Whit Monday, 25 May: closed\n- Day of the ferry, 4 May: nine\n"
    )
    return index_of(word_encoder, {"a.md": text})


def test_a_schedule_comes_before_a_sentence_about_other_dates(schedule: Index) -> None:
    """Its lines have the days, though no other word; those of another section do not count."""
    assert [schedule.text(row) for row in (1, 2, 3)] == ["Mon–Thu 9–18", "Fri 9–14", "Sat 9–12"]
    found = respect_constraints(schedule, hits(0, 1, 2, covered=0.2), "When does the library close on Fridays?")
    assert [hit.row for hit in found] == [2, 0, 1]
    found = respect_constraints(schedule, hits(0, 1, 3, covered=0.2), "When does the library close on Saturdays?")
    assert judged(found) == [(0, 0.14), (1, 0.07), (3, 0.7)]


def test_another_date_does_not_answer_whether_it_is_open(schedule: Index) -> None:
    """The item with the date comes first, whatever the day of the week; without one, the others are doubtful."""
    found = respect_constraints(schedule, hits(4, 5), "Is the library open on Monday 4 May?")
    assert [hit.row for hit in found] == [5, 4]
    assert judged(respect_constraints(schedule, hits(4, 5), "Is it open on 9 July?")) == [(4, 0.14), (5, 0.07)]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("When does the library open on 24 December?", 2),
        ("When does the library open on Christmas Eve?", 2),
        ("When does the library open on 2 January?", 3),
        ("When does the library open on 9 July?", 0),  # no line has it
        ("Who plays the lute on 24 December?", 0),  # it is not asked when something is open
    ],
)
def test_the_line_of_a_day_comes_before_what_always_holds(word_encoder: WordEncoder, question: str, first: int) -> None:
    """In another section of the document as well; a season is no day."""
    text = (
        "# Hours\n\nThe library opens at nine.\n\nFrom 1 May to 30 September it opens at eight.\n\n# Feasts\n\n"
        "- 24 December: noon\n- 25 December – 2 January: closed\n"
    )
    found = respect_constraints(index_of(word_encoder, {"a.md": text}), hits(0, 1, 2, 3, covered=0.2), question)
    assert found[0].row == first


def test_beside_the_line_of_a_day_other_days_are_no_answer_to_yes_or_no(word_encoder: WordEncoder) -> None:
    """Without that line, what is open on other days says that it is closed."""
    text = "# Fairs\n\nThe fair is open from 1 March to 5 May.\n\n# Feasts\n\n- 6 and 8 May: closed\n- 9 May: open\n"
    index = index_of(word_encoder, {"a.md": text})
    assert judged(respect_constraints(index, hits(0, 1, covered=0.2), "Is it open on 6 May?")) == [(1, 0.85), (0, 0.14)]
    assert judged(respect_constraints(index, hits(0, 2, covered=0.2), "Is it open on 6 May?"))[0] == (0, 0.9)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When is choir practice on Friday?", [(0, 0.14), (1, 0.07), (2, 0.7), (3, 0.6)]),
        ("When is choir practice on Monday?", [(0, 0.9), (1, 0.8), (2, 0.7), (3, 0.6)]),
        ("Is choir practice on Friday?", [(0, 0.9), (1, 0.8), (2, 0.7), (3, 0.6)]),
    ],
)
def test_what_stands_beside_another_day_is_as_doubtful(
    word_encoder: WordEncoder, question: str, expected: list[tuple[int, float]]
) -> None:
    """If it is about something else; a sentence about the same, or in another section, keeps its probability."""
    text = "# Choir\n\nPractice is on Mondays. Fees are due at noon. Practice is loud.\n\n# Ferry\n\nFees are low.\n"
    found = respect_constraints(index_of(word_encoder, {"a.md": text}), hits(0, 1, 2, 3), question)
    assert sorted(judged(found)) == sorted(expected)


def test_what_stands_beside_another_year_is_not_doubtful(word_encoder: WordEncoder) -> None:
    """A story goes on without naming the year again."""
    text = "# Mill\n\nThe dam broke in 1804. Its wheel stood still.\n"
    found = respect_constraints(index_of(word_encoder, {"a.md": text}), hits(0, 1), "What did the dam do in 1806?")
    assert judged(found)[1] == (1, 0.8)


@pytest.mark.parametrize(
    ("question", "probability"),
    [
        ("Is the ferry closed on 24 December 2031?", 0.14),
        ("Is the ferry closed on 24 December 2030?", 0.9),
        ("Is the ferry closed on 24 December?", 0.9),
    ],
)
def test_a_heading_with_another_year_does_not_answer_by_no(
    word_encoder: WordEncoder, question: str, probability: float
) -> None:
    """What stands below it is not about the year of the question."""
    text = "# Ferry\n\n## Feasts 2030\n\n24 December: closed\n"
    found = respect_constraints(index_of(word_encoder, {"a.md": text}), hits(0), question)
    assert judged(found) == [(0, probability)]


@pytest.mark.parametrize("question", ["When does the library open?", ""])
def test_without_constraints_nothing_changes(index: Index, question: str) -> None:
    """Neither do no hits."""
    asked = hits(0, 1, 2)
    assert respect_constraints(index, asked, question) == asked
    assert respect_constraints(index, [], "on Sunday?") == []


def test_a_hit_in_the_other_sense_yields_to_a_parallel_one(index: Index) -> None:
    """They exchange places, scores and probabilities; a question for yes or no is answered by either."""
    found = prefer_same_sense(index, hits(4, 3), "When does the cat open the ferry?")
    assert [(hit.row, hit.score, hit.probability) for hit in found] == [(3, 9.0, 0.9), (4, 8.0, 0.8)]
    assert [hit.row for hit in prefer_same_sense(index, hits(3, 4), "Why does the cat never open?")] == [4, 3]
    assert [hit.row for hit in prefer_same_sense(index, hits(4, 3), "Does the cat open the ferry?")] == [4, 3]
    assert [hit.row for hit in prefer_same_sense(index, hits(4, 3, gap=3.0), "When does the cat open?")] == [4, 3]


def test_a_name_that_all_parallel_hits_lack_makes_them_doubtful(index: Index) -> None:
    """Each has a word that the other lacks, so that the name may be another one of these."""
    question = "When does the library open in Zanzibar?"
    assert judged(doubt_other_names(index, hits(0, 1, 3), question)) == [(0, 0.31), (1, 0.17), (3, 0.7)]


@pytest.mark.parametrize(
    ("rows", "question", "gap"),
    [
        ((0, 1), "When does the library open?", 1.0),  # no name
        ((0, 1), "When does the library open on Monday?", 1.0),  # a day is no name
        ((0, 1), "When does the library open for teachers?", 1.0),  # neither is a common word
        ((0, 1), "do all libraries open now, any day off?", 1.0),  # nor are short ones
        ((0, 1), "When does the Library open?", 1.0),  # which is there
        ((0, 1), "When does the library open in Zanzibar?", 3.0),  # one is clearly better
        ((0, 3), "When does the library open in Zanzibar?", 1.0),  # which are about other things
        ((0,), "When does the library open in Zanzibar?", 1.0),
    ],
)
def test_other_hits_do_not_become_doubtful(index: Index, rows: tuple[int, ...], question: str, gap: float) -> None:
    """Only names are doubted, and only among equals."""
    asked = hits(*rows, gap=gap)
    assert doubt_other_names(index, asked, question) == asked


def test_parallel_rows_share_words_or_a_table(word_encoder: WordEncoder, index: Index) -> None:
    """Items of one list are parallel, too; rows of two documents are not."""
    other = index_of(word_encoder, {"a.md": "- cat sleeps\n- ferry price\n\ncat price\n", "b.md": "cat price\n"})
    assert are_parallel(index, 0, 1)
    assert not are_parallel(index, 0, 3)
    assert are_parallel(other, 0, 1)
    assert not are_parallel(other, 2, 3)
