"""Corpora are asked what they answer, near misses, and what has nothing to do with them."""

from retrieval.measuring.golden import GoldenAnswer, GoldenQuestion
from retrieval.measuring.reading_corpora import choose_far, count_repeats

ANSWERS = (GoldenAnswer("lamp.md", ("water",)),)


def test_as_many_questions_about_something_else_are_asked_as_have_no_answer() -> None:
    """Only those that are answered there, in their order."""
    others = [GoldenQuestion("How high is it?"), *(GoldenQuestion(name, ANSWERS) for name in ("a?", "b?", "c?"))]
    near = [GoldenQuestion("Who paid?"), GoldenQuestion("Who met?", ANSWERS), GoldenQuestion("Who left?")]
    assert [golden.question for golden in choose_far(near, others, 2)] == ["a?", "b?"]
    assert choose_far(near[1:2], others, 2) == []
    assert len(choose_far(near * 3, others, 2)) == 3
    assert [golden.question for golden in choose_far(near, others, 1)] == ["a?"]


def test_questions_without_an_answer_count_twice_where_they_are_few() -> None:
    """Less than a third of all."""
    answered, near = GoldenQuestion("a?", ANSWERS), GoldenQuestion("b?")
    assert count_repeats([answered] * 3 + [near]) == 2
    assert count_repeats([answered] * 2 + [near]) == 1
