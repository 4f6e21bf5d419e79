"""Find the items of lists among the paragraphs of a PDF, by their marks and by how far they are indented."""

import re
from collections.abc import Sequence
from typing import NamedTuple

BULLET_MARK = re.compile(r"[•‣▪◦●○■□–—*·-]\s+|o\s+(?=[A-Z])")
NUMBER_MARK = re.compile(r"\(?(\d{1,3})[.)]\s+(?=\S)")
SAME_EDGE = 4.0  # points by which the left edges of items of one list may differ


class Candidate(NamedTuple):
    """A paragraph of prose, the left edge of its first line in points, and whether a heading comes before it."""

    text: str
    left: float
    follows_heading: bool = False


class Place(NamedTuple):
    """The depth of a paragraph in lists, the number of an item, and the length of its mark; 0 is none."""

    level: int
    number: int = 0
    mark: int = 0


def list_places(candidates: Sequence[Candidate]) -> list[Place]:
    """Find the place of each paragraph in lists.

    A number is a mark only beside the number before or after it, at the same left edge: it may also begin a sentence.
    """
    numbers = _numbers(candidates)
    edges: list[float] = []  # of the items around the current place, outermost first
    places: list[Place] = []
    for candidate, number in zip(candidates, numbers, strict=True):
        mark = (NUMBER_MARK if number else BULLET_MARK).match(candidate.text)
        if candidate.follows_heading:
            edges = []
        while edges and candidate.left < edges[-1] - SAME_EDGE:
            edges.pop()
        if mark and (not edges or candidate.left > edges[-1] + SAME_EDGE):
            edges.append(candidate.left)
        elif not mark:  # what an item contains is further inside than its mark
            edges = [edge for edge in edges if candidate.left > edge + SAME_EDGE]
        places.append(Place(len(edges), number, mark.end() if mark else 0))
    return places


def _numbers(candidates: Sequence[Candidate]) -> list[int]:
    """Return the number that marks each paragraph as an item of an ordered list, else 0."""
    marks = [NUMBER_MARK.match(candidate.text) for candidate in candidates]
    numbered = [(place, int(mark[1])) for place, mark in enumerate(marks) if mark]
    numbers = [0] * len(candidates)
    reached: list[tuple[int, int]] = []  # the last place and number at each left edge
    for place, number in numbered:
        left = candidates[place].left
        before = next((last for last in reversed(reached) if abs(candidates[last[0]].left - left) <= SAME_EDGE), None)
        if before and before[1] + 1 == number:
            numbers[before[0]], numbers[place] = before[1], number
        reached = [last for last in reached if last is not before]
        reached.append((place, number))
    return numbers
