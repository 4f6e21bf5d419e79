"""How much readings count is fitted on questions whose passages were read; all others keep the ranker's judgement."""

import numpy as np
import pytest

from retrieval.asking.features import FEATURE_NAMES
from retrieval.errors import DataError
from retrieval.measuring.fit_reading import _fit, _fit_order, _judge
from retrieval.measuring.reading_corpora import Asked
from tests.support.small_index import BY_LATE


def asked(
    base: list[float], answers: list[float], right: list[bool], *, doubtful: bool = True, joinable: bool = False
) -> Asked:
    """Return a question with passages whose features are all alike."""
    features, nothing = np.ones((len(base), len(FEATURE_NAMES)), np.float32), np.zeros(len(base), np.float32)
    scores, said = np.array(base, np.float32), np.array(answers, np.float32)
    together = np.full((len(base), len(base)), joinable)
    alone = np.diag(right).astype(bool)
    either = alone | (together & np.add.outer(np.array(right, bool), np.array(right, bool)))
    return Asked(features, scores, said, said, said, nothing, either, together, 0.3, doubtful, not any(right))


BY_BOTH = asked([2.0, 1.0], [3.0, -3.0], [True, False])
BY_READING = [asked([2.0, 1.0], [-3.0, 3.0], [False, True]), BY_BOTH, BY_BOTH, BY_BOTH] * 4
UNANSWERABLE = [asked([2.0, 1.0], [-3.0, -2.0], [False, False])] * 8


def test_readings_count_as_much_as_they_tell_beside_scores() -> None:
    """Where only readings tell right from wrong, they decide; where only scores do, readings do not count."""
    by_score = [asked([2.0, 1.0], [1.0, 1.0], [True, False])] * 4
    assert _fit_order([BY_READING]) * 6.0 > 1.0
    assert _fit_order([by_score]) == 0.0


def test_the_passage_that_is_read_to_answer_is_judged() -> None:
    """Its probability is high where it answers; a question that was not read keeps the ranker's."""
    sure = asked([2.0], [0.0], [True], doubtful=False)
    weights = _fit([BY_READING + UNANSWERABLE], BY_LATE)
    judged = _judge([*BY_READING[:2], UNANSWERABLE[0], sure], weights)
    assert judged.right.tolist() == [True, True, False, True]
    assert judged.without.tolist() == [False, False, True, False]
    assert min(judged.probabilities[:2]) > 0.7
    assert judged.probabilities[2] < 0.3
    assert judged.probabilities[3] == pytest.approx(0.3)
    assert _judge(BY_READING[:1]).right.tolist() == [False]
    assert _judge([asked([], [], [], doubtful=False)]).right.tolist() == [False]


def test_what_is_shown_with_the_first_passage_may_answer() -> None:
    """If it is near enough in score."""
    weights = _fit([BY_READING + UNANSWERABLE], BY_LATE)
    for joinable, behind, right in ((True, 1.0, True), (False, 1.0, False), (True, 9.0, False)):
        question = asked([9.0, 9.0 - behind], [0.0, 0.0], [False, True], joinable=joinable)
        assert _judge([question], weights).right.tolist() == [right]


@pytest.mark.parametrize(
    ("questions", "message"),
    [(UNANSWERABLE, "no question has"), ([asked([1.0, 2.0], [0.0, 0.0], [True, False])] * 4, "scores do not tell")],
)
def test_questions_that_say_nothing_are_an_error(questions: list[Asked], message: str) -> None:
    """Instead of a division by nothing."""
    with pytest.raises(DataError, match=message):
        _fit_order([questions])
