"""Alter a question so that its passage no longer answers it: another name, another number, the opposite word."""

import random
import re
from collections.abc import Sequence

NAME = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w’'-]+(?: (?:of |the |and )?[A-Z][\w’'-]+)*")
NUMBER = re.compile(r"\b\d{1,4}(?:st|nd|rd|th)?\b(?![.,]\d)")
OPPOSITES = {
    first: second
    for pair in (
        "first last", "largest smallest", "biggest smallest", "highest lowest", "most least", "more less",
        "before after", "oldest newest", "earliest latest", "maximum minimum", "max min", "increase decrease",
        "increased decreased", "start end", "begin end", "started ended", "began ended", "open close",
        "enable disable", "enabled disabled", "install remove", "add remove", "create delete", "north south",
        "east west", "northern southern", "eastern western", "male female", "men women", "mother father",
        "brother sister", "son daughter", "husband wife", "king queen", "buy sell", "win lose", "won lost",
        "best worst", "advantage disadvantage", "advantages disadvantages", "above below", "inside outside",
        "import export", "upload download", "positive negative", "like dislike", "liked disliked",
        "agree disagree", "arrive leave", "arrived left", "born killed", "cause prevent", "causes prevents",
        "strongest weakest", "longest shortest", "fastest slowest", "higher lower", "larger smaller",
        "allowed forbidden", "with without", "always never", "single multiple", "upper lower", "left right",
        "summer winter", "early late", "major minor", "old new", "public private", "internal external",
    )
    for first, second in (pair.split(), reversed(pair.split()))
}  # fmt: skip


def alter(question: str, others: Sequence[str], window: str, rng: random.Random) -> str | None:
    """Alter a question about a window, or return None if there is nothing to alter.

    A name of the window is replaced by a name from one of the `others`, questions of the same article, that the window
    does not hold; else a number by another; else a word by its opposite, if the window does not hold that.
    """
    held = window.lower()
    altered = _other_name(question, held, others, rng)
    altered = altered or _other_number(question, held, rng)
    return altered or _opposite(question, held, rng)


def _other_name(question: str, window: str, others: Sequence[str], rng: random.Random) -> str | None:
    """Replace a name that the window holds by one of the other questions that it does not hold."""
    matches = [match for match in NAME.finditer(question) if match[0].lower() in window]
    names: set[str] = {name for other in others for name in NAME.findall(other)}
    held = [name for name in sorted(names) if not any(word in window for word in name.lower().split() if len(word) > 3)]
    if not matches or not held:
        return None
    match = rng.choice(matches)
    return question[: match.start()] + rng.choice(held) + question[match.end() :]


def _other_number(question: str, window: str, rng: random.Random) -> str | None:
    """Replace a number that the window holds by one that it does not hold."""
    matches = [match for match in NUMBER.finditer(question) if match[0] in window]
    if not matches:
        return None
    match = rng.choice(matches)
    digits = re.match(r"\d+", match[0])
    assert digits is not None  # noqa: S101 - NUMBER begins with digits
    number = int(digits[0])
    step = rng.choice([-30, -12, -7, -3, -2, -1, 1, 2, 3, 5, 8, 12, 40])
    other = str(number + step if number + step > 0 else number + abs(step))
    if other in window:
        return None
    return question[: match.start()] + other + match[0][len(digits[0]) :] + question[match.end() :]


def _opposite(question: str, window: str, rng: random.Random) -> str | None:
    """Replace a word by its opposite, if the window does not hold that."""
    matches = [
        match
        for match in re.finditer(r"[\w']+", question)
        if match[0].lower() in OPPOSITES and OPPOSITES[match[0].lower()] not in window
    ]
    if not matches:
        return None
    match = rng.choice(matches)
    return question[: match.start()] + OPPOSITES[match[0].lower()] + question[match.end() :]
