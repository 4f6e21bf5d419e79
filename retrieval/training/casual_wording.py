"""Reword questions as people type them: misspelt, shortened, without small words, indirect. Seeded by the caller."""

import random
import re

FUNCTION_WORDS = frozenset((
    "a", "an", "the", "is", "are", "was", "were", "do", "does", "did", "of", "to", "in", "on", "for", "at", "by", "it",
    "its", "be", "been", "has", "have", "had", "that", "this", "there", "and",
))  # fmt: skip
QUESTION_WORDS = frozenset(("what", "which", "who", "whom", "whose", "when", "where", "why", "how"))
OPENINGS = (
    "does anyone know", "do you know", "can someone tell me", "i'd like to know", "i was wondering", "quick question:",
    "could you tell me", "anyone know", "please tell me", "hi,", "hey,", "so", "i can't find", "need to know",
    "i want to find out", "not sure",
)  # fmt: skip
CLOSINGS = ("please", "thanks", "pls", "thx", "anyone?", "any ideas?", "in this case", "exactly")
SHORT_FORMS = {
    "what is": "whats", "who is": "whos", "you": "u", "are": "r", "because": "bc", "please": "pls", "people": "ppl",
    "without": "w/o", "with": "w/", "between": "btw", "do not": "dont", "does not": "doesnt", "cannot": "cant",
    "information": "info", "number of": "no. of", "about": "abt", "and": "&", "required": "req", "maximum": "max",
    "minimum": "min", "how much": "how mch", "example": "eg",
}  # fmt: skip
WORD = re.compile(r"\w+(?:['’-]\w+)*")


def reword(question: str, rng: random.Random, share: float = 0.4, *, as_keywords: bool = True) -> str:
    """Reword a question with probability `share`; drop the question mark of every second one.

    Only if allowed are some left with their keywords alone: "why" may be all that tells a question from another.
    """
    text = question.strip()
    if rng.random() < share:
        changes = (misspell, drop_small_words, wrap, shorten, *((keep_keywords,) if as_keywords else ()))
        for change in rng.sample(changes, rng.choice((1, 1, 2))):
            text = change(text, rng)
    if rng.random() < 0.5:
        text = text.rstrip(" ?")
    return text or question


def misspell(text: str, rng: random.Random) -> str:
    """Swap, drop, double or replace a letter inside one word of at least four letters, sometimes two words."""
    for _ in range(rng.choice((1, 1, 2))):
        words = [match for match in WORD.finditer(text) if match.end() - match.start() >= 4 and match[0].isalpha()]
        if not words:
            return text
        match = rng.choice(words)
        word, at = match[0], rng.randrange(1, len(match[0]) - 1)
        changed = rng.choice(
            (
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + rng.choice("aeiorstnl") + word[at + 1 :],
            )
        )
        text = text[: match.start()] + changed + text[match.end() :]
    return text


def drop_small_words(text: str, rng: random.Random) -> str:
    """Drop most function words."""
    kept = [word for word in text.split() if word.lower() not in FUNCTION_WORDS or rng.random() < 0.3]
    return " ".join(kept)


def keep_keywords(text: str, rng: random.Random) -> str:
    """Keep the words that carry meaning, as in a search field; question words stay in every second question."""
    dropped = FUNCTION_WORDS if rng.random() < 0.5 else FUNCTION_WORDS | QUESTION_WORDS - {"who", "when", "where"}
    kept = [word for word in text.rstrip(" ?").split() if word.lower().strip("?,.") not in dropped]
    return " ".join(kept) if len(kept) >= 2 else text


def wrap(text: str, rng: random.Random) -> str:
    """Put an opening before the question or a closing after it."""
    text = text.rstrip(" ?")
    if rng.random() < 0.7:
        return f"{rng.choice(OPENINGS)} {text[:1].lower()}{text[1:]}"
    return f"{text} {rng.choice(CLOSINGS)}"


def shorten(text: str, rng: random.Random) -> str:
    """Write some words in their short forms."""
    for long, short in SHORT_FORMS.items():
        if rng.random() < 0.8:
            text = re.sub(rf"\b{long}\b", short, text, flags=re.IGNORECASE)
    return text
