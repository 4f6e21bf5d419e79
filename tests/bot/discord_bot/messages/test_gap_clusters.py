"""Clusters of unanswered questions, with two-dimensional vectors that can be checked by hand."""

import datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.discord_bot.messages.gap_clusters import Cluster, cluster
from bot.discord_bot.storage.records import Gap


def at(*degrees: float) -> NDArray[np.float32]:
    """Return unit vectors at angles; the cosine of two is the cosine of the angle between them."""
    angles = np.radians(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def gap(question: str, day: int, count: int = 1) -> Gap:
    """Return an unanswered question of a day in January."""
    return Gap(question, datetime.date(2026, 1, day), count)


def test_similar_questions_are_one_cluster() -> None:
    """0° and 40° are within 45.57° (cosine 0.7), 90° is not; count and days cover all members."""
    old, new, other = gap("old", 2, 3), gap("new", 5), gap("other", 9, 2)
    first, second = cluster([old, new, other], at(0, 40, 90))
    assert (first.newest_question, first.questions, first.count) == ("new", (new, old), 4)
    assert (first.first, first.last) == (datetime.date(2026, 1, 2), datetime.date(2026, 1, 5))
    assert second == Cluster((other,))


def test_similarity_to_the_newest_question_decides() -> None:
    """45° joins 0° and 46° does not; 80°, near a member but far from the newest question, does not."""
    assert [group.newest_question for group in cluster([gap("a", 3), gap("b", 2)], at(0, 45))] == ["a"]
    assert [group.newest_question for group in cluster([gap("a", 3), gap("b", 2)], at(0, 46))] == ["a", "b"]
    chain = cluster([gap("a", 3), gap("b", 2), gap("c", 1)], at(0, 40, 80))
    assert [[member.question for member in group.questions] for group in chain] == [["a", "b"], ["c"]]
    assert len(cluster([gap("a", 3), gap("b", 2)], at(0, 45), min_similarity=0.8)) == 2


def test_question_joins_the_more_similar_cluster() -> None:
    """10° and 90° are both similar enough to 49° and 51°: 49° joins the first, 51° the second."""
    newest = [gap("left", 9), gap("right", 8)]
    for degrees, sizes in ((49, {"left": 2, "right": 1}), (51, {"left": 1, "right": 2})):
        clusters = cluster([*newest, gap("between", 7)], at(10, 90, degrees))
        assert {group.newest_question: len(group.questions) for group in clusters} == sizes


def test_most_asked_come_first_then_the_newest() -> None:
    """The number of times asked decides, not the number of wordings; ties are broken by the last day."""
    clusters = cluster([gap("a", 1, 2), gap("b", 2, 5), gap("c", 3, 2)], at(0, 90, 180))
    assert [group.newest_question for group in clusters] == ["b", "c", "a"]


def test_order_of_days_decides() -> None:
    """Questions of different days give the same clusters in any order of the list."""
    questions, vectors = [gap("a", 1), gap("b", 2), gap("c", 3), gap("d", 4)], at(0, 30, 60, 120)
    backwards = cluster(questions[::-1], vectors[::-1])
    assert cluster(questions, vectors) == backwards
    assert [group.newest_question for group in backwards] == ["c", "d", "a"]


def test_no_question_and_a_thousand_questions() -> None:
    """No question gives no cluster, equal ones give one, and each of many is in exactly one."""
    assert cluster([], np.zeros((0, 2), np.float32)) == []
    many = [gap(str(number), 1 + number % 28) for number in range(1_000)]
    (single,) = cluster(many, at(*[7.0] * 1_000))
    assert single.count == 1_000
    spread = cluster(many, at(*range(1_000)))
    assert sorted(int(member.question) for group in spread for member in group.questions) == list(range(1_000))


def test_wrong_number_of_vectors_is_an_error() -> None:
    """A missing row or a missing dimension is an error instead of a wrong cluster."""
    with pytest.raises(ValueError, match=r"2 questions have vectors of shape \(1, 2\)"):
        cluster([gap("a", 1), gap("b", 2)], at(0))
    with pytest.raises(ValueError, match=r"1 questions have vectors of shape \(1,\)"):
        cluster([gap("a", 1)], np.ones(1, np.float32))
