"""What kind of thing a question asks for, which kinds a sentence holds, and which dates and numbers.

A sentence that is itself a question is marked too: it is never an answer.

Rules of form for English; in other languages they mostly see digits, and a question whose kind they
do not know is treated as asking for none.
"""

import re

DATE, NUMBER, NAME, QUESTION = 1, 2, 4, 8

ASKS = (
    (DATE, r"\bwhen\b|\b(?:what|which) (?:year|date|month|day|week|century|decade|season)|\bsince when|how long ago"),
    (NUMBER, r"\bhow (?:many|much|long|old|far|large|big|tall|high|often|few|fast|deep|heavy)\b"),
    (NUMBER, r"\bwhat (?:percent|percentage|number|amount|fraction|proportion|share)\b"),
    (NAME, r"\bwho(?:m|se)?\b|\bwhere\b|\b(?:what|which) (?:country|city|town|state|place|region|person|company)\b"),
)
ASKED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in ASKS)
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
AMOUNTS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|half|twice"
DIGITS = {word: str(number) for number, word in enumerate(AMOUNTS.split("|")[:11], 2)}  # two to twelve
DATES = re.compile(
    rf"\b(?:(?P<before>\d{{1,2}})(?:st|nd|rd|th)? )?(?P<name>{MONTHS}|{DAYS})(?: (?P<after>\d{{1,2}})\b)?"
    r"|\b(?P<year>1\d{3}|20\d{2})(?![\d,.]\d)"
)
YEAR_FOLLOWS = re.compile(
    r"\b(?:in|since|until|by|of|from|to|after|before|during|and|year|early|late) $", re.IGNORECASE
)
NUMBERS = re.compile(rf"\d+(?:[,\u00a0\u202f]\d{{3}})*(?:\.\d+)?|\b(?:{AMOUNTS})\b", re.IGNORECASE)
HELD = (
    (DATE, re.compile(rf"\b(?:1\d{{3}}|20\d{{2}})(?:s\b|\b)|\b(?:{MONTHS}|{DAYS})\b|\bcentur(?:y|ies)\b")),
    (NUMBER, re.compile(rf"\d|\b(?:{AMOUNTS})\b", re.IGNORECASE)),
    (QUESTION, re.compile(r"[?？؟][\"'”’»)\]*_]*$")),
    (NAME, re.compile(r"(?<=[a-z,;:'\"(] )[A-Z][a-z]+|^[A-Z][a-z]+ [A-Z]|[A-Z][a-z]+'s\b")),
)


def expected_type(question: str) -> int:
    """Return the kind that a question asks for, or 0."""
    return next((kind for kind, pattern in ASKED if pattern.search(question)), 0)


def types_in(text: str) -> int:
    """Return the kinds that a sentence holds, or-ed."""
    return sum(kind for kind, pattern in HELD if pattern.search(text))


def values_in(text: str, kind: int) -> frozenset[str]:
    """Return the parts of the dates (DATE), or the numbers outside of dates (NUMBER), of a sentence."""
    if kind == DATE:
        return frozenset(part for match in DATES.finditer(text) for part in match.groups() if part)
    undated = DATES.sub(
        lambda match: " " if match["name"] or YEAR_FOLLOWS.search(text[: match.start()]) else match[0], text
    )
    found = (re.sub(r"[,\u00a0\u202f]", "", match[0].lower()) for match in NUMBERS.finditer(undated))
    return frozenset(DIGITS.get(number, number) for number in found)
