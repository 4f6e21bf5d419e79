"""Headings say whether a problem, its cause or its solution stands below them."""

import pytest

from retrieval.text.problem_headings import asks_for_role, heading_role


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("Issue", "problem"),
        ("1. Symptoms:", "problem"),
        ("Error message", "problem"),
        ("Root cause", "cause"),
        ("Background", "cause"),
        ("Solution 2", "solution"),
        ("How to fix it", "solution"),
        ("Workarounds and fixes", "solution"),
        ("What to do", "solution"),
        ("Issue tracker", ""),
        ("Fixed in 2.1", ""),
        ("Error handling", ""),
        ("Problem " * 20, ""),
    ],
)
def test_a_heading_has_a_role_if_it_is_nothing_but_its_name(heading: str, role: str) -> None:
    """Whatever its number; other words around the name make it a heading like any other."""
    assert heading_role(heading) == role


@pytest.mark.parametrize(
    ("question", "role", "asked"),
    [
        ("what are the symptoms of a worn belt", "problem", True),
        ("what are the known issues", "problem", True),
        ("I have an issue with the belt", "problem", False),
        ("why does the belt slip", "cause", True),
        ("what does error 31 mean", "cause", True),
        ("the belt slips", "cause", False),
    ],
)
def test_a_question_may_ask_for_symptoms_or_causes(question: str, role: str, asked: bool) -> None:
    """Whoever only reports them asks for the solution."""
    assert asks_for_role(question, role) is asked
