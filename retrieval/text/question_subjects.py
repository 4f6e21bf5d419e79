"""Find what a question is about, and put it in place of the pronoun of a question after it.

Both are guesses by the form of English questions: "when does the museum open" is about "the museum".
"""

import re

DETERMINER = r"(?:the|an?|my|your|our|this|that|these|those|each|every|any)"
AUXILIARY = (
    r"(?:am|is|are|was|were|do|does|did|has|have|had|can|could|may|might|must|shall|should|will|would)(?:n['’]t)?"
)
STOP = (
    r"in|on|at|to|from|by|with|of|for|into|over|under|near|after|before|during|until|about|as|if|when|that|which|who|and"
    rf"|or|not|than|{AUXILIARY}|{DETERMINER}"
)
QUESTION_PHRASE = re.compile(
    rf"(?:(?P<word>who|what|which|where|when|why|how|whose)\b(?P<nouns>.*?)\s*)??\b(?P<auxiliary>{AUXILIARY}|['’]s)\s+(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
PHRASE = re.compile(
    rf"\b(?:{DETERMINER}\s+)(?:(?!(?:{STOP})\b)[\w'’-]+\s*)+|(?<!^)(?<![.?!]\s)\b(?-i:[A-Z][\w'’-]*)(?:\s+(?-i:[A-Z][\w'’-]*))*",
    re.IGNORECASE,
)
BARE = re.compile(rf"(?:(?!(?:{STOP})\b)[\w'’-]+\s*)+", re.IGNORECASE)
PERSON_AND_VERB = re.compile(r"(?:i|you|we|they|one|people|someone|anyone)\s+\w+\s*", re.IGNORECASE)
PRONOUN_SUBJECT = re.compile(r"(?:i|you|we|they|he|she|it|one|there|this|that|people|someone|anyone)\b", re.IGNORECASE)
NEEDS_VERB = re.compile(r"do|does|did|can|could|may|might|must|shall|should|will|would", re.IGNORECASE)
STATE = re.compile(  # behind a subject: "when is the museum open", "why was the bridge closed"
    r"open|shut|free|built|made|sold|held|found|lost|kept|available|full|empty|safe|late|busy|good|bad|\w{2,}[^\We]ed|\w{3,}[ai]ble",
    re.IGNORECASE,
)
CHOSEN = re.compile(r"which\s+(\w+)\s+\w+", re.IGNORECASE)  # "which bus goes to the harbour"
PLURAL_PRONOUN = re.compile(r"they|them|their|these|those", re.IGNORECASE)
PLURAL = re.compile(r".*(?:[^s]s|people|children|men|women)", re.IGNORECASE | re.DOTALL)
POSSESSIVE = re.compile(r"\b(?:its|their|his)\b", re.IGNORECASE)
PERSONAL = re.compile(r"\b(?:it|they|them|he|him|she|(?:this|that|these|those)(?=\W*$))(?=\W|$)", re.IGNORECASE)
THERE = re.compile(r"\bthere(?=\W*$)", re.IGNORECASE)  # further up it mostly says that something exists


def find_subject(question: str) -> str | None:
    """Find the noun phrase that a whole question is about, None if none can be told."""
    match = QUESTION_PHRASE.match(question)
    if match is None:
        chosen = CHOSEN.match(question)
        return f"the {chosen[1]}" if chosen else _last_phrase(question)
    rest = match["rest"].strip(" ?.!")
    if PRONOUN_SUBJECT.match(rest):
        return _last_phrase(rest)
    phrase = PHRASE.match(rest) or BARE.match(rest)
    if phrase is None:
        return None
    words = phrase[0].split()
    is_name = words[0][0].isupper()
    has_determiner = re.fullmatch(DETERMINER, words[0], re.IGNORECASE) is not None
    if not is_name and len(words) > 1 + has_determiner:
        is_verb = NEEDS_VERB.match(match["auxiliary"]) or STATE.fullmatch(words[-1])
        words = words[:-1] if is_verb else words
    return " ".join(words)


def _last_phrase(text: str) -> str | None:
    """Find the last noun phrase behind a pronoun and its verb, or else the words there: "I install norvil"."""
    phrases = [match[0].strip() for match in PHRASE.finditer(text)]
    if phrases:
        return phrases[-1]
    verb = PERSON_AND_VERB.match(text)
    words = BARE.match(text, verb.end()) if verb else None
    return words[0].strip() if words else None


def refer_to(question: str, subject: str) -> str:
    """Put a subject in place of the first pronoun of a question that may stand for it."""
    for pattern, form in ((POSSESSIVE, "{}’s"), (PERSONAL, "{}"), (THERE, "at {}")):
        match = pattern.search(question)
        if match and (pattern is THERE or _agree(match[0], subject)):
            return question[: match.start()] + form.format(subject) + question[match.end() :]
    return question


def _agree(pronoun: str, subject: str) -> bool:
    """Tell whether a pronoun and a noun phrase are both plural or both singular."""
    return (PLURAL_PRONOUN.fullmatch(pronoun) is None) == (PLURAL.fullmatch(subject) is None)
