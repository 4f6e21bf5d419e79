"""Recognise English sentences that announce a change, or that hold for a short time only.

"The essay is now due on Monday" replaces what was said before; "closed this week only" does not.
"""

import re

from retrieval.text.answer_types import DAYS

CHANGE = re.compile(
    r"\b(?:move[sd]?|extended|postponed|rescheduled|delayed|pushed back|brought forward|changed|instead of"
    r"|correct(?:ion|ed)|update[ds]?|no longer|now|new (?:date|day|time|deadline|due date|room|place|price|number))\b",
    re.IGNORECASE,
)
CORRECTION = re.compile(
    r"\W*(?:(?:small|short|quick|important)\s+)?(?:correct(?:ion|ed)|update|edit|erratum)\b", re.IGNORECASE
)
SHORT_TIME = rf"(?:today|tonight|tomorrow|(?:this|next) (?:once|time|week|weekend|month|term|semester|(?:{DAYS})))"
FOR_NOW = re.compile(
    rf"\b(?:(?:only|just)(?: for)? {SHORT_TIME}|{SHORT_TIME},? only|as an exception|exceptionally|just this once)\b",
    re.IGNORECASE,
)
NOW = re.compile(rf"\b{SHORT_TIME}\b", re.IGNORECASE)


def announces_change(text: str) -> bool:
    """Tell whether a sentence says that something is other than it was."""
    return CHANGE.search(text) is not None


def corrects(text: str) -> bool:
    """Tell whether a message begins as a correction of another one does: "Correction: …", "Update: …"."""
    return CORRECTION.match(text) is not None


def holds_for_now(text: str) -> bool:
    """Tell whether a sentence says that it holds for a short time only: "this week only", "exceptionally"."""
    return FOR_NOW.search(text) is not None


def asks_for_now(question: str) -> bool:
    """Tell whether a question asks about a short time, such as this week."""
    return NOW.search(question) is not None
