"""Tell which type of answer a question expects, and which types a sentence contains.

The rules look at the form of English words. In other languages they see little but digits, and a question whose type
they do not know expects none.
"""

import re

from retrieval.text.complaints import complains
from retrieval.text.no_answers import has_unknown_value, is_pointer

# Bits. QUESTION and NO_ANSWER mark sentences that are never answers, COMPLAINT messages whose replies may be.
DATE, NUMBER, NAME, QUESTION, NO_ANSWER, COMPLAINT = 1, 2, 4, 8, 16, 32

EXPECTED_TYPES = tuple(
    (answer_type, re.compile(pattern, re.IGNORECASE))
    for answer_type, pattern in (
        (
            DATE,
            r"\bwhen\b|\b(?:what|which) (?:year|date|month|day|week|century|decade|season)|\bsince when|how long ago",
        ),
        (NUMBER, r"\bhow (?:many|much|long|old|far|large|big|tall|high|often|few|fast|deep|heavy)\b"),
        (NUMBER, r"\bwhat (?:percent|percentage|number|amount|fraction|proportion|share)\b"),
        (
            NAME,
            r"\bwho(?:m|se)?\b|\bwhere\b|\b(?:what|which) (?:country|city|town|state|place|region|person|company)\b",
        ),
    )
)
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
NUMBER_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|half|twice"
)
DIGITS = {word: str(number) for number, word in enumerate(NUMBER_WORDS.split("|")[:11], 2)}  # two to twelve
CONTAINED_TYPES = (
    (DATE, re.compile(rf"\b(?:1\d{{3}}|20\d{{2}})(?:s\b|\b)|\b(?:{MONTHS}|{DAYS})\b|\bcentur(?:y|ies)\b")),
    (NUMBER, re.compile(rf"\d|\b(?:{NUMBER_WORDS})\b", re.IGNORECASE)),
    (QUESTION, re.compile(r"[?？؟][\"'”’»)\]*_]*$")),
    (NAME, re.compile(r"(?<=[a-z,;:'\"(] )[A-Z][a-z]+|^[A-Z][a-z]+ [A-Z]|[A-Z][a-z]+'s\b")),
)
# How people ask in a chat, where hardly anybody types a question mark.
AUXILIARIES = "is|are|was|were|does|did|can|could|should|would|will"
MESSAGE_QUESTION = re.compile(  # no statement begins like this, unlike "when it is wet" or "do the dishes"
    r"(?:(?:hey|hi|hello|hallo|ok|thx|thanks|so|and|but|also|und|aber)[ ,!]+){0,3}"
    r"(?:(?:all|everyone|guys|folks|@\S+)[ ,:]+)?"
    rf"(?:(?:when|where|who|why|which|what|how)(?:[’']?s\b| (?:{AUXILIARIES}|do|has|have))"
    rf"|(?:what|which) (?:time|day|date|year|kind|sort|size|colou?r|version|number|place|room|one) (?:{AUXILIARIES}|do)"
    rf"|which \w+ (?:{AUXILIARIES}|do|has|have)"
    r"|how (?:many|much|long|often|far|big|old|to)"
    rf"|(?:{AUXILIARIES})(?:n[’']t)? "
    r"(?:i|you|u|we|they|he|she|it|the|there|that|this|these|those|my|your|our|any(?:one|body)|some(?:one|body))"
    r"|does (?!not\b)\w+ \w+"
    r"|(?:do|have)(?:n[’']t)? (?:i|you|u|we|they)|has(?:n[’']t)? (?:anyone|anybody|someone|it|he|she|the)"
    r"|any(?:one|body)(?: else)? (?:know|knows|have|has|got|tried|use|uses|using)|any (?:idea|ideas|news|update)"
    r"|(?:wann|wo|wer|warum|wieso|welche[rsn]?|wie|was) (?:ist|sind|war|kann|muss|hat|haben|geht|viele?|lange|oft)"
    r"|(?:weiß|kennt|hat) (?:jemand|wer|einer))\b(?:[^.!;\n]|\.(?=\w))*$",  # also with a stop in "3.0"
    re.IGNORECASE,
)


def expected_type(question: str) -> int:
    """Classify a question as expecting DATE, NUMBER, NAME or, with 0, none of them."""
    return next((answer_type for answer_type, pattern in EXPECTED_TYPES if pattern.search(question)), 0)


def types_in(text: str) -> int:
    """Find the types that a sentence contains, as a bit mask."""
    types = sum(answer_type for answer_type, pattern in CONTAINED_TYPES if pattern.search(text))
    return types | (NO_ANSWER if is_pointer(text) or has_unknown_value(text) else 0)


def types_in_message(text: str) -> int:
    """Find the types that a message of a chat contains; one that asks without a question mark is a question, too."""
    types = types_in(text) | (QUESTION if MESSAGE_QUESTION.match(text) else 0)
    return types | (COMPLAINT if not types & QUESTION and complains(text) else 0)
