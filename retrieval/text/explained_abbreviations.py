"""Find abbreviations that a text explains: "Driver to Buy (D2B)", "D2B (Driver to Buy)".

The letters of an abbreviation are sought backwards in the words before it (Schwartz and Hearst 2003); half of them must
begin a word. "2" and "4" also stand for "to" and "for".
"""

import re
from collections.abc import Iterator

SHORT = r"[A-Za-z0-9][A-Za-z0-9&/.-]{1,9}"
SHORT_BEHIND = re.compile(rf"\s\(({SHORT})\)")
LONG_BEHIND = re.compile(rf"(?<![\w-])({SHORT})\s\(([^()\n]{{4,100}})\)")
PARAGRAPH_END = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*+#|>]|\d+[.)]))")
MARKS = re.compile(r"[*_`“”\"]")
PHRASE_END = re.compile(r"[.!?;:,()\[\]|<>]\s|[()\[\]|<>]")
SPOKEN_DIGITS = {"2": "to", "4": "for"}
MAX_MORE_WORDS = 5  # in a long form than letters in the short one, and at most twice as many
MIN_INITIAL_SHARE = 0.5  # of the letters, at the beginning of a word


def find_abbreviations(text: str) -> Iterator[tuple[str, str]]:
    """Yield each abbreviation that a text explains with its long form, in order."""
    for paragraph in PARAGRAPH_END.split(text):
        line = " ".join(MARKS.sub("", paragraph).split())
        behind = [(found.start(), found[1]) for found in SHORT_BEHIND.finditer(line)]
        explained = [(start, short, _phrase_before(line, start), False) for start, short in behind]
        explained += [(found.start(), found[1], found[2].strip(), True) for found in LONG_BEHIND.finditer(line)]
        for _, short, words, whole in sorted(explained):
            name = short.removesuffix("s") if short[:-1].isupper() else short
            long = _long_form(name, words) if _is_short_form(name) else None
            if long is not None and (long == words or not whole):
                yield name, long


def _is_short_form(text: str) -> bool:
    """Tell whether a text looks like an abbreviation: two capitals, or a capital and a digit."""
    capitals = sum(character.isupper() for character in text)
    return capitals >= 2 or (capitals == 1 and any(character.isdigit() for character in text))


def _phrase_before(line: str, end: int) -> str:
    """Return the words before a position, back to the last punctuation mark."""
    before = line[:end]
    start = max((match.end() for match in PHRASE_END.finditer(before)), default=0)
    return before[start:]


def _long_form(short: str, words: str) -> str | None:
    """Find the long form of an abbreviation at the end of some words, None if its letters are not there in order."""
    letters = "".join(SPOKEN_DIGITS.get(character, character) for character in short.lower() if character.isalnum())
    for spelt in dict.fromkeys((letters, "".join(character for character in short.lower() if character.isalnum()))):
        start = _match_backwards(spelt, words)
        if start is None:
            continue
        long = words[start:].strip()
        count = len(long.split())
        fits = 1 < count <= min(len(spelt) + MAX_MORE_WORDS, 2 * len(spelt)) and short not in long.split()
        if fits and _initial_share(spelt, long) >= MIN_INITIAL_SHARE:
            return long
    return None


def _match_backwards(letters: str, words: str) -> int | None:
    """Find the letters from the end of some words backwards, the first one at the beginning of a word."""
    text, place = words.lower(), len(words)
    for number in range(len(letters) - 1, -1, -1):
        place -= 1
        while place >= 0 and (
            text[place] != letters[number] or (number == 0 and place > 0 and text[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return None
    return place


def _initial_share(letters: str, long: str) -> float:
    """Return the share of the letters that begin a word of the long form."""
    initials = [word[0] for word in re.findall(r"\w+", long.lower())]
    count = 0
    for letter in letters:
        if letter in initials:
            count += 1
            initials = initials[initials.index(letter) + 1 :]
    return count / len(letters)
