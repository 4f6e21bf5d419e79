"""Clustering of unanswered questions, with two-dimensional vectors that can be checked by hand."""

import datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.discord_bot.messages.gap_clusters import Cluster, cluster
from bot.discord_bot.storage.records import Gap


def at(*degrees: float) -> NDArray[np.float32]:
    """Return unit vectors at angles; the cosine of two is that of the angle between them."""
    angles = np.radians(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def gap(question: str, day: int, count: int = 1) -> Gap:
    return Gap(question, datetime.date(2026, 1, day), count)


def test_alike_questions_are_one_cluster_with_the_newest_as_its_face() -> None:
    """0° and 40° are within 45.57° (cosine 0.7), 90° is not; count and days are of all members."""
    old, new, other = gap("old", 2, 3), gap("new", 5), gap("other", 9, 2)
    first, second = cluster([old, new, other], at(0, 40, 90))
    assert (first.face, first.questions, first.count) == ("new", (new, old), 4)
    assert (first.first, first.last) == (datetime.date(2026, 1, 2), datetime.date(2026, 1, 5))
    assert second == Cluster((other,))


def test_the_bar_is_the_cosine_with_the_face_alone() -> None:
    """45° joins 0° and 46° does not; at 80°, near a member but far from the face, is no way in."""
    assert [found.face for found in cluster([gap("a", 3), gap("b", 2)], at(0, 45))] == ["a"]
    assert [found.face for found in cluster([gap("a", 3), gap("b", 2)], at(0, 46))] == ["a", "b"]
    chain = cluster([gap("a", 3), gap("b", 2), gap("c", 1)], at(0, 40, 80))
    assert [[member.question for member in found.questions] for found in chain] == [["a", "b"], ["c"]]
    assert len(cluster([gap("a", 3), gap("b", 2)], at(0, 45), similarity=0.8)) == 2


def test_a_question_joins_the_nearer_of_two_clusters() -> None:
    """10° and 90° are both within reach of 49° and of 51°: 49° joins the first, 51° the second."""
    newest = [gap("left", 9), gap("right", 8)]
    for degrees, sizes in ((49, {"left": 2, "right": 1}), (51, {"left": 1, "right": 2})):
        found = cluster([*newest, gap("between", 7)], at(10, 90, degrees))
        assert {one.face: len(one.questions) for one in found} == sizes


def test_the_most_asked_come_first_then_the_newest() -> None:
    """By how often they were asked, not by how many wordings there are; ties by the last day."""
    found = cluster([gap("a", 1, 2), gap("b", 2, 5), gap("c", 3, 2)], at(0, 90, 180))
    assert [one.face for one in found] == ["b", "c", "a"]


def test_the_order_of_days_counts_not_that_of_the_list() -> None:
    """Questions of different days give the same clusters in any order."""
    questions, vectors = [gap("a", 1), gap("b", 2), gap("c", 3), gap("d", 4)], at(0, 30, 60, 120)
    backwards = cluster(questions[::-1], vectors[::-1])
    assert cluster(questions, vectors) == backwards
    assert [found.face for found in backwards] == ["c", "d", "a"]


def test_nothing_gives_nothing_and_a_thousand_are_quick() -> None:
    """No question, no cluster; equal questions are one; each of many is in exactly one."""
    assert cluster([], np.zeros((0, 2), np.float32)) == []
    many = [gap(str(number), 1 + number % 28) for number in range(1_000)]
    (one,) = cluster(many, at(*[7.0] * 1_000))
    assert one.count == 1_000
    spread = cluster(many, at(*range(1_000)))
    assert sorted(int(member.question) for found in spread for member in found.questions) == list(range(1_000))


def test_vectors_of_other_questions_are_refused() -> None:
    """A row too few, or none of the second dimension, is an error and no wrong cluster."""
    with pytest.raises(ValueError, match=r"2 questions have vectors of shape \(1, 2\)"):
        cluster([gap("a", 1), gap("b", 2)], at(0))
    with pytest.raises(ValueError, match=r"1 questions have vectors of shape \(1,\)"):
        cluster([gap("a", 1)], np.ones(1, np.float32))
