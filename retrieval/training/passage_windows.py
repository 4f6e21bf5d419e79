"""Cut windows out of passages: some sentences in their order, perhaps written as a list, under a title."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.training.reading_sets import Passage, Span

MIN_LENGTH, MAX_LENGTH = 150, 560  # characters of a window of several sentences
LONGEST_SENTENCE = 900  # characters; longer ones do not fit into a window
LIST_MARKS = ("- ", "* ", "• ")
SINGLE_SHARE, LIST_SHARE = 0.15, 0.12
NO_TITLE_SHARE, HEADING_SHARE, NO_HEADING_SHARE = 0.2, 0.12, 0.15


@dataclass(frozen=True)
class Window:
    """What the reader reads beside a question: a head (title › heading, may be empty), a text, and spans of the text.

    The text answers somewhere inside each of `evidence`; it does not answer if there are none. `exact` tells whether
    these are answers, to be found exactly, or sentences that hold one.
    """

    head: str
    text: str
    evidence: tuple[Span, ...] = ()
    exact: bool = True


def overlaps(sentence: Span, spans: Sequence[Span]) -> bool:
    """Tell whether a sentence shares a character with one of the spans."""
    return any(start < sentence[1] and sentence[0] < end for start, end in spans)


def grow(sentences: Sequence[Span], first: int, last: int, rng: random.Random) -> tuple[int, int]:
    """Extend the run of sentences first…last (inclusive) on both sides, up to a random number of characters."""
    if rng.random() < SINGLE_SHARE:
        return first, last
    limit = rng.randint(MIN_LENGTH, MAX_LENGTH)
    while True:
        sides = [(first - 1, last)] if first > 0 else []
        sides += [(first, last + 1)] if last + 1 < len(sentences) else []
        sides = [(low, high) for low, high in sides if sentences[high][1] - sentences[low][0] <= limit]
        if not sides:
            return first, last
        first, last = rng.choice(sides)


def lay_out(text: str, sentences: Sequence[Span], rng: random.Random) -> tuple[str, list[tuple[int, int, int]]]:
    """Join sentences as they stand, or as items of a list; return also (start, end, shift) of each.

    A character of `text` in start…end stands at its own offset plus shift in the result.
    """
    as_list = len(sentences) > 1 and rng.random() < LIST_SHARE
    mark = rng.choice((*LIST_MARKS, "number")) if as_list else ""
    result, moves = "", []
    for number, (start, end) in enumerate(sentences):
        if as_list:
            result += ("\n" if result else "") + (f"{number + 1}. " if mark == "number" else mark)
        elif result:
            result += " "
        moves.append((start, end, len(result) - start))
        result += text[start:end]
    return result, moves


def cut(
    passage: Passage, sentences: Sequence[Span], evidence: Sequence[Span], exact: bool, rng: random.Random
) -> Window:
    """Make a window of these sentences of a passage, with the spans of the evidence inside it.

    Evidence over several sentences is kept from the first to the last of those in the window.
    """
    text, moves = lay_out(passage.text, sentences, rng)
    spans = []
    for first, last in evidence:
        inside = [
            (max(first, start) + by, min(last, end) + by) for start, end, by in moves if start < last and first < end
        ]
        whole = any(start <= first for start, _, _ in moves) and any(end >= last for _, end, _ in moves)
        if inside and (whole or not exact):
            spans.append((inside[0][0], inside[-1][1]))
    return Window(head(passage, rng), text, tuple(sorted(set(spans))), exact)


def head(passage: Passage, rng: random.Random) -> str:
    """Return the title, mostly, and the heading of the passage, mostly, else sometimes its first words as heading."""
    heading = passage.heading
    if heading:
        heading = heading if rng.random() >= NO_HEADING_SHARE else ""
    elif rng.random() < HEADING_SHARE:
        heading = " ".join(passage.text.split()[: rng.randint(2, 4)]).strip(" .,;:").capitalize()
    return join_head(passage, heading, rng)


def join_head(passage: Passage, heading: str, rng: random.Random) -> str:
    """Return the title, mostly, and a heading, which may be empty."""
    title = passage.title if rng.random() >= NO_TITLE_SHARE else ""
    return " › ".join(part for part in (title, heading) if part)
