"""Recognise the numbered headings of plain text, such as those of a FAQ, and the list of contents that names them.

A numbered line is a heading where several stand below rules of dashes, where a list of contents above says so, and
where several ask and a text follows.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from retrieval.reading.markdown import Markup

NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3})\.?[ \t]+\S")
RULE = re.compile(r"[ \t]*[-=_*~](?:[ \t]?[-=_*~]){2,}[ \t]*")
CONTENTS = re.compile(r"(?:table of )?contents:?|index:?|questions:?|inhalt(?:sverzeichnis)?:?", re.IGNORECASE)
MAX_HEADING_LENGTH = 200  # characters
MIN_SECTIONS = 3
MAX_LEVEL = 6


def mark_sections(contents: Sequence[str], markups: Sequence[Markup]) -> list[Markup]:
    """Return the markup of each paragraph: numbered headings are headings, and the contents above them are asides."""
    lines = [" ".join(content.split()) for content in contents]
    numbers = [
        match["number"] if markup.kind in (None, "prose") and (match := NUMBERED.match(line)) else ""
        for line, markup in zip(lines, markups, strict=True)
    ]
    listed = _contents(contents, lines, numbers)
    named = {entry for place in listed for entry in _entries(contents[place])}
    below_rules = [place for place in range(1, len(lines)) if numbers[place] and RULE.fullmatch(lines[place - 1])]
    asking = [
        place
        for place, (line, after) in enumerate(pairwise(lines))
        if numbers[place]
        and line.endswith("?")
        and not (numbers[place + 1] or after.endswith("?") or RULE.fullmatch(after))
    ]
    headings = {place for places in (below_rules, asking) if len(places) >= MIN_SECTIONS for place in places}
    headings |= {place for place, line in enumerate(lines) if numbers[place] and line in named}
    revised = list(markups)
    for place in headings - listed:
        if len(lines[place]) <= MAX_HEADING_LENGTH and place + 1 < len(lines):
            revised[place] = Markup("heading", min(numbers[place].count(".") + 1, MAX_LEVEL))
    for place in listed:
        revised[place] = Markup("aside")
        if place > 1 and markups[place - 1].kind is None and CONTENTS.fullmatch(lines[place - 1]):
            revised[place - 1] = Markup("aside")
    return revised


def _contents(contents: Sequence[str], lines: Sequence[str], numbers: Sequence[str]) -> set[int]:
    """Find the paragraphs of a list of contents: several numbered ones below each other, all of which come back."""
    last = {line: place for place, line in enumerate(lines)}
    found: set[int] = set()
    run: list[int] = []
    for place in range(len(lines) + 1):
        entries = _entries(contents[place]) if place < len(lines) and numbers[place] else []
        if entries and all(last.get(entry, place) > place for entry in entries):
            run.append(place)
            continue
        if sum(len(_entries(contents[entry])) for entry in run) >= MIN_SECTIONS:
            found.update(run)
        run = []
    return found


def _entries(content: str) -> list[str]:
    """Return the entries of a paragraph: a line that has no number continues the one above it."""
    entries: list[str] = []
    for line in content.split("\n"):
        if NUMBERED.match(line.strip()) or not entries:
            entries.append(" ".join(line.split()))
        else:
            entries[-1] += " " + " ".join(line.split())
    return entries
