"""Recognise by its form what a question asks for besides a fact: steps to follow, or everything of a list."""

import re

STEPS = re.compile(
    r"\bhow (?:do|does|can|could|should|would|to|did|must|shall)\b"
    r"|\b(?:steps?|instructions|procedure|guide) (?:to|for|of)\b"
    r"|\b(?:way|possible|able|want|trying|need|like|help(?: me)?) to\b|\bset(?:ting)? ?up\b|\binstall",
    re.IGNORECASE,
)
WHOLE_LIST = re.compile(
    r"\b(?:list|which|what) (?:all|are|kinds?|types?|sorts?|options?|\w+s)\b"
    r"|\ball (?:of )?(?:the|my|your|\w+s)\b|\bevery\b",
    re.IGNORECASE,
)


def asks_for_steps(question: str) -> bool:
    """Tell whether a question asks how something is done."""
    return STEPS.search(question) is not None


def asks_for_all(question: str) -> bool:
    """Tell whether a question asks for all of several things."""
    return WHOLE_LIST.search(question) is not None
