"""Recognise questions for a thing or a task as a whole: "what is X", "how does X work", "how to X", "X?"."""

import re
from functools import lru_cache

from retrieval.text.terms import split_terms

MAX_LENGTH = 300  # characters; what is longer asks for more than one thing
OPENING = re.compile(
    r"(?:(?:hi|hey|hello|ok|okay|so|and|pls|please|sorry|quick question|does (?:any|some)(?:one|body) know"
    r"|(?:(?:can|could) )?(?:you|u|(?:any|some)(?:one|body)) (?:tell me|explain)|(?:i )?(?:don['’]?t know|wonder))\b"
    r"[\s,:–-]*+)++",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"(?:[\s,]*+\b(?:again|exactly|actually|pls|please|thanks|thx|here)\b|[\s?!.…])++\Z", re.IGNORECASE
)
THING = re.compile(
    # What is in a thing or on it is another thing, and what is "mine" is hardly in the documents.
    r"what(?:['’]?s| is| are| was| were)\s+(?!(?:in|on|at|under|inside|behind|with|from|my)\b)"
    r"(?P<defined>.+)(?<!\s(?:in|on|at|to|by))(?<!\s(?:with|from|like))"
    r"|who(?:['’]?s| is| was)\s+(?!(?:the|an?|our|your|my|in|on|at)\b)(?P<person>.+)"  # "the treasurer" asks for a name
    r"|what (?:do|does|did|can|will)\s+(?P<effect>.+?)\s+do|what (?:do|does|did)\s+(?P<meaning>.+?)\s+mean"
    r"|how (?:do|does|did|would|will)\s+(?P<working>.+?)\s+work"
    r"|how (?:(?:do|can|could|should|would) (?:i|you|u|we|one|people) |to )(?P<task>.+)"
    r"|(?:tell (?:me|us)|(?:more )?info(?:rmation)?|details|explain|describe|define|meaning|definition)"
    r"(?: (?:more|something))?(?: (?:about|on|of|for))?\s+(?P<told>.+)"
    r"|(?!(?:who|whom|whose|what|which|when|where|why|how|is|are|am|was|were|do|does|did|can|could|may|might|must|shall"
    r"|should|will|would|has|have|had|if)(?:n['’]?t|['’]?s)?\b)(?P<bare>\S+(?: \S+){0,5})",  # more is a sentence
    re.IGNORECASE,
)


@lru_cache(maxsize=256)
def thing_terms(question: str) -> frozenset[str]:
    """Return the terms of the thing or task that an English question asks for as a whole; none if it asks otherwise."""
    match = _match_thing(question)
    return frozenset(split_terms(match[match.lastgroup or 0], "en")) if match else frozenset()


def asks_for_task(question: str) -> bool:
    """Tell whether a question asks how to do something."""
    match = _match_thing(question)
    return match is not None and match.lastgroup == "task"


def asks_for_effect(question: str) -> bool:
    """Tell whether a question asks what a thing does or means, as a command or a word of its own."""
    match = _match_thing(question)
    return match is not None and match.lastgroup in ("effect", "meaning")


def asks_for_meaning(question: str) -> bool:
    """Tell whether a question asks what a word or an abbreviation means."""
    match = _match_thing(question)
    return match is not None and match.lastgroup == "meaning"


def _match_thing(question: str) -> re.Match[str] | None:
    text = " ".join(question.split())
    if len(text) > MAX_LENGTH:
        return None
    text = CLOSING.sub("", OPENING.sub("", text, count=1) if OPENING.match(text) else text)
    return THING.fullmatch(text)
