"""Divide a question into the whole questions that it consists of: "when does it open and how much does it cost?".

Only English questions are divided, and only if every part is a whole question by its form: a question word with an
auxiliary verb behind it, or an auxiliary verb with its subject. A part that refers back is also given with the subject
of a part before it in place of its pronoun.
"""

import re
from dataclasses import dataclass

from retrieval.text.question_subjects import find_subject, refer_to

MAX_PARTS = 3
MAX_LENGTH = 400  # characters of a question that is divided; a longer one is a message with much besides questions

AUXILIARY = (
    r"(?:am|is|are|was|were|do|does|did|has|have|had|can|could|may|might|must|shall|should|will|would"
    r"|(?:is|are|was|were|do|does|did|can|could|should|wo|would|has|have)n['’]t|can['’]t)"
)
PRONOUN = r"(?:i|you|we|they|he|she|it|one|there|this|that|these|those|someone|anyone|people|everyone)"
DETERMINER = r"(?:the|an?|my|your|our|their|his|her|its|any|some|all|each|every|this|that|these|those)"
DEGREE = r"(?:many|much|long|old|far|large|big|tall|high|often|few|fast|deep|heavy|hot|cold|warm|wide|late|early|soon)"
# The nouns between a question word and its verb; a determiner or a pronoun there makes a clause, not a question.
NOUNS = rf"(?:\s+(?!{DETERMINER}\b|{PRONOUN}\b|{AUXILIARY}\b|and\b|if\b)[\w'’-]+)"
QUESTION_PHRASE = rf"(?:when|where|why|who|whom|how(?:\s+{DEGREE}{NOUNS}{{0,2}})?|(?:what|which|whose){NOUNS}{{0,3}})"
INVERTED = re.compile(
    rf"(?P<phrase>{QUESTION_PHRASE})(?:\s+(?P<auxiliary>{AUXILIARY})|['’](?P<short>s|re))\s+(?P<rest>\w.*)",
    re.IGNORECASE | re.DOTALL,
)
VERB_ALONE = re.compile(
    rf"(?P<word>who|what|which\s+\w+)\s+(?!{AUXILIARY}\b|{PRONOUN}\b|{DETERMINER}\b|kind\b|sort\b|about\b|if\b|else\b)"
    r"\w+s?\s+(?P<rest>\w.*)",
    re.IGNORECASE | re.DOTALL,
)
YES_NO = re.compile(rf"(?P<auxiliary>{AUXILIARY})\s+(?P<rest>\w.*)", re.IGNORECASE | re.DOTALL)
SUBJECT_PRONOUN = re.compile(r"(?:i|you|we|they|he|she|it|there|anyone|someone|everyone)\b(?=\s+\w)", re.IGNORECASE)
SUBJECT = re.compile(rf"(?:{SUBJECT_PRONOUN.pattern}|{DETERMINER}\b(?=\s+\w+\s+\w)|(?-i:[A-Z])\w+\s+\w)", re.IGNORECASE)
NEEDS_VERB = re.compile(r"(?:do|does|did|can|could|may|might|must|shall|should|will|would)(?:n['’]t)?", re.IGNORECASE)
ONLY_PRONOUN = re.compile(
    r"(?:do|have|had|may|might)(?:n['’]t)?", re.IGNORECASE
)  # as in "do the laundry", "have a fire"
OPENING = re.compile(
    r"(?:(?:hi|hello|hey|please|ok(?:ay)?|so|and|also|then|but|thanks|thank you)\b(?: (?:all|there))?[\s,!.]*)+",
    re.IGNORECASE,
)
THANKS = re.compile(
    r"[\s,.!?]*\b(?:thanks|thank you|thx|cheers|please)(?:\s+(?:a lot|so much|in advance))?\W*$", re.IGNORECASE
)
SENTENCE_END = re.compile(r"[?;]+[\s\"”’)]*(?:and\s+)?(?=\S)|[.!]\s+(?=\S)")
JOINT = re.compile(r"\s*,?\s+(?:and|&|plus)\s+(?:also\s+|then\s+)?|\s*,\s+(?=\w)", re.IGNORECASE)
RELATIVE = re.compile(r"\s(?:that|which|who|whose|if|whether|when|where|how|why|because)\s", re.IGNORECASE)
QUOTES = str.maketrans("“”„«»", '"""""')
WH_SUBJECT = re.compile(r"(?:who|what|which)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class QuestionPart:
    """A part of a question: its words, and the question to ask for it, in which no pronoun stands for a part before."""

    words: str
    asked: str


def split_question(question: str, language: str) -> tuple[QuestionPart, ...]:
    """Divide a question into its two or three parts, in order; () if it is one question, or in doubt."""
    if language != "en" or len(question) > MAX_LENGTH:
        return ()
    text = THANKS.sub("", question)
    clauses: list[str] = []
    for sentence in SENTENCE_END.split(text):
        clauses += _divide(sentence)
    words = [_without_opening(clause.strip(" \t,.;:!?–—-")) for clause in clauses]
    if not 2 <= len(words) <= MAX_PARTS or not all(map(_is_whole, words)):
        return ()
    subject, parts = None, []
    for clause in words:
        asked = refer_to(clause, subject) if subject else clause
        subject = subject or find_subject(clause)
        parts.append(QuestionPart(f"{clause}?", f"{asked}?"))
    return tuple(parts)


def _divide(sentence: str) -> list[str]:
    """Divide a sentence at each joint that has a whole question on either side."""
    clauses: list[str] = []
    start = 0
    for joint in JOINT.finditer(sentence):
        before, after = sentence[start : joint.start()], sentence[joint.end() :]
        is_quoted = sentence[: joint.start()].translate(QUOTES).count('"') % 2
        only_comma = not joint[0].strip(" ,")
        if not is_quoted and _is_whole(before) and _opens(after, before, only_comma=only_comma):
            clauses.append(before)
            start = joint.end()
    return [*clauses, sentence[start:]]


def _opens(clause: str, before: str, *, only_comma: bool) -> bool:
    """Tell whether a clause behind a joint is a question of its own, not more of what the clause before asks."""
    own = _without_opening(before)
    if _inverted(clause):
        return True
    if only_comma:
        return False
    if match := VERB_ALONE.match(clause):
        word = match["word"].split()[0]
        return INVERTED.match(own) is not None and not re.search(rf"\s{word}\b", own, re.IGNORECASE)
    match = YES_NO.match(clause)
    if match is None or not SUBJECT.match(match["rest"]):
        return False
    if SUBJECT_PRONOUN.match(match["rest"]):
        return True
    is_predicate = ONLY_PRONOUN.fullmatch(match["auxiliary"]) or WH_SUBJECT.match(own) or RELATIVE.search(own)
    return not is_predicate and _fits(match["auxiliary"], match["rest"])


def _is_whole(clause: str) -> bool:
    """Tell whether a clause is a whole question by itself."""
    clause = _without_opening(clause)
    if _inverted(clause):
        return True
    match = YES_NO.match(clause)
    if match is not None:
        return SUBJECT.match(match["rest"]) is not None or len(match["rest"].split()) > 1
    return VERB_ALONE.match(clause) is not None


def _inverted(clause: str) -> bool:
    """Tell whether a clause begins with a question word, its verb and a subject."""
    match = INVERTED.match(clause)
    return match is not None and _fits(match["auxiliary"] or "is", match["rest"])


def _fits(auxiliary: str, rest: str) -> bool:
    """Tell whether enough words follow an auxiliary verb: a subject, and a verb where the auxiliary needs one."""
    return len(rest.split()) >= (2 if NEEDS_VERB.fullmatch(auxiliary) else 1)


def _without_opening(clause: str) -> str:
    opening = OPENING.match(clause.strip())
    return clause.strip()[opening.end() :] if opening else clause.strip()
