"""Divide what a speaker says without a break into paragraphs that can be quoted, each with the times of its words.

Speech with full stops is divided after them. Captions that a program made have none: they are divided where the speaker
pauses, else before a word that often begins a sentence.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.reading.isolated.protocol import Part, Turn

SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)]*$")
LONG_PARAGRAPH_LENGTH = 600  # characters after which a paragraph ends with its sentence
MAX_NAMED_LENGTH = 280  # of a paragraph that is shown with its speaker
MAX_SENTENCE_LENGTH = 400  # on average, above which speech has no full stops
MIN_PIECE_LENGTH, BEST_PIECE_LENGTH, MAX_PIECE_LENGTH = 90, 160, 240  # characters of captions without full stops
PAUSE_MS, LONG_PAUSE_MS = 300, 1_000
OPENER_SCORE, JOINER_SCORE = 1.5, 0.7
OPENERS = frozenset((  # words that often begin a sentence
    "so", "then", "now", "but", "because", "after", "later", "when", "okay", "ok", "well", "if", "however",
    "finally", "next", "first", "also", "since", "before", "today", "who",
    "dann", "aber", "jetzt", "wenn", "also", "danach", "weil", "mais", "alors", "puis", "quand", "pero",
    "entonces", "cuando", "luego",
))  # fmt: skip
JOINERS = frozenset(("and", "or", "und", "oder", "et", "ou", "y"))  # that begin one before some words
CLAUSE_OPENERS = frozenset((
    "the", "a", "an", "i", "you", "he", "she", "it", "we", "they", "there", "this", "that", "these", "those", "my",
    "our",
    "der", "die", "das", "ein", "eine", "ich", "du", "er", "sie", "es", "wir", "ihr", "je", "tu", "il", "elle", "nous",
    "vous", "on", "le", "la", "les", "un", "une", "el", "los", "las", *OPENERS,
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A word with the time of its cue and the pause before it, both in milliseconds."""

    text: str
    start: int
    pause: int = 0


def speech_parts(words: Sequence[Word], speaker: str) -> Iterator[Part]:
    """Yield the paragraphs of what is said without a break; the speaker's name, if known, opens each of them."""
    ends = sum(bool(SENTENCE_END.search(word.text)) for word in words)
    length = sum(len(word.text) + 1 for word in words)
    pieces = _sentences(words, speaker) if length <= MAX_SENTENCE_LENGTH * ends else _captions(words)
    for piece in pieces:
        yield _join(piece, speaker)


def clock(millisecond: int) -> str:
    """Format a time as h:mm:ss."""
    second = millisecond // 1_000
    return f"{second // 3600}:{second // 60 % 60:02}:{second % 60:02}"


def _sentences(words: Sequence[Word], speaker: str) -> Iterator[Sequence[Word]]:
    """Yield pieces of whole sentences: as many as make a paragraph, or as can be shown with their speaker."""
    first = last = length = 0  # of the piece, up to its last full stop
    for number, word in enumerate(words, 1):
        length += len(word.text) + 1
        if speaker and length > MAX_NAMED_LENGTH and last > first:
            yield words[first:last]
            length = sum(len(member.text) + 1 for member in words[last:number])
            first = last
        if SENTENCE_END.search(word.text):
            last = number
            if length > LONG_PARAGRAPH_LENGTH:
                yield words[first:last]
                first, length = last, 0
    if first < len(words):
        yield words[first:]


def _captions(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Yield pieces of speech without full stops, divided where a sentence most likely ends."""
    first = 0
    while first < len(words):
        length, best, best_score = 0, first + 1, 0.0
        for number in range(first, len(words) + 1):
            if length > MAX_PIECE_LENGTH and best_score:
                break
            score = _boundary_score(words, number, length)
            if score > best_score and (length >= MIN_PIECE_LENGTH or number == len(words)):
                best, best_score = number, score
            length += len(words[number].text) + 1 if number < len(words) else 0
        yield words[first:best]
        first = best


def _boundary_score(words: Sequence[Word], number: int, length: int) -> float:
    """Rate how likely a sentence ends before a word, more than 0; `length` is that of the piece up to there.

    At the end of all words, a piece that is not too short is as good as before a word that often begins a sentence.
    """
    near = 1.0 / (1.0 + abs(length - BEST_PIECE_LENGTH) / BEST_PIECE_LENGTH)
    if number == len(words):
        return near + (OPENER_SCORE if length < BEST_PIECE_LENGTH else 0.0)
    pause = words[number].pause
    score = 4.0 if pause >= LONG_PAUSE_MS else 2.0 if pause >= PAUSE_MS else 0.0
    score += 8.0 * bool(number and SENTENCE_END.search(words[number - 1].text))
    word = words[number].text.lower().strip(",")
    return score + near + OPENER_SCORE * (word in OPENERS) + JOINER_SCORE * _joins_clauses(words, number)


def _joins_clauses(words: Sequence[Word], number: int) -> bool:
    """Tell whether a word such as "and" begins a clause, unlike that of "between two and four"."""
    following = words[number + 1].text.lower() if number + 1 < len(words) else ""
    return words[number].text.lower() in JOINERS and following in CLAUSE_OPENERS


def _join(words: Sequence[Word], speaker: str) -> Part:
    """Join words to one part that knows the time of each cue."""
    pieces = [f"{speaker}:"] if speaker else []
    length = len(speaker) + 2 if speaker else 0
    turns: list[Turn] = []
    for word in words:
        if not turns or turns[-1].at != clock(word.start):
            turns.append(Turn(length, clock(word.start)))
        pieces.append(word.text)
        length += len(word.text) + 1
    return Part("text", " ".join(pieces), at=turns[0].at, turns=tuple(turns[1:]))
