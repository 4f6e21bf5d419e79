"""Constraints of a question, and how texts relate to them."""

import pytest

from retrieval.text.constraints import Relation, find_constraints, is_answered_no, is_yes_no

HAS, SILENT, CONTRADICTS = Relation.HAS, Relation.SILENT, Relation.CONTRADICTS


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("When does it open on Saturdays?", "It opens at nine from Monday to Friday.", CONTRADICTS),
        ("When does it open on Saturdays?", "On Saturdays it opens at eleven.", HAS),
        ("When does it open on Saturdays?", "It opens at nine.", SILENT),
        ("When does it open on Saturdays?", "Open daily from nine.", HAS),
        ("When does it open on Tuesdays?", "It opens at nine, and is closed on Mondays.", SILENT),
        ("When does it open on Mondays?", "It opens at nine, and is closed on Mondays.", HAS),
        ("What does it cost in July?", "May to September: four euros", HAS),
        ("What does it cost in April?", "May to September: four euros", CONTRADICTS),
        ("What does it cost in July?", "From 1 June to 31 August: four euros", HAS),
        ("What does it cost in January?", "24 December – 2 January: four euros", HAS),
        ("What does it cost in April?", "From 1 June to 31 August: four euros", CONTRADICTS),
        ("How many came in 2020?", "In 2019 a hundred came.", CONTRADICTS),
        ("How many came in 2020?", "Since 2019 a hundred come every year.", HAS),
        ("How many came in the 1990s?", "In 1994 a hundred came.", HAS),
        ("What is learnt at level 5?", "At level 3, frost is learnt.", CONTRADICTS),
        ("What is learnt at level 5?", "Level: 5th; Spell: fire.", HAS),
        ("What is learnt at level 5?", "There are 3 levels.", SILENT),
        ("Which Java does Tarn 2.4 need?", "Tarn 2.2 needs Java 11.", CONTRADICTS),
        ("Which Java does Tarn 2.2 need?", "Version 2.2 needs Java 11.", HAS),
        ("What does version 1.9 of Tarn need?", "Tarn 2.2 needs Java 11.", CONTRADICTS),
        ("Which Tarn needs Java 11?", "Tarn 2.2 needs Java 11.", HAS),
        ("How many players fit on a server with 4 GB?", "A server with 2 GB holds twenty players.", CONTRADICTS),
        ("What if there are 5 players?", "With 3 to 6 players, deal two cards.", HAS),
        ("What does rank iv cost?", "Rank IV costs 90 crowns.", HAS),
        ("What does rank v cost?", "Rank IV costs 90 crowns.", CONTRADICTS),
        ("What does rank four cost?", "Rank 4 costs 90 crowns.", HAS),
        ("Where is a tier 3 forge?", "T3 forges stand in Norvil.", HAS),
        ("Where is a t2 forge?", "Tier III forges stand in Norvil.", CONTRADICTS),
        ("When do you close on Fridays?", "From 24 December to 2 January we are closed.", CONTRADICTS),
        ("When do you close on Fridays?", "From 1 May to 30 September we close at eight.", SILENT),
        ("What is read on Bloody Sunday?", "It was on 30 January.", SILENT),
    ],
)
def test_a_text_has_a_constraint_contradicts_it_or_is_silent(question: str, text: str, expected: Relation) -> None:
    """Another value of the same kind contradicts; the absence of any does not."""
    (constraint,) = find_constraints(question)
    assert constraint.relation(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The fair is on 3 April.", HAS),
        ("The fair is on 5 April.", CONTRADICTS),
        ("Start: 1 April; End: 14 April", SILENT),
        ("The fair lasts from 28 March to 4 April.", HAS),
        ("The fair lasts from 28 March to 2 April.", CONTRADICTS),
        ("From 1 April, the fair has tents.", SILENT),
    ],
)
def test_a_day_may_lie_between_the_days_of_a_text(text: str, expected: Relation) -> None:
    """Only other days contradict it, between which it does not lie."""
    _, day = find_constraints("What is on 3 April?")
    assert day.relation(text) == expected


@pytest.mark.parametrize("question", ["When does it open?", "Who won after 1990?", "Which two rooms are free?", ""])
def test_most_questions_have_no_constraint(question: str) -> None:
    """Neither numbers in words nor times to count from are constraints."""
    assert find_constraints(question) == ()


def test_a_question_can_have_several_constraints() -> None:
    """One for each kind and number; the day of a date is no number."""
    kinds = [
        constraint.kind for constraint in find_constraints("What did level 5 cost on Monday, 3 May 2020, for 2 GB?")
    ]
    assert kinds == ["days", "months", "dates", "years", "number", "number"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [("Is it open on Sundays?", True), ("so can I come?", True), ("When is it open?", False), ("opening hours", False)],
)
def test_questions_for_yes_or_no_begin_with_a_verb(question: str, expected: bool) -> None:
    """What contradicts their constraint is an answer: no."""
    assert is_yes_no(question) is expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Is it open on Saturday?", "It is open from Monday to Friday.", True),
        ("Is it open on Saturday?", "Whit Monday, 25 May: closed", False),
        ("Is it open on 4 May?", "It is closed on 6 April.", False),
        ("Is the fair on 4 May?", "The fair is on 3 May.", True),
        ("When is it open on Saturday?", "It is open from Monday to Friday.", False),
    ],
)
def test_another_date_does_not_tell_what_is_open(question: str, text: str, expected: bool) -> None:
    """Other days of the week do, and another date tells when something is."""
    constraint = find_constraints(question)[-1]
    assert constraint.relation(text) == CONTRADICTS
    assert is_answered_no(question, constraint, text) is expected
