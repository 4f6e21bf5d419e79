"""Find the notes at the foot of a PDF's pages, and keep the marks of those that say something.

Other marks are left out of the text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from retrieval.reading.formats.notes import mark_of, says_something
from retrieval.reading.formats.pdf.raised import AS_NUMBER, MARK_DIGITS
from retrieval.reading.formats.pdf.reading_order import Line

NOTE_START = re.compile(rf"(?:([{MARK_DIGITS}⁰¹²³⁴-⁹]{{1,3}})|(\d{{1,3}})(?![.,:/-]?\d))[.)]?\s*(?=[^\W\d_]|[\"'“‘«(])")
MARK = re.compile(rf"(?P<space>(?<=\S) |)(?P<number>[{MARK_DIGITS}]+)")
RAISED_NUMBER = re.compile(rf"(?<=\S)(?:[{MARK_DIGITS}]+|[⁰¹²³⁴-⁹]+)")
SAME_SIZE = 0.6  # points by which the lines of a note may differ


class Notes(NamedTuple):
    """Lines with the marks that are kept, and the number of the note that a line belongs to, by the line's number."""

    lines: list[Line]
    numbers: dict[int, int]


def keep_notes(lines: Sequence[Line], small: float) -> Notes:
    """Find the notes of each page that say something and are marked on it, and put them behind its other lines.

    Letters below a size in points are small.
    """
    numbers = dict(_notes(lines, _raised_numbers(lines), small))
    texts: dict[tuple[int, int], list[str]] = {}
    for place, number in numbers.items():
        texts.setdefault((lines[place].page, number), []).append(lines[place].run.text)
    kept = {key for key, pieces in texts.items() if says_something(without_number(" ".join(pieces)))}
    numbers = {place: number for place, number in numbers.items() if (lines[place].page, number) in kept}
    order = sorted(range(len(lines)), key=lambda place: (lines[place].page, place in numbers))
    return Notes(
        [_with_marks(lines[place], kept) for place in order],
        {new: numbers[place] for new, place in enumerate(order) if place in numbers},
    )


def _raised_numbers(lines: Sequence[Line]) -> dict[int, set[int]]:
    """Collect the raised numbers behind words, by page."""
    found: dict[int, set[int]] = {}
    for line in lines:
        numbers = RAISED_NUMBER.findall(line.run.text)
        found.setdefault(line.page, set()).update(int(number.translate(AS_NUMBER)) for number in numbers)
    return found


def without_number(text: str) -> str:
    """Return the text of a note without the number before it."""
    return NOTE_START.sub("", text, count=1)


def _notes(lines: Sequence[Line], referred: dict[int, set[int]], small: float) -> Iterator[tuple[int, int]]:
    """Yield the number of each line that belongs to a note, and that of the note; notes count up on their page."""
    first: Line | None = None  # of the current note
    number = 0
    for place, line in enumerate(lines):
        if first is not None and line.page != first.page:
            first, number = None, 0
        match = NOTE_START.match(line.run.text) if len(line.runs) == 1 else None
        begins = int((match[1] or match[2]).translate(AS_NUMBER)) if match else 0
        may_begin = match is not None and (match[1] is not None or line.run.size < small)
        if may_begin and begins > number and begins in referred[line.page]:
            first, number = line, begins
        elif first is not None and not _continues(line, first):
            first = None
        if first is not None:
            yield place, number


def _continues(line: Line, first: Line) -> bool:
    same_column = (line.left, line.right) == (first.left, first.right)
    return same_column and len(line.runs) == 1 and abs(line.run.size - first.run.size) < SAME_SIZE


def _with_marks(line: Line, kept: set[tuple[int, int]]) -> Line:
    """Write the marks of kept notes, (page, number), in superscript characters, and leave out others."""
    if not MARK.search(line.run.text):
        return line

    def written(match: re.Match[str]) -> str:
        number = int(match["number"].translate(AS_NUMBER))
        before, after = match.string[: match.start("number")][-1:], match.string[match.end() :][:1]
        if not before or (before.isspace() and (after.isalpha() or not match["space"])):  # before a note, an isotope
            return match["space"] + mark_of(number)
        return mark_of(number) if (line.page, number) in kept else ""

    runs = tuple(replace(run, text=MARK.sub(written, run.text)) for run in line.runs)
    return replace(line, run=replace(line.run, text=MARK.sub(written, line.run.text)), runs=runs)
