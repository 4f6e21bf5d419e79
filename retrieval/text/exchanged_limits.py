"""Ask the question before with another day, month or number: "open on Saturday?", then "and on Sunday?".

Such a follow-up means nothing but what it puts in the place of the same kind of thing; both in one question would limit
it to both.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from retrieval.text.month_days import DATE
from retrieval.text.numerals import LONG_ROMAN, WORDS
from retrieval.text.periods import NAMED, RANGE, kind_of
from retrieval.text.terms import split_terms

MAX_LENGTH = 400  # characters of both; more is a message with much besides the question
BEFORE_LIMIT = re.compile(r"\W*(?:(?:on|in|at|for|during|the|this|next|every|with|of)\s+)*", re.IGNORECASE)
NUMBERED = re.compile(rf"\b([^\W\d_]{{2,}})[\s-]+(?:\d+(?:\.\d+)*|(?:{LONG_ROMAN}|{WORDS}|one|[vx])\b)", re.IGNORECASE)
COUNTED = re.compile(r"\b\d+\s+([^\W\d_]{3,})")
FROM = re.compile(r"\b(?:from|between)\s+$", re.IGNORECASE)  # of a range
JOINT = re.compile(r"\s*(?:,|and|or)\s*", re.IGNORECASE)


class _Limit(NamedTuple):
    """What limits a question to a `kind` of thing, text[start:end]."""

    kind: str
    start: int
    end: int


def exchange_limit(question: str, follow_up: str) -> str | None:
    """Put the day, month or number that a follow-up consists of into a question; None if it is, or has, something else.

    `follow_up` is without "and" and the like.
    """
    if len(question) + len(follow_up) > MAX_LENGTH:
        return None
    other = BEFORE_LIMIT.sub("", follow_up, count=1).rstrip(" ?!.")
    stated = list(_limits(other))
    if len(stated) != 1 or (stated[0].start, stated[0].end) != (0, len(other)):
        return None
    replaced = [limit for limit in _limits(question) if limit.kind == stated[0].kind]
    if len(replaced) != 1:
        return None
    return FROM.sub("on ", question[: replaced[0].start]) + other + question[replaced[0].end :]


def _limits(text: str) -> Iterator[_Limit]:
    """Yield what limits a question, days and their ranges and lists as one."""
    dates = [_Limit("day", *match.span()) for match in DATE.finditer(text)]
    names = (_Limit(kind_of(match), *match.span()) for match in NAMED.finditer(text))
    joined: list[_Limit] = []
    for limit in sorted((*dates, *(name for name in names if not _overlaps(name, dates))), key=lambda each: each.start):
        between = text[joined[-1].end : limit.start] if joined else ""
        if joined and joined[-1].kind == limit.kind and (not between.strip() or _is_joint(between)):
            limit = _Limit(limit.kind, joined.pop().start, limit.end)
        joined.append(limit)
    yield from joined
    for pattern in (NUMBERED, COUNTED):
        for match in pattern.finditer(text):
            noun = split_terms(match[1], "en")  # none of a small word
            limit = _Limit(noun[-1] if noun else "", *match.span())
            if noun and not _overlaps(limit, joined):
                joined.append(limit)
                yield limit


def _overlaps(limit: _Limit, others: Iterable[_Limit]) -> bool:
    return any(other.start < limit.end and limit.start < other.end for other in others)


def _is_joint(between: str) -> bool:
    return RANGE.fullmatch(between) is not None or JOINT.fullmatch(between) is not None
