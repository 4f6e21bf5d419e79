"""Recognise by its form what a question asks for besides a fact: steps to follow, or everything of a list."""

import re

STEPS = re.compile(
    r"\bhow (?:do|does|can|could|should|would|to|did|must|shall)\b"
    r"|\b(?:steps?|instructions|procedure|guide) (?:to|for|of)\b"
    r"|\b(?:way|possible|able|want|trying|need|like|help(?: me)?) to\b|\bset(?:ting)? ?up\b|\binstall",
    re.IGNORECASE,
)
# Several things, and no verb such as "is", "does" and "costs", which ends as they do.
PLURAL = r"(?:(?!(?:is|was|does|has|this|its)\b)\w*[^\W_su]s|people|children|men|women)"
VERB_OF_SEVERAL = (  # or who wants or has them
    r"(?:are|were|do|does|did|can|could|may|might|must|should|will|would|have|of|exist|i|you|we|they)"
)
WHOLE_LIST = re.compile(
    r"\b(?:list|name|enumerate|show(?: me)?|give me|tell me)(?: a list of)? "
    rf"(?:all|every|each|the (?:[\w-]+ ){{0,2}}{PLURAL})\b"
    r"|\b(?:complete|full|whole) list\b|\blists? of\b"
    rf"|\ball (?:of )?(?:the|my|your|these|those)\b|\ball (?:\w+ )?{PLURAL}\b"
    r"|\bevery\b(?! (?:second|minute|hour|day|week|month|year|time|morning|evening|night)s?\b)"
    rf"|\b(?:which|what|who) (?:are|were)\b|\b(?:which|what)(?: \w+)? {PLURAL}(?= {VERB_OF_SEVERAL}\b)"
    r"|\b(?:which|what)(?: other)? (?:kinds|types|sorts|options)\b"
    r"|\bwhat(?:['’]s| is| gets)(?: (?:not|never|also|always))? \w{2,}ed(?=\W*$| (?:in|with|by|for|on|at|as)\b)",
    re.IGNORECASE,
)


def asks_for_steps(question: str) -> bool:
    """Tell whether a question asks how something is done."""
    return STEPS.search(question) is not None


def asks_for_all(question: str) -> bool:
    """Tell whether a question asks for all of several things."""
    return WHOLE_LIST.search(question) is not None
